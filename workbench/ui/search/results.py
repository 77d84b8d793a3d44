"""What a search came to so far: the table of trials, and three drawings of them that follow each other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QTabBar, QVBoxLayout, QWidget

from workbench.session.searching.trial import SearchState
from workbench.ui.bridge import Bridge
from workbench.ui.search.importance import ImportanceBars
from workbench.ui.search.parallel import ParallelPlot
from workbench.ui.search.progress_plot import ProgressPlot
from workbench.ui.search.trial_table import TrialTable
from workbench.ui.theme import GAP, MARGIN

TALL = 430
"""Pixels of height from which all drawings stand below each other; else tabs choose one."""
WIDE = 720
"""Pixels of width from which the drawings stand beside the table; else below it."""


class SearchResults(QWidget):
    """`taken(number)`: a trial's settings are wanted for the project."""

    taken = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.table = TrialTable(bridge)
        self.parallel = ParallelPlot(bridge)
        self.importance = ImportanceBars(bridge)
        self.progress = ProgressPlot(bridge)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Drawings of the search")
        for title in ("Settings", "Progress"):
            self.tabs.addTab(title)
        self._below = QWidget()
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(MARGIN)
        below.addWidget(self.progress, 3)
        below.addWidget(self.importance, 2)
        drawings = QWidget()
        column = QVBoxLayout(drawings)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.parallel, 3)
        column.addWidget(self._below, 2)
        split = self._split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(MARGIN)
        split.setStyleSheet("QSplitter::handle { background: transparent; }")
        split.addWidget(self.table)
        split.addWidget(drawings)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([500, 500])
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(split)
        self.tabs.currentChanged.connect(self._place)
        self.table.chosen.connect(self._chosen)
        self.table.taken.connect(self.taken)
        self.table.doubleClicked.connect(self._double_clicked)
        self.parallel.sifted.connect(self._sifted)
        self.parallel.chosen.connect(self.table.choose)
        self.progress.chosen.connect(self.table.choose)
        self._place()

    def show_state(self, state: SearchState) -> None:
        """Bring the table and the drawings up to date."""
        self.table.trials.show(state)
        self.parallel.show_state(state)
        self.importance.show_state(state)
        self.progress.show_state(state)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        number = self.table.current
        menu = QMenu(self)
        take = menu.addAction("Take over these settings")
        take.setEnabled(number is not None)
        take.triggered.connect(self._take_current)
        menu.addAction("Keep all trials").triggered.connect(self.parallel.clear_brushes)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _place(self, _tab: int = 0) -> None:
        wide = self.width() >= WIDE
        if wide != (self._split.orientation() == Qt.Orientation.Horizontal):
            self._split.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
            self._split.setSizes([1000, 1000] if wide else [1000, 1700])
        tall = (self.height() if wide else self.height() * 0.6) >= TALL
        self.tabs.setVisible(not tall)
        self.parallel.setVisible(tall or self.tabs.currentIndex() == 0)
        self._below.setVisible(tall or self.tabs.currentIndex() == 1)

    def _sifted(self, numbers: object) -> None:
        only = numbers if isinstance(numbers, frozenset) else None
        self.table.show_only(only)
        self.progress.show_only(only)

    def _chosen(self, number: int) -> None:
        self.parallel.choose(number or None)
        self.progress.choose(number or None)

    def _double_clicked(self, _place: object) -> None:
        self._take_current()

    def _take_current(self) -> None:
        number = self.table.current
        if number is not None:
            self.taken.emit(number)
