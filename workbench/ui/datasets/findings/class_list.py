"""The classes: a few of their samples, their names, and how many samples each has, as bars that show the balance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.balance import SHOWN, Balance
from workbench.ui.datasets.findings.painting import paint_filling, paint_ground
from workbench.ui.datasets.thumbnails import Thumbnails

ROW, THUMB = 48, 36
BAR = 8
WIDEST_NAME = 280  # pixels
PARTS = (("training", "accent"), ("validation", "warning"), ("test", "outline"))
"""The splits and the colours the plots give them."""

AnyIndex = QModelIndex | QPersistentModelIndex


class ClassModel(QAbstractListModel):
    LABEL = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.balance: Balance | None = None
        self.noun = "picture"
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)

    def show(self, balance: Balance | None, order: str, noun: str) -> None:
        self.beginResetModel()
        self.balance, self.noun = balance, noun
        self._order = np.zeros(0, np.int64) if balance is None else balance.order(order)
        self.endResetModel()

    def row_of(self, label: int) -> int:
        return int(np.flatnonzero(self._order == label)[0])

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid() or self.balance is None:
            return None
        label = int(self._order[place.row()])
        if role == self.LABEL:
            return label
        name = self.balance.names[label]
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            total = count(int(self.balance.totals[label]), self.noun)
            return f"{name}: {total} ({self.balance.words(label)})"
        return None


class _RowPainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails, parent: ClassList) -> None:
        super().__init__(parent)
        self._bridge, self._thumbnails, self._list = bridge, thumbnails, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        theme, label, balance = self._bridge.theme, place.data(ClassModel.LABEL), self._list.balance
        if balance is None:
            return
        room: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, theme)
        x = room.left() + 8
        for number in balance.shown(label) if self._list.pictured else ():
            square = QRectF(x, room.top() + (ROW - THUMB) / 2, THUMB, THUMB)
            paint_filling(painter, square, self._thumbnails.get(number), theme)
            x += THUMB + 4
        x = room.left() + (16 + SHOWN * (THUMB + 4) if self._list.pictured else 12)
        middle = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font(bold=bool(option.state & QStyle.StateFlag.State_Selected)))
        painter.setPen(theme.color("text"))
        wide = min(self._list.name_width, max((room.right() - x) // 3, 40))
        name = QFontMetrics(painter.font()).elidedText(balance.names[label], Qt.TextElideMode.ElideMiddle, wide)
        painter.drawText(QRect(x, room.top(), wide, ROW), middle, name)
        x += wide + 12
        painter.setFont(theme.font())
        figures = QFontMetrics(painter.font()).horizontalAdvance(f"{self._list.largest:,}") + 12
        groove = QRectF(x, room.top() + (ROW - BAR) / 2, max(room.right() - 12 - figures - x, 20), BAR)
        self._paint_bar(painter, groove, balance.counts[label].tolist())
        painter.setPen(theme.color("dim"))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = QRect(room.right() - 12 - figures, room.top(), figures, ROW)
        painter.drawText(words, right, f"{int(balance.totals[label]):,}")
        painter.restore()

    def _paint_bar(self, painter: QPainter, groove: QRectF, counts: list[int]) -> None:
        theme = self._bridge.theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(groove, BAR / 2, BAR / 2)
        left = groove.left()
        for amount, (_name, token) in zip(counts, PARTS, strict=True):
            width = groove.width() * amount / max(self._list.largest, 1)
            if width > 0:
                painter.setBrush(theme.color(token))
                painter.drawRoundedRect(QRectF(left, groove.top(), max(width - 1, 1), BAR), 2, 2)
                left += width


class ClassList(QListView):
    """One row a class. `opened(label)`: a person wants to see its samples (double click, Enter)."""

    opened = Signal(int)

    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._model = ClassModel(self)
        self._bridge = bridge
        self.largest = 1
        self.name_width = WIDEST_NAME
        self.pictured = True
        """Whether samples of this kind can be shown as small pictures."""
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_RowPainter(bridge, thumbnails, self))
        self.setModel(self._model)
        self.setAccessibleName("Classes")
        self.activated.connect(self._open)
        thumbnails.arrived.connect(self._arrived)
        bridge.themeChanged.connect(self._restyle)

    @property
    def balance(self) -> Balance | None:
        return self._model.balance

    @property
    def label(self) -> int | None:
        """The chosen class."""
        place = self.currentIndex()
        return int(place.data(ClassModel.LABEL)) if place.isValid() else None

    def show_balance(self, balance: Balance | None, order: str, noun: str) -> None:
        """Show the classes in an order; the chosen one stays chosen if it is still there by name, else the first is."""
        before = None if self.balance is None or self.label is None else self.balance.names[self.label]
        self.largest = int(balance.totals.max(initial=1)) if balance is not None else 1
        names = sorted(balance.names, key=len)[-40:] if balance is not None else []  # measuring thousands takes long
        metrics = QFontMetrics(self._bridge.theme.font(bold=True))
        self.name_width = min(max((metrics.horizontalAdvance(name) for name in names), default=0) + 4, WIDEST_NAME)
        self._model.show(balance, order, noun)
        if balance is not None and balance.names:
            label = balance.names.index(before) if before in balance.names else None
            row = 0 if label is None else self._model.row_of(label)
            self.setCurrentIndex(self._model.index(row))

    def _open(self, place: QModelIndex) -> None:
        self.opened.emit(int(place.data(ClassModel.LABEL)))

    def _arrived(self, _number: int) -> None:
        self.viewport().update()

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
