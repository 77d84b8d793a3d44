"""The live page: what the run is doing, in numbers and curves, and what a person can do about it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.catalogue.registry import OPTIMIZERS
from workbench.catalogue.values import check
from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, PanelHeader, dotted
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, Theme, mark
from workbench.ui.training.charts import ORDER
from workbench.ui.training.controls import RateField, RunButtons, SmoothingField
from workbench.ui.training.curves import RunCurves
from workbench.ui.training.deeds import RunDeeds
from workbench.ui.training.finder_view import FinderView
from workbench.ui.training.history import RunHistory
from workbench.ui.training.notes import Advice
from workbench.ui.training.plots_menu import PlotsMenu
from workbench.ui.training.runs_table import RunsTable
from workbench.ui.training.words import run_words

REFRESH, RELIST = 100, 2000  # milliseconds between two drawings of the curves, two readings of the run store
ROOM_FOR_FOOT, ROOM_FOR_RUNS, TALL_ENOUGH_FOR_RUNS = 204, 1040, 560  # pixels of height, of width, of height
ROOM_FOR_BUTTONS, ROOM_FOR_WORDS = 760, 620  # of width: for all buttons, for the words beside the fields
ROOM_FOR_DETAILS, TALL_ENOUGH_FOR_NOTES = 700, 330  # of width, for words beside the tabs; of height, for whole notes

SMALLEST = (400, 150)
"""Pixels below which the page is scrolled."""


class LivePage(QWidget):
    """Follows `bridge.runChanged` for the words and `bridge.tick` for the curves; draws only while it can be seen.

    `head` is the line above it, which stands beside the tabs where there are any.
    """

    plotsChosen = Signal(object)  # tuple[str, ...]: a person chose which plots are shown

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._run: RunState | None = None
        self._base_rate: tuple[str, float] | None = None  # run and the rate a person gave it
        self._stated_rate = 0.0
        self.times_drawn = 0
        self._since_drawn = QElapsedTimer()
        self._since_drawn.start()
        self._since_listed = QElapsedTimer()
        self._since_listed.start()
        self._runs_wanted: bool | None = None  # None: as the width allows
        self._past = RunHistory(bridge, self)
        mark(self, surface="panel")

        self._empty = EmptyState(
            bridge,
            "chart",
            "Nothing trained yet",
            "Press Train, and the network learns from your data while you watch its loss and accuracy here.",
        )
        self._train = self._empty.add_button("Train", "play", "Start a run with the project's recipe", primary=True)
        self.header = self.head = PanelHeader("Training")
        self.buttons = RunButtons(bridge)
        self.deeds = RunDeeds(bridge, self.buttons, self)
        self.header.add(self.buttons)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName("Progress of the run")
        self._words = ElidedLabel("label")
        self._words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.note = ProblemNote(bridge)
        self.advice = Advice(bridge)
        self.curves = RunCurves(bridge)
        self.runs = RunsTable(bridge)
        self.finder = FinderView(bridge)
        self.rate = RateField()
        self.find_button = IconButton(
            bridge, "target", "Find a learning rate", "Tries rates from small to large on a copy.",
            action="find_rate", quiet=True,
        )  # fmt: skip
        self.smoothing = SmoothingField(self.curves.smoothing)
        self._log = IconButton(
            bridge, "log-axis", "Logarithmic loss axis", "Shows small losses apart.", quiet=True, checkable=True
        )
        self.plots_button = IconButton(bridge, "chart", "Plots", "Which curves are shown.", quiet=True)
        self.plots_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.plots_menu = PlotsMenu(self.curves.chosen, self)
        self.plots_button.setMenu(self.plots_menu)
        self.runs_button = IconButton(
            bridge, "list", "Runs", "Earlier runs; tick one to compare its curves.", quiet=True, checkable=True
        )
        self.setMinimumSize(*SMALLEST)
        self.resize(0, 0)  # until it is given its room it asks for as little as it can do with
        self._fit_controls()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._build())
        self._connect()
        self._session_changed(bridge.session)

    def _build(self) -> QWidget:
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.setHandleWidth(2 * MARGIN)
        self._body.setStyleSheet("QSplitter::handle { background: transparent; }")
        self._body.addWidget(self.curves)
        self._body.addWidget(self.runs)
        self._body.setStretchFactor(0, 3)
        self._body.setStretchFactor(1, 1)
        self.runs.hide()
        stage = self._stage_widget = QWidget()
        self._stage = QStackedLayout(stage)
        self._stage.addWidget(self._body)
        self._stage.addWidget(self.finder)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(GAP // 2)
        foot.addWidget(self.rate)
        foot.addWidget(self.find_button)
        foot.addStretch(1)
        foot.addWidget(self.smoothing)
        foot.addSpacing(GAP)
        for button in (self._log, self.plots_button, self.runs_button):
            foot.addWidget(button)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.header)
        progress = QHBoxLayout()
        progress.setSpacing(GAP)
        progress.addWidget(self._words)
        progress.addWidget(self._progress, 1)
        column.addLayout(progress)
        column.addWidget(self.note)
        column.addWidget(self.advice)
        column.addWidget(stage, 1)
        column.addWidget(self._foot)
        return content

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.projectChanged.connect(self._project_changed)
        bridge.tick.connect(self._tick)
        self._train.clicked.connect(self.deeds.start)
        self.rate.rateChosen.connect(self._set_rate)
        self.find_button.clicked.connect(self.find_rate)
        self.finder.closed.connect(self._close_finder)
        self.note.fixChosen.connect(self.deeds.fix)
        self.note.folded.connect(self._make_room)
        self.advice.note.folded.connect(self._make_room)
        self._stage.currentChanged.connect(self._make_room)
        self.advice.fixChosen.connect(self.deeds.fix)
        self.deeds.rateWanted.connect(self.find_rate)
        self._log.toggled.connect(self.curves.loss.set_log)
        self.smoothing.shareChosen.connect(self.curves.smoothen)
        self.plots_menu.chosen.connect(self._plots_changed)
        self.runs_button.clicked.connect(self._want_runs)
        self.runs.ticked.connect(self._compare)
        self._past.stepsRead.connect(self._show_steps)

    # --- following the run -------------------------------------------------------------------------------------------

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        for run in self.curves.compared:
            self.curves.stop_comparing(run)
        self._past.follow(session)
        self.finder.forget()
        self._stage.setCurrentIndex(0)
        self._stated_rate = self._recipe_rate()
        self._run_changed(None if session is None else session.run)

    def _project_changed(self, _change: object) -> None:
        if self._stated_rate != (stated := self._recipe_rate()):
            self._stated_rate, self._base_rate = stated, None  # a remedy gives it to the recipe and the run alike
        self._show_rate()

    def _run_changed(self, run: RunState | None) -> None:
        before, self._run = self._run, run
        if run is not None and run.id in self.curves.compared:
            self.curves.stop_comparing(run.id)  # it is the present run now, drawn anyway
        if run is None or before is None or (run.id, run.phase) != (before.id, before.phase):
            if run is not None and run.phase == "starting":
                self._stage.setCurrentIndex(0)
            self._show_runs_table()
            self._show_run()
            if run is not None and run.phase == "starting" and self.isVisible():
                self.curves.prepare()
            self._draw()

    def _tick(self) -> None:
        if not self.isVisible():
            return
        if self._stage.currentIndex() == 1:
            if self.finder.is_searching or not self.finder.is_told:
                self.finder.follow()
            return
        self.curves.draw_next()
        run = self._run
        if run is None or self.curves.waits or self._since_drawn.elapsed() < REFRESH:
            return
        if run.is_live and self._since_listed.elapsed() >= RELIST:
            self._show_runs_table()
        self._show_run()
        self._since_drawn.restart()
        self.times_drawn += 1
        self.curves.follow(run)
        self.curves.refresh_soon()

    def _draw(self) -> None:
        """Draw all at once: another run, another phase."""
        if self.isVisible():
            self._since_drawn.restart()
            self.times_drawn += 1
            self.curves.follow(self._run)
            self.curves.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_runs_table()
        self._show_run()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_run()
        self._fit_controls()
        self._make_room()
        self._place_runs()

    def _make_room(self) -> None:
        """In a low page what is read now has the room: a note that was unfolded, or the finder."""
        low = self.height() < TALL_ENOUGH_FOR_NOTES
        reading = low and any(n.diagnostic is not None and n.is_whole for n in (self.note, self.advice.note))
        ended = self.note.diagnostic is not None or self._stage.currentIndex() == 1  # no rate is to be set then
        self._stage_widget.setVisible(not reading)
        head = self.header.height() + GAP if self.isAncestorOf(self.header) else 0
        self._foot.setVisible(self.height() - head >= ROOM_FOR_FOOT and not (low and (reading or ended)))

    def _fit_controls(self) -> None:
        """Where there is little room some buttons stand in a menu (the log axis in that of its plot)."""
        self.buttons.set_narrow(self.width() < ROOM_FOR_BUTTONS)
        low = self.height() < TALL_ENOUGH_FOR_NOTES
        self.note.set_low(low)
        self.advice.note.set_low(low, links=False)
        self.smoothing.set_named(self.width() >= ROOM_FOR_WORDS)
        self._log.setVisible(self.width() >= ROOM_FOR_WORDS)

    def _show_run(self) -> None:
        run = self._run
        nothing = run is None and not self.runs.runs.lines and self._stage.currentIndex() == 0
        self._pages.setCurrentIndex(0 if nothing else 1)
        self.buttons.setVisible(not nothing)  # the head may stand beside tabs, and be seen though nothing is below it
        if nothing or not self.isVisible():
            self.header.set_details("")
            return
        self._show_words(run_words(run) if run is not None else ("no run yet in this session",))
        self.buttons.show_phase(run.phase if run is not None else "done", last_epoch=run is not None and run.last_epoch)
        share = 0.0 if run is None or not run.steps else min(run.step / run.steps, 1.0)
        self._progress.setValue(round(1000 * share))
        self._progress.setVisible(run is not None)
        self.note.show_diagnostic(run.diagnostic if run is not None and run.phase == "failed" else None)
        self.advice.show_notes(*(("", ()) if run is None else (run.id, run.notes)))
        self.find_button.setEnabled(run is None or not run.is_live)
        self._show_rate()

    def _show_words(self, words: tuple[str, ...]) -> None:
        """In the head; where tabs leave too little of it, beside the progress."""
        below = not self.isAncestorOf(self.header) and self.width() < ROOM_FOR_DETAILS
        self.header.set_details(*(() if below else words))
        self._words.setText(dotted(words) if below else "")
        self._words.setVisible(below and self._run is not None)

    def _show_rate(self) -> None:
        run = self._run
        self.rate.show_run(run)
        newest = None if run is None or not run.is_live else run.scalars.last()
        now = None if newest is None else newest["learning_rate"]
        base = self._base_rate[1] if run is not None and self._base_rate and self._base_rate[0] == run.id else None
        self.rate.show_rate(base if base is not None else self._recipe_rate(), now)

    def _recipe_rate(self) -> float:
        """The learning rate the recipe states, or its optimizer's default."""
        session = self._bridge.session
        optimizer = None if session is None else session.project.recipe.optimizer
        if optimizer is None or optimizer.id not in OPTIMIZERS:
            return 0.001
        values, _problems = check(OPTIMIZERS[optimizer.id], optimizer.params)
        return float(values["lr"])

    def choose_plots(self, names: tuple[str, ...]) -> None:
        """Show these plots; names of another version change nothing."""
        known = tuple(name for name in names if name in ORDER)
        if known:
            self.plots_menu.show_chosen(known)
            self.curves.choose(known)

    def _plots_changed(self, names: tuple[str, ...]) -> None:
        self.curves.choose(names)
        self.plots_menu.show_chosen(self.curves.chosen)
        self.plotsChosen.emit(self.curves.chosen)

    # --- earlier runs ------------------------------------------------------------------------------------------------

    def _show_runs_table(self) -> None:
        if self.isVisible():
            self._since_listed.restart()
            self.runs.runs.show(self._past.lines())
            self.runs.runs.set_present(self._run.id if self._run is not None else None)
            self._place_runs()

    def _want_runs(self, on: bool) -> None:
        self._runs_wanted = on
        self._place_runs()

    def _place_runs(self) -> None:
        wide, tall = self.width() >= ROOM_FOR_RUNS, self.height() >= TALL_ENOUGH_FOR_RUNS
        room = wide or tall
        present = self._run.id if self._run is not None else None
        room = room and any(line.id != present for line in self.runs.runs.lines)  # some to compare with
        shown = bool(self.runs.runs.lines) and (room if self._runs_wanted is None else self._runs_wanted)
        below = tall and not wide
        if below != (self._body.orientation() == Qt.Orientation.Vertical):
            self._body.setOrientation(Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
            self._body.setSizes([3000, 1000] if below else [2000, 1000])
        self.runs.setVisible(shown)
        self.runs_button.setChecked(shown)
        self.runs_button.setEnabled(bool(self.runs.runs.lines))

    def _compare(self, run: str, on: bool) -> None:
        if not on:
            self.curves.stop_comparing(run)
            return
        self.curves.compare(run, self._name_of(run), self._past.epochs(run))
        self._past.ask_for_steps(run)

    def _name_of(self, run: str) -> str:
        return next((line.name for line in self.runs.runs.lines if line.id == run), run)

    def _show_steps(self, run: str, rows: object) -> None:
        self.curves.add_steps(run, self._name_of(run), rows)  # type: ignore[arg-type]

    # --- what a person does ------------------------------------------------------------------------------------------

    def find_rate(self) -> None:
        """Show the learning-rate finder, and begin a search; while a run goes on, say why not."""
        if self.deeds.may_find_rate():
            self._stage.setCurrentIndex(1)
            self._show_run()
            self.finder.start()

    def _close_finder(self) -> None:
        self._stage.setCurrentIndex(0)
        self._show_run()
        self._draw()

    def _set_rate(self, value: float) -> None:
        if self._bridge.session is not None and self._run is not None:
            self._base_rate = (self._run.id, value)
            self._bridge.session.set_learning_rate(value)
