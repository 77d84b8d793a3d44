"""A plot from 0 to 1 both ways: curves of hits against false alarms, or confidence against accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge

SIDE, LEFT, BELOW, ABOVE = 240, 40, 34, 8


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve by its points (float64 n each, within 0 and 1) and its colour, a token or one of the series'."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    color: QColor


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """A bar from 0 to each `y` at `x`, `width` wide."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    width: float


class UnitSquare(QWidget):
    """`x_words` and `y_words` stand at the axes; the diagonal is what chance, or honesty, would give."""

    def __init__(self, bridge: Bridge, name: str, x_words: str, y_words: str) -> None:
        super().__init__()
        self._bridge, self._x_words, self._y_words = bridge, x_words, y_words
        self._lines: tuple[Line, ...] = ()
        self._bars: Bars | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        bridge.themeChanged.connect(self._restyle)

    def show_content(self, lines: Sequence[Line] = (), bars: Bars | None = None, description: str = "") -> None:
        self._lines, self._bars = tuple(lines), bars
        self.setAccessibleDescription(description)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(LEFT + SIDE + 12, ABOVE + SIDE + BELOW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def at(self, x: float, y: float) -> QPointF:
        """Where a point of the plot lies in the widget."""
        return QPointF(LEFT + x * SIDE, ABOVE + (1 - y) * SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, painter = self._bridge.theme, QPainter(self)
        painter.setFont(theme.font("label"))
        square = QRectF(self.at(0, 1), self.at(1, 0))
        painter.setPen(QPen(theme.color("line"), 1))
        for value in (0.0, 0.25, 0.5, 0.75, 1.0):
            painter.drawLine(self.at(0, value), self.at(1, value))
        painter.setPen(theme.color("dim"))
        right, centre = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignCenter
        for value, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
            painter.drawText(QRectF(0, self.at(0, value).y() - 8, LEFT - 6, 16), right, text)
            painter.drawText(QRectF(self.at(value, 0).x() - 20, square.bottom() + 2, 40, 14), centre, text)
        painter.setPen(theme.color("faint"))
        painter.drawText(QRectF(square.left(), square.bottom() + 16, SIDE, 16), centre, self._x_words)
        painter.save()
        painter.translate(0, square.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, SIDE, 14), centre, self._y_words)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._bars is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent", 0.6))
            for x, y in zip(self._bars.x, self._bars.y, strict=True):
                half = self._bars.width / 2 * 0.9
                painter.drawRect(QRectF(self.at(x - half, y), self.at(x + half, 0)))
        painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(self.at(0, 0), self.at(1, 1))
        for line in self._lines:
            painter.setPen(QPen(line.color, 1.5))
            painter.drawPolyline(QPolygonF([self.at(x, y) for x, y in zip(line.x, line.y, strict=True)]))

    def _restyle(self, _theme: object = None) -> None:
        self.update()
