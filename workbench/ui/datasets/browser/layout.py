"""Where each tile stands: rows of equal tiles under the headings of their groups, worked out for what is in view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SPACE = 8
"""The least room between two tiles, in pixels."""
HEADING = 32


def fitted(width: int, wished: int) -> int:
    """The edge of a tile, somewhat larger than wished, with which whole columns fill a width."""
    columns = max(1, (width + SPACE) // (wished + SPACE))
    return min((width + SPACE) // columns - SPACE, wished * 3 // 2) if width > wished else wished


class Layout:
    """Places of `count` tiles of `tile` × `height` pixels in a room `width` wide; groups begin at `starts`.

    All is computed from the numbers of rows above: nothing is kept for a single tile.
    """

    def __init__(self, count: int, starts: NDArray[np.int64], width: int, tile: int, height: int) -> None:
        self.count, self.width, self.tile, self.height = count, width, tile, height
        self.columns = max(1, (width + SPACE) // (tile + SPACE))
        self.pitch = height + SPACE
        self.starts = starts if len(starts) else np.zeros(1 if count else 0, np.int64)
        self.heading = HEADING if len(starts) else 0
        self._sizes = np.diff(np.append(self.starts, count))
        rows = -(-self._sizes // self.columns)
        ends = np.cumsum(self.heading + rows * self.pitch)
        self._tops = np.concatenate(([0], ends[:-1])) if len(ends) else ends
        self.bottom = int(ends[-1]) if len(ends) else 0

    def group_of(self, place: int) -> int:
        return int(np.searchsorted(self.starts, place, side="right")) - 1

    def heading_top(self, group: int) -> int:
        return int(self._tops[group])

    def size(self, group: int) -> int:
        """How many tiles are in a group."""
        return int(self._sizes[group])

    def left(self, column: int) -> int:
        return column * (self.tile + SPACE)

    def corner(self, place: int) -> tuple[int, int]:
        """The left and top edge of a tile, in pixels from the top of all."""
        group = self.group_of(place)
        row, column = divmod(place - int(self.starts[group]), self.columns)
        return self.left(column), int(self._tops[group]) + self.heading + row * self.pitch

    def within(self, top: int, bottom: int) -> list[tuple[int, int, int]]:
        """The rows of tiles that reach into a band: (first place, last place + 1, top edge) of each."""
        rows: list[tuple[int, int, int]] = []
        if not self.count:
            return rows
        group = max(0, int(np.searchsorted(self._tops, top, side="right")) - 1)
        while group < len(self.starts) and self._tops[group] < bottom:
            first = int(self._tops[group]) + self.heading
            start, size = int(self.starts[group]), int(self._sizes[group])
            row = max(0, (top - first) // self.pitch)
            while row * self.columns < size and first + row * self.pitch < bottom:
                begin = row * self.columns
                rows.append((start + begin, start + min(begin + self.columns, size), first + row * self.pitch))
                row += 1
            group += 1
        return rows

    def headings_within(self, top: int, bottom: int) -> range:
        """The groups whose heading reaches into a band."""
        if not self.heading:
            return range(0)
        first = int(np.searchsorted(self._tops, top - self.heading, side="right"))
        last = int(np.searchsorted(self._tops, bottom, side="left"))
        return range(first, last)

    def at(self, x: int, y: int) -> int | None:
        """The tile at a point; None beside them all."""
        for first, end, top in self.within(y, y + 1):
            if top <= y < top + self.height:
                for place in range(first, end):
                    left = self.left(place - first)
                    if left <= x < left + self.tile:
                        return place
        return None

    def heading_at(self, y: int) -> int | None:
        """The group whose heading is at a height; None where there is none."""
        return next(iter(self.headings_within(y, y + 1)), None)

    def touched(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.int64]:
        """The places of all tiles that a rectangle touches, in order."""
        columns = [c for c in range(self.columns) if self.left(c) < right and self.left(c) + self.tile > left]
        found = [
            first + column
            for first, end, y in self.within(top, bottom)
            if y < bottom and y + self.height > top
            for column in columns
            if first + column < end
        ]
        return np.array(found, np.int64)

    def moved(self, place: int, rows: int) -> int:
        """The tile so many rows further down (or up), in the same column or the nearest there is."""
        group = self.group_of(place)
        row, column = divmod(place - int(self.starts[group]), self.columns)
        step = 1 if rows > 0 else -1
        for _ in range(abs(rows)):
            row += step
            if row < 0 or row * self.columns >= int(self._sizes[group]):
                if not 0 <= group + step < len(self.starts):
                    row -= step
                    break
                group += step
                row = 0 if step > 0 else (int(self._sizes[group]) - 1) // self.columns
        return int(self.starts[group]) + min(row * self.columns + column, int(self._sizes[group]) - 1)
