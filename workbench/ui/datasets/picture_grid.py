"""The pictures of a class as a grid; only what is in view is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.data.index import Index
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.thumbnails import Thumbnails

TILE, SPACE = 80, 8  # logical pixels

AnyIndex = QModelIndex | QPersistentModelIndex


class PictureModel(QAbstractListModel):
    """Rows are indices into the data set."""

    NUMBER = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self._rows: dict[int, int] = {}

    def show(self, index: Index | None, numbers: Sequence[int] | NDArray[np.int64]) -> None:
        self.beginResetModel()
        self._index = index
        self._numbers = np.asarray(numbers, np.int64)
        self._rows = {int(n): row for row, n in enumerate(self._numbers)}
        self.endResetModel()

    def row_of(self, number: int) -> int | None:
        return self._rows.get(number)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._numbers)

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._index is None or not place.isValid():
            return None
        number = int(self._numbers[place.row()])
        if role == self.NUMBER:
            return number
        item = self._index.items[number]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole):
            return item.path
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.path}\n{item.width:,} × {item.height:,} pixels, {self._index.classes[item.label]}"
        return None


class _TilePainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._thumbnails = bridge, thumbnails
        self.edge = TILE

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(self.edge, self.edge)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        room = QRectF(option.rect).adjusted(2, 2, -2, -2)
        pixmap = self._thumbnails.get(place.data(PictureModel.NUMBER))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_thumbnail(painter, room, pixmap, self._bridge)
        if pixmap is None and (words := self._thumbnails.words(place.data(PictureModel.NUMBER))):
            self._paint_words(painter, room.adjusted(6, 4, -6, -4), words)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(self._bridge.theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(-1, -1, 1, 1), 5, 5)
        elif option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(self._bridge.theme.color("outline"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room, 4, 4)
        painter.restore()

    def _paint_words(self, painter: QPainter, room: QRectF, words: str) -> None:
        """The beginning of a text or a row, which have no picture."""
        painter.setFont(self._bridge.theme.font("label"))
        painter.setPen(self._bridge.theme.color("text"))
        painter.setClipRect(room)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(room, flags, words)
        painter.setClipping(False)


def paint_thumbnail(painter: QPainter, room: QRectF, pixmap: QPixmap | None, bridge: Bridge) -> None:
    """A thumbnail cut to fill `room`, with rounded corners; a plain tile while there is none."""
    clip = QPainterPath()
    clip.addRoundedRect(room, 4, 4)
    if pixmap is None:
        painter.fillPath(clip, bridge.theme.color("raised"))
        return
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    scale = min(pixmap.width() / room.width(), pixmap.height() / room.height())
    width, height = room.width() * scale, room.height() * scale
    source = QRectF((pixmap.width() - width) / 2, (pixmap.height() - height) / 2, width, height)
    painter.drawPixmap(room, pixmap, source)
    painter.restore()


class PictureGrid(QListView):
    """Click or Enter picks a picture."""

    picked = Signal(int)  # index into the data set

    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._model = PictureModel(self)
        self._thumbnails = thumbnails
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(2000)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._painter = _TilePainter(bridge, thumbnails, self)
        self.setItemDelegate(self._painter)
        self.setModel(self._model)
        self.setAccessibleName("Pictures of the chosen class")
        self.clicked.connect(self._pick)
        self.activated.connect(self._pick)
        thumbnails.arrived.connect(self._arrived)
        bridge.themeChanged.connect(self._restyle)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # the tiles grow into the room that is left over, so that the grid ends where the panel does
        room = self.width() - self.verticalScrollBar().sizeHint().width() - 2
        columns = max(room // (TILE + SPACE), 1)
        cell = room // columns
        self._painter.edge = cell - SPACE
        self.setGridSize(QSize(cell, cell))
        super().resizeEvent(event)

    def show_pictures(self, index: Index | None, numbers: Sequence[int] | NDArray[np.int64]) -> None:
        self._model.show(index, numbers)
        self.scrollToTop()

    def _pick(self, place: QModelIndex) -> None:
        number = place.data(PictureModel.NUMBER)
        if number is not None:
            self.picked.emit(number)

    def _arrived(self, number: int) -> None:
        row = self._model.row_of(number)
        if row is not None:
            self.update(self._model.index(row))

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
