"""A small searchable list that pops up at a place: for adding layers and for choosing where a wire goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QHideEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.palette.delegate import square
from workbench.ui.palette.search import in_order
from workbench.ui.theme import GAP, Theme, mark

WIDTH, ROW, HEADING, MOST_ROWS = 340, 26, 28, 12
LINE = 15  # of the sentence below a title
ENTRY = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to choose: what `chosen` gives, the words, a hint at the right, a category for its colour, and where it
    helps a sentence below."""

    key: str
    title: str
    hint: str = ""
    category: str = ""
    group: str = ""
    tip: str = ""
    keywords: tuple[str, ...] = ()
    sentence: str = ""


def rank(query: str, entry: Entry) -> int | None:
    """How far an entry is from what was typed, lower is better; None where it does not match."""
    worst = 0
    for word in query.casefold().split():
        title = entry.title.casefold()
        parts = title.replace("-", " ").split()
        if title.startswith(word):
            found = 0
        elif any(part.startswith(word) for part in parts):
            found = 1
        elif any(keyword.casefold().startswith(word) for keyword in entry.keywords):
            found = 2
        elif word in title or any(word in keyword.casefold() for keyword in entry.keywords):
            found = 3
        elif in_order(word, title):
            found = 4
        else:
            return None
        worst = max(worst, found)
    return worst


class EntryModel(QAbstractListModel):
    """Entries under the headings of their groups; once something is typed, only what matches, best first."""

    def __init__(self, entries: Sequence[Entry], parent: QObject) -> None:
        super().__init__(parent)
        self._entries = tuple(entries)
        self._rows: list[Entry | str] = []
        self.search("")

    def search(self, query: str) -> None:
        self.beginResetModel()
        groups = list(dict.fromkeys(e.group for e in self._entries))
        if query.strip():
            found = [
                (r, groups.index(e.group), i, e)
                for i, e in enumerate(self._entries)
                if (r := rank(query, e)) is not None
            ]
            self._rows = [e for *_, e in sorted(found, key=lambda row: row[:3])]
        else:
            self._rows = []
            for group in groups:
                self._rows += [group] if group else []
                self._rows += [e for e in self._entries if e.group == group]
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        """The entry in a row; None for a heading or outside."""
        found = self._rows[row] if 0 <= row < len(self._rows) else None
        return found if isinstance(found, Entry) else None

    def next_entry(self, row: int, step: int) -> int | None:
        while 0 <= row < len(self._rows):
            if self.entry(row) is not None:
                return row
            row += step
        return None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()] if index.isValid() else ""
        if isinstance(row, str):
            return row if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.title}, {row.hint}" if row.hint and role != Qt.ItemDataRole.DisplayRole else row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip or None
        return row if role == ENTRY else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if self.entry(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class EntryDelegate(QStyledItemDelegate):
    """Paints a heading, or an entry with its square, its title and its hint."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        entry = index.data(ENTRY)
        return QSize(WIDTH - 24, HEADING if entry is None else self.height(entry))

    def height(self, entry: Entry) -> int:
        """Of an entry's row, in pixels."""
        return ROW + LINE * self._lines(entry) + (4 if entry.sentence else 0)

    def _lines(self, entry: Entry) -> int:
        if not entry.sentence:
            return 0
        metrics = QFontMetricsF(self._theme.font("label"))
        box = metrics.boundingRect(QRectF(0, 0, WIDTH - 52, 200), int(Qt.TextFlag.TextWordWrap), entry.sentence)
        return max(1, round(box.height() / metrics.lineSpacing()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme, entry = self._theme, index.data(ENTRY)
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry is None:
            painter.setFont(theme.font("label", bold=True))
            painter.setPen(theme.color("dim"))
            box = rect.adjusted(8, 0, -8, -5)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, str(index.data()))
            painter.restore()
            return
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if state & QStyle.StateFlag.State_Selected else "hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        left = 8.0
        if entry.category:
            square(painter, QPointF(rect.left() + 8, rect.center().y() - 4.5), theme.category(entry.category))
            left = 26.0
        if entry.sentence:
            painter.setFont(theme.font("label"))
            painter.setPen(theme.color("dim"))
            below = rect.adjusted(left, ROW - 2, -8, 0)
            top = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
            painter.drawText(below, top, entry.sentence)
            rect.setHeight(ROW)
        painter.setFont(theme.font("label"))
        hint_width = QFontMetricsF(painter.font()).horizontalAdvance(entry.hint) if entry.hint else 0.0
        painter.setPen(theme.color("dim"))
        box = rect.adjusted(left, 0, -8, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.hint)
        painter.setFont(theme.font())
        painter.setPen(theme.color("text"))
        room = box.width() - hint_width - (12 if hint_width else 0)
        title = QFontMetricsF(painter.font()).elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


class Chooser(QFrame):
    """Type to narrow, arrows to go, Enter or a click to choose, Esc to leave. Deletes itself when it closes."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, title: str, entries: Sequence[Entry], theme: Theme, parent: QWidget, empty: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("canvas_chooser")
        self.setAccessibleName(title)
        mark(self, role="card")
        self.model = EntryModel(entries, self)
        self.field = QLineEdit()
        self.field.setPlaceholderText(title)
        self.field.setAccessibleName(title)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName(title)
        self.list.setModel(self.model)
        self._delegate = EntryDelegate(theme, self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setStyleSheet("QListView { background: transparent; }")
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.clicked.connect(self._pick)
        self._nothing = QLabel(empty)
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(8, 2, 8, 6)
        mark(self._nothing, role="dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP // 2)
        column.addWidget(self.field)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        self._search("")

    def open_at(self, where: QPoint) -> None:
        """Show it with its top left corner there (global), moved so that all of it is on the screen."""
        self.setFixedWidth(WIDTH)
        entries = [self.model.entry(r) for r in range(self.model.rowCount())]
        rows = [HEADING if entry is None else self._delegate.height(entry) for entry in entries]
        most = MOST_ROWS * ROW * (1 if all(e is None or not e.sentence for e in entries) else 1.4)
        self.list.setFixedHeight(round(min(sum(rows), most)) + 2)
        self.adjustSize()
        screen = self.screen().availableGeometry()
        left = max(screen.left(), min(where.x(), screen.right() - self.width()))
        top = max(screen.top(), min(where.y(), screen.bottom() - self.height()))
        self.move(left, top)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                step = 1 if key == Qt.Key.Key_Down else -1
                self._make_current(self.list.currentIndex().row() + step, step)
                return True
            if key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                step = 1 if key == Qt.Key.Key_PageDown else -1
                row = self.list.currentIndex().row() + step * (MOST_ROWS - 2)
                self._make_current(max(0, min(self.model.rowCount() - 1, row)), -step)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick(self.list.currentIndex())
                return True
            if key == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.closed.emit()

    def _search(self, text: str) -> None:
        self.model.search(text)
        found = self.model.rowCount() > 0
        self._nothing.setVisible(not found)
        self.list.setVisible(found)
        self.list.scrollToTop()
        self._make_current(0, 1)

    def _make_current(self, row: int, step: int) -> None:
        at = self.model.next_entry(row, step)
        if at is not None:
            self.list.setCurrentIndex(self.model.index(at))

    def _pick(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ENTRY) if index.isValid() else None
        if entry is not None:
            self.chosen.emit(entry.key)
            self.close()
