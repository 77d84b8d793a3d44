"""The page that says what is in the data, and what is worth a look: an overview beside the details of one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.classes_section import ClassesSection
from workbench.ui.datasets.findings.duplicate_list import EDGE
from workbench.ui.datasets.findings.duplicates_section import DuplicatesSection
from workbench.ui.datasets.findings.files_section import FilesSection
from workbench.ui.datasets.findings.names_section import NamesSection
from workbench.ui.datasets.findings.overview import WIDTH, Overview
from workbench.ui.datasets.findings.section import WORTH_A_LOOK, Finding, Section
from workbench.ui.datasets.findings.sizes_section import SizesSection
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.theme import GAP, MARGIN, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset


class FindingsPage(QWidget):
    """Follows the session's data and its search for duplicates; works only while it can be seen."""

    def __init__(self, bridge: Bridge, _theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._stale = True
        self._dataset: Dataset | None = None
        self._present: tuple[Section, ...] = ()
        mark(self, surface="panel")
        self.thumbnails = Thumbnails(round(EDGE * max(self.devicePixelRatioF(), 1.5)), self)
        self.destroyed.connect(self.thumbnails.close)
        self.classes = ClassesSection(bridge, self.thumbnails)
        self.duplicates = DuplicatesSection(bridge, self.thumbnails)
        self.sizes = SizesSection(bridge)
        self.names = NamesSection(bridge)
        self.files = FilesSection(bridge)
        self.sections: tuple[Section, ...] = (self.classes, self.duplicates, self.sizes, self.names, self.files)
        self.overview = Overview(bridge)
        details = QWidget()
        details.setMinimumSize(320, 160)  # sections scroll inside; their wishes must not make the window taller
        inside = QHBoxLayout(details)
        inside.setContentsMargins(MARGIN, 0, 0, 0)
        stage = QWidget()
        inside.addWidget(stage)
        self._stage = QStackedLayout(stage)
        for section in self.sections:
            self._stage.addWidget(section)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(self.overview)
        self._body.addWidget(details)
        self._body.setStretchFactor(0, 0)
        self._body.setStretchFactor(1, 1)
        self._body.setSizes([WIDTH, 900])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP, 0, 0)
        column.addWidget(self._body)
        self.setFocusProxy(self.overview)
        bridge.sessionChanged.connect(self._session_changed)
        bridge.dataChanged.connect(self._changed)
        bridge.duplicatesChanged.connect(self._changed)
        self.overview.chosen.connect(self._choose)

    @property
    def section(self) -> Section:
        """The one whose details are in view."""
        shown = self._stage.currentWidget()
        assert isinstance(shown, Section)
        return shown

    def show_section(self, section: Section) -> None:
        """Bring a section into view, if it means something for these data."""
        if section in self._present:
            self.overview.choose(self._present.index(section))

    def _choose(self, row: int) -> None:
        self._stage.setCurrentWidget(self._present[row])

    # --- following the session ----------------------------------------------------------------------------------------

    def _session_changed(self, _session: object) -> None:
        self.thumbnails.close()  # also while this page is hidden: nobody waits for the pictures of a closed project
        self._dataset = None
        self._changed()

    def _changed(self, _what: object = None) -> None:
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._stale:
            self.refresh()
        return super().event(event)

    def refresh(self) -> None:
        """Show everything as it is now."""
        self._stale = False
        session = self._bridge.session
        dataset = session.data.dataset if session is not None else None
        self.thumbnails.use(dataset)
        self._body.setVisible(dataset is not None)
        first = self._dataset is None
        self._dataset = dataset
        if session is None or dataset is None:
            return
        found = [(section, section.show_session(session, dataset)) for section in self.sections]
        self._show_findings([(section, finding) for section, finding in found if finding is not None], first)

    def _show_findings(self, found: list[tuple[Section, Finding]], first: bool) -> None:
        before = self._present
        self._present = tuple(section for section, _finding in found)
        self.overview.show_findings(tuple(finding for _section, finding in found))
        if first:  # what is worth a look comes into view by itself
            states = [finding.state for _section, finding in found]
            self.overview.choose(states.index(WORTH_A_LOOK) if WORTH_A_LOOK in states else 0)
        elif before != self._present:
            self.overview.choose(self._present.index(self.section) if self.section in self._present else 0)
