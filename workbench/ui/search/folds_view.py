"""The folds of the data: one run each, and the mean and deviation of what they reach."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.catalogue.declaration import Kind, Param
from workbench.core.words import count, duration
from workbench.document.data_format import MOST_FOLDS
from workbench.document.graph import Value
from workbench.session.searching.folds import FoldRun, FoldsState
from workbench.session.searching.measure import Measure
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.form import Form
from workbench.ui.theme import GAP, ROW, Theme, mark

HOW = (
    Param("folds", "Folds", "Into how many equal parts the data are divided.", Kind.INT, 5, 2, MOST_FOLDS),
    Param("epochs", "Epochs of each", "How long each run trains.", Kind.INT, 10, 1, 100_000),
)
STATES = {
    "waiting": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
}
TOKENS = {"running": "accent", "failed": "bad", "stopped": "warning", "interrupted": "warning", "waiting": "dim"}
WHY = (
    "Each part validates one run, which trains on the others. The mean says how good the network is, the deviation "
    "how much of a difference is chance."
)


class FoldsSetup(QWidget):
    """How many folds, how long; `startAsked` when they are to be trained. `foot` has the button for it."""

    startAsked = Signal()

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.values: dict[str, Value] = {param.id: param.default for param in HOW}
        why = QLabel(WHY)
        why.setWordWrap(True)
        why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        mark(why, role="dim")
        self.how = Form(HOW, theme, room=148)
        self.how.edited.connect(self._edited)
        self.how.show_values(self.values)
        self.start = QPushButton("Train all folds")
        self.start.setIconSize(QSize(16, 16))
        self.start.setToolTip("Trains one run for each fold, one after another.")
        mark(self.start, role="primary")
        self.start.clicked.connect(self.startAsked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(why)
        column.addWidget(self.how)
        self.foot = self.start
        bridge.themeChanged.connect(self._tint)
        self._tint()

    def follow(self, session: Session | None) -> None:
        """Another project: as many folds as its data settings have, as many epochs as its recipe."""
        if session is not None:
            self.values = {"folds": session.project.data.folds or 5, "epochs": session.project.recipe.epochs}
            self.how.show_values(self.values)

    def set_live(self, live: bool) -> None:
        self.start.setEnabled(not live)

    def _edited(self, param: str, value: object, _gesture: str) -> None:
        self.values[param] = value  # type: ignore[assignment]
        self.how.show_values(self.values)

    def _tint(self, _theme: object = None) -> None:
        self.start.setIcon(icon("play", self._bridge.theme, "on_accent"))


class FoldsView(QWidget):
    """A row for each fold and one for all of them. `seriesChosen(name)`: an earlier series is to be shown."""

    seriesChosen = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._state = FoldsState()
        self.words = QLabel()
        mark(self.words, role="strong")
        self.chooser = QComboBox()
        self.chooser.setFixedHeight(ROW)
        self.chooser.setAccessibleName("Which series of folds")
        self.chooser.activated.connect(self._series_chosen)
        self.table = _Table()
        self.table.setAccessibleName("Folds")
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.words, 1)
        row.addWidget(self.chooser)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        bridge.themeChanged.connect(self._restyle)
        self.show_state(self._state, ())

    def show_state(self, state: FoldsState, known: tuple[str, ...]) -> None:
        """A series as it stands, and the names of all there are."""
        self._state = state
        names = known if not state.name or state.name in known else (state.name, *known)
        if names != tuple(self.chooser.itemText(k) for k in range(self.chooser.count())):
            self.chooser.clear()
            self.chooser.addItems(list(names))
        self.chooser.setCurrentText(state.name)
        self.chooser.setVisible(len(names) > 1)
        self.chooser.setEnabled(not state.is_live)
        self.words.setText(summary_words(state))
        self._fill()

    def _fill(self) -> None:
        state, theme = self._state, self._bridge.theme
        spreads = state.spreads
        keys = list(spreads) or [state.measure.key]
        titles = ["Fold", "State", *(Measure(key).title for key in keys), "Time"]
        table = self.table
        table.setColumnCount(len(titles))
        for column, title in enumerate(titles):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_side(column))
            table.setHorizontalHeaderItem(column, head)
        table.setRowCount(len(state.runs) + (1 if spreads else 0))
        for row, run in enumerate(state.runs):
            cells = [f"{run.fold + 1}", STATES.get(run.state, run.state)]
            cells += [Measure(key).words(run.figures.get(key)) for key in keys]
            cells.append(duration(run.seconds) if run.seconds else "")
            self._put(row, cells, TOKENS.get(run.state), run)
        if spreads:
            row = len(state.runs)
            cells = ["", "Mean ± deviation"]
            for key, spread in spreads.items():
                words = Measure(key).words
                cells.append(f"{words(spread.mean)} ± {words(spread.deviation)}")
            took = [run.seconds for run in state.runs if run.seconds]
            cells.append(duration(sum(took)) if took else "")
            self._put(row, cells, None, None)
            for column in range(len(cells)):
                item = table.item(row, column)
                if item is not None:
                    item.setFont(theme.font("body", bold=True))

    def _put(self, row: int, cells: list[str], token: str | None, run: FoldRun | None) -> None:
        for column, text in enumerate(cells):
            item = self.table.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.table.setItem(row, column, item)
            item.setText(text)
            item.setFont(self._bridge.theme.font("body"))
            item.setTextAlignment(_side(column))
            color: QColor = self._bridge.theme.color(token if token and column == 1 else "text")
            item.setForeground(color)
            item.setToolTip((run.reason or run.run) if run is not None else "")

    def _series_chosen(self, place: int) -> None:
        self.seriesChosen.emit(self.chooser.itemText(place))

    def _restyle(self, _theme: object = None) -> None:
        self._fill()


class _Table(QTableWidget):
    """Ctrl+C copies all of it."""

    def __init__(self) -> None:
        super().__init__()
        mark(self, surface="panel")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setShowGrid(False)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def as_text(self) -> str:
        """The table as tab-separated text."""
        heads = [self.horizontalHeaderItem(c) for c in range(self.columnCount())]
        rows = ["\t".join(item.text() if item is not None else "" for item in heads)]
        for row in range(self.rowCount()):
            items = [self.item(row, column) for column in range(self.columnCount())]
            rows.append("\t".join(item.text() if item is not None else "" for item in items))
        return "\n".join(rows) + "\n"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)


def _side(column: int) -> Qt.AlignmentFlag:
    """Words to the left, numbers to the right."""
    side = Qt.AlignmentFlag.AlignLeft if column == 1 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def summary_words(state: FoldsState) -> str:
    """What the folds say so far: "87.48 % ± 1.45 % validation accuracy over 3 folds"."""
    spread = state.spreads.get(state.measure.key)
    if spread is None:
        return ""
    words = state.measure.words
    over = (
        count(spread.count, "fold") if spread.count == len(state.runs) else f"{spread.count} of {len(state.runs)} folds"
    )
    return f"{words(spread.mean)} ± {words(spread.deviation)} {state.measure.title.lower()} over {over}"
