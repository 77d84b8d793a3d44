"""All maps of a layer as one image: one colour scale, a reading under the pointer, one map enlarged on request."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.inspection.colours import qt_table
from workbench.inspection.scale import Scale
from workbench.ui.bridge import Bridge
from workbench.ui.viewers import tiling

Maps = NDArray[np.floating]

GAP, RADIUS, LARGEST = 4, 3, 160  # logical pixels


class MosaicView(QWidget):
    """Draws float maps C × H × W. The image is made when it is painted, at the screen's own pixels, never oftener."""

    hovered = Signal(object)  # (channel, row, column, value) or None

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._maps: Maps | None = None
        self._scale = Scale(0.0, 1.0)
        self._by_strength = False
        self._order: NDArray[np.intp] = np.arange(0)
        self._tiling: tiling.Tiling | None = None
        self._image: QImage | None = None
        self._buffer: NDArray[np.uint8] | None = None
        self.frames_drawn = 0
        self._current: int | None = None  # the channel that is marked
        self._alone: int | None = None  # the channel that is enlarged
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setAccessibleName("Feature maps")
        bridge.themeChanged.connect(self._restyle)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_maps(self, maps: Maps | None, scale: Scale) -> None:
        """Other values, or none. The order by strength is kept still while the number of maps stays the same."""
        count = 0 if maps is None else len(maps)
        other = count != len(self._order)
        self._maps, self._scale = maps, scale
        if other:
            self._current = self._alone = None
            self._sort()
        self._image = None
        self.update()
        if maps is not None and other:
            height, width = maps.shape[1:]
            self.setAccessibleDescription(
                f"{count:,} maps of {height:,} × {width:,}. Arrow keys choose one, Enter enlarges it."
            )

    @property
    def maps(self) -> Maps | None:
        return self._maps

    @property
    def layout_shown(self) -> tiling.Tiling | None:
        """Where the tiles stand, in pixels of the screen; None before the first painting."""
        return self._tiling

    @property
    def order(self) -> tuple[int, ...]:
        """Channels in the order they are shown."""
        return tuple(int(c) for c in self._order)

    @property
    def alone(self) -> int | None:
        """The channel shown enlarged, if one is."""
        return self._alone

    def sort_by_strength(self, on: bool) -> None:
        """Strongest maps first, as they are now; off: in the order of their index."""
        self._by_strength = on
        self._sort()
        self._image = None
        self.update()

    def _sort(self) -> None:
        if self._maps is None:
            self._order = np.arange(0)
        elif self._by_strength:
            self._order = np.argsort(-tiling.strengths(self._maps), kind="stable")
        else:
            self._order = np.arange(len(self._maps))

    # --- painting ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> tiling.Tiling | None:
        if self._maps is None or not len(self._maps):
            return None
        ratio = self.devicePixelRatioF()
        count, height, width = self._maps.shape
        room = self.size() * ratio
        if self._alone is not None:
            return tiling.tile(1, height, width, room.width(), room.height(), 0, 100_000)
        largest = round(LARGEST * ratio) if count > 1 else 100_000
        return tiling.tile(count, height, width, room.width(), room.height(), round(GAP * ratio), largest)

    def _draw(self) -> QImage | None:
        layout = self._lay_out()
        if layout is None or self._maps is None:
            return None
        ratio = self.devicePixelRatioF()
        maps, order = self._maps, self._order
        if self._alone is not None:
            maps, order = maps[self._alone : self._alone + 1], np.arange(1)
        places = tiling.paint(maps, order, layout, self._scale, round(RADIUS * ratio))
        self.frames_drawn += 1
        self._tiling, self._buffer = layout, places  # the image reads the buffer in place
        rows, columns = places.shape
        image = QImage(places.data, columns, rows, columns, QImage.Format.Format_Indexed8)
        image.setColorTable(list(qt_table(self._scale.signed)))
        image.setDevicePixelRatio(ratio)
        return image

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._image is None:
            self._image = self._draw()
        if self._image is None:
            return
        painter = QPainter(self)
        painter.drawImage(QPointF(0, 0), self._image)
        place = self._place_of(self._current)
        if place is not None and self._tiling is not None and self._alone is None:
            ratio = self.devicePixelRatioF()
            x, y = self._tiling.corner(place)
            frame = QRectF(x / ratio, y / ratio, self._tiling.tile_width / ratio, self._tiling.tile_height / ratio)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._bridge.theme.color("accent"), 2))
            painter.drawRoundedRect(frame.adjusted(-1, -1, 1, 1), RADIUS + 1, RADIUS + 1)

    def _place_of(self, channel: int | None) -> int | None:
        if channel is None:
            return None
        found = np.flatnonzero(self._order == channel)
        return int(found[0]) if found.size else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._image = None

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def to_image(self) -> QImage | None:
        """What is shown, as an image of its own (for saving)."""
        if self._image is None:
            self._image = self._draw()
        return None if self._image is None else self._image.convertToFormat(QImage.Format.Format_ARGB32)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, point: QPointF) -> tuple[int, int, int, float] | None:
        """Channel, row, column and value under a point of the widget; None beside the maps."""
        if self._tiling is None or self._maps is None:
            return None
        ratio = self.devicePixelRatioF()
        found = self._tiling.at(point.x() * ratio, point.y() * ratio)
        if found is None:
            return None
        place, across, down = found
        channel = self._alone if self._alone is not None else int(self._order[place])
        _, height, width = self._maps.shape
        row, column = min(int(down * height), height - 1), min(int(across * width), width - 1)
        return channel, row, column, float(self._maps[channel, row, column])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        reading = self.read(event.position())
        self._mark(None if reading is None else reading[0])
        self.hovered.emit(reading)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.hasFocus():
            self._mark(None)
        self.hovered.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        reading = self.read(event.position())
        if self._alone is not None:
            self.enlarge(None)
        elif reading is not None:
            self.enlarge(reading[0])

    def enlarge(self, channel: int | None) -> None:
        """Show one map as large as the room allows; None: all maps again."""
        if self._maps is None or (channel is not None and not 0 <= channel < len(self._maps)):
            return
        self._alone = channel if len(self._maps) > 1 else None
        self._image = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._tiling is None or not len(self._order):
            super().keyPressEvent(event)
            return
        columns = self._tiling.columns if self._alone is None else 1
        steps: dict[Any, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        key = event.key()
        if key in steps:
            place = self._place_of(self._current)
            place = 0 if place is None else min(max(place + steps[key], 0), len(self._order) - 1)
            self._mark(int(self._order[place]))
            if self._alone is not None:
                self.enlarge(self._current)
            self._tell()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.enlarge(None if self._alone is not None else self._current)
        elif key == Qt.Key.Key_Escape and self._alone is not None:
            self.enlarge(None)
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        """Say the marked channel's strongest value, for people who walk by keys."""
        if self._maps is None or self._current is None:
            return
        values = np.nan_to_num(self._maps[self._current])
        row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
        self.hovered.emit((self._current, int(row), int(column), float(values[row, column])))

    def _mark(self, channel: int | None) -> None:
        if channel != self._current:
            self._current = channel
            self.update()
