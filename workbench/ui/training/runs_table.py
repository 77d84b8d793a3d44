"""The runs of the project: name, how it ended, best accuracy, when; ticked runs are shown beside the present one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.theme import Theme, mark

AnyIndex = QModelIndex | QPersistentModelIndex

COLUMNS = ("Run", "State", "Best accuracy", "Epochs", "When")
NUMBERS = (2, 3)
TICK_TIP = "Tick to show its validation curves beside the present run"
STATES = {"done": "Done", "stopped": "Stopped", "failed": "Failed", "running": "Running", "interrupted": "Interrupted"}
TOKENS = {"failed": "bad", "running": "accent", "interrupted": "warning"}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the table shows it. `started` is seconds since 1970, as the store keeps it."""

    id: str
    name: str
    state: str
    best: float | None
    epochs: int
    started: float

    def cell(self, column: int) -> str:
        if column == 0:
            return self.name
        if column == 1:
            return STATES.get(self.state, self.state.capitalize())
        if column == 2:
            return "" if self.best is None else f"{self.best * 100:.1f} %"
        if column == 3:
            return f"{self.epochs:,}"
        return when(self.started)


def when(started: float) -> str:
    """ "today 14:05", else "3 May 14:05", with the year where it is not this one."""
    moment, now = datetime.fromtimestamp(started), datetime.now()
    clock = f"{moment:%H:%M}"
    if moment.date() == now.date():
        return f"today {clock}"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year} {clock}"


class RunsModel(QAbstractTableModel):
    ticked = Signal(str, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.lines: tuple[RunLine, ...] = ()
        self.shown: set[str] = set()
        self._present: str | None = None

    def show(self, lines: tuple[RunLine, ...]) -> None:
        if lines == self.lines:
            return
        if [line.id for line in lines] == [line.id for line in self.lines]:
            self.lines = lines
            self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.lines = lines
        self.shown &= {line.id for line in lines}
        self.endResetModel()

    def set_present(self, run: str | None) -> None:
        """The run whose curves are drawn anyway: it has no box to tick."""
        if run != self._present:
            self._present = run
            self.shown.discard(run or "")
            if self.lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, 0))

    def _can_tick(self, line: RunLine) -> bool:
        return line.id != self._present

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, place: AnyIndex) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        tickable = place.column() == 0 and self._can_tick(self.lines[place.row()])
        return flags | Qt.ItemFlag.ItemIsUserCheckable if tickable else flags

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        line, column = self.lines[place.row()], place.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return line.cell(column)
        if role == Qt.ItemDataRole.CheckStateRole and column == 0 and self._can_tick(line):
            return Qt.CheckState.Checked if line.id in self.shown else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and column == 1 and line.state in TOKENS:
            return QColor(self._theme.color(TOKENS[line.state]))
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return TICK_TIP if self._can_tick(line) else "The run whose curves are drawn"
        return None

    def setData(self, place: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not self.flags(place) & Qt.ItemFlag.ItemIsUserCheckable:
            return False
        run = self.lines[place.row()].id
        on = Qt.CheckState(value) == Qt.CheckState.Checked
        (self.shown.add if on else self.shown.discard)(run)
        self.dataChanged.emit(place, place, [role])
        self.ticked.emit(run, on)
        return True

    def as_text(self) -> str:
        """The table as tab-separated text."""
        rows = ["\t".join(COLUMNS)]
        rows += ["\t".join(line.cell(column) for column in range(len(COLUMNS))) for line in self.lines]
        return "\n".join(rows) + "\n"


class RunsTable(QTableView):
    """Newest first. Space ticks the chosen run."""

    ticked = Signal(str, bool)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.runs = RunsModel(bridge.theme, self)
        self.setModel(self.runs)
        mark(self, surface="panel")
        self.setAccessibleName("Runs")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.setMinimumWidth(420)
        self.runs.ticked.connect(self.ticked)
        bridge.themeChanged.connect(self._restyle)

    def copy(self) -> None:
        """The whole table on the clipboard."""
        QApplication.clipboard().setText(self.runs.as_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            place = self.runs.index(self.currentIndex().row(), 0)
            on = self.runs.data(place, Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            self.runs.setData(
                place, Qt.CheckState.Unchecked if on else Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole
            )
        else:
            super().keyPressEvent(event)

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
