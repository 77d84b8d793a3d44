from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support, roc_auc_score

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.core.diagnostic import Problem
from workbench.document.project import Recipe
from workbench.training.engine import Engine
from workbench.training.evaluate import Evaluation, Predictor, evaluate, predict
from workbench.training.messages import EpochEnd


@pytest.fixture(scope="module")
def trained(compiled: Compiled) -> dict[str, torch.Tensor]:
    return dict(compiled.module(1).state_dict())


@pytest.mark.parametrize(("split", "count"), [("train", 48), ("val", 12), ("test", 6), ("all", 66)])
def test_it_agrees_with_scikit_learn(
    compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor], split: str, count: int
) -> None:
    found = evaluate(compiled, trained, dataset, split, device="cpu", batch_size=7)
    which = np.arange(66) if split == "all" else getattr(dataset.splits, split)
    module = compiled.module(0).eval()
    module.load_state_dict(trained)
    with torch.no_grad():
        scores = module(torch.from_numpy(dataset.pictures[which]))
    labels, answers = dataset.labels[which], scores.argmax(1).numpy()
    assert found.pictures == count
    assert np.array_equal(found.confusion, confusion_matrix(labels, answers, labels=[0, 1, 2]))
    assert found.accuracy == pytest.approx((labels == answers).mean())
    expected = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels)).item()
    assert found.loss == pytest.approx(expected, rel=1e-5)
    precision, recall, _f, support = precision_recall_fscore_support(
        labels, answers, labels=[0, 1, 2], zero_division=np.nan
    )
    assert np.allclose(found.precision, precision, equal_nan=True)
    assert np.allclose(found.recall, recall, equal_nan=True)
    assert list(found.support) == support.tolist()


def test_it_agrees_with_the_epoch_that_was_just_validated(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    engine = Engine(compiled, dataset, recipe)
    for event in engine.events():
        if isinstance(event, EpochEnd):
            assert engine.module is not None
            found = evaluate(compiled, engine.module.state_dict(), dataset, "val", device="cpu")
            assert found.accuracy == event.val_accuracy
            assert found.loss == pytest.approx(event.val_loss, rel=1e-5)
            assert np.array_equal(found.confusion, event.confusion)


def test_progress_and_cancel(compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor]) -> None:
    told: list[tuple[int, int | None]] = []
    evaluate(compiled, trained, dataset, "train", batch_size=20, progress=lambda d, t: told.append((d, t)))
    assert told == [(20, 48), (40, 48), (48, 48)]
    with pytest.raises(Problem, match="cancelled"):
        evaluate(compiled, trained, dataset, "train", cancelled=lambda: True)


def test_an_empty_split_is_refused(compiled: Compiled, make: SimpleNamespace, trained: dict[str, torch.Tensor]) -> None:
    with pytest.raises(Problem, match="no pictures in the split"):
        evaluate(compiled, trained, make.pictures(test=0), "test")


def test_weights_of_another_network_are_refused(make: SimpleNamespace, dataset: Any, trained: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="another network"):
        evaluate(compile_graph(make.graph(units=4)), trained, dataset)
    with pytest.raises(Problem, match="another network"):
        evaluate(compile_graph(make.graph()), {k: v for k, v in trained.items() if "linear" not in k}, dataset)


def test_json_has_no_nan() -> None:
    confusion = np.array([[2, 0, 0], [1, 0, 0], [0, 0, 0]])
    found = Evaluation("val", ("a", "b", "c"), 3, 2 / 3, 0.5, confusion)
    assert found.recall[:2] == (1.0, 0.0)
    assert math.isnan(found.recall[2])
    assert found.precision[0] == pytest.approx(2 / 3)
    row = found.as_json()
    assert row["recall"] == [1.0, 0.0, None]
    assert row["precision"] == [pytest.approx(2 / 3), None, None]
    assert row["confusion"] == [[2, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert row["f1"] == [pytest.approx(0.8), 0.0, None]
    assert row["metrics"]["balanced_accuracy"] == 0.5


def test_it_says_everything_there_is_to_say(
    compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor], make: SimpleNamespace
) -> None:
    found = evaluate(compiled, trained, dataset, "train", device="cpu", batch_size=11)
    module = compiled.module(0).eval()
    module.load_state_dict(trained)
    with torch.no_grad():
        shares = module(torch.from_numpy(dataset.pictures[:48])).softmax(1).numpy()
    labels = dataset.labels[:48]
    assert found.kind == "classes"
    assert found.classes == make.classes
    assert found.metrics["roc_area"] == pytest.approx(roc_auc_score(labels, shares, multi_class="ovr"), abs=0.02)
    assert found.metrics["log_loss"] == pytest.approx(log_loss(labels, shares), rel=1e-5)
    assert "top_3" not in found.metrics  # of three classes it says nothing
    assert found.metrics["f1"] == pytest.approx(f1_score(labels, shares.argmax(1), average="macro"))
    assert len(found.curves) == 3
    assert found.reliability is not None
    answered = shares.argmax(1)
    for true in range(3):
        for answer in range(3):
            expected = np.flatnonzero((labels == true) & (answered == answer))
            assert sorted(found.taken_for(true, answer)) == expected.tolist()
    row = found.as_json()
    assert row["metrics"].keys() == found.metrics.keys()
    assert sum(row["reliability"]["count"]) == 48
    assert "outputs" not in row
    json.dumps(row, allow_nan=False)


def test_only_what_is_asked_for_is_counted(compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor]) -> None:
    found = evaluate(compiled, trained, dataset, "train", device="cpu", metrics=("f1",))
    assert set(found.metrics) == {"accuracy", "f1"}
    assert found.curves == ()
    assert found.reliability is None


def test_a_prediction_is_the_likeliest_class_with_all_shares(
    compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor], make: SimpleNamespace
) -> None:
    answers = predict(compiled, trained, dataset.pictures[:5], make.classes)
    assert len(answers) == 5
    for answer in answers:
        assert sum(answer.scores.values()) == pytest.approx(1.0, abs=1e-6)
        assert answer.label == max(answer.scores, key=lambda name: answer.scores[name])
        assert tuple(answer.scores) == make.classes
    assert predict(compiled, trained, dataset.pictures[:0], make.classes) == ()


def test_a_prediction_does_not_depend_on_its_neighbours(
    compiled: Compiled, dataset: Any, trained: dict[str, torch.Tensor], make: SimpleNamespace
) -> None:
    """Evaluation mode: no batch statistics, no dropout."""
    ask = Predictor(compiled, trained, make.classes)
    together = ask(dataset.pictures[:6])
    for picture, answer in zip(dataset.pictures[:6], together, strict=True):
        alone = ask(picture[None])[0]
        assert alone.label == answer.label
        assert alone.scores == pytest.approx(answer.scores, abs=1e-5)


def test_pictures_of_another_size_are_refused_in_words(
    compiled: Compiled, trained: dict[str, torch.Tensor], make: SimpleNamespace
) -> None:
    with pytest.raises(Problem, match=r"3 × 9 × 9"):
        predict(compiled, trained, np.zeros((1, 3, 9, 9), np.float32), make.classes)
    with pytest.raises(Problem, match=r"2 classes"):
        predict(compiled, trained, np.zeros((1, 3, 8, 8), np.float32), ("a", "b"))
