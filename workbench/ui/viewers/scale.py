"""The colour scale of a layer's maps: one for all of them, and still while the network learns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAMPLE = 200_000
"""Values looked at to fit a scale; more would not move a percentile that is rounded up anyway."""


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
        flat = values.reshape(-1)
        flat = flat[:: max(1, flat.size // _SAMPLE)]
        flat = flat[np.isfinite(flat)]
        if not flat.size:
            return cls(0.0, 1.0)
        high = round_up(float(np.percentile(np.abs(flat), 99.0)))
        # A leaky activation's faint negatives are worth seeing too, but numerical dust below zero is not.
        return cls(-high, high) if float(flat.min()) < -1e-3 * high else cls(0.0, high)

    def kept(self, values: NDArray[np.floating]) -> Scale:
        """The scale for the next frame: this one, unless the values have clearly left it.

        A scale that followed every frame would hide growth and flicker; one that never moved would end in one flat
        colour. So it stays, and only steps outward when the values need twice its range, or turn negative.
        """
        fitting = Scale.around(values)
        if fitting.high > 1.99 * self.high or (fitting.signed and not self.signed):
            high = max(fitting.high, self.high)
            return Scale(-high if fitting.signed or self.signed else 0.0, high)
        return self


def round_up(value: float) -> float:
    """The next of …, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, … at or above a positive value; 1 for zero."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0):
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10.0 * power
