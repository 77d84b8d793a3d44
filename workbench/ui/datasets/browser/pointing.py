"""The mouse in the grid: choosing by clicks, by headings, and with a rubber band that scrolls along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QMouseEvent

if TYPE_CHECKING:
    from workbench.ui.datasets.browser.grid import SampleGrid

FAR = 8
"""Pixels the mouse is moved before a press becomes a band."""
_EVERY = 30  # milliseconds between two steps while the band is drawn beyond the edge
_FASTEST = 80  # pixels a step


class GridPointing(QObject):
    """A click chooses, Ctrl adds or lets go, Shift takes the range; a click on a heading chooses its group, one beside
    the tiles nothing. A drag draws the `band` (in pixels of all; None while there is none), with Ctrl or Shift added to
    what was chosen."""

    def __init__(self, grid: SampleGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self.band: QRect | None = None
        self._begin: QPoint | None = None  # where the button went down, in pixels of all
        self._before = np.zeros(0, np.int64)  # what was chosen, and stays so beside the band
        self._collapse: int | None = None  # a chosen tile that was pressed: chosen alone when it is let go
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(_EVERY)
        self._scrolling.timeout.connect(self._scroll)

    def press(self, event: QMouseEvent) -> None:
        grid, point = self._grid, event.position().toPoint()
        place = grid.place_at(point)
        number = None if place is None else int(grid.found.numbers[place])
        self._collapse = None
        if event.button() == Qt.MouseButton.RightButton and number is not None and number not in grid.selection:
            grid.selection.only(number)
            grid.moved_to(number)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._begin = point + QPoint(0, grid.top)
        self._before = grid.selection.numbers if control or shift else np.zeros(0, np.int64)
        if number is None:
            self._press_beside(point, add=control or shift)
            return
        if shift:
            grid.extend_to(number, add=control)
        elif control:
            grid.selection.toggle(number)
        elif number in grid.selection and len(grid.selection) > 1:
            self._collapse = number
        else:
            grid.selection.only(number)
        grid.moved_to(number)

    def _press_beside(self, point: QPoint, *, add: bool) -> None:
        grid = self._grid
        group = grid.heading_at(point)
        if group is not None:
            first = int(grid.tiles.starts[group])
            numbers = grid.found.numbers[first : first + grid.tiles.size(group)]
            grid.selection.choose(numbers, add=add)
            grid.selection.anchor = int(numbers[0])
            grid.moved_to(int(numbers[0]))
        elif not add:
            grid.selection.clear()
            grid.moved_to(grid.selection.current)

    def move(self, event: QMouseEvent) -> bool:
        """False where nothing is being dragged."""
        point = event.position().toPoint()
        if self._begin is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return False
        if self.band is None and (point + QPoint(0, self._grid.top) - self._begin).manhattanLength() < FAR:
            return True
        self._collapse = None
        self._draw(point)
        if not 0 <= point.y() <= self._grid.viewport().height() and not self._scrolling.isActive():
            self._scrolling.start()
        return True

    def _draw(self, point: QPoint) -> None:
        grid = self._grid
        assert self._begin is not None
        self.band = QRect(self._begin, point + QPoint(0, grid.top)).normalized()
        places = grid.places_in(self.band)
        grid.selection.choose(self._before)
        grid.selection.choose(grid.found.numbers[places], add=True)
        if len(places):
            grid.selection.anchor = int(grid.found.numbers[places[0]])
        grid.moved_to(int(grid.found.numbers[places[-1]]) if len(places) else grid.selection.current)

    def _scroll(self) -> None:
        grid = self._grid
        point = grid.viewport().mapFromGlobal(grid.cursor().pos())
        beyond = min(point.y(), 0) + max(point.y() - grid.viewport().height(), 0)
        if self.band is None or not beyond:
            self._scrolling.stop()
            return
        bar = grid.verticalScrollBar()
        bar.setValue(bar.value() + max(-_FASTEST, min(_FASTEST, beyond)))
        self._draw(point)

    def release(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._collapse is not None and self.band is None:
            self._grid.selection.only(self._collapse)
            self._grid.moved_to(self._collapse)
        self._begin = self._collapse = None
        self._scrolling.stop()
        if self.band is not None:
            self.band = None
            self._grid.viewport().update()
