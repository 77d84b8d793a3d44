"""What the loss of the steps says: it stands still, or the learning rate is too high or too low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count, number
from workbench.training.advice.trend import Trend

FIND = Fix("Find a learning rate", "find_learning_rate")
LEAST_STEPS = 60
"""Steps before which nothing is said about the loss."""
SOON = 24
"""Steps before which even a loss that has shot up is not spoken of."""
LAST = 1 / 3
"""The share of the run that is looked at for a loss that stands still."""
STILL = 0.01
"""The most that a loss that stands still falls over that share, of its height."""
LEARNED = 0.1
"""Of its first height: a loss below it may stand still, for there is little left to learn."""
LOWERED = 0.2
"""Of its highest: a learning rate below it lets the loss come to rest, as it should."""
WORSE = 1.5
"""Times the first loss: above it a run is worse off than where it began."""
LOST = 0.5
"""The share of what was gained that is lost again where a loss broke out."""
TINY = 1e-5
"""|update| / |weights| of a step below which next to nothing is learned; a thousandth is usual."""


@dataclass(frozen=True, slots=True)
class Course:
    """The steps so far: `losses` as a trend, and the very first one (`began`); the learning rate now (`rate`), the
    highest so far (`highest`) and the base rate that the schedule lowers (`base`); `steps` done, `steps_per_epoch`."""

    losses: Trend
    began: float
    rate: float
    base: float
    highest: float
    steps: int
    steps_per_epoch: int

    @property
    def first(self) -> float:
        """The mean loss of the first steps."""
        means = self.losses.means
        return float(means[: max(1, LEAST_STEPS // 6 // self.losses.length)].mean())


def too_high(course: Course) -> Diagnostic | None:
    """The loss is above where it began, or has lost most of what was gained, and stays there."""
    means = course.losses.means
    if course.losses.count < SOON or len(means) < 6:
        return None
    late, first, began = means[-max(4, len(means) // 10) :], course.first, course.began
    lowest = float(_smoothed(means).min())
    gained = first - lowest
    if float(late.min()) > began + (WORSE - 1) * abs(began):
        seen = f"The loss is {late.mean():.3g}, higher than the {began:.3g} it began with"
    elif course.losses.count >= LEAST_STEPS and gained > 0.3 * abs(first) and late.min() > lowest + LOST * gained:
        seen = f"The loss had come down from {first:.3g} to {lowest:.3g} and is back at {late.mean():.3g}"
    else:
        return None
    lower = _digits(course.base / 10)
    return Diagnostic(
        "advice.rate_too_high",
        f"{seen}. The usual cause is a learning rate that is too high (it is {course.rate:.3g}). Try {lower:g}, let it "
        "warm up over the first epoch, or find one.",
        Severity.WARNING,
        fixes=(Fix(f"Set the learning rate to {lower:g}", "use_learning_rate", {"value": lower}), FIND),
    )


def stands_still(course: Course, accuracy: float | None) -> Diagnostic | None:
    """The loss of the last third of the run has not fallen, far from learned, with the rate still high."""
    means = course.losses.means
    last = means[round(len(means) * (1 - LAST)) :]
    if course.losses.count < 3 * LEAST_STEPS or len(last) < 12 or course.rate < LOWERED * course.highest:
        return None
    level, first = float(last.mean()), course.first
    if level < LEARNED * first or (accuracy is not None and accuracy > 0.97):
        return None
    fall, doubt = _fall(last)
    if fall > STILL * abs(level) or fall > 2 * doubt or doubt > 5 * STILL * abs(level):
        return None
    steps = len(last) * course.losses.length
    epochs = steps / max(1, course.steps_per_epoch)
    while_ = count(round(epochs), "epoch", "epochs") if epochs >= 2 else f"{number(steps)} steps"
    fell = first - level
    if fell < 0.05 * abs(first):
        return Diagnostic(
            "advice.not_learning",
            f"The loss stands at {level:.3g}, about where it began ({first:.3g}): nothing was learned in "
            f"{number(course.losses.count)} steps. Look for a learning rate with the finder, try Adam, and check in "
            "Data whether the labels fit the pictures. In a deep network, add normalisation or residual connections.",
            Severity.WARNING,
            fixes=(FIND,),
        )
    lower = _digits(course.base / 10)
    return Diagnostic(
        "advice.plateau",
        f"The training loss has stood still at {level:.3g} for the last {while_}. Try a learning rate that falls, such "
        f"as the cosine schedule, or {lower:g} from now on; if it still stands, the network is too small for the task, "
        "or is held back by strong dropout, augmentation or weight decay.",
        Severity.INFO,
        fixes=(
            Fix("Use the cosine schedule", "set_schedule", {"id": "cosine"}),
            Fix(f"Set the learning rate to {lower:g}", "use_learning_rate", {"value": lower}),
        ),
    )


def too_low(course: Course, updates: NDArray[np.float32]) -> Diagnostic | None:
    """Steps change the weights by next to nothing, and the loss shows it.

    `updates` are |update| / |weights| of late, one number a layer.
    """
    means = course.losses.means
    if course.losses.count < LEAST_STEPS or len(means) < 12 or not len(updates):
        return None
    size, first = float(np.median(updates)), course.first
    fell = first - float(means[-max(4, len(means) // 10) :].mean())
    warming = course.rate < 0.5 * course.highest or course.rate < 0.2 * course.base
    if not 0 < size < TINY or fell > 0.1 * abs(first) or warming:
        return None
    higher = _digits(course.base * 10)
    return Diagnostic(
        "advice.rate_too_low",
        f"Each step changes the weights by a {size:.0e} part of their size, where a thousandth is usual, and the loss "
        f"has hardly moved from {first:.3g}. Try the learning rate {higher:g}, or find one.",
        Severity.INFO,
        fixes=(FIND, Fix(f"Set the learning rate to {higher:g}", "use_learning_rate", {"value": higher})),
    )


def _fall(values: NDArray[np.float64]) -> tuple[float, float]:
    """(how far a straight line through the values falls from end to end, the standard error of that)."""
    x = np.linspace(-0.5, 0.5, len(values))
    slope = float((x * values).sum() / (x * x).sum())
    rest = values - values.mean() - slope * x
    error = float(np.sqrt((rest * rest).sum() / max(1, len(values) - 2) / (x * x).sum()))
    return -slope, error


def _smoothed(values: NDArray[np.float64], width: int = 4) -> NDArray[np.float64]:
    return np.convolve(values, np.full(width, 1 / width), "valid")


def _digits(value: float) -> float:
    return float(f"{value:.2g}")
