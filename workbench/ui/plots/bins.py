"""Rows of numbers over a growing x, averaged into a fixed number of bins: for pictures of whole runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 512
"""Bins there are at most; when they are full, every two become one."""

Floats = NDArray[np.float64]


class Bins:
    """At most `MOST` bins of n values each, however many rows were added; values that are not finite do not count."""

    def __init__(self, width: int) -> None:
        self._sums = np.zeros((MOST, width))
        self._counts = np.zeros((MOST, width))
        self._x = np.zeros(MOST)
        self._rows = np.zeros(MOST)
        self._each = 1  # rows a bin
        self._added = 0

    def __len__(self) -> int:
        return -(-self._added // self._each)

    def append(self, x: Floats, values: NDArray[np.floating]) -> None:
        """Add n rows: their x (growing) and n × width values."""
        done = 0
        while done < len(x):
            if self._added == MOST * self._each:
                self._halve()
            some = min(len(x) - done, MOST * self._each - self._added)
            piece = slice(done, done + some)
            places = (self._added + np.arange(some)) // self._each
            rows = np.asarray(values[piece], np.float64)
            finite = np.isfinite(rows)
            np.add.at(self._sums, places, np.where(finite, rows, 0.0))
            np.add.at(self._counts, places, finite)
            np.add.at(self._x, places, x[piece])
            np.add.at(self._rows, places, 1.0)
            self._added += some
            done += some

    def _halve(self) -> None:
        for array in (self._sums, self._counts, self._x, self._rows):
            array[: MOST // 2] = array[0::2] + array[1::2]
            array[MOST // 2 :] = 0.0
        self._each *= 2

    @property
    def x(self) -> Floats:
        """The mean x of each bin."""
        return self._x[: len(self)] / np.maximum(self._rows[: len(self)], 1.0)

    @property
    def means(self) -> Floats:
        """The mean of each bin: bins × width; NaN where nothing finite was added."""
        counts = self._counts[: len(self)]
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Floats = np.where(counts > 0, self._sums[: len(self)] / counts, np.nan)
        return means
