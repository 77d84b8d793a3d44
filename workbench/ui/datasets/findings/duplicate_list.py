"""Groups of duplicates: one row a group, its pictures side by side, with their split and class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from workbench.core.words import count, file_size
from workbench.data.alike.duplicates import split_codes
from workbench.data.index import printable
from workbench.session.duplicates import DuplicatesState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.painting import paint_ground, paint_whole
from workbench.ui.datasets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

EDGE, GAP, LEFT = 88, 12, 12
_TITLE, _LINE = 26, 16
ROW = _TITLE + EDGE + 6 + 2 * _LINE + 10
_RIGHT = Qt.TextElideMode.ElideRight
SPLITS = (("training", "accent"), ("validation", "warning"), ("test", "outline"))

AnyIndex = QModelIndex | QPersistentModelIndex


class GroupModel(QAbstractListModel):
    """Row r is the group r of the state that is shown."""

    GROUP = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = DuplicatesState()
        self.dataset: Dataset | None = None
        self._codes: NDArray[np.int8] = np.zeros(0, np.int8)

    def show(self, state: DuplicatesState, dataset: Dataset | None) -> None:
        self.beginResetModel()
        self.state, self.dataset = state, dataset
        self._codes = split_codes(dataset.splits, len(dataset.index)) if dataset is not None else np.zeros(0, np.int8)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.state.groups)

    def members(self, row: int) -> list[int]:
        """Training first, then validation, then test; and of each split and class one before the second of any, so that
        what is odd about a large group can be seen."""
        members = np.array(self.state.groups[row], np.int64)
        if self.dataset is None:
            return []
        kinds = self._codes[members] * np.int64(len(self.dataset.index.classes)) + self.dataset.index.labels[members]
        first = np.zeros(len(members), np.bool_)
        first[np.unique(kinds, return_index=True)[1]] = True
        return [int(i) for i in members[np.lexsort((members, kinds, ~first))]]

    def split(self, number: int) -> int:
        return int(self._codes[number])

    def title(self, row: int) -> tuple[str, str]:
        """What the group is, and what is wrong with it ("" if nothing is)."""
        state = self.state
        same = "The same file" if state.exact[row] else "Nearly the same"
        if state.mirrored[row]:
            same += " or mirrored"
        size = len(state.groups[row])
        wrong = []
        if state.in_splits[row]:
            splits = sorted({self.split(i) for i in state.groups[row]})
            wrong.append("in " + " and ".join(SPLITS[code][0] for code in splits))
        if state.in_classes[row]:
            wrong.append("under more than one label")
        return f"{same}, {'twice' if size == 2 else count(size, 'time')}", " and ".join(wrong)

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid() or self.dataset is None:
            return None
        row = place.row()
        if role == self.GROUP:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            what, wrong = self.title(row)
            shown = self.members(row)[:4]
            return ". ".join(part for part in (what, wrong, "; ".join(self.words(i) for i in shown)) if part)
        return None

    def label(self, number: int) -> str:
        assert self.dataset is not None
        index = self.dataset.index
        return printable(index.classes[int(index.labels[number])])

    def words(self, number: int) -> str:
        """A member in words."""
        assert self.dataset is not None
        return f"{printable(self.dataset.index.path(number))}, {SPLITS[self.split(number)][0]}, “{self.label(number)}”"

    def tip(self, number: int) -> str:
        assert self.dataset is not None
        index = self.dataset.index
        facts = [file_size(int(index.bytes[number]))]
        if index.widths[number]:
            facts.insert(0, f"{int(index.widths[number]):,} × {int(index.heights[number]):,} pixels")
        return f"{self.words(number)}\n{', '.join(facts)}"


class _GroupPainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails, parent: DuplicateList) -> None:
        super().__init__(parent)
        self._bridge, self._thumbnails, self._list = bridge, thumbnails, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(300, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        theme, model, row = self._bridge.theme, self._list.groups, place.row()
        room: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, theme)
        what, wrong = model.title(row)
        middle = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font(bold=bool(option.state & QStyle.StateFlag.State_Selected)))
        painter.setPen(theme.color("text"))
        line = QRect(room.left() + LEFT, room.top() + 3, room.width() - 2 * LEFT, _TITLE - 4)
        painter.drawText(line, middle, what)
        if wrong:
            line.setLeft(line.left() + QFontMetrics(painter.font()).horizontalAdvance(what) + 10)
            painter.setFont(theme.font())
            painter.setPen(theme.color("warning"))
            painter.drawText(line, middle, QFontMetrics(painter.font()).elidedText(wrong, _RIGHT, line.width()))
        members = model.members(row)
        fitting = self._list.fitting(len(members))
        for column, number in enumerate(members[:fitting]):
            self._paint_member(painter, self._list.tile(room, column), number)
        if fitting < len(members):
            painter.setFont(theme.font())
            painter.setPen(theme.color("dim"))
            tile = self._list.tile(room, fitting)
            painter.drawText(tile, int(Qt.AlignmentFlag.AlignCenter), f"+{len(members) - fitting:,}")
        painter.restore()

    def _paint_member(self, painter: QPainter, tile: QRect, number: int) -> None:
        theme, model = self._bridge.theme, self._list.groups
        pixmap = self._thumbnails.get(number)
        if pixmap is not None:
            paint_whole(painter, tile, pixmap)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(tile, 4, 4)
            words = self._thumbnails.words(number)
            if words:
                painter.setFont(theme.font("label"))
                painter.setPen(theme.color("text"))
                inside = tile.adjusted(5, 4, -5, -4)
                painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWrapAnywhere), words)
        name, token = SPLITS[model.split(number)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(token))
        below = tile.bottom() + 7
        painter.drawRoundedRect(tile.left(), below + 4, 8, 8, 2, 2)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        painter.setPen(theme.color("dim"))
        middle = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRect(tile.left() + 13, below, EDGE - 13, _LINE), middle, name)
        painter.setPen(theme.color("text"))
        label = metrics.elidedText(model.label(number), Qt.TextElideMode.ElideMiddle, EDGE)
        painter.drawText(QRect(tile.left(), below + _LINE, EDGE, _LINE), middle, label)


class DuplicateList(QListView):
    """Several groups can be chosen. `opened(row)`: a person wants a group in the browser (double click, Enter)."""

    opened = QtSignal(int)
    chosenChanged = QtSignal()

    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.groups = GroupModel(self)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_GroupPainter(bridge, thumbnails, self))
        self.setModel(self.groups)
        self.setAccessibleName("Groups of duplicates")
        self.activated.connect(self._open)
        self.selectionModel().selectionChanged.connect(self._tell)
        thumbnails.arrived.connect(self._arrived)
        bridge.themeChanged.connect(self._restyle)

    @property
    def chosen(self) -> list[int]:
        """The groups that are chosen, ascending."""
        return sorted(place.row() for place in self.selectionModel().selectedIndexes())

    def choose(self, rows: Sequence[int]) -> None:
        """Choose exactly these groups; the first is current."""
        self.selectionModel().clear()
        for row in reversed(rows):
            place = self.groups.index(row)
            self.selectionModel().setCurrentIndex(place, self.selectionModel().SelectionFlag.Select)

    def show_state(self, state: DuplicatesState, dataset: Dataset | None) -> None:
        """Other groups. Where the first chosen one stood, the next is chosen: a person goes through them one by one."""
        before = self.chosen
        at = self.verticalScrollBar().value()
        self.groups.show(state, dataset)
        if len(state.groups):
            self.choose([min(before[0] if before else 0, len(state.groups) - 1)])
            self.verticalScrollBar().setValue(at)
        self.chosenChanged.emit()

    def tile(self, room: QRect, column: int) -> QRect:
        """Where a member's picture stands in its row."""
        return QRect(room.left() + LEFT + column * (EDGE + GAP), room.top() + _TITLE, EDGE, EDGE)

    def fitting(self, members: int) -> int:
        """How many of a group's members are shown; where not all fit, the last tile says how many more there are."""
        room = max((self.viewport().width() - 2 * LEFT + GAP) // (EDGE + GAP), 2)
        return members if members <= room else room - 1

    def member_at(self, point: QPoint) -> int | None:
        """The sample under a point of the viewport."""
        place = self.indexAt(point)
        if not place.isValid():
            return None
        members, room = self.groups.members(place.row()), self.visualRect(place)
        shown = members[: self.fitting(len(members))]
        return next((number for k, number in enumerate(shown) if self.tile(room, k).contains(point)), None)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.member_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if number is None else self.groups.tip(number), self.viewport())
            return True
        return super().viewportEvent(event)

    def _open(self, place: QModelIndex) -> None:
        self.opened.emit(place.row())

    def _tell(self) -> None:
        self.chosenChanged.emit()

    def _arrived(self, _number: int) -> None:
        self.viewport().update()

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
