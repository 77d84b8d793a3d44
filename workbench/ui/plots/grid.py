"""Plots beside and below each other, in as many columns as the room is good for; what does not fit is scrolled to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

NARROWEST, LOWEST = 196, 124
"""Pixels that a plot needs to be read."""
BEST_SHAPE = 1.7
"""Width to height: curves are read along their length."""


class PlotGrid(QScrollArea):
    """`show_plots` says which plots are shown, in order. Rows that only partly fit are never cut: a page of the grid
    holds whole rows, and scrolling goes from row to row."""

    def __init__(self, between: tuple[int, int] = (24, 12)) -> None:
        super().__init__()
        self._between = between
        self._plots: tuple[QWidget, ...] = ()
        self._stage = QWidget()
        self.setWidget(self._stage)
        self.setWidgetResizable(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(NARROWEST, 60)
        self.viewport().setAutoFillBackground(False)
        self._stage.setAutoFillBackground(False)

    @property
    def shown(self) -> tuple[QWidget, ...]:
        return self._plots

    @property
    def columns(self) -> int:
        """How many plots stand beside each other."""
        return columns_for(len(self._plots), self.viewport().width(), self.viewport().height(), self._between)

    def show_plots(self, plots: Sequence[QWidget]) -> None:
        """Show these and hide all others."""
        wanted = tuple(plots)
        if wanted == self._plots:
            return
        for plot in self._plots:
            if plot not in wanted:
                plot.hide()
        self._plots = wanted
        before: QWidget | None = None
        for plot in wanted:
            if plot.parent() is not self._stage:
                plot.setParent(self._stage)
            if before is not None:
                QWidget.setTabOrder(before, plot)
            before = plot
        self._arrange()
        for plot in wanted:
            plot.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(2 * NARROWEST + self._between[0], 180)

    def _arrange(self) -> None:
        if not self._plots:
            return
        width, height = self.width(), self.height()
        columns = columns_for(len(self._plots), width, height, self._between)
        rows = -(-len(self._plots) // columns)
        across, down = self._between
        fitting = max((height + down) // (LOWEST + down), 1)
        scrolls = rows > fitting
        if scrolls:
            width -= self.verticalScrollBar().sizeHint().width() + 4
        seen = min(rows, fitting)
        high = (height - (seen - 1) * down) // seen
        for place, plot in enumerate(self._plots):
            row, column = divmod(place, columns)
            there = min(columns, len(self._plots) - row * columns)  # in the last row fewer share the width
            wide = (width - (there - 1) * across) // there
            plot.setGeometry(QRect(column * (wide + across), row * (high + down), wide, high))
        self._stage.setFixedSize(width, rows * high + (rows - 1) * down)
        self.verticalScrollBar().setSingleStep(high + down)
        self.verticalScrollBar().setPageStep(seen * (high + down))


def columns_for(count: int, width: int, height: int, between: tuple[int, int]) -> int:
    """The number of columns that brings `count` plots nearest to their best shape, all of them in view if possible."""
    best, least = 1, math.inf
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        wide = (width - (columns - 1) * between[0]) / columns
        high = (height - (rows - 1) * between[1]) / rows
        if columns > 1 and wide < NARROWEST:
            break
        shape = abs(math.log(max(wide, 1) / max(high, LOWEST) / BEST_SHAPE))
        cut = max(LOWEST / max(high, 1), 1.0) - 1.0  # how much too low the rows would be
        if (cost := 4 * cut + shape) < least:
            best, least = columns, cost
    return best
