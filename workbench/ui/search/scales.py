"""Where a setting's values stand on an axis: from 0 (bottom) to 1 (top), with a few ticks in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.document.graph import Value
from workbench.session.searching.measure import Measure
from workbench.session.searching.ranges import Range, plain
from workbench.session.searching.trial import Trial
from workbench.session.searching.variants import Axis
from workbench.ui.plots.ticks import nice_ticks, percent
from workbench.ui.plots.ticks import plain as number

MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis of the drawing. `ticks` are (place, words), bottom first."""

    title: str
    low: float
    high: float
    log: bool = False
    words: tuple[str, ...] = ()  # of a list of values, in order; then low and high are not used
    ticks: tuple[tuple[float, str], ...] = ()

    def place(self, value: float) -> float:
        """From 0 to 1 for a number of the range; beyond for one outside."""
        if self.words:
            return (value + 0.5) / len(self.words)
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        return (value - low) / (high - low) if high > low else 0.5


def scale_of(axis: Axis) -> Scale:
    """The axis of a setting: its range, or its values at equal distances."""
    wanted, name = axis.wanted, axis.setting.name
    if isinstance(wanted, Range):
        return Scale(name, wanted.low, wanted.high, wanted.log, (), _ticks(wanted.low, wanted.high, wanted.log))
    words = tuple(axis.setting.words_of(value) for value in wanted.values)
    every = max(1, -(-len(words) // MOST_TICKS))
    ticks = tuple(((i + 0.5) / len(words), w) for i, w in enumerate(words) if i % every == 0)
    return Scale(name, 0.0, 1.0, False, words, ticks)


def place_of(axis: Axis, scale: Scale, value: Value) -> float:
    """Where a trial's value of a setting stands."""
    if isinstance(axis.wanted, Range):
        return scale.place(float(value)) if isinstance(value, int | float) else 0.0
    return scale.place(float(axis.wanted.values.index(value)))


def scale_of_scores(measure: Measure, trials: Sequence[Trial]) -> Scale:
    """The axis of what is compared: as wide as what was reached."""
    scores = [t.score for t in trials if t.score is not None and math.isfinite(t.score)]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-9):
        pad = max(abs(low) * 0.05, 1e-3)
        low, high = low - pad, high + pad
    step, values = nice_ticks(low, high, 5)
    scale = Scale(measure.title, low, high)
    words = percent if measure.is_share else number
    ticks = tuple((scale.place(v), words(v, step)) for v in values)
    return Scale(measure.title, low, high, ticks=ticks)


def _ticks(low: float, high: float, log: bool) -> tuple[tuple[float, str], ...]:
    scale = Scale("", low, high, log)
    if not log:
        _step, values = nice_ticks(low, high, 5)
        inner = [v for v in values if low <= v <= high]
    else:
        powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
        inner = [10.0**p for p in powers]
        if len(inner) < 2:
            inner = [lead * 10.0**p for p in range(powers.start - 1, powers.stop + 1) for lead in (1, 2, 5)]
            inner = [v for v in inner if low <= v <= high]
    found = {low: plain(low), **{v: plain(float(f"{v:.6g}")) for v in inner}, high: plain(high)}
    placed = sorted((scale.place(v), words) for v, words in found.items())
    # the ends are always told; what is too close to them is not
    return tuple((at, words) for k, (at, words) in enumerate(placed) if k in (0, len(placed) - 1) or 0.08 < at < 0.92)
