"""The training panel: tabs over its pages. The first page is the run as it goes; the others are built when shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedLayout, QTabBar, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.parts.divider import divider
from workbench.ui.parts.header import PanelHeader
from workbench.ui.theme import GAP, MARGIN, Theme, mark
from workbench.ui.training import pages
from workbench.ui.training.live_page import LivePage


class TrainingPanel(QWidget):
    """Pages of `pages.PAGES` by id. Other panels ask for one with `bridge.show_training_page`."""

    pageChosen = Signal(str)  # a person chose another tab: its id
    pageBuilt = Signal(str, object)  # a page was shown for the first time: its id and the page

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._built: dict[str, QWidget] = {}
        mark(self, surface="panel")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages of training")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        for page in pages.PAGES:
            self.tabs.setTabData(self.tabs.addTab(page.title), page.id)
        self._has_tabs = len(pages.PAGES) > 1
        self._row = QHBoxLayout()
        self._row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self._row.setSpacing(2 * GAP)
        self._row.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self._bar = QWidget()
        bar = QVBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(0)
        bar.addLayout(self._row)
        bar.addWidget(divider())
        stage = QWidget()  # a layout without a widget would show its first page as a window of its own
        self._shown = QStackedLayout(stage)
        self._shown.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        self._bar.setVisible(self._has_tabs)  # not before: without a parent it would be a window of its own
        column.addWidget(stage, 1)
        self.tabs.currentChanged.connect(self._tab_changed)
        bridge.trainingPageAsked.connect(self.show_page)
        self._show_page(self.page_id)

    @property
    def page_id(self) -> str:
        """Which page is in view."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    def page(self, name: str) -> QWidget:
        """A page by its id, built if it was not yet. StopIteration for an unknown one."""
        if name not in self._built:
            page = next(page for page in pages.PAGES if page.id == name)
            built = page.build(self._bridge, self._theme)
            built.setAccessibleName(page.title)
            self._built[name] = built
            self._shown.addWidget(built if isinstance(built, LivePage) else _giving_way(built))
            head = getattr(built, "head", None)
            if self._has_tabs and isinstance(head, QWidget):
                if isinstance(head, PanelHeader):
                    head.set_title("")  # the tab is its title
                self._row.addWidget(head, 1)
            self.pageBuilt.emit(name, built)
        return self._built[name]

    @property
    def live(self) -> LivePage:
        """The run as it goes."""
        found = self.page("live")
        assert isinstance(found, LivePage)
        return found

    def show_page(self, name: str) -> None:
        """Show a page by its id; an unknown id (of another version) changes nothing."""
        place = next((i for i in range(self.tabs.count()) if self.tabs.tabData(i) == name), None)
        if place is not None:
            self.tabs.setCurrentIndex(place)

    def _show_page(self, name: str) -> None:
        shown = self.page(name)
        self._shown.setCurrentIndex(list(self._built).index(name))
        for built in self._built.values():
            head = getattr(built, "head", None)
            if self._has_tabs and isinstance(head, QWidget):
                head.setVisible(built is shown)
        self.setFocusProxy(shown)

    def _tab_changed(self, _place: int) -> None:
        self._show_page(self.page_id)
        self.pageChosen.emit(self.page_id)


def _giving_way(page: QWidget) -> QWidget:
    """A page in a frame that asks for no room: where the panel is smaller than the page needs, it is scrolled."""
    frame = QScrollArea()
    frame.setFrameShape(QFrame.Shape.NoFrame)
    frame.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    frame.setWidgetResizable(True)
    frame.setWidget(page)
    frame.viewport().setAutoFillBackground(False)
    return frame
