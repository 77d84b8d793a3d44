"""The session, seen by Qt: its signals mirrored as Qt signals, the selection, and the display clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.diagnostic import Diagnostic
from workbench.ui.theme import Theme, ThemeName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from workbench.session.session import Session

CLOCK = 33  # milliseconds between two looks at the worker: about 30 a second
SLOW_CLOCK = 500  # the same while the window cannot be seen: a run's word must be heard, or it would come to wait
PLACES = ("data", "build", "train", "look", "export")


class Bridge(QObject):
    """What every panel holds: the open session (or None), what is selected, and Qt signals for all that changes.

    Payloads are the session's own frozen values, passed as Python objects. The clock runs only while there is a
    session and the window can be seen; each beat lets the session drain its workers (`session.pump()`, which emits
    the session's signals on this thread) and then emits `tick`, for panels that read arrays by position. While the
    window cannot be seen but something goes on in the background, it runs slowly and nothing is drawn.
    """

    sessionChanged = Signal(object)  # Session | None
    projectChanged = Signal(object)  # ProjectChange
    inferredChanged = Signal(object)  # Inferred, of the place in view
    scopeChanged = Signal(object)  # tuple[str, ...]: another place is in view, show everything anew
    problemsChanged = Signal(object)  # tuple[Diagnostic, ...]
    savedChanged = Signal(bool)
    dataChanged = Signal(object)  # DataState
    runChanged = Signal(object)  # RunState | None
    runsChanged = Signal()  # runs were named, tagged, starred, deleted or brought back
    searchChanged = Signal(object)  # SearchState
    foldsChanged = Signal(object)  # FoldsState
    jobsChanged = Signal(object)  # tuple[Job, ...]
    viewsChanged = Signal(object)  # Views
    scoresChanged = Signal(object)  # Scores | None
    evaluatedChanged = Signal(object)  # Evaluated | None
    duplicatesChanged = Signal(object)  # DuplicatesState
    libraryChanged = Signal()  # the person's own blocks are not what they were
    noticed = Signal(object)  # Diagnostic

    selectionChanged = Signal(object)  # tuple[str, ...]
    frameChosen = Signal(object)  # str | None: the frame behind the layers that is chosen
    themeChanged = Signal(object)  # Theme
    revealed = Signal(str)  # a node id: the canvas brings it into view
    placeChanged = Signal(str)  # one of PLACES
    samplesAsked = Signal(object, str)  # indices of the data set, and what they have in common, for the browser
    dataPageAsked = Signal(str)  # a page of the data place, by its id
    trainingPageAsked = Signal(str)  # a page of the training panel, by its id
    settingAsked = Signal(str)  # a setting of the recipe or of a layer that a search is to vary, by its id
    zoomChanged = Signal(float)  # the canvas tells, the status bar shows
    tick = Signal()

    _MIRRORED = (
        ("project_changed", "_project"),
        ("inferred_changed", "_inferred"),
        ("scope_changed", "_scope"),
        ("problems_changed", "_problems"),
        ("saved_changed", "_saved"),
        ("data_changed", "_data"),
        ("run_changed", "_run"),
        ("runs_changed", "_runs"),
        ("search_changed", "_search"),
        ("folds_changed", "_folds"),
        ("jobs_changed", "_jobs"),
        ("views_changed", "_views"),
        ("scores_changed", "_scores"),
        ("evaluated_changed", "_evaluated"),
        ("duplicates_changed", "_duplicates"),
        ("notice", "notify"),
    )

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._session: Session | None = None
        self._selection: tuple[str, ...] = ()
        self._frame: str | None = None
        self._place = "build"
        self._visible = False
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK)
        self._clock.timeout.connect(self._beat)

    @property
    def session(self) -> Session | None:
        """The open project, or None while the start page shows."""
        return self._session

    def set_session(self, session: Session | None) -> None:
        """Follow another session. The one before is let go of, not closed: whoever opened it closes it."""
        if session is self._session:
            return
        self._let_go()
        self._session = session
        self._selection = ()
        self._set_frame(None)
        if session is not None:
            for signal, slot in self._MIRRORED:
                getattr(session, signal).connect(getattr(self, slot))
        self._set_clock()
        self.sessionChanged.emit(session)
        self.selectionChanged.emit(())

    def close(self) -> None:
        """Let go of the session and stop the clock, for good."""
        self._clock.stop()
        self._let_go()
        self._session = None

    def _let_go(self) -> None:
        if self._session is not None:
            for signal, slot in self._MIRRORED:
                getattr(self._session, signal).disconnect(getattr(self, slot), missing_ok=True)

    # Selection, place, theme

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes, in the order they were selected; the last one leads."""
        return self._selection

    def select(self, ids: Iterable[str]) -> None:
        """Select exactly these nodes, and no frame. Ids that the graph does not have are dropped."""
        self._set_frame(None)
        known = self._session.graph.nodes if self._session is not None else {}
        chosen = tuple(dict.fromkeys(i for i in ids if i in known))
        if chosen != self._selection:
            self._selection = chosen
            self.selectionChanged.emit(chosen)

    @property
    def frame(self) -> str | None:
        """The chosen frame; while there is one no node is selected."""
        return self._frame

    def choose_frame(self, frame: str | None) -> None:
        """Choose a frame of the graph in view, in place of any nodes; None lets it go."""
        self.select(())
        known = self._session.graph.frames if self._session is not None else {}
        self._set_frame(frame if frame in known else None)

    def _set_frame(self, frame: str | None) -> None:
        if frame != self._frame:
            self._frame = frame
            self.frameChosen.emit(frame)

    def reveal(self, node: str) -> None:
        """Bring a node of the place in view, or one named from the network ("stage_1/conv2d_1"), into view."""
        *path, name = node.split("/")
        if path and self._session is not None:
            self._session.go_to_scope(path)
        self.revealed.emit(name)

    @property
    def place(self) -> str:
        """Where the person is: "data", "build", "train", "look" or "export"."""
        return self._place

    def go_to(self, place: str) -> None:
        """Show another place; the window arranges its docks when it hears `placeChanged`."""
        if place not in PLACES:
            raise ValueError(f"{place!r} is not one of {', '.join(PLACES)}")
        if place != self._place:
            self._place = place
            self.placeChanged.emit(place)

    def show_samples(self, indices: Sequence[int] | NDArray[np.int64], words: str) -> None:
        """Go to Data and show exactly these samples in the browser, under a few words ("cats taken for dogs")."""
        self.go_to("data")
        self.samplesAsked.emit(indices, words)

    def show_data_page(self, page: str) -> None:
        """Go to Data and show one of its pages: "pictures", "findings", "splits" or "preparation"."""
        self.go_to("data")
        self.dataPageAsked.emit(page)

    def show_training_page(self, page: str) -> None:
        """Go to Train and show one page of its panel: "live", "runs" or "search"."""
        self.go_to("train")
        self.trainingPageAsked.emit(page)

    def vary(self, setting: str) -> None:
        """Show the search page with one more setting to vary, by its id ("recipe.optimizer.lr")."""
        self.show_training_page("search")
        self.settingAsked.emit(setting)

    def set_theme(self, name: ThemeName) -> None:
        """Change the look everywhere; panels repaint on `themeChanged`."""
        self.theme.use(name)
        self.themeChanged.emit(self.theme)

    def notify(self, diagnostic: Diagnostic) -> None:
        """Show something in the notice bar. For panels that meet a problem outside any edit."""
        self.noticed.emit(diagnostic)

    # The display clock

    def set_visible(self, visible: bool) -> None:
        """The window tells whether anything of it can be seen."""
        self._visible = visible
        self._set_clock()

    def _set_clock(self) -> None:
        wanted = self._session is not None and (self._visible or self._is_busy)
        if not wanted:
            self._clock.stop()
            return
        interval = CLOCK if self._visible else SLOW_CLOCK
        if not self._clock.isActive() or self._clock.interval() != interval:
            self._clock.start(interval)

    @property
    def _is_busy(self) -> bool:
        """Whether something may come from the background, watched or not."""
        session = self._session
        return session is not None and (session.run is not None or bool(session.jobs.running))

    def _beat(self) -> None:
        if self._session is not None:
            self._session.pump()
            if self._visible:
                self.tick.emit()

    # Mirrors. Bound methods, because the session holds them weakly and can let go of them by name.

    def _project(self, change: object) -> None:
        nodes = self._session.graph.nodes if self._session is not None else {}
        gone = any(i not in nodes for i in self._selection)
        if gone:
            self._selection = tuple(i for i in self._selection if i in nodes)
        frames = self._session.graph.frames if self._session is not None else {}
        if self._frame not in frames:
            self._set_frame(None)
        self.projectChanged.emit(change)
        if gone:
            self.selectionChanged.emit(self._selection)

    def _scope(self, scope: object) -> None:
        """Node ids mean others in another place, so nothing stays selected."""
        had = bool(self._selection)
        self._set_frame(None)
        self._selection = ()
        self.scopeChanged.emit(scope)
        if had:
            self.selectionChanged.emit(())

    def _inferred(self, inferred: object) -> None:
        self.inferredChanged.emit(inferred)

    def _problems(self, problems: object) -> None:
        self.problemsChanged.emit(problems)

    def _saved(self, saved: bool) -> None:
        self.savedChanged.emit(saved)

    def _data(self, state: object) -> None:
        self.dataChanged.emit(state)

    def _run(self, state: object) -> None:
        self.runChanged.emit(state)

    def _runs(self) -> None:
        self.runsChanged.emit()

    def _search(self, state: object) -> None:
        self.searchChanged.emit(state)

    def _folds(self, state: object) -> None:
        self.foldsChanged.emit(state)

    def _jobs(self, jobs: object) -> None:
        self.jobsChanged.emit(jobs)

    def _scores(self, scores: object) -> None:
        self.scoresChanged.emit(scores)

    def _evaluated(self, found: object) -> None:
        self.evaluatedChanged.emit(found)

    def _duplicates(self, state: object) -> None:
        self.duplicatesChanged.emit(state)

    def _views(self, views: object) -> None:
        self.viewsChanged.emit(views)
