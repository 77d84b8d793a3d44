"""Every metric, gathered in batches, is what scikit-learn says of all samples at once."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning
from torchmetrics.functional.classification import multiclass_calibration_error

from workbench.catalogue.metrics import METRICS
from workbench.training.metrics.gathering import Judged, gather
from workbench.training.metrics.thresholds import mean_area
from workbench.training.objectives.goal import Goal

ALL = tuple(metric.id for metric in METRICS)


def goal(kind: str, id: str = "cross_entropy") -> Goal:
    return Goal("output_1", id, kind, torch.nn.CrossEntropyLoss())


def judged(answers: torch.Tensor, targets: torch.Tensor, kind: str, size: int, id: str = "cross_entropy") -> Judged:
    """Everything there is to say, gathered in batches of `size`."""
    gathering = gather(goal(kind, id), answers.shape[1] if answers.dim() > 1 else 1, ALL)
    for start in range(0, len(answers), size):
        gathering.add(answers[start : start + size], targets[start : start + size])
    return gathering.judged()


@st.composite
def classified(draw: Any) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Scores N × K that know something of the labels N, some classes rare or absent, and a size of batches."""
    classes, samples = draw(st.integers(2, 7)), draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = rng.integers(0, draw(st.integers(1, classes)), samples)
    scores = rng.normal(0, draw(st.sampled_from([0.3, 3.0, 30.0])), (samples, classes))
    scores[np.arange(samples), labels] += draw(st.floats(0, 5))
    return torch.from_numpy(scores).float(), torch.from_numpy(labels), draw(st.integers(1, 70))


