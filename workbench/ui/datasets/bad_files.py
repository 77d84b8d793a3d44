"""Files that cannot be used, each with its reason; folded away until someone asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.data.index import Bad
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, mark

AnyIndex = QModelIndex | QPersistentModelIndex


class BadModel(QAbstractTableModel):
    COLUMNS = ("File", "Why it is not used")

    def __init__(self, parent: QWidget | None = None) -> None:
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
        return bad.path if place.column() == 0 else bad.reason


class BadFiles(QWidget):
    """A line that says how many, and the table under it."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.model = BadModel(self)
        self.toggle = QPushButton()
        self.toggle.setCheckable(True)
        mark(self.toggle, role="link")
        self._copy = IconButton(bridge, "copy", "Copy the list", quiet=True)
        self._copy.hide()
        self._copy.clicked.connect(self.copy)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Files that are not used")
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setColumnWidth(0, 260)
        self.table.verticalHeader().setDefaultSectionSize(26)
        self.table.hide()
        self.toggle.toggled.connect(self.table.setVisible)
        self.toggle.toggled.connect(self._copy.setVisible)
        self.toggle.toggled.connect(self._tint)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.toggle)
        line.addStretch(1)
        line.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addLayout(line)
        column.addWidget(self.table)
        bridge.themeChanged.connect(self._tint)
        self.hide()

    def show_bad(self, bad: Sequence[Bad]) -> None:
        if bad != self.model.bad:
            self.model.show(bad)
            self.toggle.setText(f"{count(len(bad), 'file')} cannot be used")
            self.toggle.setToolTip("Show each file and why it is skipped")
            rows = min(len(bad), 6)
            header = self.table.horizontalHeader().sizeHint().height()
            self.table.setFixedHeight(rows * self.table.verticalHeader().defaultSectionSize() + header + 4)
        self.setVisible(bool(bad))
        self._tint()

    def copy(self) -> None:
        """The list as tab-separated text on the clipboard."""
        QApplication.clipboard().setText("".join(f"{bad.path}\t{bad.reason}\n" for bad in self.model.bad))

    def keyPressEvent(self, event: Any) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def _tint(self, _theme: object = None) -> None:
        self.toggle.setIcon(
            icon("chevron-down" if self.toggle.isChecked() else "chevron-right", self._bridge.theme, "accent")
        )
