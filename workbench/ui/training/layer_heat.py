"""A strip of colours: layers below each other, epochs to the right, a measured number as the colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.inspection.colours import qt_table, quantise
from workbench.ui.bridge import Bridge
from workbench.ui.plots.bins import Bins, Floats
from workbench.ui.theme import GAP

WIDEST_NAME = 120
AXIS = 18
LINE = 14
"""Pixels a name needs; where rows are lower only some are named."""

HAIR = 1e-3
"""So near to a decade a logarithm counts as it."""


class LayerHeat(QWidget):
    """Shows logarithms (base 10) of what `Bins` hold. `hovered(layer, x)` tells what is under the pointer or the
    keyboard's cursor (-1: nothing), `clicked(layer)` which row was taken."""

    hovered = Signal(int, float)
    clicked = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._names: tuple[str, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._chosen: frozenset[int] = frozenset()
        self._x: Floats = np.empty(0)
        self._values: NDArray[np.float64] = np.empty((0, 0))
        self._end = 1.0
        self._row = -1
        self.scale: tuple[float, float] | None = None
        self.cursor_x: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Layers over epochs, in colours")
        self.setAccessibleDescription("Up and down go from layer to layer; Space shows one as a line.")
        bridge.themeChanged.connect(self._restyle)

    def show_values(self, names: tuple[str, ...], titles: tuple[str, ...], bins: Bins, part: slice, end: float) -> None:
        """Take the numbers of `bins[:, part]`, one column a layer, up to x = `end`."""
        if names != self._names:
            self._names, self._titles, self.scale, self._row = names, titles, None, -1
        self._x, self._end = bins.x, max(end, 1e-9)
        means = bins.means[:, part]
        with np.errstate(divide="ignore", invalid="ignore"):
            self._values = np.log10(np.where(means > 0, means, np.nan))
        self._widen()
        self.update()

    def forget_scale(self) -> None:
        """Other numbers come: find their scale anew."""
        self.scale = None

    def _widen(self) -> None:
        """The scale grows in whole decades and never shrinks, so that colours keep their meaning while it runs."""
        finite = self._values[np.isfinite(self._values)]
        if not finite.size:
            return
        low, high = np.floor(np.percentile(finite, 2) + HAIR), np.ceil(np.percentile(finite, 98) - HAIR)
        high = max(high, low + 1)
        if self.scale is not None:
            low, high = min(low, self.scale[0]), max(high, self.scale[1])
        self.scale = (float(low), float(high))

    def choose(self, rows: frozenset[int]) -> None:
        """Mark the rows that are shown as lines."""
        self._chosen = rows
        self.update()

    def at(self, row: int, x: float) -> float | None:
        """The number of a layer nearest to x; None where nothing was measured."""
        if not len(self._x) or not 0 <= row < self._values.shape[1]:
            return None
        found = self._values[int(np.abs(self._x - x).argmin()), row]
        return float(10.0**found) if np.isfinite(found) else None

    @property
    def row(self) -> int:
        """The layer under the pointer or the keyboard's cursor; -1 for none."""
        return self._row

    # --- geometry ----------------------------------------------------------------------------------------------------

    def _field(self) -> QRectF:
        metrics = QFontMetrics(self._bridge.theme.font("label"))
        widest = max((metrics.horizontalAdvance(t) for t in self._titles), default=0)
        left = min(widest, WIDEST_NAME, self.width() // 3) + GAP
        return QRectF(left, 2, max(self.width() - left - GAP, 1), max(self.height() - AXIS - 2, 1))

    def _place(self, at: QPointF) -> tuple[int, float]:
        field = self._field()
        if not self._names or not field.contains(at):
            return -1, 0.0
        row = int((at.y() - field.top()) / field.height() * len(self._names))
        return min(row, len(self._names) - 1), (at.x() - field.left()) / field.width() * self._end

    def sizeHint(self) -> QSize:
        return QSize(320, 120)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, field = self._bridge.theme, self._field()
        painter = QPainter(self)
        painter.setFont(theme.font("label"))
        painter.fillRect(field, theme.color("raised"))
        if self.scale is not None and len(self._x):
            self._paint_image(painter, field)
        count = len(self._names)
        if not count:
            return
        high = field.height() / count
        every = max(round(LINE / high + 0.49), 1)
        metrics = painter.fontMetrics()
        for row, title in enumerate(self._titles):
            lit = row == self._row or row in self._chosen
            if row % every and not lit:
                continue
            if lit is False and any(abs(row - r) * high < LINE for r in {self._row, *self._chosen} - {-1}):
                continue  # a name that is lit needs its place
            painter.setPen(theme.color("text" if lit else "dim"))
            words = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, int(field.left()) - GAP)
            place = QRectF(0, field.top() + (row + 0.5) * high - LINE / 2, field.left() - GAP, LINE)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), words)
            if lit:
                painter.setPen(theme.color("accent" if row in self._chosen else "outline"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(field.left(), field.top() + row * high, field.width() - 1, max(high - 1, 1)))
        self._paint_axis(painter, field)
        if self.cursor_x is not None and 0 <= self.cursor_x <= self._end:
            painter.setPen(theme.color("text"))
            x = field.left() + self.cursor_x / self._end * field.width()
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
        painter.end()

    def _paint_image(self, painter: QPainter, field: QRectF) -> None:
        assert self.scale is not None
        reached = min(float(self._x[-1]) / self._end, 1.0)
        columns = max(int(field.width() * reached), 1)
        wanted = (np.arange(columns) + 0.5) / columns * float(self._x[-1])
        nearest = np.clip(np.searchsorted(self._x, wanted), 0, len(self._x) - 1)
        shades = np.ascontiguousarray(quantise(self._values[nearest].T, *self.scale))
        image = QImage(shades.data, columns, shades.shape[0], columns, QImage.Format.Format_Indexed8)
        image.setColorTable(list(qt_table(False)))
        painter.drawImage(QRectF(field.left(), field.top(), columns, field.height()), image)

    def _paint_axis(self, painter: QPainter, field: QRectF) -> None:
        from workbench.ui.plots.ticks import nice_ticks, plain

        painter.setPen(self._bridge.theme.color("dim"))
        step, ticks = nice_ticks(0.0, self._end, max(int(field.width() / 70), 1), quarters=False)
        for place, tick in enumerate(ticks):
            words = plain(tick, step) if place else f"epoch {plain(tick, step)}"
            x = field.left() + tick / self._end * field.width()
            width = painter.fontMetrics().horizontalAdvance(words)
            left = min(max(x - width / 2, field.left() if not place else 0.0), self.width() - width)
            painter.drawText(QPointF(left, self.height() - 4), words)

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    # --- reading -----------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._read(*self._place(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._read(-1, 0.0)

    def _read(self, row: int, x: float) -> None:
        self._row = row
        self.cursor_x = x if row >= 0 else None
        self.hovered.emit(row, x)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row, _x = self._place(event.position())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(row)
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._names)
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and count:
            way = 1 if event.key() == Qt.Key.Key_Down else -1
            row = min(max(self._row + way, 0), count - 1)
            self._read(row, float(self._x[-1]) if len(self._x) else 0.0)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._row >= 0:
            self.clicked.emit(self._row)
        else:
            super().keyPressEvent(event)
