"""Finding a learning rate: the range test of Smith 2017 ("Cyclical Learning Rates for Training Neural Networks", 3.3).

A copy of the network learns real batches while the rate grows from far too small to far too large. While it is too
small the loss stands still, then it falls, and at last it rises without limit. Where it falls fastest is a good rate.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Fix, Problem
from workbench.document.project import Recipe
from workbench.training.batches import Batch, Network, Pictures, steps_per_epoch, training_samples
from workbench.training.course.beginning import begin
from workbench.training.device import choose
from workbench.training.nonfinite import NotFinite
from workbench.training.steps.grouping import grouped

if TYPE_CHECKING:
    import torch

STEPS = 120
LOWEST, HIGHEST = 1e-7, 10.0
SMOOTHING = 0.15
"""The standard deviation of the smoothing, in decades of the rate."""
BROKEN = 3.0
"""The test ends when the loss of late stands this many times its fall, or its first height, above its lowest."""
GONE = 0.02
"""The share of the first loss below which there is nothing left to learn."""
LATE = 4
"""Over how many steps "the loss of late" is the mean."""
MARGIN = 4.0
"""How far below the rate of the lowest loss a suggestion stays."""
NOTICEABLE = 0.03
"""The least fall of the smoothed loss, as a share of where it began, that says anything."""


@dataclass(frozen=True, slots=True, eq=False)
class RateSweep:
    """What the test saw: at each of n steps the rate (float64, growing) and the loss of the batch before the step.

    `smoothed` is the loss without the noise of the batches. `suggested` is None where the loss never fell noticeably;
    `reason` says why the suggestion is what it is, in a sentence or two. `highest` is the rate from which on the loss
    rose, None where it had not begun to.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggested: float | None
    reason: str
    highest: float | None = None

    @property
    def fix(self) -> Fix | None:
        """Take the suggested rate into the recipe, with a click."""
        if self.suggested is None:
            return None
        return Fix(f"Use {self.suggested:g}", "set_learning_rate", {"value": self.suggested})


