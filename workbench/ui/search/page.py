"""The search page of training: variants of the project, or the folds of its data, one run after another."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.diagnostic import Problem
from workbench.core.words import count, duration, number
from workbench.session.searching.folds import FoldsState
from workbench.session.searching.record_file import record_of
from workbench.session.searching.trial import SearchState
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.search.folds_view import FoldsSetup, FoldsView, summary_words
from workbench.ui.search.results import SearchResults
from workbench.ui.search.setup import SearchSetup
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

REFRESH = 100  # milliseconds between two drawings while trials go on
SEARCH, FOLDS = 0, 1
WIDE = 860
"""Pixels of width from which what is set up stands beside what came of it; else one takes the place of the other."""


class SearchPage(QWidget):
    """Follows `bridge.searchChanged` and `foldsChanged`; draws only while it can be seen. `head` stands beside the
    tabs of the panel."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._search, self._folds = SearchState(), FoldsState()
        self._drawn: SearchState | None = None
        self._series: tuple[str, ...] = ()
        self._stale = True
        self._sets_up = True
        self._read_for: Session | None = None
        self._since_drawn = QElapsedTimer()
        self._since_drawn.start()
        mark(self, surface="panel")
        self.header = self.head = PanelHeader("Search")
        self._build_head()
        self.setup = SearchSetup(bridge, theme)
        self.folds_setup = FoldsSetup(bridge, theme)
        self.results = SearchResults(bridge)
        self.folds = FoldsView(bridge)
        self.note = ProblemNote(bridge)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName("Progress of the series")
        self._empty = EmptyState(
            bridge,
            "search",
            "No search yet",
            "Choose on the left which settings to vary. Each variant is trained in turn, and what it reached is drawn "
            "here.",
        )
        self._no_folds = EmptyState(
            bridge,
            "shuffle",
            "No folds trained yet",
            "Train on all folds, and their results stand here with mean and deviation.",
        )
        self._stage = QStackedWidget()
        for widget in (self._empty, self.results, self._no_folds, self.folds):
            self._stage.addWidget(widget)
        self._lay_out()
        self._connect()
        self._session_changed(bridge.session)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_head(self) -> None:
        bridge = self._bridge
        self.chooser = QComboBox()
        self.chooser.setFixedHeight(ROW)
        self.chooser.setAccessibleName("Which search")
        self.chooser.setToolTip("The searches of this project, newest first.")
        self.chooser.setMinimumContentsLength(9)
        self.chooser.setMaximumWidth(160)
        self.take = QPushButton("Take over best")
        self.take.setToolTip(
            "Gives the project the settings of the best trial, or of the chosen one, as one undo step."
        )
        self.skip = IconButton(bridge, "step", "End this trial", "Goes on with the next one.")
        self.go_on = IconButton(bridge, "play", "Go on", "Continues exactly where it was stopped.")
        self.stop = IconButton(bridge, "stop", "Stop", "Ends the run under way with a checkpoint; it can go on later.")
        self.header.add(self.chooser, self.take, self.skip, self.go_on, self.stop)

    def _lay_out(self) -> None:
        self._modes = QButtonGroup(self)
        modes = QHBoxLayout()
        modes.setSpacing(GAP // 2)
        for place, (title, tip) in enumerate(
            (
                ("Settings", "Search for better settings"),
                ("Folds", "Train on all folds of the data"),
            )
        ):
            button = QPushButton(title)
            button.setCheckable(True)
            button.setToolTip(tip)
            mark(button, role="segment")
            self._modes.addButton(button, place)
            modes.addWidget(button)
        modes.addStretch(1)
        self.to_results = QPushButton("Results")
        self.to_results.setToolTip("Show what came of it")
        self.to_results.clicked.connect(self._to_results)
        modes.addWidget(self.to_results)
        self._modes.button(SEARCH).setChecked(True)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addLayout(modes)
        column.addWidget(self.setup)
        column.addWidget(self.folds_setup)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        mark(inner, surface="panel")
        foot = QWidget()
        feet = QVBoxLayout(foot)
        feet.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        feet.addWidget(self.setup.foot)
        feet.addWidget(self.folds_setup.foot)
        left = self._left = QWidget()
        left.setMinimumWidth(316)
        stand = QVBoxLayout(left)
        stand.setContentsMargins(0, 0, 0, 0)
        stand.setSpacing(0)
        stand.addWidget(area, 1)
        stand.addWidget(foot)
        right = self._right = QWidget()
        self._words = ElidedLabel("dim")
        self.to_setup = QPushButton("Set up")
        self.to_setup.setToolTip("Show what is varied, and how")
        self.to_setup.clicked.connect(self._to_setup)
        self._top = QWidget()
        top = QHBoxLayout(self._top)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(GAP)
        top.addWidget(self._words, 1)
        top.addWidget(self.to_setup)
        shown = QVBoxLayout(right)
        shown.setContentsMargins(GAP, GAP, MARGIN, GAP)
        shown.setSpacing(GAP)
        shown.addWidget(self._top)
        shown.addWidget(self._progress)
        shown.addWidget(self.note)
        shown.addWidget(self._stage, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        split.setSizes([340, 900])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)
        self._show_mode()
        self._place()

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.searchChanged.connect(self._search_changed)
        bridge.foldsChanged.connect(self._folds_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.projectChanged.connect(self._project_changed)
        bridge.tick.connect(self._tick)
        bridge.settingAsked.connect(self.vary)
        self._modes.idClicked.connect(self._mode_changed)
        self.setup.startAsked.connect(self._start)
        self.folds_setup.startAsked.connect(self._start_folds)
        self.results.taken.connect(self._take_over)
        self.folds.seriesChosen.connect(self._show_series)
        self.chooser.activated.connect(self._search_chosen)
        self.take.clicked.connect(self._take_best)
        self.skip.clicked.connect(self._skip)
        self.stop.clicked.connect(self._stop)
        self.go_on.clicked.connect(self._go_on)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Both sides where there is room, else the one that is wanted."""
        wide = self.width() >= WIDE
        self._left.setVisible(wide or self._sets_up)
        self._right.setVisible(wide or not self._sets_up)
        self._top.setVisible(not wide)
        something = self._search.plan is not None if self.mode == SEARCH else bool(self._folds.runs)
        self.to_results.setVisible(not wide and something)

    def _to_results(self) -> None:
        self._sets_up = False
        self._place()
        self._draw_or_wait(at_once=True)

    def _to_setup(self) -> None:
        self._sets_up = True
        self._place()

    # --- following the session ---------------------------------------------------------------------------------------

    @property
    def mode(self) -> int:
        """`SEARCH` or `FOLDS`."""
        return self._modes.checkedId()

    def set_mode(self, mode: int) -> None:
        """Show the search for settings, or the folds."""
        self._modes.button(mode).setChecked(True)
        self._mode_changed(mode)

    def vary(self, setting: str) -> None:
        """Vary one more setting, by its id."""
        self.set_mode(SEARCH)
        self._to_setup()
        row = self.setup.add_setting(setting)
        if row is not None:
            row.field.setFocus()

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        self._sets_up = True
        self._search = SearchState() if session is None else session.search.state
        self._folds = FoldsState() if session is None else session.folds.state
        self._series = ()
        self._read_for = None
        self.setup.follow(session)
        self.folds_setup.follow(session)
        self._run_changed(None)
        self._draw_or_wait(at_once=True)
        if self.isVisible():
            self._read()

    def _search_changed(self, state: SearchState) -> None:
        phases = (self._search.phase, state.phase)
        self._search = state
        self._run_changed(None)
        if phases[0] != phases[1] and state.phase in ("starting", "opened"):
            self._sets_up = False
        self._draw_or_wait(at_once=phases[0] != phases[1])

    def _folds_changed(self, state: FoldsState) -> None:
        began = state.is_live and not self._folds.is_live
        self._folds = state
        if began:
            self._sets_up = False
            self.set_mode(FOLDS)
        self._run_changed(None)
        self._draw_or_wait(at_once=True)

    def _run_changed(self, _run: object) -> None:
        session = self._bridge.session
        live = session is None or session.read_only or (session.run is not None and session.run.is_live)
        live = live or self._search.is_live or self._folds.is_live
        self.setup.set_live(live)
        self.folds_setup.set_live(live)

    def _project_changed(self, _change: object) -> None:
        if self.isVisible():
            self.setup.project_changed()

    def _read(self) -> None:
        """Read the newest search and the newest folds there are, in the background, once for each project."""
        session = self._bridge.session
        if session is None or session is self._read_for:
            return
        self._read_for = session
        if self._search.phase == "none" and record_of(session.folder).exists():
            session.search.look_at()
        if self._folds.phase == "none" and session.training.has_runs:
            session.folds.look_at()

    def _tick(self) -> None:
        if self._stale or (self._search.is_live or self._folds.is_live):
            self._draw_or_wait()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()
        self.setup.project_changed()
        self._draw_or_wait(at_once=True)

    def _draw_or_wait(self, at_once: bool = False) -> None:
        if not self.isVisible() or not (at_once or self._since_drawn.elapsed() >= REFRESH):
            self._stale = True
            return
        self._stale = False
        self._since_drawn.restart()
        self._show_head()
        self._place()
        if self.mode == SEARCH:
            self._stage.setCurrentWidget(self.results if self._search.plan is not None else self._empty)
            if self._search.plan is not None and self._search is not self._drawn:
                self._drawn = self._search
                self.results.show_state(self._search)
            told = self._search.diagnostics
        else:
            self._stage.setCurrentWidget(self.folds if self._folds.runs else self._no_folds)
            session = self._bridge.session
            self.folds.show_state(self._folds, session.folds.known if session is not None else ())
            told = ()
        self.note.show_diagnostic(told[0] if told else None)

    def _show_head(self) -> None:
        live = self._search.is_live if self.mode == SEARCH else self._folds.is_live
        stopping = (self._search.phase if self.mode == SEARCH else self._folds.phase) == "stopping"
        run = self._bridge.session.run if self._bridge.session is not None else None
        if self.mode == SEARCH:
            done, total = self._search.done, self._search.total
            named = self._search.plan.name if self._search.plan is not None else ""
            self.header.set_title("" if len(self._search.known) > 1 else named)  # the chooser says it
            self.header.set_details(*search_words(self._search))
        else:
            done, total = self._folds.done, len(self._folds.runs)
            self.header.set_title(self._folds.name)
            self.header.set_details(*folds_words(self._folds))
        self._words.setText(self.header.details)
        share = (done + _share(run) * live) / total if total else 0.0
        self._progress.setValue(round(1000 * min(share, 1.0)))
        self._progress.setVisible(live)
        self.stop.setVisible(live)
        self.stop.setEnabled(live and not stopping)
        self.skip.setVisible(self.mode == SEARCH and live)
        self.skip.setEnabled(self._search.phase == "running")
        may = self._search.may_go_on if self.mode == SEARCH else self._folds.may_go_on and bool(self._folds.runs)
        self.go_on.setVisible(may and not live)
        self.take.setVisible(self.mode == SEARCH and self._search.best is not None)
        known = self._search.known
        if known != tuple(self.chooser.itemText(k) for k in range(self.chooser.count())):
            self.chooser.clear()
            self.chooser.addItems(list(known))
        if self._search.plan is not None:
            self.chooser.setCurrentText(self._search.plan.name)
        self.chooser.setVisible(self.mode == SEARCH and len(known) > 1)
        self.chooser.setEnabled(not live)

    def _show_mode(self) -> None:
        for mode, setup in ((SEARCH, self.setup), (FOLDS, self.folds_setup)):
            for widget in (setup, setup.foot):
                widget.setVisible(self.mode == mode)

    def _mode_changed(self, _mode: int) -> None:
        self._show_mode()
        self._draw_or_wait(at_once=True)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _try(self, do: Any, *given: Any, **named: Any) -> None:
        """Ask the session for something; what stands in its way is shown as a notice."""
        try:
            do(*given, **named)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def _start(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        try:
            session.search.start(self.setup.plan())
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def _start_folds(self) -> None:
        session = self._bridge.session
        if session is not None:
            self._try(session.folds.start, **self.folds_setup.values)

    def _stop(self) -> None:
        session = self._bridge.session
        if session is not None:
            (session.search if self.mode == SEARCH else session.folds).stop()

    def _skip(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.search.skip()

    def _go_on(self) -> None:
        session = self._bridge.session
        if session is None:
            return
        if self.mode == FOLDS:
            self._try(session.folds.go_on, self._folds.name)
        elif self._search.plan is not None:
            self._try(session.search.go_on, self._search.plan.name)

    def _search_chosen(self, place: int) -> None:
        session = self._bridge.session
        if session is not None:
            self._try(session.search.look_at, self.chooser.itemText(place))

    def _show_series(self, name: str) -> None:
        session = self._bridge.session
        if session is not None:
            self._try(session.folds.look_at, name)

    def _take_best(self) -> None:
        if self._search.best is not None:
            self._take_over(self._search.best.number)

    def _take_over(self, trial: int) -> None:
        session = self._bridge.session
        if session is not None:
            session.search.take_over(trial)


def _share(run: RunState | None) -> float:
    """How much of the run under way is done."""
    return min(1.0, run.step / run.steps) if run is not None and run.is_live and run.steps else 0.0


def search_words(state: SearchState) -> tuple[str, ...]:
    """The header's words: how far, how good, how fast, how long still; or how it ended."""
    if state.plan is None:
        return ("reading…",) if state.phase == "starting" else ()
    best = state.best
    good = f"best {state.plan.measure.words(best.score)}" if best is not None else ""
    far = f"{number(state.done)} of {count(state.total, 'trial')}"
    if state.phase == "starting":
        return (far, "starting…")
    if state.phase == "stopping":
        return (far, good, "stopping…")
    if state.phase == "running":
        rate = f"{number(round(state.per_hour))} trials/h" if state.per_hour >= 1 else ""
        left = f"{duration(state.seconds_left)} left" if state.seconds_left is not None else ""
        return (far, good, rate, left)
    failed = sum(trial.state == "failed" for trial in state.trials)
    ended = {"done": "done", "stopped": "stopped", "failed": "failed"}.get(state.phase, "")
    return (far, ended, good, f"{number(failed)} failed" if failed else "")


def folds_words(state: FoldsState) -> tuple[str, ...]:
    """The header's words for a series of folds."""
    if not state.runs:
        return ()
    far = f"{state.done} of {count(len(state.runs), 'fold')}"
    left = f"{duration(state.seconds_left)} left" if state.seconds_left is not None else ""
    ended = {"stopping": "stopping…", "done": "done", "stopped": "stopped"}.get(state.phase, "")
    return (far, ended, left, summary_words(state))
