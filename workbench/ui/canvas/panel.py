"""The canvas panel: the view with its overlays, the outline beside it, and everything that follows the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QImage, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import count
from workbench.session.state import ProjectChange, Views
from workbench.ui.bridge import Bridge
from workbench.ui.canvas import actions
from workbench.ui.canvas.card import display_title
from workbench.ui.canvas.flow import Flow
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.minimap import Minimap
from workbench.ui.canvas.outline import Outline
from workbench.ui.canvas.picture import save_canvas
from workbench.ui.canvas.rename import NameField
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.summary import SummaryLine
from workbench.ui.canvas.thumbnails import picture_image, thumbnails
from workbench.ui.canvas.view import ZOOM_STEP, CanvasView
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import Theme

MapsMode = Literal["off", "selected", "all"]
_EDGE = 14  # of the overlays from the canvas's edge
_MINIMAP_FROM = QSize(560, 360)  # smaller canvases have no room for it
MOST_WATCHED = 48
"""Beyond so many layers their maps are not asked for all at once."""


class CanvasPanel(QWidget):
    """Build on it: `bridge` tells what to show, edits go to its session. `actions()` are for the window's menus."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.setObjectName("canvas_panel")
        self.setAccessibleName("Canvas")
        self.canvas = CanvasScene(Look(theme), self)
        self.view = CanvasView(self.canvas, bridge)
        self.outline = Outline(bridge)
        self.outline.hide()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.outline)
        self._splitter.addWidget(self.view)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setSizes([320, 1000])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._splitter)

        self.minimap = Minimap(self.view, self.view)
        self.summary = SummaryLine(theme, self.view)
        self.empty = EmptyState(
            bridge, "build", "No layers yet", "Drag a layer here from the palette, or press Space to search for one."
        )
        self.empty.setParent(self.view)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.name_field = NameField(self.view)
        self._flow = Flow(self.canvas, bridge, self.view)
        self._maps_mode: MapsMode = "all"
        self._pictures: dict[str, tuple[object, tuple[QImage, ...]]] = {}  # maps shown, so that none is made twice
        self._fit_next = True

        self._actions = actions.build(self, self._handlers())
        self.view.commands = self._actions
        self._outline_button = IconButton(
            bridge, "list", "Outline", "The layers as a list, in order", quiet=True, checkable=True, parent=self.view
        )
        self._outline_button.setObjectName("canvas_outline_button")
        self._outline_button.toggled.connect(self.show_outline)
        group = QActionGroup(self)
        for mode in ("off", "selected", "all"):
            group.addAction(self._actions[f"maps_{mode}"])
        self._actions["maps_all"].setChecked(True)
        self._actions["minimap"].setChecked(True)

        self.view.moved.connect(self._place_overlays)
        self.view.zoomed.connect(bridge.zoomChanged)
        self.view.renameAsked.connect(self.name_field.open)
        bridge.sessionChanged.connect(self._session_changed)
        bridge.projectChanged.connect(self._project_changed)
        bridge.inferredChanged.connect(self._refresh)
        bridge.problemsChanged.connect(self._problems_changed)
        bridge.viewsChanged.connect(self._views_changed)
        bridge.selectionChanged.connect(self._selection_changed)
        bridge.themeChanged.connect(self._theme_changed)
        self.setFocusProxy(self.view)
        actions.tint(self._actions, theme)
        self._session_changed(bridge.session)

    def sizeHint(self) -> QSize:
        return QSize(900, 560)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 240)

    # --- what others may ask for -------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the selected layers, or all of them."""
        self.view.fit(self.canvas.bounds(self._bridge.selection or None))

    def append_layer(self, layer: str) -> str | None:
        """Add a layer behind the selected one, wired, with room made for it. Gives its id."""
        return self.view.editing.append(layer)

    def show_outline(self, shown: bool) -> None:
        self.outline.setVisible(shown)
        self.outline.refresh()
        self._actions["outline"].setChecked(shown)
        self._outline_button.setChecked(shown)

    def show_minimap(self, shown: bool) -> None:
        self._actions["minimap"].setChecked(shown)
        self._place_overlays()

    @property
    def maps_mode(self) -> MapsMode:
        """On which cards thumbnails of feature maps are shown."""
        return self._maps_mode

    def show_maps(self, mode: MapsMode) -> None:
        self._maps_mode = mode
        self._actions[f"maps_{mode}"].setChecked(True)
        self._watch()
        self._show_images()

    def save_picture(self, path: Path) -> None:
        """Write the whole network as PNG or SVG, by the file's ending. A failure is shown as a notice."""
        try:
            save_canvas(self.canvas, path)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    # --- following the session ---------------------------------------------------------------------------------------

    def _session_changed(self, _session: object) -> None:
        self.view.cancel_gesture()
        self.name_field.dismiss()
        self.canvas.clear_graph()
        self._pictures.clear()
        self._fit_next = True
        self._watch()
        self._refresh()
        self._show_images()
        self._selection_changed(self._bridge.selection)
        if self._bridge.session is not None and self.isVisible():
            self._fit_once()

    def _project_changed(self, change: ProjectChange) -> None:
        self.view.cancel_gesture()
        before, session = self.canvas.graph, self._bridge.session
        if session is not None and change.before.graph is before and change.after.graph is session.graph:
            self.canvas.show_graph(session.graph, session.inferred, session.problems, change.diff)
        self._refresh()
        if change.diff.changes_function:
            self._watch()

    def _refresh(self, _inferred: object = None) -> None:
        session = self._bridge.session
        if session is not None:
            self.canvas.show_graph(session.graph, session.inferred, session.problems)
            self.canvas.select(self._bridge.selection)
        self.summary.show_totals(
            session.inferred if session is not None else None, session.project.recipe if session is not None else None
        )
        self._place_overlays()
        self._enable()
        self._describe()

    def _problems_changed(self, problems: tuple[Diagnostic, ...]) -> None:
        self.canvas.show_problems(problems)
        self._describe()

    def _selection_changed(self, ids: tuple[str, ...]) -> None:
        self.canvas.select(ids)
        self._show_images()
        self._enable()
        self._describe()

    def _theme_changed(self, theme: Theme) -> None:
        self.canvas.set_look(Look(theme))
        actions.tint(self._actions, theme)
        self.minimap.redraw()
        self.view.viewport().update()

    def _enable(self) -> None:
        session = self._bridge.session
        chosen = bool(self._bridge.selection) or self.canvas.chosen_wire is not None
        actions.enable(self._actions, project=session is not None, selection=chosen)
        self._actions["delete"].setEnabled(session is not None)  # a chosen wire is not part of the selection

    def _describe(self) -> None:
        """What a screen reader says of the canvas as a whole."""
        graph = self.canvas.graph
        names = [display_title(graph.nodes[i]) for i in self._bridge.selection if i in graph.nodes]
        chosen = f"Selected: {', '.join(names)}. " if names else ""
        self.view.setAccessibleDescription(
            f"{count(len(graph), 'layer')}. {chosen}Tab goes from layer to layer; the outline lists them all."
        )

    # --- feature maps on the cards -----------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Tell the session whose maps the cards show, beside those that the viewers watch."""
        session = self._bridge.session
        if session is None:
            return
        wanted: tuple[str, ...] = ()
        if self._maps_mode == "all":
            outputs = session.inferred.outputs
            wanted = tuple(
                node
                for node in session.inferred.order
                if (given := outputs.get(node)) is not None
                and len(given.shape) == 3
                and not _is_input(session.graph.nodes[node].layer)
            )
        session.watch(wanted if len(wanted) <= MOST_WATCHED else (), by="canvas")

    def _views_changed(self, _views: Views | None) -> None:
        if self.isVisible():
            self._show_images()

    def _show_images(self) -> None:
        session = self._bridge.session
        views = session.views if session is not None else None
        images: dict[str, tuple[QImage, ...]] = {}
        if session is not None and views is not None and self._maps_mode != "off":
            chosen = frozenset(self._bridge.selection)
            arrays: dict[str, object] = dict(views.maps)
            for node in session.graph.nodes.values():
                if node.layer == "pictures":
                    arrays[node.id] = views.picture
                if node.id in arrays and (self._maps_mode == "all" or node.id in chosen):
                    made = self._made(node.id, arrays[node.id], is_picture=node.layer == "pictures")
                    if made:
                        images[node.id] = made
        self._pictures = {node: kept for node, kept in self._pictures.items() if node in images}
        self.canvas.show_images(images)

    def _made(self, node: str, array: object, *, is_picture: bool) -> tuple[QImage, ...]:
        """The thumbnails of an array, from before if it is the same one."""
        kept = self._pictures.get(node)
        if kept is not None and kept[0] is array:
            return kept[1]
        made: tuple[QImage, ...]
        if is_picture:
            image = picture_image(array)  # type: ignore[arg-type]
            made = (image,) if image is not None else ()
        else:
            made = thumbnails(array)  # type: ignore[arg-type]
        self._pictures[node] = (array, made)
        return made

    # --- overlays ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._show_images()
        self._fit_once()

    def _fit_once(self) -> None:
        """A project just opened is shown whole; afterwards the view stays where the person put it."""
        if self._fit_next and self.canvas.graph.nodes and self.view.viewport().width() > 100:
            self._fit_next = False
            self.view.fit(self.canvas.bounds())

    def _place_overlays(self) -> None:
        room = self.view.size()
        has_cards = bool(self.canvas.graph.nodes)
        fits = room.width() >= _MINIMAP_FROM.width() and room.height() >= _MINIMAP_FROM.height()
        self.minimap.setVisible(has_cards and fits and self._actions["minimap"].isChecked())
        self.minimap.move(
            room.width() - self.minimap.width() - _EDGE + 2, room.height() - self.minimap.height() - _EDGE + 2
        )
        self.summary.setMaximumWidth(max(80, room.width() - 2 * _EDGE - (self.minimap.width() + 12 if fits else 0)))
        self.summary.adjustSize()
        self.summary.move(_EDGE - 8, room.height() - self.summary.height() - _EDGE + 6)
        self.empty.setVisible(not has_cards and self._bridge.session is not None)
        self.empty.setGeometry(self.view.rect())
        self._outline_button.move(_EDGE - 6, _EDGE - 6)

    # --- actions -----------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[..., None]]:
        editing, menus = self.view.editing, self.view.menus
        return {
            "add": self._add,
            "wire_to": menus.choose_target,
            "cut": editing.cut,
            "copy": editing.copy,
            "paste": editing.paste,
            "duplicate": editing.duplicate,
            "duplicate_with_wires": editing.duplicate_with_wires,
            "delete": editing.delete,
            "rename": self._rename,
            "select_all": editing.select_all,
            "fit": self.fit,
            "actual_size": self._actual_size,
            "zoom_in": self._zoom_in,
            "zoom_out": self._zoom_out,
            "arrange": editing.arrange,
            "maps_off": self._maps_off,
            "maps_selected": self._maps_selected,
            "maps_all": self._maps_all,
            "outline": self.show_outline,
            "minimap": self.show_minimap,
            "save_picture": self._save_picture,
        }

    def action(self, name: str) -> QAction:
        """One action by name ("arrange", "fit", …), for buttons elsewhere."""
        return self._actions[name]

    def _add(self) -> None:
        self.view.menus.open_add_menu(self.view.pointer_place())

    def _rename(self) -> None:
        if self._bridge.selection:
            self.name_field.open(self._bridge.selection[-1])

    def _actual_size(self) -> None:
        self.view.set_zoom(1.0)

    def _zoom_in(self) -> None:
        self.view.set_zoom(self.view.zoom * ZOOM_STEP)

    def _zoom_out(self) -> None:
        self.view.set_zoom(self.view.zoom / ZOOM_STEP)

    def _maps_off(self) -> None:
        self.show_maps("off")

    def _maps_selected(self) -> None:
        self.show_maps("selected")

    def _maps_all(self) -> None:
        self.show_maps("all")

    def _save_picture(self) -> None:
        name = self._bridge.session.project.name if self._bridge.session is not None else "network"
        chosen, kind = QFileDialog.getSaveFileName(
            self.window(), "Save canvas", f"{name}.png", "PNG picture (*.png);;SVG drawing (*.svg)"
        )
        if chosen:
            path = Path(chosen)
            self.save_picture(path if path.suffix else path.with_suffix(".svg" if "svg" in kind else ".png"))


def _is_input(layer: str) -> bool:
    declared = LAYERS.get(layer)
    return declared is not None and declared.is_input
