"""What lies in which part of the plane: a grid of cells, for finding hundreds of wires among thousands at once."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF

CELL = 512  # scene pixels
MOST_CELLS = 200
"""What covers more cells than this is found everywhere."""

Cell = tuple[int, int]


class Grid:
    """Ids by the cells their rectangles touch. Finds all that may meet an area, and some beside it."""

    def __init__(self) -> None:
        self._cells: dict[Cell, set[str]] = {}
        self._covered: dict[str, tuple[Cell, ...]] = {}
        self._everywhere: set[str] = set()

    def put(self, identity: str, rect: QRectF) -> None:
        """Enter something, or say where it lies now."""
        covered = tuple(_covered(rect))
        if self._covered.get(identity) == covered:
            return
        self.drop(identity)
        self._covered[identity] = covered
        if not covered:
            self._everywhere.add(identity)
        for cell in covered:
            self._cells.setdefault(cell, set()).add(identity)

    def drop(self, identity: str) -> None:
        for cell in self._covered.pop(identity, ()):
            found = self._cells[cell]
            found.discard(identity)
            if not found:
                del self._cells[cell]
        self._everywhere.discard(identity)

    def near(self, area: QRectF) -> set[str]:
        """The ids of what touches a cell that the area touches."""
        cells = tuple(_covered(area))
        if not cells:
            return set(self._covered)
        return self._everywhere.union(*(self._cells.get(cell, ()) for cell in cells))


def _covered(rect: QRectF) -> Iterator[Cell]:
    """The cells a rectangle touches; none where they are too many."""
    left, right = int(rect.left() // CELL), int(rect.right() // CELL)
    top, bottom = int(rect.top() // CELL), int(rect.bottom() // CELL)
    if (right - left + 1) * (bottom - top + 1) <= MOST_CELLS:
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                yield x, y
