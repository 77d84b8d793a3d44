"""Several outputs are counted each for itself, under keys that name them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.document.project import Recipe
from workbench.training.metrics.tally import Tally, wanted
from workbench.training.objective import Objective
from workbench.training.objectives.goal import Goal
from workbench.training.objectives.targets import Targets

CLASSES = Goal("output_1", "cross_entropy", "classes", torch.nn.CrossEntropyLoss(), ("cat", "dog", "fox"))
LABELS = Goal("output_2", "binary_cross_entropy", "labels", torch.nn.BCEWithLogitsLoss(), ("wet", "old"), weight=0.5)
VALUES = Goal("output_3", "mse", "values", torch.nn.MSELoss(), ("age",), weight=2.0)


def answers(samples: int) -> tuple[tuple[torch.Tensor, ...], Targets]:
    draw = torch.Generator().manual_seed(3)
    scores, labels, values = (torch.randn(samples, k, generator=draw) for k in (3, 2, 1))
    targets = (
        torch.randint(3, (samples,), generator=draw),
        torch.randint(2, (samples, 2), generator=draw).float(),
        values + 0.5,
    )
    return (scores, labels, values), Targets(targets)


def part(outputs: tuple[torch.Tensor, ...], targets: Targets, rows: slice) -> tuple[tuple[torch.Tensor, ...], Targets]:
    return tuple(t[rows] for t in outputs), Targets(tuple(t[rows] for t in targets.each))


def test_each_output_has_its_own_numbers() -> None:
    objective = Objective((LABELS, CLASSES, VALUES))
    (scores, labels, values), held = answers(23)
    outputs, targets = (labels, scores, values), Targets((held.each[1], held.each[0], held.each[2]))
    tally = Tally(objective, 3, ("val_f1", "roc_area"))
    for start in range(0, 23, 5):
        tally.add(*part(outputs, targets, slice(start, start + 5)))
    loss, accuracy, confusion = tally.result()
    assert loss == pytest.approx(float(objective.loss(outputs, targets)), rel=1e-5)
    assert accuracy == float((scores.argmax(1) == held.each[0]).double().mean())
    assert confusion.shape == (3, 3)
    assert confusion.sum() == 23
    found = tally.metrics()
    losses = {"output_2": LABELS, "output_1": CLASSES, "output_3": VALUES}
    for goal, mean in zip(losses, objective.losses(outputs, targets), strict=True):
        assert found[f"val_loss.{goal}"] == pytest.approx(float(mean), rel=1e-5)
    assert {key for key in found if "loss" not in key} == {
        "val_f1",
        "val_roc_area",
        "val_accuracy.output_2",
        "val_f1.output_2",
        "val_roc_area.output_2",
        "val_mae.output_3",
        "val_r2.output_3",
    }
    assert found["val_mae.output_3"] == pytest.approx(0.5)
    assert [output.node for output in tally.outputs()] == ["output_2", "output_1", "output_3"]
    assert tally.main == 1


def test_one_output_keeps_its_keys_short() -> None:
    tally = Tally(Objective((CLASSES,)), 3)
    (scores, _labels, _values), held = answers(8)
    tally.add(scores, held.each[0])
    assert tally.metrics() == {}
    assert tally.outputs()[0].loss == tally.result()[0]
    alone = Tally(Objective((VALUES,)), 0)
    alone.add(_values, Targets((held.each[2],)))
    assert set(alone.metrics()) == {"val_mae", "val_r2"}
    assert alone.result()[1] == 0.0
    assert alone.result()[2].shape == (0, 0)


def test_it_can_be_read_in_between() -> None:
    tally = Tally(Objective((CLASSES,)), 3, ("f1",))
    outputs, held = answers(12)
    tally.add(outputs[0][:6], held.each[0][:6])
    first = tally.result()
    assert first[2].sum() == 6
    tally.add(outputs[0][6:], held.each[0][6:])
    assert tally.result()[2].sum() == 12
    assert np.trace(tally.result()[2]) == round(tally.result()[1] * 12)


def test_nothing_added_says_nothing() -> None:
    tally = Tally(Objective((CLASSES,)), 3, ("f1", "roc_area"))
    loss, accuracy, confusion = tally.result()
    assert math.isnan(loss)
    assert accuracy == 0.0
    assert not confusion.any()
    assert tally.metrics() == {}


def test_what_tells_the_best_epoch_is_counted() -> None:
    recipe = Recipe(metrics=("f1", "roc_area"))
    assert wanted(recipe) == ("f1", "roc_area")
    assert wanted(replace(recipe, watch="val_top_5")) == ("f1", "roc_area", "val_top_5")
