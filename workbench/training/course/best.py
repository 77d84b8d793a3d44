"""Which epoch of a run was the best so far, and when none has been better for long enough to end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.catalogue.metrics import is_better, of_key
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count, number
from workbench.document.project import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOSSES = MappingProxyType({"val_loss": "the validation loss", "train_loss": "the training loss"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out of an epoch, or of a validation in between.

    `loss` and `accuracy` are of validation, None where nothing was validated; the accuracy also where nothing is right
    or wrong. `metrics` have the others by key ("val_f1"), `confusion` int64 K × K counts rows taken for columns.
    """

    loss: float | None = None
    accuracy: float | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    confusion: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    train_loss: float | None = None

    def value(self, key: str) -> float | None:
        """The value of a key ("val_loss", "val_accuracy", "train_loss" or a metric's); None where it is no number."""
        plain = {"val_loss": self.loss, "val_accuracy": self.accuracy, "train_loss": self.train_loss}
        found = plain[key] if key in plain else self.metrics.get(key)
        return found if found is not None and math.isfinite(found) else None


class Best:
    """Takes the figures of each epoch.

    By "auto" the accuracy decides, the loss where it is equal or there is no accuracy; else the value of the recipe's
    key. `epoch` is the best one (from 1, 0 before there is one), `accuracy` and `loss` are its figures.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.epoch = 0
        self.accuracy: float | None = None
        self.loss: float | None = None
        self.value: float | None = None
        """The best value of the key that is watched."""
        self.waited = 0
        """Epochs since the best one."""
        self._key = recipe.watch
        self._patience = recipe.patience

    def take(self, epoch: int, figures: Figures) -> bool:
        """Whether this epoch is the best so far."""
        is_best = self._is_better(figures)
        if is_best:
            self.epoch, self.waited = epoch, 0
            self.accuracy, self.loss = figures.accuracy, figures.loss
            self.value = None if self._key == "auto" else figures.value(self._key)
        elif self.epoch or self.loss is not None:
            self.waited += 1
        return is_best

    def _is_better(self, figures: Figures) -> bool:
        if self._key != "auto":
            value = figures.value(self._key)
            return value is not None and (self.value is None or is_better(self._key, value, self.value))
        if figures.loss is None or not math.isfinite(figures.loss):
            return False
        if self.loss is None:
            return True
        return (figures.accuracy or 0.0, -figures.loss) > (self.accuracy or 0.0, -self.loss)

    def ended(self) -> Diagnostic | None:
        """What to say where the patience of the recipe is at its end; None where the run is to go on."""
        if not 0 < self._patience <= self.waited:
            return None
        return Diagnostic(
            "training.stopped_early",
            f"Epoch {number(self.epoch)} was the best ({self._words()}), and the "
            f"{count(self.waited, 'epoch', 'epochs')} since brought nothing better, so training ended as the recipe "
            "asks. The best weights are kept.",
            Severity.INFO,
        )

    def _words(self) -> str:
        if self._key == "auto":
            if self.accuracy is not None:
                return f"validation accuracy {self.accuracy:.1%}"
            return f"validation loss {self.loss:.4g}"
        metric = of_key(self._key)
        name = _LOSSES.get(self._key) or (metric.title if metric is not None else self._key)
        return f"{name.removeprefix('the ')} {self.value:.4g}"

    def missing(self, figures: Figures) -> Diagnostic | None:
        """What to say after the first epoch where what the recipe watches was not measured."""
        if self._key == "auto":
            if figures.loss is not None or not self._patience:
                return None
            what, remedy = "a validation", "give validation a share of the data, or watch the training loss"
        elif figures.value(self._key) is not None:
            return None
        else:
            what, remedy = f"“{self._key}”", "choose one that is counted, or add it to the recipe's metrics"
        return Diagnostic(
            "training.nothing_watched",
            f"The recipe tells the best epoch by {what}, which this run does not have, so no epoch counts as better "
            f"and early stopping never comes. To change that, {remedy}.",
            Severity.WARNING,
            param="watch",
        )

    def state(self) -> dict[str, float | int]:
        """What `restore` takes beside accuracy and loss, which checkpoints have of their own."""
        state: dict[str, float | int] = {"epoch": self.epoch, "waited": self.waited}
        return state if self.value is None else {**state, "value": self.value}

    def restore(self, state: Mapping[str, Any], accuracy: float | None, loss: float | None, watched: str) -> None:
        """Go on from what `state` gave; anew where something else was watched (`watched`: the key of that run)."""
        if watched != self._key:
            return
        self.accuracy, self.loss = accuracy, loss
        self.epoch, self.waited = int(state.get("epoch", 0)), int(state.get("waited", 0))
        value = state.get("value")
        self.value = float(value) if isinstance(value, int | float) else None
