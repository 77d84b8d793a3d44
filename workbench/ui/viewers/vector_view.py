"""Plain numbers of a layer: a few as named bars, some hundreds as columns, more as a square of shades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.inspection.colours import GAP, qt_table, quantise
from workbench.inspection.scale import Scale
from workbench.ui.bridge import Bridge
from workbench.ui.viewers.tiling import square_side

NAMED, COLUMNS = 24, 512
"""Up to so many values are rows with names; up to so many, columns; beyond, shades."""
ROW_HEIGHT, BAR_HEIGHT = 18, 8


class VectorView(QWidget):
    """Shows N float values on a scale; `names` (class names, say) stand beside the rows."""

    hovered = Signal(object)  # (unit, value) or None

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._values: NDArray[np.floating] = np.zeros(0)
        self._names: Sequence[str] = ()
        self._scale = Scale(0.0, 1.0)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setAccessibleName("Values of the layer")
        bridge.themeChanged.connect(self._restyle)

    def show_values(self, values: NDArray[np.floating], scale: Scale, names: Sequence[str] = ()) -> None:
        self._values, self._scale = values.reshape(-1), scale
        self._names = names if len(names) == self._values.size else ()
        self.setAccessibleDescription(f"{self._values.size:,} values")
        self.update()

    @property
    def values(self) -> NDArray[np.floating]:
        return self._values

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def _zero(self) -> float:
        """Where zero stands between the ends of the scale."""
        return -self._scale.low / (self._scale.high - self._scale.low)

    def _share(self, value: float) -> float:
        share = (value - self._scale.low) / (self._scale.high - self._scale.low)
        return min(max(share, 0.0), 1.0) if np.isfinite(share) else self._zero()

    def paintEvent(self, _event: QPaintEvent) -> None:
        count = self._values.size
        if not count:
            return
        painter = QPainter(self)
        if count <= NAMED and count * ROW_HEIGHT <= self.height():
            self._paint_rows(painter)
        elif count <= COLUMNS:
            self._paint_columns(painter)
        else:
            self._paint_shades(painter)

    def _paint_rows(self, painter: QPainter) -> None:
        theme = self._bridge.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        names = [self._names[i] if self._names else f"{i}" for i in range(self._values.size)]
        name_width = min(max(metrics.horizontalAdvance(n) for n in names) + 2, 120)
        value_width = metrics.horizontalAdvance("−00.00")
        start, width = name_width + 10, max(min(self.width(), 460) - name_width - value_width - 20, 20)
        for i, value in enumerate(self._values.tolist()):
            top = i * ROW_HEIGHT
            painter.setPen(theme.color("dim"))
            name = metrics.elidedText(names[i], Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(QRectF(0, top, name_width, ROW_HEIGHT), int(Qt.AlignmentFlag.AlignVCenter), name)
            painter.setPen(theme.color("text"))
            words = QRectF(start + width, top, value_width + 8, ROW_HEIGHT)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words_of(value))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            bar = QRectF(start, top + (ROW_HEIGHT - BAR_HEIGHT) / 2, width, BAR_HEIGHT)
            painter.drawRoundedRect(bar, 3, 3)
            left, right = sorted((self._zero(), self._share(value)))
            painter.setBrush(theme.color("accent" if value >= 0 else "warning"))
            filled = QRectF(start + left * width, bar.top(), max((right - left) * width, 1), BAR_HEIGHT)
            painter.drawRoundedRect(filled, min(3, filled.width() / 2), 3)

    def _paint_columns(self, painter: QPainter) -> None:
        theme = self._bridge.theme
        room_height = float(min(self.height(), 200))
        step = self.width() / self._values.size
        bar = max(step - (1 if step >= 3 else 0), 1.0)
        zero = room_height * (1 - self._zero())
        painter.setPen(Qt.PenStyle.NoPen)
        for sign, token in ((1, "accent"), (-1, "warning")):
            painter.setBrush(theme.color(token))
            rectangles = []
            for i, value in enumerate(self._values.tolist()):
                if value * sign > 0:
                    end = room_height * (1 - self._share(value))
                    rectangles.append(QRectF(i * step, min(zero, end), bar, max(abs(zero - end), 1)))
            if rectangles:
                painter.drawRects(rectangles)
        painter.fillRect(QRectF(0, zero - 0.5, self.width(), 1), theme.color("line"))

    def _shades(self) -> tuple[int, float]:
        side = square_side(self._values.size)
        return side, min(self.width(), self.height()) / side

    def _paint_shades(self, painter: QPainter) -> None:
        side, pixel = self._shades()
        places = np.full(side * side, GAP, np.uint8)
        places[: self._values.size] = quantise(self._values, self._scale.low, self._scale.high)
        image = QImage(places.data, side, side, side, QImage.Format.Format_Indexed8)
        image.setColorTable(list(qt_table(self._scale.signed)))
        painter.drawImage(QRectF(0, 0, side * pixel, side * pixel), image)

    def unit_at(self, x: float, y: float) -> int | None:
        """The value under a point of the widget."""
        count = self._values.size
        if not count:
            return None
        if count <= NAMED and count * ROW_HEIGHT <= self.height():
            unit = int(y // ROW_HEIGHT)
        elif count <= COLUMNS:
            unit = int(x / (self.width() / count))
        else:
            side, pixel = self._shades()
            unit = int(y / pixel) * side + int(x / pixel) if x < side * pixel else count
        return unit if 0 <= unit < count else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        unit = self.unit_at(event.position().x(), event.position().y())
        self.hovered.emit(None if unit is None else (unit, float(self._values[unit])))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def _restyle(self, _theme: object = None) -> None:
        self.update()


def words_of(value: float) -> str:
    """A value in a few figures, with a true minus sign."""
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", "−")
