"""The inspector: settings, pictures and code of what is selected; of nothing selected, the project and its recipe, or
the open block."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Category
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.core.words import count
from workbench.document.edits import rename
from workbench.document.graph import Graph
from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.code.panel import CodePanel
from workbench.ui.inspector.block_page import BlockPage
from workbench.ui.inspector.frame_page import FramePage
from workbench.ui.inspector.header import InspectorHeader
from workbench.ui.inspector.layer_page import LayerPage
from workbench.ui.inspector.pictures_page import PicturesPage
from workbench.ui.inspector.project_page import ProjectPage
from workbench.ui.inspector.several_page import SeveralPage
from workbench.ui.inspector.swatches import Swatches
from workbench.ui.parts.divider import divider
from workbench.ui.theme import GAP, MARGIN, Theme, mark
from workbench.ui.viewers.filters import FiltersView

TABS = (
    ("settings", "Settings", "What can be changed about it."),
    ("pictures", "Pictures", "Its filters and what it makes of the chosen picture."),
    ("code", "Code", "The PyTorch source it stands for."),
)


class InspectorPanel(QWidget):
    """Follows the selection. `wanted(command)` asks the window for a command of the canvas."""

    wanted = Signal(str)

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.setAccessibleName("Inspector")
        mark(self, surface="panel")
        self.header = InspectorHeader(theme)
        self.header.renamed.connect(self._rename)
        self.layer = LayerPage(bridge)
        self.layer.wanted.connect(self.wanted)
        self.project = ProjectPage(bridge)
        self.block = BlockPage(bridge)
        self.frame = FramePage(bridge)
        self.swatches = Swatches(theme)
        self.swatches.chosen.connect(self._colour)
        self.several = SeveralPage(bridge)
        self.several.wanted.connect(self.wanted)
        self.pictures = PicturesPage(bridge)
        self.code = CodePanel(bridge, theme, "inspector")
        self._filters_title = QLabel()
        mark(self._filters_title, role="strong")
        self.filters = FiltersView(bridge)
        for widget in (divider(), self._filters_title, self.filters):
            self.layer.extra.addWidget(widget)
        self._settings = QStackedWidget()
        self._scrolls: dict[QWidget, QScrollArea] = {}
        for page in (self.project, self.block, self.layer, self.several, self.frame):
            self._scrolls[page] = _scrolling(page)
            self._settings.addWidget(self._scrolls[page])
        self._pages = QStackedWidget()
        for tab in (self._settings, self.pictures, self.code):
            self._pages.addWidget(tab)
        self._due = QTimer(self)  # many changes in one turn of the event loop are shown once
        self._due.setSingleShot(True)
        self._due.setInterval(0)
        self._due.timeout.connect(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.swatches)
        column.addLayout(self._tabs())
        column.addWidget(divider())
        column.addWidget(self._pages, 1)
        for signal in (
            bridge.sessionChanged,
            bridge.scopeChanged,
            bridge.projectChanged,
            bridge.selectionChanged,
            bridge.frameChosen,
            bridge.inferredChanged,
            bridge.libraryChanged,
        ):
            signal.connect(self._later)
        bridge.problemsChanged.connect(self._show_problems)
        bridge.viewsChanged.connect(self._show_views)
        bridge.themeChanged.connect(self._restyle)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(268, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 120)

    def _tabs(self) -> QHBoxLayout:
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        row.setSpacing(3 * GAP)
        for place, (name, title, tip) in enumerate(TABS):
            button = QPushButton(title)
            button.setObjectName(f"inspector_{name}")
            button.setCheckable(True)
            button.setToolTip(tip)
            mark(button, role="tab")
            self._group.addButton(button, place)
            row.addWidget(button)
        row.addStretch(1)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self._show_tab)
        return row

    def show_tab(self, name: str) -> None:
        """Show "settings", "pictures" or "code"."""
        place = next(i for i, (known, _, _) in enumerate(TABS) if known == name)
        self._group.button(place).setChecked(True)
        self._show_tab(place)

    def edit_name(self) -> None:
        """Put the cursor into the name, all of it selected."""
        self.header.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.header.name.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the selection as it is now."""
        self._due.stop()
        session = self._bridge.session
        self.setEnabled(session is not None)
        if session is None:
            self.swatches.hide()
            self.header.show_words("No project", "", "Open a project to see its settings here.", "", editable=False)
            return
        selection = tuple(n for n in self._bridge.selection if n in session.graph.nodes)
        self._show_header(selection)
        self._show_swatches(selection)
        page: QWidget
        if self._bridge.frame is not None:
            page = self.frame
            self.frame.show_frame(self._bridge.frame)
        elif not selection:
            page = self.project if session.block is None else self.block
            (self.project if session.block is None else self.block).refresh()
        elif len(selection) == 1:
            self.layer.show_node(selection[0])
            page = self.layer
        else:
            self.several.show_nodes(selection)
            page = self.several
        self._settings.setCurrentWidget(self._scrolls[page])
        self._show_views(session.views)

    def _later(self, _changed: object = None) -> None:
        if self.isVisible():
            self._due.start()

    def _show_header(self, selection: tuple[str, ...]) -> None:
        session = self._bridge.session
        if session is None:
            return
        if self._bridge.frame is not None:
            title = session.graph.frames[self._bridge.frame].title
            words = "A titled area behind the layers; what lies wholly on it moves with it."
            self.header.show_words(title, "Frame", words, "", editable=not session.read_only)
        elif not selection and session.block is not None:
            words = session.block.summary or "Its ports and parameters. Select a layer to see its settings."
            hint = "A layer made of layers; a change shows wherever it is used."
            self.header.show_words(
                session.block.title, "Block", words, Category.BLOCK, editable=not session.read_only, hint=hint
            )
        elif not selection:
            words = "Totals and recipe. Select a layer to see its settings."
            self.header.show_words(session.project.name, "", words, "", editable=not session.read_only)
        elif len(selection) == 1:
            node = session.graph.nodes[selection[0]]
            layer = layer_of(session.graph, node.layer)
            name = display_name(session.graph, node.id)
            if layer is None:
                words = "This version does not know this layer; it is kept unchanged in the file."
                self.header.show_words(name, node.layer, words, "in/out", editable=not session.read_only)
            else:
                self.header.show_words(
                    name, layer.title, layer.summary, layer.category, editable=not session.read_only, hint=layer.help
                )
        else:
            self.header.show_words(count(len(selection), "layer"), "", "", "", editable=False)

    def _show_tab(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self.refresh()

    def _show_problems(self, problems: object) -> None:
        session = self._bridge.session
        if isinstance(problems, tuple) and session is not None and self.isVisible():
            self.layer.show_problems(session.problems_here)
            self.project.show_problems(problems)

    def _show_views(self, views: Views | None) -> None:
        session, selection = self._bridge.session, self._bridge.selection
        node = session.path_id(selection[0]) if session is not None and len(selection) == 1 else None
        filters = views.filters.get(node) if views is not None and node is not None else None
        self.filters.set_filters(filters)
        for place in range(self.layer.extra.count()):
            item = self.layer.extra.itemAt(place)
            if item is not None and (widget := item.widget()) is not None:
                widget.setVisible(filters is not None)
        if filters is not None:
            self._filters_title.setText(count(len(filters), "filter"))
        if self._pages.currentWidget() is self.pictures:
            self.pictures.show_node(node, views)

    def _rename(self, text: str) -> None:
        session = self._bridge.session
        if session is None:
            return
        if self._bridge.frame is not None:
            session.change_frame(self._bridge.frame, title=text.strip())
            return
        if not self._bridge.selection and session.block is not None:
            self.block.rename(text)
            return
        if not self._bridge.selection:
            if text.strip():
                session.change("Rename project", name=text.strip())
            return
        node = self._bridge.selection[0]
        session.apply("Rename layer", lambda graph: _renamed(graph, node, text))

    def _show_swatches(self, selection: tuple[str, ...]) -> None:
        """The palette, for what can be coloured."""
        session, frame = self._bridge.session, self._bridge.frame
        if session is None:
            return
        found = {session.graph.frames[frame].colour} if frame is not None else set()
        found |= {session.graph.nodes[node].colour for node in selection}
        self.swatches.setVisible(bool(found))
        self.swatches.setEnabled(not session.read_only)
        self.swatches.show_colour(found.pop() if len(found) == 1 else None)

    def _colour(self, name: str) -> None:
        session = self._bridge.session
        if session is None:
            return
        if self._bridge.frame is not None:
            session.change_frame(self._bridge.frame, colour=name)
        else:
            session.set_colour(self._bridge.selection, name)

    def _restyle(self, _theme: Theme) -> None:
        self.swatches.restyle()
        for page in (self.layer, self.project, self.block, self.several):
            page.restyle()
        self.update()


def _renamed(graph: Graph, node: str, text: str) -> Graph | Diagnostic:
    if text.strip() == display_name(graph, node):
        return graph
    return rename(graph, node, text)


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    mark(page, surface="panel")
    area.setWidget(page)
    return area
