"""What is known of several runs, a row for each setting and figure, a column for each run; what differs stands out."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QHeaderView, QSizePolicy, QTableView

from workbench.session.runs.comparing import Comparison, Line
from workbench.ui.bridge import Bridge
from workbench.ui.theme import Theme, mark

AnyIndex = QModelIndex | QPersistentModelIndex
LINE = 24


class _LinesModel(QAbstractTableModel):
    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme
        self.titles: tuple[str, ...] = ()
        self.lines: tuple[Line, ...] = ()

    def show(self, titles: tuple[str, ...], lines: tuple[Line, ...]) -> None:
        self.beginResetModel()
        self.titles, self.lines = titles, lines
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.titles) + 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return ("", "")[section] if section < 2 else self.titles[section - 2]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        line, column = self.lines[place.row()], place.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            if column == 0:
                first = place.row() == 0 or self.lines[place.row() - 1].group != line.group
                return line.group if first or role == Qt.ItemDataRole.ToolTipRole else ""
            return line.title if column == 1 else line.values[column - 2]
        if role == Qt.ItemDataRole.AccessibleTextRole and column > 1:
            return f"{line.title}, {self.titles[column - 2]}: {line.values[column - 2] or 'nothing'}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.color("dim" if column < 2 or not line.differs else "text")
        if role == Qt.ItemDataRole.FontRole:
            return self._theme.font(bold=column > 1 and line.differs)
        return None

    def as_text(self) -> str:
        rows = ["\t".join(("", "", *self.titles))]
        rows += ["\t".join((line.group, line.title, *line.values)) for line in self.lines]
        return "\n".join(rows) + "\n"


class LinesTable(QTableView):
    """As high as its lines; Ctrl+C copies all of it."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.model_of_lines = _LinesModel(bridge.theme, self)
        self.setModel(self.model_of_lines)
        mark(self, surface="panel")
        self.setAccessibleName("Settings and figures side by side")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setStretchLastSection(True)
        bridge.themeChanged.connect(self._restyle)

    def show_lines(self, comparison: Comparison, *, all_lines: bool) -> None:
        """Show every line, or only those that differ."""
        titles = tuple(one.row.title for one in comparison.runs)
        self.model_of_lines.show(titles, comparison.lines if all_lines else comparison.differing)
        for column in range(len(titles) + 2):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, min(max(self.columnWidth(column) + 16, 72), 280))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        rows = self.model_of_lines.rowCount()
        bar = self.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        return QSize(400, self.horizontalHeader().sizeHint().height() + rows * LINE + below + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.model_of_lines.as_text())
            event.accept()
        elif event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape):
            event.ignore()  # the page around it scrolls, and is left
        else:
            super().keyPressEvent(event)

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
