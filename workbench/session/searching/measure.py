"""What a search or the folds compare: one number an epoch, and whether more or less of it is better."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.catalogue.metrics import is_better, of_key
from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.document.project import Project

if TYPE_CHECKING:
    from workbench.training.messages import EpochEnd

PLAIN = {
    "val_accuracy": "Validation accuracy",
    "val_loss": "Validation loss",
    "train_accuracy": "Training accuracy",
    "train_loss": "Training loss",
}
"""What every epoch tells, whatever metrics a recipe counts."""


@dataclass(frozen=True, slots=True)
class Measure:
    """`key` names a number of an epoch: "val_loss", or a metric's ("val_f1")."""

    key: str

    @property
    def higher(self) -> bool:
        """Whether more of it is better."""
        return is_better(self.key, 1.0, 0.0)

    @property
    def title(self) -> str:
        if self.key in PLAIN:
            return PLAIN[self.key]
        metric = of_key(self.key)
        return self.key if metric is None else f"Validation {metric.title[:1].lower()}{metric.title[1:]}"

    @property
    def is_share(self) -> bool:
        """Whether it is shown as a percentage."""
        metric = of_key(self.key)
        return self.key.endswith("accuracy") if metric is None else metric.share

    def words(self, value: float | None) -> str:
        """A value as people read it: "93.4 %", "0.2514"; nothing where there is none."""
        if value is None or not math.isfinite(value):
            return ""
        return f"{value * 100:.2f} %" if self.is_share else number(value)

    def of(self, epoch: EpochEnd) -> float | None:
        """The number of one epoch; None where it was not counted or is none."""
        found = getattr(epoch, self.key) if self.key in PLAIN else epoch.metrics.get(self.key)
        return float(found) if found is not None and math.isfinite(found) else None

    def best(self, values: Iterable[float]) -> float | None:
        """The best of several; None of none."""
        return (max if self.higher else min)(values, default=None)


def measure_of(project: Project, key: str = "auto") -> Measure:
    """The measure a project is judged by: what its recipe watches, else accuracy, or the loss where nothing is
    classified. Raises `Problem` for a key that no epoch tells."""
    if key == "auto":
        key = project.recipe.watch
    if key == "auto":
        key = "val_accuracy" if _classifies(project) else "val_loss"
    if key not in PLAIN and of_key(key) is None:
        known = ", ".join((*PLAIN, *(f"val_{name}" for name in project.recipe.metrics)))
        raise Problem.of(
            "search.measure", f"Runs do not measure “{key[:60]}”. Choose one of: {known}.", param="measure"
        )
    return Measure(key)


def _classifies(project: Project) -> bool:
    """Whether any output answers classes or labels, so that answers are right or wrong."""
    from workbench.session.pictures import target_at

    outputs = [node for node in project.graph if node.layer == "output"]
    return not outputs or any(target_at(node).kind != "values" for node in outputs)
