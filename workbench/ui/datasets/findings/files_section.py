"""Files that cannot be used, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.words import count
from workbench.data.index import Bad, printable
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.section import GOOD, WORTH_A_LOOK, Finding, Section
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.theme import GAP, ROW, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session

MOST_COPIED = 10_000

AnyIndex = QModelIndex | QPersistentModelIndex


class BadModel(QAbstractTableModel):
    """The files as the data set lists them, which may be columns: rows are asked for when they come into view."""

    COLUMNS = ("File", "Why it is not used")

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.bad: Sequence[Bad] = ()

    def show(self, bad: Sequence[Bad]) -> None:
        self.beginResetModel()
        self.bad = bad
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.bad)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.COLUMNS[section]
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        bad = self.bad[place.row()]
        return printable(bad.path) if place.column() == 0 else bad.reason


class FilesSection(Section):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._known = -1
        self._dataset: Dataset | None = None
        self.model = BadModel(self)
        self.words = QLabel()
        mark(self.words, role="dim")
        self.copy_button = QPushButton("Copy the list")
        self.copy_button.setFixedHeight(ROW)
        self.copy_button.setToolTip("Put files and reasons on the clipboard, as text with tabs")
        self.copy_button.clicked.connect(self.copy)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Files that are not used")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        self.table.setColumnWidth(0, 280)
        self.none = EmptyState(bridge, "check", "All files can be used", "Every file found is a readable sample.")
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.words, 1)
        line.addWidget(self.copy_button)
        listed = QWidget()
        inside = QVBoxLayout(listed)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(GAP)
        inside.addLayout(line)
        inside.addWidget(self.table, 1)
        self._stage = QStackedLayout(self)
        self._stage.addWidget(self.none)
        self._stage.addWidget(listed)

    def show_session(self, session: Session, dataset: Dataset) -> Finding:
        bad = dataset.bad
        if dataset is not self._dataset or len(bad) != self._known:
            self._dataset, self._known = dataset, len(bad)
            self.model.show(bad)
            self.words.setText(f"{count(len(bad), 'file')} found that cannot be used. Training goes on without them.")
            self._stage.setCurrentIndex(1 if bad else 0)
        if not len(bad):
            return Finding("Files", GOOD, "All can be used")
        return Finding("Files", WORTH_A_LOOK, f"{count(len(bad), 'file')} cannot be used")

    def copy(self) -> None:
        """The first ten thousand as text, a file a line, a tab before its reason."""
        lines = [f"{printable(bad.path)}\t{bad.reason}\n" for bad in self.model.bad[:MOST_COPIED]]
        QApplication.clipboard().setText("".join(lines))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
