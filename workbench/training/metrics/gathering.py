"""The metrics of one output, gathered batch by batch; what is asked for decides what is kept.

Bounded for a thousand classes and a million samples: at most 21 bytes a sample, and 16 kB a class where the ROC area is
asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.metrics import for_kind
from workbench.training.metrics.amounts import Amounts
from workbench.training.metrics.confidence import Confidences, Reliability
from workbench.training.metrics.confusion import Shares, by_class, overall
from workbench.training.metrics.several import LabelCounts
from workbench.training.metrics.thresholds import Curve, ScoreCounts, log_odds, mean_area

if TYPE_CHECKING:
    import torch

    from workbench.training.objectives.goal import Goal

ALWAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"classes": ("accuracy",), "labels": ("accuracy", "f1"), "values": ("mae", "r2")}
)
"""What is counted of an output without being asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What came out for one output over `samples` samples.

    `numbers` has the metrics that were asked for, by id; NaN where one has no meaning. `confusion` is int64 K × K
    (rows: the true class), of classes only, as are `labels` and `answers` of each sample (int64 N). `support`,
    `precision`, `recall` and `f1` have one entry a class or label; `curves` one each where the ROC area was asked for,
    `reliability` is there where the calibration error was.
    """

    kind: str
    samples: int
    numbers: Mapping[str, float]
    confusion: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    answers: NDArray[np.int64] | None = None
    support: tuple[int, ...] = ()
    precision: Shares = ()
    recall: Shares = ()
    f1: Shares = ()
    curves: tuple[Curve, ...] = ()
    reliability: Reliability | None = None


class Gathering(Protocol):
    """Takes the answers of one output batch by batch."""

    def add(self, answers: torch.Tensor, target: torch.Tensor) -> None:
        """Take the answers of a batch as the network gives them and what they are held against, on one device."""
        ...

    def judged(self) -> Judged:
        """What came out of all batches so far."""
        ...


def gather(goal: Goal, classes: int, wanted: Collection[str]) -> Gathering:
    """An empty gathering for an output. `wanted` are ids of metrics; those of other kinds of output are passed over.

    `classes` is how many there are of an output for classes or labels.
    """
    there = {metric.id for metric in for_kind(goal.kind)}
    asked = tuple(id for id in dict.fromkeys((*ALWAYS[goal.kind], *wanted)) if id in there)
    if goal.kind == "values":
        return ValueAnswers(goal, asked)
    return ClassAnswers(goal, classes, asked) if goal.kind == "classes" else LabelAnswers(classes, asked)


class ClassAnswers:
    """Scores N × K against labels int64 N."""

    def __init__(self, goal: Goal, classes: int, wanted: tuple[str, ...]) -> None:
        self._goal, self._classes, self._wanted = goal, classes, wanted
        self._answered: list[torch.Tensor] = []
        self._labels: list[torch.Tensor] = []
        self._sums: dict[str, list[torch.Tensor]] = {}
        self._scores = ScoreCounts(classes) if "roc_area" in wanted else None
        self._confidences = Confidences() if "calibration_error" in wanted else None

    def add(self, answers: torch.Tensor, target: torch.Tensor) -> None:
        from torch.nn.functional import nll_loss

        answers = answers.detach().float()
        answered = answers.argmax(1)
        self._answered.append(answered)
        self._labels.append(target)
        for id in self._wanted:
            if id.startswith("top_"):
                self._sums.setdefault(id, []).append(self._among(answers, target, int(id.removeprefix("top_"))))
        if self._scores is None and self._confidences is None and "log_loss" not in self._wanted:
            return
        logs = answers if self._goal.id == "nll" else answers.log_softmax(1)
        if "log_loss" in self._wanted:
            self._sums.setdefault("log_loss", []).append(nll_loss(logs, target, reduction="sum"))
        if self._scores is not None:
            self._scores.add(log_odds(logs), target)
        if self._confidences is not None:
            self._confidences.add(logs.max(1).values.exp(), answered == target)

    def _among(self, answers: torch.Tensor, target: torch.Tensor, k: int) -> torch.Tensor:
        """How many labels are among the k highest scores."""
        from torchmetrics.functional.classification import multiclass_accuracy

        k = min(k, self._classes)
        share = multiclass_accuracy(answers, target, self._classes, average="micro", top_k=k, validate_args=False)
        return share * len(target)  # type: ignore[no-any-return]

    def judged(self) -> Judged:
        labels, answers = self._read()
        confusion = np.zeros((self._classes, self._classes), dtype=np.int64)
        np.add.at(confusion, (labels, answers), 1)
        samples, support = int(confusion.sum()), tuple(confusion.sum(1).tolist())
        if self._wanted == ("accuracy",):  # what every epoch counts does not wait for the libraries, which load slowly
            accuracy = float(confusion.trace()) / samples if samples else float("nan")
            return Judged(
                "classes",
                samples,
                {"accuracy": accuracy},
                confusion=confusion,
                labels=labels,
                answers=answers,
                support=support,
            )
        numbers: dict[str, float] = {**overall(confusion)}
        for id, parts in self._sums.items():
            numbers[id] = _total(parts) / samples
        curves = self._scores.curves() if self._scores is not None else ()
        numbers["roc_area"] = mean_area(curves)
        reliability = self._confidences.reliability() if self._confidences is not None else None
        numbers["calibration_error"] = reliability.error if reliability is not None else float("nan")
        precision, recall, f1 = by_class(confusion)
        return Judged(
            "classes",
            samples,
            {id: numbers.get(id, float("nan")) for id in self._wanted},
            confusion=confusion,
            labels=labels,
            answers=answers,
            support=support,
            precision=precision,
            recall=recall,
            f1=f1,
            curves=curves,
            reliability=reliability,
        )

    def _read(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The label and the answer of every sample."""
        import torch

        if not self._labels:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        labels, answered = (torch.cat(t).cpu().numpy() for t in (self._labels, self._answered))
        return labels, answered


