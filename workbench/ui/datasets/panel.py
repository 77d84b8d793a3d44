"""The data place: where the samples come from, how the reading goes, and the pages that show what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QStackedLayout, QTabBar, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.session.state import DataState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.page import BrowserPage
from workbench.ui.datasets.nouns import noun
from workbench.ui.datasets.pages import PAGES
from workbench.ui.datasets.progress import ReadingProgress
from workbench.ui.datasets.sources import Sources, source_words
from workbench.ui.parts.divider import divider
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset


class DataPanel(QWidget):
    """Follows the session's `data`; everything it changes goes through the session. Pages are built when first shown.

    Other panels show samples here with `bridge.show_samples` and a page with `bridge.show_data_page`.
    """

    pageChosen = Signal(str)  # a person chose another tab: its id

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._dataset: Dataset | None = None
        self._built: dict[str, QWidget] = {}
        mark(self, surface="panel")
        self.sources = Sources(bridge, self)

        self._empty = EmptyState(
            bridge,
            "folder-pictures",
            "No data yet",
            "Choose a folder of pictures, texts or sounds with one sub-folder for each class, or a list or table. "
            "Or begin with a built-in sample; nothing is downloaded.",
        )
        self._empty_open = self._empty.add_button(
            "Open a folder of pictures…", "folder", "One sub-folder a class", primary=True
        )
        self._empty_list = self._empty.add_button(
            "Open a list…", "list", "A CSV or TSV of paths and labels, or a table"
        )
        self._empty_sample = self._empty.add_button("Use a sample", "star", "Data that come with the program")
        self._empty_sample.setMenu(self.sources.samples)

        self.header = PanelHeader("Data")
        self._again = IconButton(bridge, "refresh", "Read again", "Looks at the files anew.", quiet=True)
        self._open = QPushButton("Open…")
        self._open.setToolTip("Take the samples from another folder, a list or a table")
        self._open.setMenu(self.sources.open_menu)
        self._add = QPushButton("Add…")
        self._add.setToolTip("Merge another folder or a list with what is there")
        self._add.setMenu(self.sources.add_menu)
        self.header.add(self._again, self._add, self._open)
        self.progress = ReadingProgress()
        self.note = ProblemNote(bridge)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages of the data")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        for page in PAGES:
            self.tabs.setTabData(self.tabs.addTab(page.title), page.id)
        stage = QWidget()  # a layout without a widget would show its first page as a window of its own
        self._shown = QStackedLayout(stage)
        self._shown.setContentsMargins(0, 0, 0, 0)

        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, GAP, MARGIN, 12)
        column.setSpacing(GAP)
        for widget in (self.header, self.progress, self.note):
            column.addWidget(widget)
        tabs = QVBoxLayout()
        tabs.setSpacing(0)
        tabs.addWidget(self.tabs)
        tabs.addWidget(divider())
        column.addLayout(tabs)
        column.addWidget(stage, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(content)
        self._connect()
        self._show_page(PAGES[0].id)
        self._session_changed(bridge.session)

    def _connect(self) -> None:
        self._bridge.sessionChanged.connect(self._session_changed)
        self._bridge.dataChanged.connect(self.show_state)
        self._bridge.projectChanged.connect(self._project_changed)
        self._bridge.samplesAsked.connect(self.show_samples)
        self._bridge.dataPageAsked.connect(self.show_page)
        self._empty_open.clicked.connect(self.sources.ask_for_folder)
        self._empty_list.clicked.connect(self.sources.ask_for_list)
        self._again.clicked.connect(self._read_again)
        self.progress.cancelAsked.connect(self._cancel)
        self.note.fixChosen.connect(self._fix)
        self.tabs.currentChanged.connect(self._tab_changed)

    # --- pages -------------------------------------------------------------------------------------------------------

    @property
    def page_id(self) -> str:
        """Which page is in view."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    def page(self, name: str) -> QWidget:
        """A page by its id, built if it was not yet. StopIteration for an unknown one."""
        if name not in self._built:
            page = next(page for page in PAGES if page.id == name)
            built = page.build(self._bridge, self._theme)
            built.setAccessibleName(page.title)
            self._built[name] = built
            self._shown.addWidget(built)
        return self._built[name]

    @property
    def browser(self) -> BrowserPage:
        found = self.page("pictures")
        assert isinstance(found, BrowserPage)
        return found

    def show_page(self, name: str) -> None:
        """Show a page by its id; an unknown id (of another version) changes nothing."""
        place = next((i for i, page in enumerate(PAGES) if page.id == name), None)
        if place is not None:
            self.tabs.setCurrentIndex(place)

    def show_samples(self, indices: Sequence[int], words: str) -> None:
        """Show exactly these samples in the browser, in this order, under `words` ("taken for a cat")."""
        self.show_page("pictures")
        self.browser.show_samples(indices, words)

    def _show_page(self, name: str) -> None:
        self._shown.setCurrentWidget(self.page(name))
        self._lead_focus()

    def _lead_focus(self) -> None:
        """Who comes here by keyboard comes to what there is to do."""
        self.setFocusProxy(self._empty_open if self._pages.currentIndex() == 0 else self.page(self.page_id))

    def _tab_changed(self, _place: int) -> None:
        self._show_page(self.page_id)
        self.pageChosen.emit(self.page_id)

    # --- following the session ---------------------------------------------------------------------------------------

    def _session_changed(self, session: object) -> None:
        if self._bridge.session is None:
            self.show_state(DataState())
        else:
            self._show_settings()
            self.show_state(self._bridge.session.data)

    def _project_changed(self, _change: object) -> None:
        self._show_settings()
        self._show_words()

    def _show_settings(self) -> None:
        session = self._bridge.session
        if session is not None:
            for widget in (self._open, self._add, self._again):
                widget.setEnabled(not session.read_only)
            self._add.setVisible(not session.project.data.source.startswith("sample:"))

    def show_state(self, state: DataState) -> None:
        """Show a state of the data; while files are read anew, those that were there stay to look at."""
        empty = state.phase == "none" or self._bridge.session is None
        self._pages.setCurrentIndex(0 if empty else 1)
        self._lead_focus()
        self.progress.setVisible(state.phase == "working")
        if state.phase == "working":
            self.progress.show_state(state)
        self.note.show_diagnostic(state.diagnostic if state.phase == "failed" else None)
        self._dataset = state.dataset
        self._show_words()

    def _show_words(self) -> None:
        """Where the samples are from, and their counts."""
        session, dataset = self._bridge.session, self._dataset
        if session is None:
            self.header.set_details("")
        elif dataset is None:
            self.header.set_details(source_words(session.project.data))
        else:
            self.header.set_details(
                source_words(session.project.data),
                count(len(dataset.index), noun(dataset)),
                count(len(dataset.index.classes), "class"),
                count(len(dataset.bad), "bad file") if dataset.bad else "",
            )

    # --- what a person does ------------------------------------------------------------------------------------------

    def _read_again(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.rescan()

    def _cancel(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.pictures.cancel()

    def _fix(self, fix: object) -> None:
        if self._bridge.session is not None:
            self._bridge.session.apply_fix(fix)  # type: ignore[arg-type]
