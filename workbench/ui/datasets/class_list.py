"""The classes: a few of their pictures, their names, and how many pictures each has, as bars that show the balance."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.classes import SHOWN, ClassRow
from workbench.ui.datasets.picture_grid import paint_thumbnail
from workbench.ui.datasets.thumbnails import Thumbnails

ROW, THUMB = 44, 32
BAR = 6

AnyIndex = QModelIndex | QPersistentModelIndex


class ClassModel(QAbstractListModel):
    ROW = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ClassRow, ...] = ()

    def show(self, rows: tuple[ClassRow, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    @property
    def largest(self) -> int:
        return max((row.total for row in self.rows), default=1) or 1

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        row = self.rows[place.row()]
        if role == self.ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.name}: {count(row.total, 'picture')} ({row.words})"
        return None


class _RowPainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails, parent: ClassList) -> None:
        super().__init__(parent)
        self._bridge, self._thumbnails, self._list = bridge, thumbnails, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        theme, row = self._bridge.theme, place.data(ClassModel.ROW)
        room = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(room.adjusted(0, 1, 0, -1), 6, 6)
        x = room.left() + 8
        thumbs = SHOWN if room.width() > 330 else 1
        for i in range(thumbs):
            if i < len(row.samples):
                square = QRectF(x, room.top() + (ROW - THUMB) / 2, THUMB, THUMB)
                paint_thumbnail(painter, square, self._thumbnails.get(row.samples[i]), self._bridge)
            x += THUMB + 4
        x += 8
        right = room.right() - 10
        painter.setFont(theme.font())
        painter.setPen(theme.color("dim"))
        number = f"{row.total:,}"
        number_width = QFontMetrics(painter.font()).horizontalAdvance(f"{self._list.largest:,}")
        words = QRectF(x, room.top() + 5, right - x, 18)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), number)
        painter.setFont(theme.font(bold=bool(option.state & QStyle.StateFlag.State_Selected)))
        painter.setPen(theme.color("text"))
        space = int(words.width() - number_width - 8)
        name = QFontMetrics(painter.font()).elidedText(row.name, Qt.TextElideMode.ElideRight, space)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        self._paint_bar(painter, QRectF(x, room.top() + 28, right - x, BAR), row)
        painter.restore()

    def _paint_bar(self, painter: QPainter, groove: QRectF, row: ClassRow) -> None:
        theme = self._bridge.theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(groove, 3, 3)
        left = groove.left()
        for amount, token in ((row.train, "accent"), (row.val, "warning"), (row.test, "outline")):
            width = groove.width() * amount / self._list.largest
            if width > 0:
                painter.setBrush(theme.color(token))
                painter.drawRoundedRect(QRectF(left, groove.top(), max(width - 1, 1), BAR), 2, 2)
                left += width


class ClassList(QListView):
    """One row a class; the chosen row's pictures are shown in the grid."""

    chosen = Signal(int)  # the class

    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._model = ClassModel(self)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_RowPainter(bridge, thumbnails, self))
        self.setModel(self._model)
        self.setAccessibleName("Classes")
        self.selectionModel().currentChanged.connect(self._choose)
        thumbnails.arrived.connect(self._arrived)
        bridge.themeChanged.connect(self._restyle)
        self._samples: dict[int, int] = {}

    @property
    def largest(self) -> int:
        return self._model.largest

    @property
    def rows(self) -> tuple[ClassRow, ...]:
        return self._model.rows

    def show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        """Other classes; the chosen one stays chosen if it is still there by name, else the first is."""
        place = self.currentIndex()
        name = place.data(Qt.ItemDataRole.DisplayRole) if place.isValid() else None
        self._model.show(rows)
        self._samples = {sample: i for i, row in enumerate(rows) for sample in row.samples}
        at = next((i for i, row in enumerate(rows) if row.name == name), 0)
        if rows:
            self.setCurrentIndex(self._model.index(at))

    def _choose(self, place: QModelIndex, _before: QModelIndex) -> None:
        if place.isValid():
            self.chosen.emit(place.row())

    def _arrived(self, number: int) -> None:
        row = self._samples.get(number)
        if row is not None:
            self.update(self._model.index(row))

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
