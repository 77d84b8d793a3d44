"""The live page: what the run is doing, in numbers and curves, and what a person can do about it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.catalogue.registry import OPTIMIZERS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Problem
from workbench.core.words import duration, rate
from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, Theme, mark
from workbench.ui.training.controls import RateField, RunButtons
from workbench.ui.training.curves import RunCurves
from workbench.ui.training.history import RunHistory
from workbench.ui.training.runs_table import RunsTable

REFRESH, RELIST = 100, 2000  # milliseconds between two drawings of the curves, two readings of the run store
ROOM_FOR_FOOT, ROOM_FOR_RUNS, TALL_ENOUGH_FOR_RUNS = 240, 1040, 560  # pixels of height, of width, of height


class LivePage(QWidget):
    """Follows `bridge.runChanged` for the words and `bridge.tick` for the curves; draws only while it can be seen.

    `head` is the line above it, which stands beside the tabs where there are any.
    """

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._run: RunState | None = None
        self._base_rate: tuple[str, float] | None = None  # run and the rate a person gave it
        self.times_drawn = 0
        self._since_drawn = QElapsedTimer()
        self._since_drawn.start()
        self._since_listed = QElapsedTimer()
        self._since_listed.start()
        self._runs_wanted: bool | None = None  # None: as the width allows
        self._past = RunHistory(bridge)
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
        self.header.add(self.buttons)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName("Progress of the run")
        self.note = ProblemNote(bridge)
        self.curves = RunCurves(bridge)
        self.runs = RunsTable(bridge)
        self.rate = RateField()
        self._log = IconButton(
            bridge, "chart", "Logarithmic loss axis", "Shows small losses apart.", quiet=True, checkable=True
        )
        self._copy = IconButton(bridge, "copy", "Copy the runs as a table", quiet=True)
        self.runs_button = IconButton(
            bridge, "list", "Runs", "Earlier runs; tick one to compare its curves.", quiet=True, checkable=True
        )
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
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(GAP // 2)
        foot.addWidget(self.rate)
        foot.addStretch(1)
        for button in (self._log, self._copy, self.runs_button):
            foot.addWidget(button)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.header)
        column.addWidget(self._progress)
        column.addWidget(self.note)
        column.addWidget(self._body, 1)
        column.addWidget(self._foot)
        return content

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.tick.connect(self._tick)
        self._train.clicked.connect(self.start)
        self.buttons.pauseAsked.connect(self._pause)
        self.buttons.resumeAsked.connect(self._resume)
        self.buttons.stopAsked.connect(self._stop)
        self.buttons.stepAsked.connect(self._step)
        self.rate.rateChosen.connect(self._set_rate)
        self.note.fixChosen.connect(self._fix)
        self._log.toggled.connect(self.curves.loss.set_log)
        self._copy.clicked.connect(self.runs.copy)
        self.runs_button.clicked.connect(self._want_runs)
        self.runs.ticked.connect(self._compare)

    # --- following the run -------------------------------------------------------------------------------------------

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        for run in self.curves.compared:
            self.curves.stop_comparing(run)
        self._past.follow(session)
        self._run_changed(None if session is None else session.run)

    def _run_changed(self, run: RunState | None) -> None:
        before, self._run = self._run, run
        if run is not None and run.id in self.curves.compared:
            self.curves.stop_comparing(run.id)  # it is the present run now, drawn anyway
        if run is None or before is None or (run.id, run.phase) != (before.id, before.phase):
            self._show_runs_table()
            self._show_run()
            if run is not None and run.phase == "starting" and self.isVisible():
                self.curves.prepare()
            self._draw()

    def _tick(self) -> None:
        run = self._run
        if run is None or not self.isVisible() or self._since_drawn.elapsed() < REFRESH:
            return
        if run.is_live and self._since_listed.elapsed() >= RELIST:
            self._show_runs_table()
        self._show_run()
        self._draw()

    def _draw(self) -> None:
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
        self._foot.setVisible(self.height() >= ROOM_FOR_FOOT)
        self._place_runs()

    def _show_run(self) -> None:
        run = self._run
        nothing = run is None and not self.runs.runs.lines
        self._pages.setCurrentIndex(0 if nothing else 1)
        if nothing or not self.isVisible():
            return
        self.header.set_details(*(run_words(run) if run is not None else ("no run yet in this session",)))
        self.buttons.show_phase(run.phase if run is not None else "done")
        share = 0.0 if run is None or not run.steps else min(run.step / run.steps, 1.0)
        self._progress.setValue(round(1000 * share))
        self._progress.setVisible(run is not None)
        self.note.show_diagnostic(run.diagnostic if run is not None and run.phase == "failed" else None)
        self._show_rate()

    def _show_rate(self) -> None:
        run = self._run
        self.rate.show_run(run)
        newest = None if run is None else run.scalars.last()
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
        shown = bool(self.runs.runs.lines) and (room if self._runs_wanted is None else self._runs_wanted)
        below = tall and not wide
        if below != (self._body.orientation() == Qt.Orientation.Vertical):
            self._body.setOrientation(Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
            self._body.setSizes([3000, 1000] if below else [2000, 1000])
        self.runs.setVisible(shown)
        self.runs_button.setChecked(shown)
        self.runs_button.setEnabled(bool(self.runs.runs.lines))
        self._copy.setEnabled(bool(self.runs.runs.lines))

    def _compare(self, run: str, on: bool) -> None:
        if not on:
            self.curves.stop_comparing(run)
            return
        line = next(line for line in self.runs.runs.lines if line.id == run)
        self.curves.compare(run, line.name, self._past.epochs(run))

    # --- what a person does ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a run; what stands in its way is shown as a notice."""
        session = self._bridge.session
        if session is None:
            return
        try:
            session.start_training()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def _pause(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.pause()

    def _resume(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.resume()

    def _stop(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.stop()

    def _step(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.step_once()

    def _set_rate(self, value: float) -> None:
        if self._bridge.session is not None and self._run is not None:
            self._base_rate = (self._run.id, value)
            self._bridge.session.set_learning_rate(value)

    def _fix(self, fix: object) -> None:
        if self._bridge.session is not None:
            self._bridge.session.apply_fix(fix)  # type: ignore[arg-type]


def run_words(run: RunState) -> tuple[str, ...]:
    """The header's words: which run, how far, how fast, how long still; or how it ended."""
    name = run.id.replace("-", " ")
    epoch = f"epoch {min(max(run.epoch, 1), run.epochs):,} of {run.epochs:,}"
    best = "" if run.best_val_accuracy is None else f"best {run.best_val_accuracy * 100:.1f} %"
    speed = rate(run.images_per_second, "pictures") if run.images_per_second > 0 else ""
    if run.phase == "starting":
        return name, "starting…"
    if run.phase == "running":
        left = f"{duration(run.seconds_left)} left" if run.seconds_left is not None else ""
        return name, epoch, speed, left
    if run.phase == "paused":
        return name, epoch, "paused"
    if run.phase == "stopping":
        return name, epoch, "stopping…"
    return name, run.phase, epoch, best
