"""The colour scale of a layer's maps: one for all of them, and still while the network learns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAMPLE = 20_000
"""Values looked at to fit a scale; more would hardly move a percentile that is rounded up anyway."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Colours run from `low` to `high`. Signed scales are symmetric, so that zero keeps its colour."""

    low: float
    high: float

    @property
    def signed(self) -> bool:
        return self.low < 0

    @classmethod
    def around(cls, values: NDArray[np.floating]) -> Scale:
        """A scale that fits: its end is a round number at or above 99 % of the values."""
        reach, signed = _reach(values)
        high = round_up(reach)
        return cls(-high if signed else 0.0, high)

    def kept(self, values: NDArray[np.floating]) -> Scale:
        """The scale for the next frame: this one, unless the values have clearly left it.

        A scale that followed every frame would hide growth and flicker; one that never moved would end in one flat
        colour. So it stays, and only steps outward when the values need twice its range, or turn negative.
        """
        reach, signed = _reach(values)
        if reach <= 2.0 * self.high and (self.signed or not signed):
            return self
        high = max(round_up(reach), self.high)
        return Scale(-high if signed or self.signed else 0.0, high)


def _reach(values: NDArray[np.floating]) -> tuple[float, bool]:
    """How far from zero 99 % of the values reach, and whether some are below zero."""
    flat = values.reshape(-1)
    flat = flat[:: flat.size // _SAMPLE | 1]  # an odd stride walks through all columns of even-sided maps
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return 0.0, False
    at = -(-(flat.size - 1) * 99 // 100)
    reach = float(np.partition(np.abs(flat), at)[at])
    # A leaky activation's faint negatives are worth seeing too, but numerical dust below zero is not.
    return reach, float(flat.min()) < -1e-3 * reach


def round_up(value: float) -> float:
    """The next of …, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, … at or above a positive value; 1 for zero."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0):
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10.0 * power
