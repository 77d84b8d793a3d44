"""The learning rate over a run, before there is one: what the recipe's schedule will do, as points of a curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.registry import OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.document.project import Recipe

USUAL_STEPS = 100
"""Steps an epoch where the number of samples is not known: the shape of the curve hardly depends on it."""
MOST_POINTS = 600


@dataclass(frozen=True, slots=True, eq=False)
class RateCurve:
    """`epochs` float64 P from 0 to the run's end, `rates` float64 P: the learning rate of the steps that begin there.

    `follows`: validation will lower it further. `sudden`: it falls at once where two points are close together.
    """

    epochs: NDArray[np.float64]
    rates: NDArray[np.float64]
    follows: bool = False

    @property
    def first(self) -> float:
        return float(self.rates[0])

    @property
    def last(self) -> float:
        return float(self.rates[-1])

    @property
    def highest(self) -> float:
        return float(self.rates.max())


def rate_curve(recipe: Recipe, batches: int | None = None) -> RateCurve | None:
    """The curve of a recipe; `batches` is how many an epoch has, where that is known.

    Long runs are sampled, at every epoch's first and last step and evenly between. None for an unknown optimizer or
    schedule, or no epochs.
    """
    schedule, optimizer = SCHEDULES.get(recipe.schedule.id), OPTIMIZERS.get(recipe.optimizer.id)
    if schedule is None or optimizer is None or recipe.epochs < 1:
        return None
    each = USUAL_STEPS if not batches else math.ceil(batches / max(1, recipe.accumulate))
    steps = recipe.epochs * each
    values, _problems = check(schedule, recipe.schedule.params)
    chosen, _problems = check(optimizer, recipe.optimizer.params)
    at = _sampled(steps, each, recipe.epochs)
    factors = np.array([schedule.factor(values, int(step), steps, each) for step in at])
    return RateCurve(at / each, float(chosen.lr) * factors, schedule.follows)


def _sampled(steps: int, each: int, epochs: int) -> NDArray[np.int64]:
    """The steps to look at: all, or so many that the curve keeps its corners."""
    if steps <= MOST_POINTS:
        return np.arange(steps, dtype=np.int64)
    even = np.linspace(0, steps - 1, MOST_POINTS).astype(np.int64)
    starts = np.arange(0, epochs, max(1, epochs // (MOST_POINTS // 2)), dtype=np.int64) * each
    return np.unique(np.concatenate((even, starts, np.maximum(starts - 1, 0))))
