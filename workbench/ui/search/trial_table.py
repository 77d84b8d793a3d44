"""The trials of a search as a table: what each tried, what came of it, sortable by every column."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QWidget

from workbench.core.words import duration
from workbench.session.searching.plan import Plan
from workbench.session.searching.ranges import Values
from workbench.session.searching.trial import SearchState, Trial
from workbench.ui.bridge import Bridge
from workbench.ui.theme import Theme, mark

AnyIndex = QModelIndex | QPersistentModelIndex
SORT = int(Qt.ItemDataRole.UserRole)

STATES = {
    "running": "Running",
    "interrupted": "Interrupted",
    "done": "Done",
    "pruned": "Ended early",
    "failed": "Failed",
}
TOKENS = {"failed": "bad", "running": "accent", "interrupted": "warning", "pruned": "dim"}
LAST = float("inf")


class TrialModel(QAbstractTableModel):
    """Columns: number, state, score, one for each setting, epochs, time."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state = SearchState()
        self.trials: tuple[Trial, ...] = ()

    @property
    def plan(self) -> Plan | None:
        return self._state.plan

    def show(self, state: SearchState) -> None:
        """Take in what is new; the table stays as it is otherwise (selection, place, order)."""
        before, self._state = self._state, state
        old, new = self.trials, state.trials
        same = before.plan is not None and state.plan is not None and before.plan.name == state.plan.name
        if not same or len(new) < len(old):
            self.beginResetModel()
            self.trials = new
            self.endResetModel()
            return
        if len(new) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(new) - 1)
            self.trials = new
            self.endInsertRows()
        self.trials = new
        best = {t.number for t in (before.best, state.best) if t is not None}
        for row, (one, other) in enumerate(zip(old, new, strict=False)):
            if one != other or one.number in best:
                self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.trials)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        if parent is not None and parent.isValid():
            return 0
        return 5 + (len(self.plan.axes) if self.plan is not None else 0)

    def title(self, column: int) -> str:
        axes = self.plan.axes if self.plan is not None else ()
        if column < 3:
            return ("Trial", "State", self._result)[column]
        if column < 3 + len(axes):
            return axes[column - 3].setting.name
        return ("Epochs", "Time")[column - 3 - len(axes)]

    @property
    def _result(self) -> str:
        """ "Accuracy": what is compared, in a word; validation goes without saying."""
        title = self.plan.measure.title.removeprefix("Validation ") if self.plan is not None else "Result"
        return title[:1].upper() + title[1:]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            words = self._side(section) & Qt.AlignmentFlag.AlignLeft
            return self.title(section) if words else f"{self.title(section)}\N{EM SPACE}"  # room for the order's arrow
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        trial, column = self.trials[place.row()], place.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(trial, column)
        if role == SORT:
            return self._key(trial, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(trial, column)
        if role == Qt.ItemDataRole.FontRole and self._is_best(trial) and column < 3:
            return self._theme.font("body", bold=True)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.words(trial)
        return None

    def cell(self, trial: Trial, column: int) -> str:
        """What stands in a cell."""
        plan = self.plan
        if plan is None:
            return ""
        if column == 0:
            return f"{trial.number:,}"
        if column == 1:
            return "Best" if self._is_best(trial) else STATES.get(trial.state, trial.state)
        if column == 2:
            return plan.measure.words(trial.score)
        if column < 3 + len(plan.axes):
            axis = plan.axes[column - 3]
            return axis.setting.words_of(trial.values[axis.id]) if axis.id in trial.values else "–"
        if column == 3 + len(plan.axes):
            return f"{len(trial.epochs):,}" if trial.same_as is None else ""
        return duration(trial.seconds) if trial.seconds else ""

    def words(self, trial: Trial) -> str:
        """What a row says in a sentence."""
        if trial.reason:
            return f"Trial {trial.number}: {trial.reason}"
        if trial.same_as is not None:
            return f"Trial {trial.number} is the very variant of trial {trial.same_as}, so it was not trained again."
        return f"Trial {trial.number}{f' is {trial.run}' if trial.run else ''}"

    def _key(self, trial: Trial, column: int) -> float | str:
        plan = self.plan
        if plan is None or column == 0:
            return float(trial.number)
        if column == 1:
            return STATES.get(trial.state, trial.state)
        if column == 2:
            worst = -LAST if plan.measure.higher else LAST
            return trial.score if trial.score is not None else worst
        if column < 3 + len(plan.axes):
            axis = plan.axes[column - 3]
            if axis.id not in trial.values:
                return -LAST
            value = trial.values[axis.id]
            if isinstance(axis.wanted, Values):
                return float(axis.wanted.values.index(value))
            return float(value) if isinstance(value, int | float) else 0.0
        return float(len(trial.epochs)) if column == 3 + len(plan.axes) else trial.seconds

    def _is_best(self, trial: Trial) -> bool:
        best = self._state.best
        return best is not None and best.number == trial.number

    def _colour(self, trial: Trial, column: int) -> QColor | None:
        if column == 1 and self._is_best(trial):
            return self._theme.color("good")
        token = TOKENS.get(trial.state)
        return self._theme.color(token) if token is not None and (column == 1 or trial.state == "pruned") else None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        axes = self.plan.axes if self.plan is not None else ()
        words = column == 1 or (3 <= column < 3 + len(axes) and isinstance(axes[column - 3].wanted, Values))
        side = Qt.AlignmentFlag.AlignLeft if words else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter


class _Sifted(QSortFilterProxyModel):
    """Sorted by numbers, and only those trials that the drawing's brushes leave."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSortRole(SORT)
        self._only: frozenset[int] | None = None

    def show_only(self, numbers: frozenset[int] | None) -> None:
        if numbers != self._only:
            self._only = numbers
            self.invalidate()

    def filterAcceptsRow(self, row: int, _parent: AnyIndex) -> bool:
        model = self.sourceModel()
        return self._only is None or not isinstance(model, TrialModel) or model.trials[row].number in self._only


class TrialTable(QTableView):
    """`chosen(number)` when another trial is the current one (0: none), `taken(number)` when one is taken over."""

    chosen = Signal(int)
    taken = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.trials = TrialModel(bridge.theme, self)
        self._sifted = _Sifted(self)
        self._sifted.setSourceModel(self.trials)
        self.setModel(self._sifted)
        mark(self, surface="panel")
        self.setAccessibleName("Trials of the search")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(64)  # room for the arrow of the order
        self.setMinimumWidth(280)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        bridge.themeChanged.connect(self._restyle)

    @property
    def current(self) -> int | None:
        """The number of the trial that is chosen."""
        place = self.currentIndex()
        return self.trials.trials[self._sifted.mapToSource(place).row()].number if place.isValid() else None

    def choose(self, number: int) -> None:
        """Make a trial the current one."""
        place = self._sifted.mapFromSource(self.trials.index(number - 1, 0))
        if place.isValid():
            self.setCurrentIndex(place)
            self.scrollTo(place)

    def show_only(self, numbers: frozenset[int] | None) -> None:
        self._sifted.show_only(numbers)

    def as_text(self) -> str:
        """The table as it stands, as tab-separated text."""
        columns = range(self.trials.columnCount())
        rows = ["\t".join(self.trials.title(column) for column in columns)]
        for row in range(self._sifted.rowCount()):
            trial = self.trials.trials[self._sifted.mapToSource(self._sifted.index(row, 0)).row()]
            rows.append("\t".join(self.trials.cell(trial, column) for column in columns))
        return "\n".join(rows) + "\n"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.as_text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.taken.emit(self.current)
        else:
            super().keyPressEvent(event)

    def _current_changed(self, _now: object, _before: object) -> None:
        self.chosen.emit(self.current or 0)

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
