"""Round ticks and the ranges that end on them."""

from __future__ import annotations

import math

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, count: int, *, quarters: bool = True) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that crosses `span` in at most `count` steps.

    Without `quarters` 2.5 is left out: an axis of epochs reads 0, 5, 10 rather than 0, 2.5, 5.
    """
    if not span > 0 or not math.isfinite(span):
        return 1.0
    rough = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if (quarters or step != 2.5) and step * power >= rough * (1 - 1e-9))


def nice_ticks(low: float, high: float, count: int, *, quarters: bool = True) -> tuple[float, list[float]]:
    """The step and the multiples of it from `low` to `high`."""
    step = nice_step(high - low, count, quarters=quarters)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return step, [i * step for i in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Ticks of a log axis in powers of ten (`low`, `high` are exponents): 1, 2 and 5 of each decade where they fit."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    within = [d for d in decades if low <= d <= high]
    if len(within) > count:
        every = -(-len(within) // count)
        return [float(d) for d in within if d % every == 0]
    for leads in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        ticks = [d + math.log10(lead) for d in decades for lead in leads]
        ticks = [t for t in ticks if low - 1e-9 <= t <= high + 1e-9]
        if len(ticks) <= count:
            return ticks
    return [float(d) for d in within]


def y_range(low: float, high: float, count: int = 5) -> tuple[float, float]:
    """A range around the data that ends on ticks; where the data comes near zero, zero is its end.

    A flat line stands in the middle of a range of its own size.
    """
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-12):
        pad = abs(high) * 0.1 or 0.5
        low, high = low - pad, high + pad
    if 0 <= low < 0.35 * high:
        low = 0.0
    step = nice_step(high - low, count)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def log_range(low: float, high: float) -> tuple[float, float]:
    """A range for a log axis: a little air around the data, never less than a factor of two."""
    low, high = max(low, 1e-300), max(high, 1e-300)
    if high / low < 2.0:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(2.0), middle * math.sqrt(2.0)
    return low / 1.08, high * 1.08


def x_end(last: float, total: float | None) -> float:
    """Where the x axis ends while a run goes on: room ahead, in jumps rather than with every step.

    The end moves in factors of 1.5 and stops at `total` (the run's last epoch), so the axis mostly holds still.
    """
    if total is None or last >= total:
        return last
    end = 1.0
    while end < last * 1.04:
        end *= 1.5
    return min(end, total)


def plain(value: float, step: float) -> str:
    """A value with as many decimals as its ticks need: "0.5" between steps of 0.5, "1,200" between steps of 200."""
    if not value and step < 1e-3:
        return "0"
    if value and (abs(value) >= 1e6 or abs(value) < 1e-4):
        digits, power = f"{value:.1e}".split("e")
        return f"{digits.removesuffix('.0')}e{int(power)}"
    decimals = 0 if step >= 1 and step == int(step) else min(max(1 - math.floor(math.log10(step) + 1e-9), 0), 6)
    if decimals and abs(step * 10 ** (decimals - 1) - round(step * 10 ** (decimals - 1))) < 1e-6:
        decimals -= 1
    return f"{value:,.{decimals}f}"


def percent(value: float, step: float) -> str:
    """A share as per cent: "75 %"."""
    return f"{plain(round(value * 100, 9), step * 100)} %"
