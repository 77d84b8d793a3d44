"""Every loss against torch's own function or the paper's formula, mixed and weighted too."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from workbench.document.graph import Edge, Graph
from workbench.training.objective import Objective, Targets, objective_of
from workbench.training.objectives.focal import FocalLoss

CPU = torch.device("cpu")
SCORES = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.3], [-3.0, 1.0, 4.0], [0.0, 0.0, 0.0]])
LABELS = torch.tensor([0, 2, 2, 1])
TAGS = torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])
VALUES = torch.tensor([[0.5, -1.0, 2.0], [1, 2, 3], [-3, 1, 4.5], [0, 9.0, 0]])
WEIGHTS = np.array([0.5, 1.0, 3.0], np.float32)

Build = Callable[..., Objective]


@pytest.fixture
def objective(make: SimpleNamespace) -> Build:
    def build(**params: Any) -> Objective:
        layers = [make.node("pictures_1", "pictures"), make.node("flatten_1", "flatten")]
        return objective_of(make.chain(*layers, make.node("output_1", "output", **params)))

    return build


CASES = {
    "smoothing": ({"label_smoothing": 0.2}, LABELS, F.cross_entropy(SCORES, LABELS, label_smoothing=0.2)),
    "nll": ({"objective": "nll"}, LABELS, F.nll_loss(SCORES, LABELS)),
    "margin": ({"objective": "multi_margin", "margin": 0.5}, LABELS, F.multi_margin_loss(SCORES, LABELS, margin=0.5)),
    "binary": ({"objective": "binary_cross_entropy"}, TAGS, F.binary_cross_entropy_with_logits(SCORES, TAGS)),
    "mse": ({"objective": "mse"}, VALUES, F.mse_loss(SCORES, VALUES)),
    "l1": ({"objective": "l1"}, VALUES, F.l1_loss(SCORES, VALUES)),
    "huber": ({"objective": "huber", "delta": 0.7}, VALUES, F.huber_loss(SCORES, VALUES, delta=0.7)),
}


@pytest.mark.parametrize("name", CASES)
def test_losses_are_those_of_torch(objective: Build, name: str) -> None:
    params, targets, expected = CASES[name]
    made = objective(**params)
    assert torch.equal(made.loss(SCORES, targets), expected)
    assert torch.allclose(made.each(SCORES, targets).mean(), expected)
    assert made.each(SCORES, targets).shape == (4,)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_is_the_formula_of_the_paper(objective: Build, gamma: float) -> None:
    """Lin et al. 2017, equations 4 and 5, in double precision."""
    scores = SCORES.double().numpy()
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    right = p[np.arange(4), LABELS.numpy()]
    each = -((1 - right) ** gamma) * np.log(right)
    made = objective(objective="focal", gamma=gamma)
    assert made.loss(SCORES, LABELS).item() == pytest.approx(each.mean(), rel=1e-5)
    alpha = WEIGHTS[LABELS.numpy()]
    weighted = made.weighted(WEIGHTS, CPU).loss(SCORES, LABELS).item()
    assert weighted == pytest.approx((alpha * each).sum() / alpha.sum(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_focal_without_focus_is_cross_entropy(objective: Build, smoothing: float) -> None:
    focal = objective(objective="focal", gamma=0.0, label_smoothing=smoothing)
    entropy = objective(label_smoothing=smoothing)
    assert torch.allclose(focal.loss(SCORES, LABELS), entropy.loss(SCORES, LABELS))
    assert torch.allclose(focal.each(SCORES, LABELS), entropy.each(SCORES, LABELS))
    if not smoothing:  # torch weighs the smoothed part by all classes and takes the mean over the labels' weights
        heavy = focal.weighted(WEIGHTS, CPU).loss(SCORES, LABELS)
        assert torch.allclose(heavy, entropy.weighted(WEIGHTS, CPU).loss(SCORES, LABELS))


@given(st.lists(st.floats(-80, 80, width=32), min_size=3, max_size=3), st.sampled_from([0.0, 0.3, 1.0, 2.0]))
def test_focal_has_a_gradient_however_sure_the_network_is(row: list[float], gamma: float) -> None:
    scores = torch.tensor([row], requires_grad=True)
    loss = FocalLoss(gamma)(scores, torch.tensor([1]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss >= 0
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()


def test_focal_turns_away_from_what_is_right_already(objective: Build) -> None:
    sure, unsure = torch.tensor([[6.0, 0.0]]), torch.tensor([[0.1, 0.0]])
    label = torch.tensor([0])
    focal, entropy = objective(objective="focal"), objective()
    shares = [made.loss(sure, label) / made.loss(unsure, label) for made in (focal, entropy)]
    assert shares[0] < shares[1] / 1000


OTHER, SHARE = torch.tensor([1, 0, 1, 2]), torch.tensor([0.75, 0.25, 1.0, 0.5])


def test_focal_mixes_and_weighs_as_cross_entropy_does(objective: Build) -> None:
    mixed = Targets((LABELS,), (OTHER,), SHARE)
    for weigh in (False, True):
        focal, entropy = objective(objective="focal", gamma=0.0), objective()
        if weigh:
            focal, entropy = (made.weighted(WEIGHTS, CPU) for made in (focal, entropy))
        assert torch.allclose(focal.loss(SCORES, mixed), entropy.loss(SCORES, mixed))


def test_mixed_labels_at_once_are_soft_targets(objective: Build) -> None:
    """Binary cross-entropy is linear in its target: the mix of two losses is that of the mixed labels."""
    tags = TAGS[[1, 2, 3, 0]]
    soft = SHARE[:, None] * TAGS + (1 - SHARE[:, None]) * tags
    made = objective(objective="binary_cross_entropy")
    found = made.loss(SCORES, Targets((TAGS,), (tags,), SHARE))
    assert torch.allclose(found, F.binary_cross_entropy_with_logits(SCORES, soft))


def test_one_label_of_a_sample_is_a_row_with_one_one(objective: Build) -> None:
    made = objective(objective="binary_cross_entropy")
    rows = F.one_hot(LABELS, 3).float()
    assert torch.equal(made.loss(SCORES, LABELS), made.loss(SCORES, rows))
    assert made.correct(SCORES, LABELS).item() == made.correct(SCORES, rows).item()


def test_labels_are_right_where_all_of_them_are(objective: Build) -> None:
    made = objective(objective="binary_cross_entropy")
    scores = torch.where(TAGS > 0, 2.0, -2.0)
    assert made.correct(scores, TAGS).item() == 4
    scores[0, 1] = 0.1  # a label too many
    assert made.correct(scores, TAGS).item() == 3
    assert torch.equal(made.probabilities(scores), scores.sigmoid())


def test_values_are_neither_right_nor_wrong(objective: Build) -> None:
    made = objective(objective="mse")
    assert not made.counts_right
    assert made.correct(VALUES, VALUES).item() == 0
    assert torch.equal(made.probabilities(SCORES), SCORES)


def two(make: SimpleNamespace) -> Graph:
    nodes = [
        make.node("pictures_1", "pictures"),
        make.node("output_1", "output", objective="mse", target="input", weight=0.25),
        make.node("output_2", "output", objective="cross_entropy", weight=2.0),
    ]
    edges = frozenset(Edge("pictures_1", "out", f"output_{k}", "in") for k in (1, 2))
    return Graph({n.id: n for n in nodes}, edges)


def test_several_goals_add_up_by_their_weights(make: SimpleNamespace) -> None:
    made = objective_of(two(make))
    assert [(goal.node, goal.kind, goal.target) for goal in made.goals] == [
        ("output_1", "values", "input"),
        ("output_2", "classes", "label"),
    ]
    assert made.main is made.goals[1]
    pictures = torch.rand(4, 3, 2, 2)
    given = torch.rand(4, 3, 2, 2)
    targets = Targets((pictures, LABELS))
    expected = 0.25 * F.mse_loss(given, pictures) + 2.0 * F.cross_entropy(SCORES, LABELS)
    for outputs in ((given, SCORES), {"output_1": given, "output_2": SCORES}):
        assert torch.allclose(made.loss(outputs, targets), expected)
        assert torch.allclose(made.each(outputs, targets).mean(), expected)
    assert made.losses((given, SCORES), targets)[1] == F.cross_entropy(SCORES, LABELS)
    assert made.correct((given, SCORES), targets) == objective_of(make.graph()).correct(SCORES, LABELS)


def test_targets_of_a_batch_stand_in_for_its_labels(make: SimpleNamespace) -> None:
    """What has no target of its own is held against the labels, and mixed with the other labels."""
    made = objective_of(two(make))
    pictures = np.random.default_rng(0).normal(size=(4, 3, 2, 2)).astype(np.float32)
    batch = SimpleNamespace(
        inputs=pictures,
        labels=LABELS.numpy(),
        other=OTHER.numpy(),
        share=SHARE.numpy(),
        targets=(pictures, None),
        others=(None, None),
    )
    found = made.targets(batch, torch.from_numpy)  # type: ignore[arg-type]
    assert torch.equal(found.each[0], torch.from_numpy(pictures))
    assert torch.equal(found.each[1], LABELS)
    assert found.other(0) is None
    assert torch.equal(found.other(1), OTHER)  # type: ignore[arg-type]
    few = made.targets(batch, torch.from_numpy, 2)  # type: ignore[arg-type]
    assert [len(one) for one in few.each] == [2, 2]


def test_weights_of_classes_reach_the_goals_for_them_alone(make: SimpleNamespace) -> None:
    made = objective_of(two(make)).weighted(WEIGHTS, CPU)
    assert made.goals[0].criterion is not None
    assert "weight" not in made.goals[0].criterion._buffers
    assert torch.equal(made.goals[1].criterion.weight, torch.from_numpy(WEIGHTS))  # type: ignore[arg-type]


def test_values_are_read_in_the_unit_of_their_columns(make: SimpleNamespace) -> None:
    kept = SimpleNamespace(names=("price", "area"), mean=(100.0, -1.0), std=(10.0, 0.5))
    data = SimpleNamespace(classes=("price",), held_against=(kept,))
    (goal,) = objective_of(make.graph(objective="mse", units=2), data).goals
    assert goal.names == ("price", "area")
    answers = torch.tensor([[0.0, 0.0], [1.0, -2.0]])
    assert goal.readings(answers).tolist() == [[100.0, -1.0], [110.0, -2.0]]
