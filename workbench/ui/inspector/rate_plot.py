"""The learning rate over a run as a small curve, before the run begins."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.words import count, number
from workbench.session.recipe.rate_curve import RateCurve
from workbench.ui.theme import SPACE, Theme

HEIGHT = 92
TOP, BOTTOM = 18, 18  # pixels for the words above and below the curve
_ROOM = 0.06  # of the height, above the highest rate


class RatePlot(QWidget):
    """Shows a `RateCurve`; under the pointer it says the rate of that moment."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._curve: RateCurve | None = None
        self._at: float | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Learning rate over the run")

    def sizeHint(self) -> QSize:
        return QSize(236, HEIGHT)

    def show_curve(self, curve: RateCurve | None) -> None:
        """Show a curve; nothing while there is none."""
        self._curve = curve
        self.setVisible(curve is not None)
        if curve is not None:
            self.setAccessibleDescription(self.words)
        self.update()

    @property
    def words(self) -> str:
        """The curve in one line: "0.001 falls to 1e-05 over 10 epochs"."""
        curve = self._curve
        if curve is None:
            return ""
        first, highest, last = (f"{value:.3g}" for value in (curve.first, curve.highest, curve.last))
        way = [first] if first == highest else [first, highest]
        way = way if way[-1] == last else [*way, last]
        end = ", lower where validation stalls" if curve.follows else ""
        return " → ".join(way) + end

    def rate_at(self, x: float) -> tuple[float, float] | None:
        """(epochs done, learning rate) at a place in the widget, in pixels."""
        curve, area = self._curve, self._area()
        if curve is None or not area.left() <= x <= area.right():
            return None
        epoch = (x - area.left()) / max(area.width(), 1.0) * self._end
        place = int(np.searchsorted(curve.epochs, epoch, side="right")) - 1
        return epoch, float(curve.rates[max(place, 0)])

    @property
    def _end(self) -> float:
        """Epochs of the run: the last point stands for the last step, which ends a little later."""
        return float(max(1, round(self._curve.epochs[-1] + 0.5))) if self._curve is not None else 1.0

    def _area(self) -> QRectF:
        return QRectF(0.5, TOP, self.width() - 1.0, self.height() - TOP - BOTTOM)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = event.position().x()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._at = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        curve = self._curve
        if curve is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, theme = self._area(), self._theme
        painter.fillRect(area, theme.color("field"))
        line = self._path(curve, area)
        filled = QPainterPath(line)
        filled.lineTo(area.right(), area.bottom())
        filled.lineTo(area.left(), area.bottom())
        filled.closeSubpath()
        painter.setClipRect(area)
        painter.fillPath(filled, theme.color("accent", 0.16))
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.drawPath(line)
        painter.setClipping(False)
        self._write(painter, area)

    def _path(self, curve: RateCurve, area: QRectF) -> QPainterPath:
        """Each rate holds until the next point; where points are close together that is a slope."""
        top = max(curve.highest * (1 + _ROOM), 1e-300)
        xs = area.left() + curve.epochs / self._end * area.width()
        ys = area.bottom() - curve.rates / top * area.height()
        path = QPainterPath(QPointF(float(xs[0]), float(ys[0])))
        for x, y in zip(xs[1:].tolist(), ys[1:].tolist(), strict=True):
            path.lineTo(x, y)
        path.lineTo(area.right(), float(ys[-1]))
        return path

    def _write(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(self._theme.font("label"))
        painter.setPen(self._theme.color("dim"))
        above = QRectF(0, 0, self.width(), TOP - SPACE)
        below = QRectF(0, area.bottom() + SPACE, self.width(), BOTTOM - SPACE)
        left, right = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        found = self.rate_at(self._at) if self._at is not None else None
        if found is None:
            painter.drawText(above, left, self.words)
            painter.drawText(below, left, "start")
            painter.drawText(below, right | Qt.AlignmentFlag.AlignVCenter, count(int(self._end), "epoch", "epochs"))
            return
        epoch, rate = found
        painter.drawText(above, left, f"{rate:.4g}")
        where = f"in epoch {number(min(int(epoch) + 1, int(self._end)))}"
        painter.drawText(above, right | Qt.AlignmentFlag.AlignVCenter, where)
        painter.setPen(QPen(self._theme.color("dim"), 1))
        x = self._at or 0.0
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