def find_rate(
    compiled: Network,
    dataset: Pictures,
    recipe: Recipe,
    *,
    weights: Mapping[str, torch.Tensor] | None = None,
    steps: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    seen: Callable[[float, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RateSweep:
    """Run the test on a fresh copy of the network (`weights`: with these in it), on the recipe's device.

    Nothing of it stays: the caller's weights, running statistics and random numbers are as before. `progress` is called
    with the steps done and may raise, `seen` with each rate and loss. There are `STEPS` steps, unless `steps` says
    otherwise. Raises `Problem` where nothing can be learned.
    """
    steps = STEPS if steps is None else steps
    rates: list[float] = []
    losses: list[float] = []
    device, _notice = choose(recipe.device)
    # average and compiling cost time and change nothing a rate does; fp16 leaves out steps while it finds its scale
    precision = "full" if recipe.precision == "fp16" else recipe.precision
    plain = replace(recipe, average=0.0, compile=False, precision=precision)
    with _own_random_numbers(device), contextlib.closing(_steps(dataset, recipe)) as batches:
        learner = begin(compiled, dataset, plain, device, weights, whole=False).learner
        for step, (rate, held) in enumerate(zip(np.geomspace(LOWEST, HIGHEST, steps).tolist(), batches, strict=False)):
            if cancelled is not None and cancelled():
                raise Problem.of("rate.cancelled", "The search for a learning rate was cancelled.")
            try:
                learned = learner.learn(held, rate, step)
            except NotFinite:
                break
            if learned.updated:  # else its scale of 16 bits was too large still, which says nothing of the rate
                rates.append(rate)
                losses.append(learned.loss)
                if seen is not None:
                    seen(rate, learned.loss)
            if progress is not None:
                progress(step + 1, steps)
            if _is_broken(losses) or _is_learned(losses):
                break
    return judge(np.array(rates), np.array(losses))


def judge(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> RateSweep:
    """What a sweep says: the rate where the loss falls fastest, but no more than a quarter of that where it is lowest.

    The loss at a rate owes something to the steps before it, which made their progress at lower rates; so its lowest
    point comes late, and with it, at times, the steepest fall. A quarter leaves room for that.
    """
    if len(rates) < 3:
        return RateSweep(
            rates,
            losses,
            losses,
            None,
            "The loss was no number from the first steps on, so no rate can be read from it. Look at the "
            "network: a normalisation is missing, or the pictures are not scaled.",
        )
    decades = np.log10(rates)
    smoothed = smooth(decades, losses)
    lowest = int(smoothed.argmin())
    start = float(smoothed[: max(1, len(smoothed) // 8)].mean())
    fall = start - float(smoothed[lowest])
    if lowest == 0 or not fall > NOTICEABLE * abs(start):
        return RateSweep(
            rates,
            losses,
            smoothed,
            None,
            f"The loss did not fall noticeably at any rate (from {start:.3g} to {smoothed[lowest]:.3g} at best), so "
            "none stands out. Larger batches make the test less noisy; a network that cannot learn shows like this "
            "too.",
        )
    slopes = np.gradient(smoothed, decades)
    steepest = int(slopes[: lowest + 1].argmin())
    suggested = rounded(min(float(rates[steepest]), float(rates[lowest]) / MARGIN))
    rises = _rise(smoothed, lowest, fall)
    highest = None if rises is None else rounded(float(rates[rises]))
    if highest is not None:
        end = f", is lowest at {rounded(float(rates[lowest])):g} and rises above {highest:g}"
    elif smoothed[-1] < 2 * GONE * start:
        end = f" and was all but gone at {rounded(float(rates[-1])):g}, before any rate was too high"
    else:
        end = f" and had not risen yet at {rounded(float(rates[-1])):g}, the highest rate tried"
    where = "where it falls fastest" if rates[steepest] <= rates[lowest] / MARGIN else "well below its lowest point"
    return RateSweep(
        rates,
        losses,
        smoothed,
        suggested,
        f"The loss falls fastest at {rounded(float(rates[steepest])):g}{end}. {suggested:g} is {where}.",
        highest,
    )


def smooth(x: NDArray[np.float64], y: NDArray[np.float64], width: float = SMOOTHING) -> NDArray[np.float64]:
    """The mean of `y` around each `x`, weighted by a bell of this standard deviation; shifts nothing to either side."""
    weights = np.exp(-0.5 * ((x[:, None] - x[None, :]) / width) ** 2)
    averaged: NDArray[np.float64] = (weights * y[None, :]).sum(1) / weights.sum(1)
    return averaged


def rounded(rate: float) -> float:
    """A rate to two significant digits."""
    return float(f"{rate:.1e}")


def _rise(smoothed: NDArray[np.float64], lowest: int, fall: float) -> int | None:
    """Where, after its lowest point, the loss has taken back a tenth of its fall; None where it has not."""
    above = (smoothed[lowest:] > smoothed[lowest] + 0.1 * fall).nonzero()[0]
    return lowest + int(above[0]) if len(above) else None


def _is_broken(losses: list[float]) -> bool:
    """Whether the loss rises without limit."""
    if len(losses) < 2 * LATE:
        return False
    means = np.convolve(losses, np.full(LATE, 1 / LATE), "valid")
    start, lowest, late = float(means[0]), float(means.min()), float(means[-1])
    return late > lowest + BROKEN * max(start - lowest, 0.2 * abs(start))


def _is_learned(losses: list[float]) -> bool:
    """Whether there is nothing left to learn, so that no rate can do harm any more."""
    return len(losses) >= 2 * LATE and float(np.mean(losses[-LATE:])) < GONE * float(np.mean(losses[:LATE]))


def _steps(dataset: Pictures, recipe: Recipe) -> Generator[list[Batch], None, None]:
    """The batches of a run's own steps, epoch after epoch, for as long as an epoch gives any."""
    most = steps_per_epoch(training_samples(dataset), recipe.batch_size)
    for epoch in itertools.count():
        batches, given = dataset.train_batches(recipe.batch_size, recipe.seed, epoch), False
        with contextlib.closing(batches):
            for _step, step in grouped(batches, recipe.accumulate, most):
                given = True
                yield step
        if not given:
            return


@contextlib.contextmanager
def _own_random_numbers(device: torch.device) -> Iterator[None]:
    """Whatever is drawn inside, torch's generators stand as before afterwards."""
    import torch

    if device.type == "cpu":
        with torch.random.fork_rng(devices=[]):
            yield
    else:
        with torch.random.fork_rng(devices=[device.index or 0], device_type=device.type):
            yield
