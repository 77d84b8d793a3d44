"""The learning rate over a run: the schedule's factor at each step, lowered further where validation stands still."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench.catalogue.metrics import is_better, of_key
from workbench.catalogue.registry import SCHEDULES
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.document.project import Recipe
from workbench.training.optimizing.optimizer import refuse, unknown

LOSS = "val_loss"


class Rates:
    """The factor on the learning rate of a run of `steps` steps (updates of the weights), `steps_per_epoch` an epoch.

    A schedule that follows a value (the plateau) is told it after each epoch by `epoch_ended`. What it then remembers
    is in `state`, so that a run resumes exactly. Raises `Problem` for an unknown schedule and for bad values.
    """

    def __init__(self, recipe: Recipe, steps: int, steps_per_epoch: int) -> None:
        declaration = SCHEDULES.get(recipe.schedule.id)
        if declaration is None:
            raise unknown("schedule", recipe.schedule, SCHEDULES)
        self._values, problems = check(declaration, recipe.schedule.params)
        refuse(problems)
        self._declaration = declaration
        self._steps, self._steps_per_epoch = steps, steps_per_epoch
        self.watched = LOSS if recipe.watch == "auto" else recipe.watch
        """The key of the value that `epoch_ended` is to be given: "val_loss" or a metric's."""
        self._lowered = 1.0
        self._rises = is_better(self.watched, 1.0, 0.0)
        self._best = self._worst
        self._waited = self._rests = 0

    @property
    def follows(self) -> bool:
        """Whether the schedule follows a value, so that `epoch_ended` does anything."""
        return self._declaration.follows

    def factor(self, step: int) -> float:
        """What the learning rate is multiplied by at a step of the run (from 0)."""
        plain = self._declaration.factor(self._values, step, self._steps, self._steps_per_epoch)
        return plain * self._lowered if self._declaration.follows else plain

    def epoch_ended(self, value: float | None) -> Diagnostic | None:
        """Take in the value of `watched` after an epoch (None: it was not measured); says so where the rate falls.

        As `torch.optim.lr_scheduler.ReduceLROnPlateau` with a relative threshold: after more than `patience` epochs in
        a row without a value better by the threshold, the rate is multiplied by `gamma`, and `rest` epochs pass before
        they are counted again.
        """
        if not self._declaration.follows or value is None:
            return None
        p = self._values
        if self._is_better(value):
            self._best, self._waited = value, 0
        else:
            self._waited += 1
        if self._rests > 0:
            self._rests, self._waited = self._rests - 1, 0
        if self._waited <= p.patience:
            return None
        waited, self._rests, self._waited = self._waited, p.rest, 0
        before, self._lowered = self._lowered, max(self._lowered * p.gamma, p.least)
        if self._lowered >= before:
            return None
        return Diagnostic(
            "training.rate_lowered",
            f"{self._words} has not improved for {count(waited, 'epoch', 'epochs')}; the learning rate goes on at "
            f"{self._lowered:.3g} times the recipe's.",
            Severity.INFO,
        )

    def state(self) -> dict[str, float]:
        """What `restore` takes; empty where nothing is remembered."""
        if not self._declaration.follows:
            return {}
        counts = {"waited": float(self._waited), "rests": float(self._rests)}
        return {"lowered": self._lowered, "best": self._best, **counts}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on from what `state` gave; what is missing, or makes no sense, begins anew."""
        if not self._declaration.follows:
            return
        lowered = float(state.get("lowered", 1.0))
        self._lowered = lowered if 0.0 < lowered <= 1.0 else 1.0
        best = float(state.get("best", self._worst))
        self._best = self._worst if math.isnan(best) else best
        self._waited, self._rests = (_whole(state.get(name, 0.0)) for name in ("waited", "rests"))

    def _is_better(self, value: float) -> bool:
        """Better than the best by the threshold's share of it, as torch counts ("rel")."""
        share = self._values.threshold
        return bool(value > self._best * (1 + share) if self._rises else value < self._best * (1 - share))

    @property
    def _worst(self) -> float:
        """Any number is better than this one."""
        return -math.inf if self._rises else math.inf

    @property
    def _words(self) -> str:
        metric = of_key(self.watched)
        if metric is not None:
            return f"{metric.title} of validation"
        return {LOSS: "The validation loss", "train_loss": "The training loss"}.get(self.watched, f"“{self.watched}”")


def _whole(value: float) -> int:
    return max(0, int(value)) if math.isfinite(value) else 0
