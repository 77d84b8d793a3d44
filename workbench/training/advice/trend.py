"""The course of a number over a run in bounded memory: means of equal stretches, joined in pairs as they get many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 240
"""Stretches kept; beyond it, pairs become one."""


class Trend:
    """Takes values one after another; `means` has the mean of each whole stretch of `length` values."""

    def __init__(self, length: int = 4) -> None:
        self.length = length
        self._means: list[float] = []
        self._rest: list[float] = []

    def add(self, values: NDArray[np.float64]) -> None:
        """Take further values; those that are not finite are left out."""
        self._rest.extend(values[np.isfinite(values)].tolist())
        whole = len(self._rest) // self.length * self.length
        if whole:
            self._means.extend(np.array(self._rest[:whole]).reshape(-1, self.length).mean(1).tolist())
            del self._rest[:whole]
        while len(self._means) > MOST:
            odd = self._means.pop() if len(self._means) % 2 else None
            self._means = np.array(self._means).reshape(-1, 2).mean(1).tolist()
            if odd is not None:  # half of a stretch now: its values come again with the next ones
                self._rest[:0] = [odd] * self.length
            self.length *= 2

    @property
    def means(self) -> NDArray[np.float64]:
        return np.array(self._means)

    @property
    def count(self) -> int:
        """Values taken, in whole stretches."""
        return self.length * len(self._means)
