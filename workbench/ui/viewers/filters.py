"""The learned filters of a first convolution, as small pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.viewers.tiling import Tiling, rounded_away, tile

GAP, RADIUS, LARGEST = 4, 2, 56  # logical pixels

Filters = NDArray[np.uint8]


class FiltersView(QWidget):
    """Shows uint8 filters N × h × w × 3 as one image, `LARGEST` pixels a filter at most."""

    def __init__(self, bridge: Bridge, *, largest: int = LARGEST, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._largest = bridge, largest
        self._filters: Filters | None = None
        self._tiling: Tiling | None = None
        self._image: QImage | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(80, 40)
        self.setAccessibleName("Filters")

    def set_filters(self, filters: Filters | None) -> None:
        """Other filters, or None to show nothing."""
        if filters is self._filters:
            return
        other = filters is None or self._filters is None or filters.shape != self._filters.shape
        self._filters, self._image = filters, None
        if filters is not None:
            count, height, width = filters.shape[:3]
            self.setAccessibleDescription(f"{count:,} filters of {height} × {width}")
        if other:
            self.updateGeometry()
        self.update()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._image = None
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self._lay_out(width, 100_000, 1.0)
        return 40 if layout is None else layout.height

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 80 else 234
        return QSize(234, self.heightForWidth(width))

    def _lay_out(self, width: int, height: int, ratio: float) -> Tiling | None:
        if self._filters is None or not len(self._filters):
            return None
        count, rows, columns = self._filters.shape[:3]
        gap = round(GAP * ratio)
        if height >= 100_000:  # how tall for this width: eight in a row, or as many as there are
            across = min(count, max(1, min(8, (width + gap) // (round(20 * ratio) + gap))))
            edge = min((width + gap) // across - gap, round(self._largest * ratio))
            return Tiling(count, across, max(round(edge * rows / columns), 1), max(edge, 1), gap)
        return tile(count, rows, columns, width, height, gap, round(self._largest * ratio))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._image is None:
            self._image = self._draw()
        if self._image is not None:
            QPainter(self).drawImage(QPointF(0, 0), self._image)

    def _draw(self) -> QImage | None:
        ratio = self.devicePixelRatioF()
        layout = self._lay_out(round(self.width() * ratio), round(self.height() * ratio), ratio)
        if layout is None or self._filters is None:
            return None
        self._tiling = layout
        count, height, width = self._filters.shape[:3]
        rows = np.arange(layout.tile_height) * height // layout.tile_height
        columns = np.arange(layout.tile_width) * width // layout.tile_width
        outside = rounded_away(layout.tile_height, layout.tile_width, round(RADIUS * ratio))
        pixels = np.zeros((layout.height, layout.width, 4), np.uint8)
        for place in range(count):
            x, y = layout.corner(place)
            part = pixels[y : y + layout.tile_height, x : x + layout.tile_width]
            part[..., :3] = self._filters[place][rows[:, None], columns[None, :]]
            part[..., 3] = np.where(outside, 0, 255)
        image = QImage(pixels.data, layout.width, layout.height, layout.width * 4, QImage.Format.Format_RGBA8888).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def filter_at(self, point: QPointF) -> int | None:
        """The filter under a point of the widget."""
        ratio = self.devicePixelRatioF()
        found = None if self._tiling is None else self._tiling.at(point.x() * ratio, point.y() * ratio)
        return None if found is None else found[0]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self.filter_at(event.position())
        if number is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), f"Filter {number:,}", self)
