"""Learning rate schedules: pure functions from the step to a factor on the optimizer's learning rate."""

from __future__ import annotations

import math

from workbench.catalogue.declaration import Param, Schedule, Values
from workbench.catalogue.parameters import integer, integers, real


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


_LEAST = 1e-12
"""A rate never becomes 0: what is lowered for ever stops here."""


def _gamma(help: str, default: float = 0.1) -> Param:
    return real("gamma", "Factor", help, default, 0.001, 1.0)


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


def _epochs(step: int, steps: int, steps_per_epoch: int) -> int:
    """Whole epochs done at a step; it stands still after the last step."""
    return min(step, max(steps - 1, 0)) // max(steps_per_epoch, 1)


def _step(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, _, _ = warm(p, step, steps, steps_per_epoch)
    drops = _epochs(step, steps, steps_per_epoch) // p.every
    return float(rise * max(p.gamma**drops, _LEAST))


def _cosine(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, length = warm(p, step, steps, steps_per_epoch)
    return float(rise * (p.final + (1 - p.final) * (1 + math.cos(math.pi * since / length)) / 2))


def _multi_step(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, _, _ = warm(p, step, steps, steps_per_epoch)
    drops = sum(milestone <= _epochs(step, steps, steps_per_epoch) for milestone in p.milestones)
    return float(rise * max(p.gamma**drops, _LEAST))


def _exponential(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, _ = warm(p, step, steps, steps_per_epoch)
    return float(rise * max(p.gamma ** (since / max(steps_per_epoch, 1)), _LEAST))


def _cosine_restarts(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, _ = warm(p, step, steps, steps_per_epoch)
    length = p.period * max(steps_per_epoch, 1)
    while since >= length and p.longer > 1:
        since, length = since - length, length * p.longer
    share = (since % length) / length
    return float(rise * (p.final + (1 - p.final) * (1 + math.cos(math.pi * share)) / 2))


def _linear(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, length = warm(p, step, steps, steps_per_epoch)
    return float(rise * (1 + (p.final - 1) * since / length))


def _polynomial(p: Values, step: int, steps: int, steps_per_epoch: int) -> float:
    rise, since, length = warm(p, step, steps, steps_per_epoch)
    return float(rise * (p.final + (1 - p.final) * max((1 - since / length) ** p.power, _LEAST)))


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
            _gamma("What the rate is multiplied by at each drop."),
            _warmup(0.0),
        ),
        keywords=("drop", "decay", "staircase"),
        factor=_step,
    ),
    Schedule(
        id="multi_step",
        title="Steps at epochs",
        summary="Lowers the learning rate at once after the epochs you name.",
        help="As Steps, with each drop where you want it: the recipes of papers often say “at 30, 60 and 80 of 90 "
        "epochs”. Epochs are counted from the beginning of the run.",
        params=(
            integers(
                "milestones",
                "After epochs",
                "The epochs after which the rate drops.",
                (5, 8),
                0,
                1,
                100_000,
                unit="epochs",
            ),
            _gamma("What the rate is multiplied by at each drop."),
            _warmup(0.0),
        ),
        keywords=("milestones", "drop", "decay", "staircase"),
        factor=_multi_step,
    ),
    Schedule(
        id="exponential",
        title="Exponential",
        summary="Multiplies the learning rate by the same factor in every epoch, a little at each step.",
        help="Falls quickly at first and ever more slowly. It need not know the number of epochs, so that a run can be "
        "made longer without another curve.",
        params=(_gamma("What is left of the rate after an epoch.", 0.9), _warmup(0.0)),
        keywords=("decay", "gamma"),
        factor=_exponential,
    ),
    Schedule(
        id="cosine_restarts",
        title="Cosine with restarts",
        summary="Falls along half a cosine wave and jumps back up, again and again.",
        help="Each restart leaves the valley that was found and looks for a better one; the network is at its best "
        "just before a restart (Loshchilov and Hutter 2017). Let the run end with a period.",
        params=(
            integer("period", "First period", "Epochs until the first restart.", 10, 1, 100_000, unit="epochs"),
            integer("longer", "Longer by", "Each period is so many times as long as the one before.", 1, 1, 10),
            _final(0.01),
            _warmup(0.0),
        ),
        keywords=("sgdr", "warm restarts", "anneal", "cyclic"),
        factor=_cosine_restarts,
    ),
    Schedule(
        id="linear",
        title="Linear",
        summary="Lowers the learning rate evenly from the first step to the last.",
        help="Usual for transformers, after a warm-up. As good as a cosine as a rule, and plainer.",
        params=(_final(0.0), _warmup(0.0)),
        keywords=("decay", "ramp", "straight"),
        factor=_linear,
    ),
    Schedule(
        id="polynomial",
        title="Polynomial",
        summary="Lowers the learning rate along a power of what is left of the run.",
        help="A power of 1 is a straight line; more falls sooner and settles for longer. A power of 0.9 is usual for "
        "networks that label every pixel (Chen et al. 2017).",
        params=(
            real(
                "power",
                "Power",
                "How the rate falls: evenly with 1, sooner with more, later with less.",
                2.0,
                0.1,
                10.0,
            ),
            _final(0.0),
            _warmup(0.0),
        ),
        keywords=("decay", "poly"),
        factor=_polynomial,
    ),
    Schedule(
        id="plateau",
        title="On a plateau",
        summary="Lowers the learning rate whenever validation has not improved for some epochs.",
        help="Nothing to plan: the rate stays while progress is made. It watches what the recipe calls best, the "
        "validation loss unless you choose a metric, and so needs a validation split.",
        params=(
            _gamma("What the rate is multiplied by when progress stops."),
            integer(
                "patience", "Patience", "Epochs without progress that are waited for.", 3, 0, 100_000, unit="epochs"
            ),
            real(
                "threshold",
                "Threshold",
                "The share of the best value by which a better one must differ to count.",
                1e-4,
                0.0,
                0.5,
                advanced=True,
            ),
            integer(
                "rest", "Rest", "Epochs after a drop that do not count.", 0, 0, 100_000, unit="epochs", advanced=True
            ),
            real(
                "least", "Least share", "The rate is never lowered below this share.", 1e-4, 1e-12, 1.0, advanced=True
            ),
            _warmup(0.0),
        ),
        keywords=("reduce on plateau", "validation", "adaptive"),
        factor=_constant,
        follows=True,
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