@settings(max_examples=40)
@given(classified())
def test_of_classes(drawn: tuple[torch.Tensor, torch.Tensor, int]) -> None:
    scores, labels, size = drawn
    found = judged(scores, labels, "classes", size)
    classes = list(range(scores.shape[1]))
    true, answered = labels.numpy(), scores.argmax(1).numpy()
    shares = scores.double().softmax(1).numpy()
    assert found.samples == len(true)
    assert found.confusion is not None
    assert np.array_equal(found.confusion, sk.confusion_matrix(true, answered, labels=classes))
    numbers = found.numbers
    assert numbers["accuracy"] == pytest.approx(sk.accuracy_score(true, answered))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # answers that never occur, which scikit-learn leaves out too
        assert numbers["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(true, answered))
    for id, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        assert numbers[id] == pytest.approx(score(true, answered, average="macro", zero_division=0))
        each = score(true, answered, average=None, labels=classes, zero_division=np.nan)
        assert getattr(found, id) == pytest.approx(tuple(each), nan_ok=True)
    assert numbers["log_loss"] == pytest.approx(
        -np.log(np.maximum(shares[np.arange(len(true)), true], 1e-300)).mean(), rel=1e-4, abs=1e-6
    )
    for k in (3, 5):
        order = np.argsort(-scores.numpy(), axis=1)[:, :k]
        assert numbers[f"top_{k}"] == pytest.approx((order == true[:, None]).any(1).mean())
    expected = multiclass_calibration_error(scores.softmax(1), labels, len(classes), n_bins=15)
    assert numbers["calibration_error"] == pytest.approx(float(expected), abs=1e-5)


@settings(max_examples=40)
@given(classified())
def test_of_all_thresholds(drawn: tuple[torch.Tensor, torch.Tensor, int]) -> None:
    """Only pairs of neighbouring or the same step of the scores can be counted the wrong way round."""
    scores, labels, size = drawn
    found = judged(scores, labels, "classes", size)
    rest = [[j for j in range(scores.shape[1]) if j != k] for k in range(scores.shape[1])]
    whole = scores.double()
    odds = (
        torch.stack([whole[:, k] - whole[:, own].logsumexp(1) for k, own in enumerate(rest)], 1).clip(-40, 40).numpy()
    )
    steps = np.floor(odds * 2048 / 80)
    for k, curve in enumerate(found.curves):
        own = (labels == k).numpy()
        if own.all() or not own.any():
            assert math.isnan(curve.area)
            assert not len(curve.hits)
            continue
        tied = (np.abs(steps[own, k][:, None] - steps[~own, k][None, :]) <= 1).mean()
        assert curve.area == pytest.approx(sk.roc_auc_score(own, odds[:, k]), abs=tied + 1e-9)
        assert curve.false_alarms[0] == curve.hits[0] == 0.0
        assert curve.false_alarms[-1] == curve.hits[-1] == 1.0
        assert np.all(np.diff(curve.hits) >= 0)
    assert found.numbers["roc_area"] == pytest.approx(mean_area(found.curves), nan_ok=True)


@settings(max_examples=40)
@given(classified())
def test_the_reliability_diagram_adds_up(drawn: tuple[torch.Tensor, torch.Tensor, int]) -> None:
    found = judged(*drawn[:2], "classes", drawn[2])
    diagram = found.reliability
    assert diagram is not None
    assert diagram.counts.sum() == found.samples
    assert len(diagram.counts) == len(diagram.confidence) == len(diagram.accuracy)
    assert np.average(diagram.accuracy, weights=diagram.counts) == pytest.approx(found.numbers["accuracy"])
    gaps = np.abs(diagram.accuracy - diagram.confidence)
    assert np.average(gaps, weights=diagram.counts) == pytest.approx(diagram.error, abs=1e-5)


def test_of_logarithms() -> None:
    """A network that ends in log-softmax is read as one."""
    scores = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(40) % 4
    plain = judged(scores, labels, "classes", 9).numbers
    logs = judged(scores.log_softmax(1), labels, "classes", 9, "nll").numbers
    assert logs == pytest.approx(dict(plain), rel=1e-5)


@st.composite
def labelled(draw: Any) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Scores N × K in eighths, so that only equal ones count as equal, and which labels are there, float N × K."""
    labels, samples = draw(st.integers(1, 6)), draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    there = rng.random((samples, labels)) < rng.choice([0.0, 0.1, 0.5, 1.0], labels)
    scores = np.round(8 * (rng.normal(0, 2, (samples, labels)) + draw(st.floats(0, 4)) * (there - 0.5))) / 8
    return torch.from_numpy(scores).float(), torch.from_numpy(there).float(), draw(st.integers(1, 70))


@settings(max_examples=40)
@given(labelled())
def test_of_labels(drawn: tuple[torch.Tensor, torch.Tensor, int]) -> None:
    scores, there, size = drawn
    found = judged(scores, there, "labels", size)
    true, answered = there.numpy().astype(int), (scores > 0).numpy().astype(int)
    numbers = found.numbers
    assert numbers["accuracy"] == pytest.approx((true == answered).all(1).mean())
    assert numbers["label_accuracy"] == pytest.approx(1 - sk.hamming_loss(true.ravel(), answered.ravel()))
    met = (true.any(0)) | (answered.any(0))
    for id, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        each = [score(t, a, zero_division=np.nan) for t, a in zip(true.T, answered.T, strict=True)]
        assert getattr(found, id) == pytest.approx(tuple(each), nan_ok=True)
        mean = np.nan_to_num(np.array(each))[met].mean() if met.any() else np.nan
        assert numbers[id] == pytest.approx(mean, nan_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        areas = [
            sk.roc_auc_score(t, s) if 0 < t.sum() < len(t) else np.nan
            for t, s in zip(true.T, scores.T.numpy(), strict=True)
        ]
    assert [c.area for c in found.curves] == pytest.approx(areas, abs=1e-9, nan_ok=True)
    clipped = torch.nn.functional.binary_cross_entropy_with_logits(scores.double(), there.double())
    assert numbers["log_loss"] == pytest.approx(float(clipped), rel=1e-4, abs=1e-6)
    assert found.support == tuple(true.sum(0))


def test_one_label_alone_is_one_of_several() -> None:
    scores = torch.tensor([[2.0, -1.0, 0.5], [-1.0, 1.0, -2.0]])
    as_labels = judged(scores, torch.tensor([0, 1]), "labels", 2)
    as_rows = judged(scores, torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]), "labels", 1)
    assert as_labels.numbers == as_rows.numbers
    assert as_labels.numbers["accuracy"] == 0.5


@st.composite
def measured(draw: Any) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Answers and targets, N × D doubles in any unit."""
    numbers, samples = draw(st.integers(1, 4)), draw(st.integers(2, 50))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    unit, far = draw(st.sampled_from([1e-3, 1.0, 1e4])), draw(st.sampled_from([0.0, 1.0, 1e6]))
    targets = rng.normal(far, 1, (samples, numbers)) * unit
    answers = targets + rng.normal(0, draw(st.sampled_from([0.1, 1.0])), (samples, numbers)) * unit
    return torch.from_numpy(answers), torch.from_numpy(targets), draw(st.integers(1, 60))


@given(measured())
def test_of_values(drawn: tuple[torch.Tensor, torch.Tensor, int]) -> None:
    answers, targets, size = drawn
    numbers = judged(answers, targets, "values", size).numbers
    given_, true = answers.numpy(), targets.numpy()
    assert numbers["mae"] == pytest.approx(sk.mean_absolute_error(true, given_), rel=1e-6)
    assert numbers["rmse"] == pytest.approx(np.sqrt(sk.mean_squared_error(true.ravel(), given_.ravel())), rel=1e-6)
    assert numbers["r2"] == pytest.approx(
        sk.r2_score(true, given_, multioutput="variance_weighted"), rel=1e-5, abs=1e-6
    )


def test_values_are_judged_in_the_unit_of_their_columns() -> None:
    """What is learned is the number less the mean, divided by the standard deviation of its column."""
    ages = Goal("output_1", "mse", "values", torch.nn.MSELoss(), ("age",), mean=(40.0,), std=(10.0,))
    gathering = gather(ages, 1, ALL)
    gathering.add(torch.tensor([[0.5], [-1.0], [0.0]]), torch.tensor([[0.0], [-0.5], [0.2]]))
    numbers = gathering.judged().numbers
    assert numbers["mae"] == pytest.approx(4.0, rel=1e-5)
    assert numbers["r2"] == pytest.approx(sk.r2_score([40, 35, 42], [45, 30, 40]), rel=1e-5)


def test_values_of_pictures() -> None:
    """A network that gives back its input is judged over all its numbers."""
    pictures = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    numbers = judged(pictures + 0.1, pictures, "values", 4).numbers
    assert numbers["mae"] == pytest.approx(0.1, rel=1e-5)
    assert numbers["rmse"] == pytest.approx(0.1, rel=1e-5)
    assert 0.8 < numbers["r2"] < 0.95


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_nothing_says_nothing(kind: str) -> None:
    found = gather(goal(kind), 3, ALL).judged()
    assert found.samples == 0
    assert all(math.isnan(value) for value in found.numbers.values())


def test_what_is_not_asked_for_is_not_kept() -> None:
    found = gather(goal("classes"), 1000, ("f1", "mae"))
    found.add(torch.zeros(4, 1000), torch.tensor([0, 1, 2, 999]))
    said = found.judged()
    assert set(said.numbers) == {"accuracy", "f1"}
    assert said.curves == ()
    assert said.reliability is None
