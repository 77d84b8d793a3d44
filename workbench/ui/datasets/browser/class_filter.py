"""The classes beside the grid: one chosen shows its samples, several (Ctrl, Shift) show theirs, "All" all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.ui.bridge import Bridge

ROW = 28
ALL = "All classes"

AnyIndex = QModelIndex | QPersistentModelIndex


class ClassModel(QAbstractListModel):
    """Row 0 is all of them; row k + 1 is class k."""

    COUNT = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.counts: tuple[int, ...] = ()

    def show(self, names: Sequence[str], counts: Sequence[int]) -> None:
        self.beginResetModel()
        self.names, self.counts = tuple(names), tuple(counts)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if (parent is not None and parent.isValid()) or not self.names else len(self.names) + 1

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        row = place.row()
        name = ALL if row == 0 else self.names[row - 1]
        size = sum(self.counts) if row == 0 else self.counts[row - 1]
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == self.COUNT:
            return size
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{name}, {size:,}"
        return None


class _RowPainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        theme, room, state = self._bridge.theme, QRect(option.rect), option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(room.adjusted(0, 1, -4, -1), 5, 5)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(0, 1, -4, -1), 5, 5)
        box = room.adjusted(8, 0, -12, 0)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("dim"))
        number = f"{place.data(ClassModel.COUNT):,}"
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), number)
        width = box.width() - QFontMetrics(painter.font()).horizontalAdvance(number) - 8
        painter.setFont(theme.font(bold=chosen))
        painter.setPen(theme.color("text"))
        name = str(place.data(Qt.ItemDataRole.DisplayRole))
        name = QFontMetrics(painter.font()).elidedText(name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()


class ClassFilter(QListView):
    """`chosen` gives the names of the chosen classes; none of them means all."""

    chosen = Signal(frozenset)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._model = ClassModel(self)
        self._quiet = False
        self.setModel(self._model)
        self.setItemDelegate(_RowPainter(bridge, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Classes")
        self.setMinimumWidth(120)
        self.selectionModel().selectionChanged.connect(self._selected)
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(200, 300)

    @property
    def names(self) -> frozenset[str]:
        """The chosen classes; empty for all."""
        rows = {place.row() for place in self.selectionModel().selectedIndexes()}
        return frozenset() if 0 in rows else frozenset(self._model.names[row - 1] for row in rows)

    def show_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Other classes or counts; those that are chosen stay so by name as far as they are there."""
        if (tuple(names), tuple(counts)) == (self._model.names, self._model.counts):
            return
        before, at = self.names, self.verticalScrollBar().value()
        self._quiet = True
        self._model.show(names, counts)
        self._quiet = False
        self.choose(before & frozenset(names))
        self.verticalScrollBar().setValue(at)

    def choose(self, names: frozenset[str]) -> None:
        """Choose classes by name; none: all."""
        rows = [row for row, name in enumerate(self._model.names, 1) if name in names] or [0]
        self._quiet = True
        model = self.selectionModel()
        model.clear()
        if self._model.rowCount():
            model.setCurrentIndex(self._model.index(rows[0]), QItemSelectionModel.SelectionFlag.NoUpdate)
            for row in rows:
                model.select(self._model.index(row), QItemSelectionModel.SelectionFlag.Select)
        self._quiet = False
        self.chosen.emit(self.names)

    def _selected(self) -> None:
        if not self._quiet:
            self.chosen.emit(self.names)

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
