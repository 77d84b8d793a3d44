"""The page with the samples themselves: found, sorted, looked at, relabelled, moved to another split, excluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.class_filter import ClassFilter
from workbench.ui.datasets.browser.columns import Columns, columns_of
from workbench.ui.datasets.browser.deeds import Deeds
from workbench.ui.datasets.browser.filter_bar import FilterBar
from workbench.ui.datasets.browser.grid import MARGIN as EDGE
from workbench.ui.datasets.browser.grid import SampleGrid
from workbench.ui.datasets.browser.job_line import JobLine
from workbench.ui.datasets.browser.preview import Preview
from workbench.ui.datasets.browser.query import SCORED, Found, Query, find
from workbench.ui.datasets.browser.writing import Writing
from workbench.ui.datasets.nouns import noun
from workbench.ui.datasets.thumbnails import same_files
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, MARGIN, ROW, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.scores import Scores


class BrowserPage(QWidget):
    """Follows the session's data and scores; everything it changes goes through the session."""

    def __init__(self, bridge: Bridge, _theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._dataset: Dataset | None = None
        self._columns: Columns | None = None
        self._among: tuple[NDArray[np.int64], str] | None = None  # what another panel chose, and its words
        self.classes = ClassFilter(bridge)
        self.bar = FilterBar(bridge)
        self.grid = SampleGrid(bridge)
        self.preview = Preview(bridge)
        self._words = ElidedLabel("strong")
        self.show_all = IconButton(bridge, "close", "Show all", "Not only those that were asked for.", quiet=True)
        self.ask = QPushButton("Ask the network")
        self.ask.setFixedHeight(ROW)
        self.scoring = JobLine("Asking the network", "samples")
        self.writing = Writing(bridge)
        self.none = EmptyState(bridge, "search", "Nothing matches", "No sample fits what the bar above asks for.")
        self.clear = self.none.add_button("Show everything", "close", "Clear the filters")
        self._stage = QWidget()
        self.deeds = Deeds(bridge, self.grid, self._stage)
        self._build()
        self._connect()
        self._session_changed(bridge.session)

    def _build(self) -> None:
        top = QWidget()  # stands where the tiles begin, which leave room for their frames
        above = QVBoxLayout(top)
        above.setContentsMargins(EDGE, 0, 0, 0)
        above.setSpacing(GAP)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addStrut(ROW)
        head.addWidget(self._words, 1)
        head.addWidget(self.show_all)
        head.addWidget(self.ask)
        head.addSpacing(GAP)
        head.addWidget(self.bar.slider)
        shown = QWidget()
        self._shown = QStackedLayout(shown)
        self._shown.addWidget(self.grid)
        self._shown.addWidget(self.none)
        sifted = QWidget()
        column = QVBoxLayout(sifted)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        above.addWidget(self.bar)
        above.addLayout(head)
        above.addWidget(self.scoring)
        above.addWidget(self.writing)
        column.addWidget(top)
        column.addWidget(shown, 1)
        beside = QHBoxLayout(self._stage)  # a stack of widgets has no margins of its own
        beside.setContentsMargins(MARGIN - EDGE, 0, 0, 0)
        pages = QWidget()
        beside.addWidget(pages)
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(sifted)
        self._pages.addWidget(self.preview)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(self.classes)
        self._body.addWidget(self._stage)
        self._body.setStretchFactor(0, 0)
        self._body.setStretchFactor(1, 1)
        self._body.setSizes([200, 900])
        row = QVBoxLayout(self)
        row.setContentsMargins(0, GAP, 0, 0)
        row.addWidget(self._body)
        mark(self, surface="panel")
        self.setFocusProxy(self.grid)

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.dataChanged.connect(self.show_state)
        bridge.scoresChanged.connect(self._scores_changed)
        bridge.jobsChanged.connect(self._jobs_changed)
        bridge.runChanged.connect(self._show_asking)
        self.classes.chosen.connect(self.bar.choose_classes)
        self.bar.changed.connect(self._query_changed)
        self.bar.resized.connect(self.grid.set_edge)
        self.bar.leaveAsked.connect(self._to_grid)
        self.grid.selectionChanged.connect(self._show_words)
        self.grid.opened.connect(self.open)
        self.grid.menuAsked.connect(self._show_menu)
        self.grid.findAsked.connect(self._find)
        self.deeds.openAsked.connect(self.open)
        self.deeds.writeAsked.connect(self.writing.ask)
        self.preview.left.connect(self.close_preview)
        self.preview.stepped.connect(self._step)
        self.show_all.clicked.connect(self._show_everything)
        self.clear.clicked.connect(self._show_everything)
        self.ask.clicked.connect(self.ask_network)

    # --- following the session ---------------------------------------------------------------------------------------

    def _session_changed(self, session: object) -> None:
        if self._bridge.session is None:
            self.grid.thumbnails.close()  # nothing reads the files of a project that is closed
            self.preview.pictures.close()
        self.show_state(DataState() if self._bridge.session is None else self._bridge.session.data)

    def show_state(self, state: DataState) -> None:
        """Show a state of the data; while it is read anew, what was there stays to look at."""
        if state.dataset is not self._dataset:
            stay = same_files(self._dataset, state.dataset)
            names = self._columns.names if stay and self._columns is not None else None
            self._dataset = state.dataset
            self.grid.thumbnails.use(state.dataset)
            self.preview.pictures.use(state.dataset)
            if state.dataset is None:
                self._forget()
            else:
                self._columns = columns_of(state.dataset, self._scores, names)
                self._show_columns(stay)
        self._body.setVisible(state.dataset is not None)

    @property
    def _scores(self) -> Scores | None:
        return None if self._bridge.session is None else self._bridge.session.scores

    def _forget(self) -> None:
        self._columns, self._among = None, None
        self.grid.forget()
        self.classes.show_classes((), ())
        self.close_preview()

    def _show_columns(self, stay: bool) -> None:
        columns = self._columns
        assert columns is not None
        if not stay:
            self._among = None
            self.bar.set_sortable(True)
        self.grid.noun = noun(self._dataset)
        self.bar.set_sized(bool(columns.shapes.all(1).any()))
        self.bar.set_scored(columns.is_scored)
        sizes = np.bincount(columns.labels, minlength=len(columns.classes)).tolist()
        self.classes.show_classes(columns.classes, sizes)
        self._refresh(stay=stay)
        self._show_asking()

    def _scores_changed(self, _scores: object) -> None:
        if self._dataset is not None and self._columns is not None:
            self._columns = columns_of(self._dataset, self._scores, self._columns.names)
            self.bar.set_scored(self._columns.is_scored)
            self._refresh(stay=True)
        self._show_asking()

    def _jobs_changed(self, _jobs: object) -> None:
        session = self._bridge.session
        self.scoring.follow(session.scoring.job if session is not None else None)

    def _show_asking(self, _changed: object = None) -> None:
        """Whether the network can be asked, or asked again."""
        session = self._bridge.session
        if session is None:
            return
        scores, running = session.scores, session.scoring.job is not None
        can = session.training.weights is not None or session.training.has_runs
        outdated = scores is not None and scores.outdated
        self.ask.setVisible(not running and (scores is None or outdated))
        self.ask.setEnabled(can)
        self.ask.setText("Ask again" if outdated else "Ask the network")
        why = "What it said is outdated: the network, its weights or the files have changed. " if outdated else ""
        needs = "" if can else "Train the project first. "
        self.ask.setToolTip(f"{why}{needs}Loss, confidence and answer for every sample, to sort and sift by.")
        self.scoring.follow(session.scoring.job)

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """What is shown, and how many."""
        return self._words.text()

    def show_samples(self, indices: Sequence[int] | NDArray[np.int64], words: str) -> None:
        """Show exactly these samples, in this order, under a few words; the rest comes back by a click."""
        if self._columns is None:
            return
        self._among = (np.asarray(indices, np.int64), words)
        self.close_preview()
        self.classes.choose(frozenset())
        self.bar.set_sortable(False)
        self.bar.use(Query())
        self._refresh(stay=False)

    def _show_everything(self) -> None:
        self._among = None
        self.bar.set_sortable(True)
        self.classes.choose(frozenset())
        self.bar.clear()
        self._refresh(stay=True)

    def _query_changed(self, query: Query) -> None:
        session = self._bridge.session
        self._refresh(stay=query.sort == self.grid.sort)
        unasked = self._columns is not None and not self._columns.is_scored
        if query.sort in SCORED and unasked and session is not None and session.scoring.job is None:
            self.ask_network()

    def _refresh(self, *, stay: bool) -> None:
        columns = self._columns
        if columns is None:
            return
        found = find(columns, self.bar.query, None if self._among is None else self._among[0])
        self.grid.show_found(columns, found, "" if self._among is not None else self.bar.query.sort, stay=stay)
        self._shown.setCurrentIndex(0 if len(found) else 1)
        self.show_all.setVisible(self._among is not None)
        self._show_words()
        self.deeds.follow()
        self._follow_preview(found)

    def _show_words(self) -> None:
        columns, shown = self._columns, len(self.grid.found)
        if columns is None:
            self._words.setText("")
            return
        thing = noun(self._dataset)
        whole = self._among is None and shown == len(columns)
        number = (
            count(shown, thing) if whole or self._among is not None else f"{shown:,} of {count(len(columns), thing)}"
        )
        chosen = len(self.grid.selection)
        among = "" if self._among is None else self._among[1]
        self._words.setText(dotted((among, number, f"{chosen:,} chosen" if chosen else "")))

    # --- one sample large --------------------------------------------------------------------------------------------

    @property
    def is_previewing(self) -> bool:
        return self._pages.currentWidget() is self.preview

    def open(self, number: int) -> None:
        """Show one sample large; the grid follows it."""
        place = self.grid.place_of(number)
        if place is not None:
            self._pages.setCurrentWidget(self.preview)
            self.setFocusProxy(self.preview)
            self.preview.setFocus(Qt.FocusReason.OtherFocusReason)
            self._show_place(place)

    def close_preview(self) -> None:
        if self.is_previewing:
            self._pages.setCurrentIndex(0)
            self.setFocusProxy(self.grid)
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
            if self.grid.selection.current is not None:
                self.grid.reveal(self.grid.selection.current)

    def _step(self, by: int) -> None:
        current = self.grid.selection.current
        place = self.grid.place_of(current) if current is not None else None
        if place is not None:
            self._show_place(max(0, min(place + by, len(self.grid.found) - 1)))

    def _show_place(self, place: int) -> None:
        columns, numbers = self._columns, self.grid.found.numbers
        assert columns is not None
        self.grid.move_to(place)
        near = [int(numbers[at]) for at in (place - 1, place + 1) if 0 <= at < len(numbers)]
        self.preview.show_sample(columns, int(numbers[place]), f"{place + 1:,} of {len(numbers):,}", tuple(near))

    def _follow_preview(self, found: Found) -> None:
        """An edit has changed the sample that is shown large, or has taken it out of what is sifted."""
        if not self.is_previewing:
            return
        current = self.grid.selection.current
        place = self.grid.place_of(current) if current is not None else None
        if place is None or not len(found):
            self.close_preview()
        else:
            self._show_place(place)

    # --- what a person does ------------------------------------------------------------------------------------------

    def ask_network(self) -> None:
        """Ask the network about every sample, or say why it cannot be asked."""
        session = self._bridge.session
        if session is None:
            return
        try:
            session.score_samples()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            if self.bar.query.sort in SCORED:
                self.bar.use(replace(self.bar.query, sort="class", descending=False))

    def _show_menu(self, where: QPoint) -> None:
        self.deeds.show_menu(where)

    def _find(self) -> None:
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    def _to_grid(self) -> None:
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.grid.selection.current is None and len(self.grid.found):
            self.grid.move_to(0)
