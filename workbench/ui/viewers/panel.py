"""The viewers: the chosen picture with its scores, and what the selected layer makes of it, live while training."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.inspection.scale import Scale
from workbench.session.state import DataState, RunState, Views
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, PanelHeader
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.save_view import png_bytes
from workbench.ui.theme import GAP, MARGIN, Theme, mark
from workbench.ui.viewers.filters import FiltersView
from workbench.ui.viewers.layer_view import LayerView
from workbench.ui.viewers.picture_column import PictureColumn
from workbench.ui.viewers.scale_bar import ScaleBar
from workbench.ui.viewers.words import file_filter, layer_name, noun, what_is_shown, why_nothing

ROOM_FOR_EPOCH = 340  # pixels of width


class ViewersPanel(QWidget):
    """Follows the selection and the session's `views`; asks the session to watch the layer it shows."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.node: str | None = None
        self._views: Views | None = None
        self._stale = True
        self._run: str | None = None
        mark(self, surface="panel")

        self.header = PanelHeader("Look inside")
        self._epoch = QLabel()
        mark(self._epoch, role="dim")
        self._open = IconButton(bridge, "picture", "Test a file…", "Choose any file with a sample.", quiet=True)
        self._sort = IconButton(bridge, "sort", "Strongest first", "Else by channel.", quiet=True, checkable=True)
        self.filters_button = IconButton(
            bridge, "filter", "Show filters", "The learned weights themselves.", quiet=True, checkable=True
        )
        self._save = IconButton(bridge, "save", "Save view as PNG…", quiet=True)
        self.header.add(self._epoch)
        self.header.add(self._open, self._sort, self.filters_button, self._save, spacing=0)

        self.column = PictureColumn(bridge)
        self.layer = LayerView(bridge)
        self.filters = FiltersView(bridge, largest=96)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        mark(self._note, role="dim")
        stage = QWidget()  # a layout without a widget would show its first page as a window of its own
        self._right = QStackedLayout(stage)
        self._right.setContentsMargins(0, 0, 0, 0)
        for view in (self._note, self.layer, self.filters):
            self._right.addWidget(view)
        self._scale = ScaleBar(bridge)
        self._fit = IconButton(bridge, "target", "Fit the colours", "To the values shown now.", quiet=True, small=True)
        self._reading = ElidedLabel("label")
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(self._scale)
        foot.addWidget(self._fit)
        foot.addWidget(self._reading, 1)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(stage, 1)
        right.addLayout(foot)
        body = self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        body.setSpacing(MARGIN)
        body.addWidget(self.column)
        body.addLayout(right, 1)
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(MARGIN, GAP, MARGIN, 12)
        column.setSpacing(GAP)
        column.addWidget(self.header)
        column.addLayout(body, 1)

        self.empty = EmptyState(
            bridge,
            "eye",
            "Nothing to look at yet",
            "Choose pictures first; then every layer shows here what it makes of one of them.",
        )
        self.to_data = self.empty.add_button("Choose pictures", "data", "Go to Data (Ctrl+1)", primary=True)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._content)

        self._connect()
        self._session_changed(bridge.session)

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._session_changed)
        bridge.selectionChanged.connect(self._selected)
        bridge.projectChanged.connect(self._project_changed)
        bridge.dataChanged.connect(self._data_changed)
        bridge.runChanged.connect(self._run_changed)
        bridge.viewsChanged.connect(self._views_changed)
        self.to_data.clicked.connect(self._go_to_data)
        self.column.before.clicked.connect(self._show_before)
        self.column.next.clicked.connect(self._show_next)
        self._open.clicked.connect(self._ask_for_picture)
        self._sort.toggled.connect(self.layer.mosaic.sort_by_strength)
        self.filters_button.toggled.connect(self._refresh_right)
        self._save.clicked.connect(self._ask_and_save)
        self._fit.clicked.connect(self.layer.fit)
        self.column.picture.fileDropped.connect(self.test_picture)
        self.column.picture.openAsked.connect(self._ask_for_picture)
        self.column.picture.stepAsked.connect(self._walk)
        self.layer.read.connect(self._reading.setText)
        self.layer.scaleChanged.connect(self._show_scale)

    @property
    def epoch_words(self) -> str:
        return self._epoch.text()

    @property
    def note_words(self) -> str:
        """What stands in place of the maps; "" while there are some."""
        return self._note.text() if self._right.currentWidget() is self._note else ""

    # --- following the session ---------------------------------------------------------------------------------------

    def _session_changed(self, session: object) -> None:
        self.node, self._views, self._run = None, None, None
        self.layer.forget_scales()
        if self._bridge.session is not None:
            self._views = self._bridge.session.views
            self._selected(self._bridge.selection)
        self._refresh()

    def _selected(self, selection: tuple[str, ...]) -> None:
        session = self._bridge.session
        if session is None:
            return
        node = session.path_id(selection[-1]) if selection else self.node
        if node is None or not scopes.is_there(session.project.graph, node):
            node = self._first_worth_seeing()
        if node != self.node:
            self.node = node
            session.watch((node,) if node is not None else ())
            self._refresh()

    def _first_worth_seeing(self) -> str | None:
        """The first layer that makes maps of its own: the first with weights, else the first behind the input."""
        session = self._bridge.session
        if session is None:
            return None
        inferred = session.whole
        weighted = [n for n in inferred.order if inferred.weights.get(n)]
        return next(iter(weighted or inferred.order), None)

    def _project_changed(self, _change: object) -> None:
        session = self._bridge.session
        if session is not None and (self.node is None or not scopes.is_there(session.project.graph, self.node)):
            self._selected(self._bridge.selection)
        self._refresh()

    def _data_changed(self, _state: DataState) -> None:
        self._refresh()

    def _run_changed(self, run: RunState | None) -> None:
        if run is not None and run.id != self._run:
            self._run = run.id
            self.layer.forget_scales()
        if self.isVisible():
            self._show_words()

    def _views_changed(self, views: Views | None) -> None:
        self._views = views
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_column()

    def _fit_column(self) -> None:
        width, height = self.width() - 2 * MARGIN, self.height() - self.header.height() - 2 * GAP - 12
        tall = height > 1.25 * width
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if tall else QBoxLayout.Direction.LeftToRight)
        if tall:
            self.column.lie_down(width)
        else:
            self.column.stand(width, height)
        self._epoch.setVisible(width >= ROOM_FOR_EPOCH)

    # --- showing -----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Show the newest views; while hidden only remember that there are some."""
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        session = self._bridge.session
        has_data = session is not None and (session.data.phase != "none" or self._views is not None)
        self._pages.setCurrentWidget(self._content if has_data else self.empty)
        if not has_data:
            return
        bars = len(self.column.bars.scores)
        self.column.show_views(self._views)
        if len(self.column.bars.scores) != bars:
            self._fit_column()
        self._show_words()
        self._refresh_right()

    def _show_words(self) -> None:
        session, views = self._bridge.session, self._views
        node = self.node
        if session is None or node is None or not scopes.is_there(session.project.graph, node):
            self.header.set_title("Look inside")
            self.header.set_details()
            self._epoch.setText("")
            return
        filters = self.filters_button.isChecked() and self.filters_button.isEnabled()
        self.header.set_title(layer_name(session, node))
        self.header.set_details(what_is_shown(session, views, node, filters=filters))
        fresh = views is not None and not views.trained
        self._epoch.setText(f"epoch {session.run.epoch:,}" if session.run is not None and not fresh else "")

    def _refresh_right(self, _checked: bool = False) -> None:
        views, node = self._views, self.node
        filters = None if views is None or node is None else views.filters.get(node)
        self.filters_button.setEnabled(filters is not None)
        show_filters = filters is not None and self.filters_button.isChecked()
        values = None if views is None or node is None else views.maps.get(node)
        names = views.classes if views is not None else ()
        self.layer.show_values(node or "", None if show_filters else values, names)
        self.filters.set_filters(filters if show_filters else None)
        self._sort.setEnabled(values is not None and values.ndim > 1 and not show_filters)
        self._fit.setVisible(self.layer.uses_colours and not show_filters)
        self._save.setEnabled(values is not None or show_filters)
        if show_filters:
            self._right.setCurrentWidget(self.filters)
        elif values is not None:
            self._right.setCurrentWidget(self.layer)
        else:
            self._note.setText(why_nothing(self._bridge.session, self.node))
            self._right.setCurrentWidget(self._note)
        self._show_words()

    def _show_scale(self, scale: Scale | None) -> None:
        self._scale.show_scale(scale)

    # --- choosing a picture ------------------------------------------------------------------------------------------

    def _go_to_data(self) -> None:
        self._bridge.go_to("data")

    def test_picture(self, path: str) -> None:
        """Show what the network makes of a picture file."""
        if self._bridge.session is not None:
            self._bridge.session.choose_picture(Path(path))

    def _ask_for_picture(self) -> None:
        if self._bridge.session is None:
            return
        session = self._bridge.session
        name, _ = QFileDialog.getOpenFileName(self.window(), f"Test a {noun(session)}", "", file_filter(session))
        if name:
            self.test_picture(name)

    def _show_before(self) -> None:
        self._walk(-1)

    def _show_next(self) -> None:
        self._walk(1)

    def _walk(self, step: int) -> None:
        """The next picture of the data set, round and round; after a file, the first one."""
        session = self._bridge.session
        dataset = None if session is None else session.data.dataset
        if session is None or dataset is None or not len(dataset.index):
            return
        shown = None if self._views is None else self._views.picture_name
        found = None if shown is None else dataset.index.find(shown)
        at = found if found is not None else -1 if step > 0 else 0
        session.choose_picture((at + step) % len(dataset.index))

    # --- taking it along ---------------------------------------------------------------------------------------------

    def _ask_and_save(self) -> None:
        title = self.header.details.replace(", ", " ") or "view"
        name, _ = QFileDialog.getSaveFileName(self.window(), "Save view", f"{title}.png", "PNG picture (*.png)")
        if name:
            self.save_view(Path(name))

    def save_view(self, path: Path) -> bool:
        """Write the maps, values or filters shown as a PNG file; a failure is shown as a notice."""
        image = self.filters.grab().toImage() if self.filters.isVisible() else self.layer.to_image()
        if image is None:
            return False
        try:
            write_atomic(path, png_bytes(image))
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return False
        return True
