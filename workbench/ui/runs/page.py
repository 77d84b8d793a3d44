"""The page of runs: the table with what is known of the chosen run beside it; several side by side in its place."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.runs.column_menu import ColumnMenu
from workbench.ui.runs.comparison import ComparisonView
from workbench.ui.runs.deeds import RunDeeds
from workbench.ui.runs.deleted_page import DeletedPage
from workbench.ui.runs.details import RunDetailsPane
from workbench.ui.runs.filter_bar import FilterBar
from workbench.ui.runs.table import RunsTable
from workbench.ui.theme import GAP, MARGIN, Theme, mark

LOOK_AGAIN = 1000
"""Milliseconds between two looks whether anything was recorded; a look costs a hundredth of a millisecond."""
ROOM_FOR_DETAILS, HIGH_ENOUGH = 760, 560
"""Pixels of width from which what is known of a run stands beside the table, of height from which below it."""


class RunsPage(QWidget):
    """`columnsChosen(ids)` when a person chose other columns; `choose_columns` shows those of the last time."""

    columnsChosen = Signal(object)  # tuple[str, ...]

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._version: tuple[int, ...] | None = None
        self._told: Diagnostic | None = None
        self._alone = False  # what is known of a run is shown in the table's place
        self._since_looked = QElapsedTimer()
        self._since_looked.start()
        mark(self, surface="panel")
        self.table = RunsTable(bridge)
        self.deeds = RunDeeds(bridge, self.table, self)
        self.filter = FilterBar(bridge, self.table.runs)
        self.columns = ColumnMenu(self.table.runs, self)
        self.details = RunDetailsPane(bridge)
        self.deleted = DeletedPage(bridge)
        self.comparison = ComparisonView(bridge)
        self.empty = EmptyState(
            bridge,
            "chart",
            "No runs yet",
            "Each run is kept here with its curves, recipe and network.",
        )
        self.train = self.empty.add_button("Train", "play", "Start a run with the project's recipe", primary=True)
        self.head = PanelHeader("Runs")
        self._compare = self._button("compare", "compare", "Compare the chosen runs", "Two to eight. C in the table.")
        self._export = self._button("csv", "export", "Export the chosen runs as CSV", "")
        self._columns = IconButton(bridge, "columns", "Columns", "Choose what the table shows.", quiet=True)
        self._columns.clicked.connect(self._ask_for_columns)
        self._delete = self._button("delete", "trash", "Delete the chosen runs", "Undo brings them back.")
        self.head.add(self._compare, self._export, self._columns, self._delete, spacing=GAP // 2)
        self._pages = QStackedLayout(self)
        for page in (self.empty, self._build(), _framed(self.deleted), _framed(self.comparison)):
            self._pages.addWidget(page)
        self._connect()
        self._session_changed()

    def _button(self, deed: str, icon: str, name: str, tip: str) -> IconButton:
        button = IconButton(self._bridge, icon, name, tip, quiet=True)
        action = self.deeds.actions[deed]
        button.clicked.connect(action.trigger)
        return button

    def _build(self) -> QWidget:
        body = self._body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.setHandleWidth(1)
        body.addWidget(self.table)
        body.addWidget(self.details)
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 1)
        body.setSizes([1000, 340])
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        line = QVBoxLayout()
        line.setContentsMargins(MARGIN, 0, MARGIN, 0)
        line.addWidget(self.filter)
        column.addLayout(line)
        column.addWidget(body, 1)
        return content

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.runsChanged.connect(self.refresh)
        bridge.runChanged.connect(self._run_changed)
        bridge.tick.connect(self._tick)
        self.table.chosenChanged.connect(self._show_chosen)
        self.table.opened.connect(self._open)
        self.table.columnsAsked.connect(self.columns.show)
        self.columns.chosen.connect(self._choose_columns)
        self.table.findAsked.connect(self.filter.begin_finding)
        self.filter.filtered.connect(self._count)
        self.filter.deletedAsked.connect(self._show_deleted)
        self.filter.downAsked.connect(self._into_table)
        self.deleted.left.connect(self.leave_deleted)
        self.deeds.compareAsked.connect(self.compare)
        self.comparison.left.connect(self.leave_comparison)
        self.details.tagged.connect(self._tag)
        self.details.noted.connect(self.deeds.note)
        self.details.asked.connect(self.deeds.do)
        self.details.left.connect(self._leave_details)
        self.details.fixChosen.connect(self._fix)
        self.train.clicked.connect(self._train)

    # --- following ---------------------------------------------------------------------------------------------------

    def _session_changed(self, _session: object = None) -> None:
        self._version = self._told = None
        self.comparison.forget()
        self.filter.deleted.setChecked(False)
        self.table.runs.show(())
        self.refresh()

    def _run_changed(self, _run: object) -> None:
        if self.isVisible() and self._since_looked.elapsed() >= LOOK_AGAIN:
            self._look()

    def _tick(self) -> None:
        if self.isVisible() and self._since_looked.elapsed() >= LOOK_AGAIN:
            self._look()

    def _look(self) -> None:
        """Read the runs again if anything was recorded, by this process or another."""
        self._since_looked.restart()
        session = self._bridge.session
        if session is None:
            return
        try:
            if session.training.version() != self._version:
                self.refresh()
        except Problem as problem:
            self._tell(problem)

    def refresh(self) -> None:
        """Show the runs as they are now, if anybody can see them."""
        if not self.isVisible():
            self._version = None
            return
        session = self._bridge.session
        try:
            rows = () if session is None else session.runs()
            self._version = () if session is None else session.training.version()
        except Problem as problem:
            self._tell(problem)
            rows = ()
        self.table.runs.show(rows)
        self._show_page()
        self._show_chosen()
        if self.filter.deleted.isChecked():
            self.deleted.refresh()

    def _tell(self, problem: Problem) -> None:
        """A record that cannot be read is told once."""
        if problem.diagnostics[0] != self._told:
            self._told = problem.diagnostics[0]
            self._bridge.notify(self._told)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._bridge.session is not None:
            self._bridge.session.training.remove_old()
        self.refresh()
        if self.table.currentIndex().row() < 0 and self.table.runs.lines:
            self.table.choose((self.table.runs.lines[0].id,))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._version = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_details()

    def _place_details(self) -> None:
        """Beside the table where it is wide, below it where it is high, else in its place when asked for."""
        wide, high = self.width() >= ROOM_FOR_DETAILS, self.height() >= HIGH_ENOUGH
        below = high and not wide
        if below != (self._body.orientation() == Qt.Orientation.Vertical):
            self._body.setOrientation(Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
            self._body.setSizes([400, 300] if below else [1000, 340])
        self._alone = self._alone and not (wide or high)
        self.table.setVisible(not self._alone)
        self.details.setVisible(wide or high or self._alone)

    def _leave_details(self) -> None:
        """Escape in the details: back to the table."""
        self._alone = False
        self._place_details()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _count(self) -> None:
        words = self.table.runs.words if self.table.runs.rows else ""
        if self.comparison.runs:
            words = f"{len(self.comparison.runs)} side by side"
        self.head.set_details(words)

    def _show_page(self) -> None:
        if self.comparison.runs:
            page = 3
        elif self.filter.deleted.isChecked():
            page = 2
        else:
            page = 1 if self.table.runs.rows else 0
            session = self._bridge.session
            if page == 0 and session is not None and self._has_deleted():
                page = 1
        self._pages.setCurrentIndex(page)
        self._count()
        shown = page == 1
        for button in (self._compare, self._export, self._columns, self._delete):
            button.setVisible(shown)
        proxy = {1: self.table, 2: self.deleted.table, 3: self.comparison}.get(page, self.train)
        self.setFocusProxy(proxy)

    def _has_deleted(self) -> bool:
        session = self._bridge.session
        try:
            return session is not None and bool(session.training.deleted())
        except Problem:
            return False

    def _show_chosen(self) -> None:
        chosen = self.table.chosen
        for button, deed in ((self._compare, "compare"), (self._export, "csv"), (self._delete, "delete")):
            button.setEnabled(self.deeds.actions[deed].isEnabled())
        if not self.isVisible() or not self.details.isVisibleTo(self):
            return
        if len(chosen) == 1:
            if chosen[0] is not self.details.row:
                self.details.show_run(chosen[0])
        else:
            self.details.show_run(None, len(chosen))

    # --- what a person does ------------------------------------------------------------------------------------------

    def choose_columns(self, columns: tuple[str, ...]) -> None:
        """Show these columns, as a person chose them some other time; nothing for none."""
        if columns:
            self.table.runs.choose_columns(columns)

    def _choose_columns(self, columns: tuple[str, ...]) -> None:
        self.table.runs.choose_columns(columns)
        self.columnsChosen.emit(self.table.runs.chosen)

    def _ask_for_columns(self) -> None:
        self.columns.show(self._columns.mapToGlobal(self._columns.rect().bottomLeft()))

    def _into_table(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.table.chosen and self.table.runs.lines:
            self.table.choose((self.table.runs.lines[0].id,))

    def _open(self) -> None:
        """Enter or a double click: compare several; of one, show what is known."""
        if len(self.table.chosen) > 1:
            self.deeds.do("compare")
        elif self.table.chosen:
            self._alone = not self.details.isVisible()
            self._place_details()
            self._show_chosen()
            self.details.setFocus(Qt.FocusReason.OtherFocusReason)

    def compare(self, runs: tuple[str, ...]) -> None:
        """Put runs side by side in the place of the table."""
        session = self._bridge.session
        if session is None:
            return
        try:
            found = session.training.compare(runs)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return
        self.comparison.show_comparison(found)
        self._show_page()
        self.comparison.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave_comparison(self) -> None:
        """Back to the table."""
        self.comparison.forget()
        self._show_page()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_deleted(self, on: bool) -> None:
        if on:
            self.deleted.refresh()
        self._show_page()

    def leave_deleted(self) -> None:
        """Back to the table."""
        self.filter.deleted.setChecked(False)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tag(self, run: str, tags: tuple[str, ...]) -> None:
        self.deeds.tag({run: tags})

    def _fix(self, fix: object) -> None:
        if self._bridge.session is not None:
            refused = self._bridge.session.apply_fix(fix)  # type: ignore[arg-type]
            if refused is not None:
                self._bridge.notify(refused)
            else:
                self._bridge.show_training_page("live")

    def _train(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        try:
            session.start_training()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return
        self._bridge.show_training_page("live")


def _framed(page: QWidget) -> QWidget:
    """A page with the panel's margins around it."""
    around = QWidget()
    column = QVBoxLayout(around)
    column.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
    column.addWidget(page)
    return around
