"""A growing curve, kept so that any stretch of it can be drawn with about two points a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FACTOR = 4
"""Blocks of one level that make a block of the next."""
FIRST_CAPACITY = 1024


class _Buffer:
    """A float64 array that grows by doubling; what was written is never moved within it."""

    __slots__ = ("data", "size")

    def __init__(self) -> None:
        self.data: Floats = np.empty(FIRST_CAPACITY)
        self.size = 0

    def write(self, start: int, values: Floats) -> None:
        """Put values at `start` (at most the size so far) and end the buffer after them."""
        end = start + values.size
        if end > self.data.size:
            grown = np.empty(max(end, 2 * self.data.size))
            grown[: self.size] = self.data[: self.size]
            self.data = grown
        self.data[start:end] = values
        self.size = end

    @property
    def view(self) -> Floats:
        return self.data[: self.size]


class Pyramid:
    """Points of a curve in order of x, with the least and greatest value of every block of 4, 16, 64, … points.

    Appending n points costs O(n); reading a stretch costs O(pixels), whatever the length of the curve. Values that
    are not finite are gaps (NaN) and never hide their neighbours.
    """

    def __init__(self) -> None:
        self._x = _Buffer()
        self._y = _Buffer()
        self._low: list[_Buffer] = []
        self._high: list[_Buffer] = []

    def __len__(self) -> int:
        return self._y.size

    @property
    def x(self) -> Floats:
        """Every x, as a view that the next `append` may leave behind."""
        return self._x.view

    @property
    def y(self) -> Floats:
        """Every y, gaps as NaN; a view like `x`."""
        return self._y.view

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]  # the empty state is stated once

    def append(self, x: ArrayLike, y: ArrayLike) -> None:
        """Add points behind the last one.

        Raises ValueError where x and y differ in length or x runs backwards: reading relies on the order.
        """
        xs, ys = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"A curve takes as many x as y, got {xs.shape} and {ys.shape}.")
        if not xs.size:
            return
        first_new = self._y.size
        if np.any(np.diff(xs) < 0) or (first_new and xs[0] < self._x.data[first_new - 1]):
            raise ValueError("A curve's x never runs backwards.")
        self._x.write(first_new, xs)
        self._y.write(first_new, np.where(np.isfinite(ys), ys, np.nan))
        self._raise_levels(first_new)

    def _raise_levels(self, first_new: int) -> None:
        """Bring every level up to date, from the block that the first new point falls into."""
        low, high = self._y, self._y
        first, level = first_new, 0
        while low.size > 1:
            first //= FACTOR
            if level == len(self._low):
                self._low.append(_Buffer())
                self._high.append(_Buffer())
                first = 0
            lows = _blocks(low.view[first * FACTOR :], np.fmin)
            highs = _blocks(high.view[first * FACTOR :], np.fmax)
            low, high = self._low[level], self._high[level]
            low.write(first, lows)
            high.write(first, highs)
            level += 1

    def span(self) -> tuple[float, float] | None:
        """The first and last x; None while empty."""
        return (float(self._x.data[0]), float(self._x.data[len(self) - 1])) if len(self) else None

    def bounds(self) -> tuple[float, float] | None:
        """The least and greatest value of the whole curve; None while nothing finite is there."""
        if not len(self):
            return None
        low = self._low[-1].data[0] if self._low else self._y.data[0]
        high = self._high[-1].data[0] if self._high else self._y.data[0]
        return None if np.isnan(low) else (float(low), float(high))

    def at(self, x: float) -> tuple[float, float] | None:
        """The point nearest to x; None while empty."""
        if not len(self):
            return None
        right = int(np.searchsorted(self._x.view, x))
        near = min(max(right, 1), len(self) - 1) if len(self) > 1 else 0
        if near and abs(self._x.data[near - 1] - x) <= abs(self._x.data[near] - x):
            near -= 1
        return float(self._x.data[near]), float(self._y.data[near])

    def read(self, pixels: int, start: float = -np.inf, stop: float = np.inf) -> tuple[Floats, Floats]:
        """The curve from `start` to `stop`, for a plot `pixels` wide: at most about two points a pixel.

        Few points come as they are (copies). Many come as the least and greatest value of equal buckets, so that no
        peak is lost; the buckets sit at fixed places, so the picture holds still while the curve grows. One point
        beyond each end is included, so that lines run to the edge.
        """
        begin, end = self._stretch(start, stop)
        if end - begin <= 2 * max(pixels, 1):
            return self._x.view[begin:end].copy(), self._y.view[begin:end].copy()
        x, low, high = self._buckets(begin, end, pixels)
        values = np.empty(2 * low.size)
        values[0::2], values[1::2] = low, high
        return np.repeat(x, 2), values

    def band(self, pixels: int, start: float = -np.inf, stop: float = np.inf) -> tuple[Floats, Floats, Floats] | None:
        """x, least and greatest value of the buckets that `read` gives, each reaching to the one before, so that the
        area between them shows the whole curve; None where there are so few points that `read` gives them all."""
        begin, end = self._stretch(start, stop)
        if end - begin <= 2 * max(pixels, 1):
            return None
        x, low, high = self._buckets(begin, end, pixels)
        low[1:], high[1:] = np.fmin(low[1:], high[:-1]), np.fmax(high[1:], low[:-1])
        return x, low, high

    def middle(self, pixels: int, start: float = -np.inf, stop: float = np.inf) -> tuple[Floats, Floats]:
        """Like `read`, with the middle between least and greatest value of each bucket: for curves without peaks."""
        begin, end = self._stretch(start, stop)
        if end - begin <= 2 * max(pixels, 1):
            return self._x.view[begin:end].copy(), self._y.view[begin:end].copy()
        x, low, high = self._buckets(begin, end, pixels)
        return x, (low + high) / 2

    def _stretch(self, start: float, stop: float) -> tuple[int, int]:
        """The positions of the points from `start` to `stop`, with one more at each end."""
        xs = self._x.view
        return max(int(np.searchsorted(xs, start, "left")) - 1, 0), min(
            int(np.searchsorted(xs, stop, "right")) + 1, len(self)
        )

    def _buckets(self, begin: int, end: int, pixels: int) -> tuple[Floats, Floats, Floats]:
        """x, least and greatest value (new arrays) of equal buckets over these positions, at most one a pixel."""
        bucket = -(-(end - begin) // max(pixels, 1))
        level, block = 0, 1  # `block`: points in one entry of the level read from
        while block * FACTOR <= bucket and level < len(self._low):
            level, block = level + 1, block * FACTOR
        step = -(-bucket // block)  # entries a bucket
        bucket = step * block
        first, last = begin // bucket, -(-end // bucket)
        low = (self._low[level - 1] if level else self._y).view[first * step : last * step]
        high = (self._high[level - 1] if level else self._y).view[first * step : last * step]
        starts = np.arange(0, low.size, step)
        middles = np.minimum(np.arange(first, first + starts.size) * bucket + bucket // 2, len(self) - 1)
        return self._x.view[middles], np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)


def _blocks(values: Floats, best: np.ufunc) -> Floats:
    """`best` of every `FACTOR` values, and of those that are left over: whole columns at once, for speed."""
    whole = values[: values.size // FACTOR * FACTOR].reshape(-1, FACTOR)
    found = whole[:, 0]
    for column in range(1, FACTOR):
        found = best(found, whole[:, column])
    rest = values[whole.size :]
    return np.append(found, best.reduce(rest)) if rest.size else np.array(found)
