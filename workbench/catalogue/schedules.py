"""Learning rate schedules: pure functions from the step to a factor on the optimizer's learning rate."""

from __future__ import annotations

import math

from workbench.catalogue.declaration import Param, Schedule, Values
from workbench.catalogue.parameters import integer, real


def _warmup(default: float) -> Param:
    return real(
        "warmup",
        "Warm-up",
        "Rises from near zero to the full rate over this many epochs.",
        default,
        0.0,
        1000.0,
        unit="epochs",
    )


def _final(default: float) -> Param:
    return real("final", "Final share", "What is left of the learning rate at the end.", default, 0.0, 1.0)


def warm(p: Values, step: int, steps: int, steps_per_epoch: int) -> tuple[float, int, int]:
    """(factor while warming up, steps since it ended, steps the main part has).

    The rise is linear: the first step takes 1/n of the rate, step n - 1 all of it. Warm-up never takes the whole run.
    """
    n = min(round(p.warmup * steps_per_epoch), max(steps - 1, 0))
    if step < n:
        return (step + 1) / n, 0, max(steps - n, 1)
    return 1.0, min(step, max(steps - 1, 0)) - n, max(steps - n, 1)


def _constant(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    return warm(p, step, steps, steps_per_epoch)[0]


def _step(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, _, _ = warm(p, step, steps, steps_per_epoch)
    drops = min(step, max(steps - 1, 0)) // (p.every * max(steps_per_epoch, 1))
    return float(rise * max(p.gamma**drops, 1e-12))


def _cosine(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, length = warm(p, step, steps, steps_per_epoch)
    return float(rise * (p.final + (1 - p.final) * (1 + math.cos(math.pi * since / length)) / 2))


def _one_cycle(p: Values, step: int, steps: int, _steps_per_epoch: int) -> float:
    step = min(max(step, 0), max(steps - 1, 0))
    start, end = 1 / p.start_divisor, 1 / (p.start_divisor * p.final_divisor)
    top = p.rise * steps - 1  # the position of the peak, in steps; PyTorch's OneCycleLR counts the same way
    last = steps - 1
    if top > 0 and step <= top:
        return _glide(start, 1.0, step / top)
    return _glide(1.0, end, (step - top) / (last - top)) if last > top else end


def _glide(a: float, b: float, share: float) -> float:
    """Half a cosine wave from a (share 0) to b (share 1)."""
    return b + (a - b) / 2 * (1 + math.cos(math.pi * min(max(share, 0.0), 1.0)))


SCHEDULES = (
    Schedule(
        id="cosine",
        title="Cosine",
        summary="Lowers the learning rate along half a cosine wave: gently, then quickly, then gently again.",
        help="A good default with nothing to tune: large steps explore first, small ones settle at the end, where "
        "most of the last accuracy is gained (Loshchilov and Hutter 2017, without restarts). It must know the number "
        "of epochs, so a run stopped early has not settled. A warm-up of an epoch calms the start of large networks.",
        params=(_final(0.01), _warmup(0.0)),
        keywords=("anneal", "decay"),
        factor=_cosine,
    ),
    Schedule(
        id="one_cycle",
        title="One cycle",
        summary="Rises to the full learning rate, then falls far below where it began.",
        help="Training fits into fewer epochs with a higher peak than a constant rate would bear (Smith and Topin "
        "2018). The learning rate you set is the peak. It has its own warm-up: the rising share.",
        params=(
            real("rise", "Rising share", "The share of all steps that rises; the rest falls.", 0.3, 0.01, 0.99),
            real("start_divisor", "Start divisor", "The first step takes the peak divided by this.", 25.0, 1.0, 1e6),
            real(
                "final_divisor", "Final divisor", "The last step takes the first one's divided by this.", 1e4, 1.0, 1e8
            ),
        ),
        keywords=("super-convergence", "1cycle"),
        factor=_one_cycle,
    ),
    Schedule(
        id="step",
        title="Steps",
        summary="Keeps the learning rate for some epochs, then lowers it at once, again and again.",
        help="The classic for SGD: train at one rate until progress ends, drop it to a tenth, go on. Each drop shows "
        "as a step in the loss.",
        params=(
            integer("every", "Every", "How many epochs pass between drops.", 10, 1, 100_000, unit="epochs"),
            real("gamma", "Factor", "What the rate is multiplied by at each drop.", 0.1, 0.001, 1.0),
            _warmup(0.0),
        ),
        keywords=("drop", "decay", "staircase"),
        factor=_step,
    ),
    Schedule(
        id="constant",
        title="Constant",
        summary="Keeps the learning rate as it is.",
        help="The simplest; right for short experiments and when you turn the rate yourself while it trains. Most "
        "runs end a little better when the rate falls towards the end.",
        params=(_warmup(0.0),),
        keywords=("fixed", "none"),
        factor=_constant,
    ),
)
