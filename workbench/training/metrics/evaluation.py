"""How good a network is over a split, with everything that can be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.training.metrics.confidence import Reliability
from workbench.training.metrics.confusion import Shares, by_class, overall
from workbench.training.metrics.tally import Output
from workbench.training.metrics.thresholds import Curve


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came out over a split of `pictures` pictures.

    `confusion[i, j]` counts pictures of class i taken for class j (int64 K × K; 0 × 0 where the network gives labels or
    values). `loss` is the mean of the objective, `accuracy` NaN where nothing is right or wrong. `outputs` has what was
    counted for each of the network's outputs; the others here are of the `main` one. `indices` are the samples in the
    order they were asked about, places in the data set's index (int64 N).
    """

    split: str
    classes: tuple[str, ...]
    pictures: int
    accuracy: float
    loss: float
    confusion: NDArray[np.int64]
    outputs: tuple[Output, ...] = ()
    main: int = 0
    indices: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def taken_for(self, true: int, answered: int) -> NDArray[np.int64]:
        """The samples of one class that were taken for another: places in the data set's index."""
        judged = self.outputs[self.main].judged if self.outputs else None
        if judged is None or judged.labels is None or judged.answers is None:
            return np.empty(0, np.int64)
        found: NDArray[np.int64] = self.indices[(judged.labels == true) & (judged.answers == answered)]
        return found

    def of(self, output: int) -> Evaluation:
        """The same with another output for the main one; what it is called without names is numbered from 1."""
        if output == self.main:
            return self
        found = self.outputs[output]
        judged = found.judged
        return replace(
            self,
            classes=found.names or tuple(str(k + 1) for k in range(len(judged.support))),
            accuracy=judged.numbers.get("accuracy", float("nan")),
            loss=found.loss,
            confusion=judged.confusion if judged.confusion is not None else np.zeros((0, 0), np.int64),
            main=output,
        )

    @property
    def kind(self) -> str:
        """What the main output gives: "classes", "labels" or "values"."""
        return self.outputs[self.main].judged.kind if self.outputs else "classes"

    @property
    def metrics(self) -> Mapping[str, float]:
        """The metrics of the main output by id; NaN where one has no meaning."""
        if self.outputs:
            return self.outputs[self.main].judged.numbers
        return MappingProxyType(overall(self.confusion))

    @property
    def support(self) -> tuple[int, ...]:
        """Pictures a class or label."""
        return self.outputs[self.main].judged.support if self.outputs else tuple(self.confusion.sum(1).tolist())

    @property
    def precision(self) -> Shares:
        """The share of right answers among all answers of each class; NaN where there were none."""
        return self._by_class(0)

    @property
    def recall(self) -> Shares:
        """The share of right answers among all pictures of each class; NaN where there were none."""
        return self._by_class(1)

    @property
    def f1(self) -> Shares:
        """The harmonic mean of the two; NaN for a class without pictures and answers."""
        return self._by_class(2)

    def _by_class(self, which: int) -> Shares:
        if not self.outputs:
            return by_class(self.confusion)[which]
        judged = self.outputs[self.main].judged
        return (judged.precision, judged.recall, judged.f1)[which]

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Hits against false alarms over all thresholds, one a class or label."""
        return self.outputs[self.main].judged.curves if self.outputs else ()

    @property
    def reliability(self) -> Reliability | None:
        """Confidence against the share of right answers."""
        return self.outputs[self.main].judged.reliability if self.outputs else None

    def as_json(self) -> dict[str, Any]:
        """The object `workbench evaluate --json` prints; a share without a whole is null."""
        row = {
            "split": self.split,
            "pictures": self.pictures,
            "accuracy": _known(self.accuracy),
            "loss": self.loss,
            "classes": list(self.classes),
            "support": list(self.support),
            "precision": list(map(_known, self.precision)),
            "recall": list(map(_known, self.recall)),
            "confusion": self.confusion.tolist(),
            "f1": list(map(_known, self.f1)),
            "roc_area": [_known(curve.area) for curve in self.curves],
            "metrics": {id: _known(value) for id, value in self.metrics.items()},
        }
        if self.reliability is not None:
            row["reliability"] = {
                "confidence": self.reliability.confidence.tolist(),
                "accuracy": self.reliability.accuracy.tolist(),
                "count": self.reliability.counts.tolist(),
            }
        if len(self.outputs) > 1:
            row["outputs"] = [_output(output) for output in self.outputs]
        return row


def _output(output: Output) -> dict[str, Any]:
    judged = output.judged
    return {
        "node": output.node,
        "kind": judged.kind,
        "loss": output.loss,
        "names": list(output.names),
        "metrics": {id: _known(value) for id, value in judged.numbers.items()},
        "precision": list(map(_known, judged.precision)),
        "recall": list(map(_known, judged.recall)),
        "f1": list(map(_known, judged.f1)),
        "confusion": judged.confusion.tolist() if judged.confusion is not None else None,
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