class LabelAnswers:
    """Scores N × K, each for one label, against float N × K of 0 and 1, or labels int64 N, each one label alone."""

    def __init__(self, labels: int, wanted: tuple[str, ...]) -> None:
        self._labels, self._wanted = labels, wanted
        self._counts = LabelCounts(labels)
        self._losses: list[torch.Tensor] = []
        self._samples = 0
        self._scores = ScoreCounts(labels) if "roc_area" in wanted else None

    def add(self, answers: torch.Tensor, target: torch.Tensor) -> None:
        from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

        answers = answers.detach().float()
        there = one_hot(target, self._labels).bool() if target.dim() == 1 else target > 0.5
        self._samples += len(answers)
        self._counts.add(answers > 0, there)
        if "log_loss" in self._wanted:
            self._losses.append(binary_cross_entropy_with_logits(answers, there.float()) * len(answers))
        if self._scores is not None:
            self._scores.add(answers, there)

    def judged(self) -> Judged:
        numbers = self._counts.numbers()
        curves = self._scores.curves() if self._scores is not None else ()
        numbers["roc_area"] = mean_area(curves)
        numbers["log_loss"] = _total(self._losses) / self._samples if self._losses else float("nan")
        precision, recall, f1 = self._counts.by_label()
        return Judged(
            "labels",
            self._samples,
            {id: numbers[id] for id in self._wanted},
            support=tuple(self._counts.tables[:, 1].sum(1).tolist()),
            precision=precision,
            recall=recall,
            f1=f1,
            curves=curves,
        )


class ValueAnswers:
    """Numbers against numbers of the same shape, N × …, in the unit of their columns."""

    def __init__(self, goal: Goal, wanted: tuple[str, ...]) -> None:
        self._goal, self._wanted = goal, wanted
        self._amounts = Amounts()
        self._samples = 0

    def add(self, answers: torch.Tensor, target: torch.Tensor) -> None:
        self._samples += len(target)
        given, held = (self._goal.in_units(t.double()) for t in (answers, target.reshape(answers.shape)))
        self._amounts.add(given, held)

    def judged(self) -> Judged:
        numbers = self._amounts.numbers()
        return Judged("values", self._samples, {id: numbers[id] for id in self._wanted})


def _total(parts: list[torch.Tensor]) -> float:
    import torch

    return float(torch.stack(parts).cpu().double().sum())
