"""The smoothed line in front of the ghost: an exponential moving average that costs only what is new."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LONGEST = 16384
_RANGE = 230.0
"""How far the powers in a chunk may fall, as a natural logarithm: within what a double holds, squares included."""


class Smoother:
    """A bias-corrected exponential moving average, fed in pieces.

    After n values the result is the weighted mean with weights `keep ** age`, so that the line starts at the first
    value instead of creeping up from zero (the correction of Adam: Kingma and Ba, 2015, section 3). Values that are not
    finite leave the average where it was and come out as gaps.
    """

    def __init__(self, keep: float = 0.9) -> None:
        if not 0.0 <= keep < 1.0:
            raise ValueError(f"The share kept must be at least 0 and below 1, got {keep}.")
        self._keep = keep
        self._chunk = _LONGEST if keep == 0 else int(min(max(_RANGE / -math.log(keep), 32), _LONGEST))
        self._sum = 0.0
        self._weight = 0.0

    def feed(self, values: Floats) -> Floats:
        """The smoothed value after each of the new values."""
        out = np.full(values.shape, np.nan)
        finite = np.flatnonzero(np.isfinite(values))
        for start in range(0, finite.size, self._chunk):
            where = finite[start : start + self._chunk]
            out[where] = self._feed_chunk(values[where])
        return out

    def _feed_chunk(self, values: Floats) -> Floats:
        # S_i = keep^(i+1) · S + Σ_j≤i keep^(i-j) · v_j, as one cumulative sum; the powers stay in range.
        if self._keep == 0.0:
            self._sum, self._weight = float(values[-1]), 1.0
            return values
        if self._keep < 0.2:
            return self._feed_plainly(values)
        powers = self._keep ** np.arange(1, values.size + 1)
        sums = powers * (self._sum + np.cumsum(values / powers))
        weights = powers * (self._weight + np.cumsum(1.0 / powers))
        self._sum, self._weight = float(sums[-1]), float(weights[-1])
        return np.asarray(sums / weights)

    def _feed_plainly(self, values: Floats) -> Floats:
        out = np.empty(values.size)
        for i, value in enumerate(values.tolist()):
            self._sum = self._keep * self._sum + value
            self._weight = self._keep * self._weight + 1.0
            out[i] = self._sum / self._weight
        return out
