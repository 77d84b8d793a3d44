"""The canvas panel: the view with its overlays, the outline beside it, and everything that follows the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QHideEvent, QPixmapCache, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import count
from workbench.session.state import ProjectChange
from workbench.ui.bridge import Bridge
from workbench.ui.canvas import actions
from workbench.ui.canvas.arranging import AXES, LINES
from workbench.ui.canvas.blocks import Blocks
from workbench.ui.canvas.card import display_title
from workbench.ui.canvas.card_facts import CardFacts
from workbench.ui.canvas.card_maps import CardMaps, MapsMode
from workbench.ui.canvas.flow import Flow
from workbench.ui.canvas.frame_field import FrameField
from workbench.ui.canvas.lens import ZOOM_STEP
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.outline import Outline
from workbench.ui.canvas.overlays import Overlays
from workbench.ui.canvas.picture import Wish, image, save_canvas
from workbench.ui.canvas.picture_sheet import PictureSheet
from workbench.ui.canvas.rename import NameField
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.speaking import spoken
from workbench.ui.canvas.switching import Switching
from workbench.ui.canvas.view import CanvasView
from workbench.ui.code.panel import CodePanel
from workbench.ui.facts_choice import FACTS
from workbench.ui.theme import Theme

_CARD_CACHE = 96 * 1024
"""Room for drawn cards, in kB: those of a large screen at 200 %."""


CODE_WIDTH = 460
"""Room for the source at first, in pixels; less where the canvas would become the smaller part."""

READABLE = 0.55
"""The zoom below which a card's words are hard to read."""


class CanvasPanel(QWidget):
    """Where the network is built and read. `bridge` tells what to show; edits go to its session.

    `actions()` are all of the canvas's actions, for the window's menus; the property "group" of each says which one
    ("Add", "Edit" or "View"), `action(name)` gives a single one.
    """

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.setObjectName("canvas_panel")
        self.setAccessibleName("Canvas")
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), _CARD_CACHE))
        self.canvas = CanvasScene(Look(theme), self)
        self.view = CanvasView(self.canvas, bridge)
        self.outline = Outline(bridge)
        self.outline.hide()
        splitter = self._splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.outline)
        splitter.addWidget(self.view)
        self.code = CodePanel(bridge, theme, "canvas", closable=True)
        self.code.hide()
        splitter.addWidget(self.code)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([384, 1000, CODE_WIDTH])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter)
        self.blocks = Blocks(self)
        self.switching = Switching(bridge, self)
        self._actions = actions.build(self, self._handlers())
        self.view.commands = self._actions
        self.overlays = Overlays(self.view, bridge, self._actions["minimap"], self._actions["outline"])
        self.name_field = NameField(self.view)
        self.frame_field = FrameField(self.view)
        self._maps = CardMaps(self.canvas, bridge, self.isVisible, self)
        self._maps.follow_view(self._cards_in_view)
        self.view.moved.connect(self._maps.view_moved)
        self._flow = Flow(self.canvas, bridge, self.view)
        self._fit_next = True
        group = QActionGroup(self)
        for mode in ("off", "selected", "all"):
            group.addAction(self._actions[f"maps_{mode}"])
        self._actions["maps_all"].setChecked(True)
        self.facts = CardFacts(self.canvas, bridge, self)
        facts = QActionGroup(self)
        for name, _words, _tip in FACTS:
            facts.addAction(self._actions[f"facts_{name}"])
        facts.triggered.connect(self._choose_facts)
        self.facts.choice.changed.connect(self._facts_chosen)
        self._facts_chosen(self.facts.choice.name)
        self._actions["minimap"].setChecked(True)
        self._actions["outline"].toggled.connect(self.show_outline)
        self._actions["code"].toggled.connect(self.show_code)
        self.code.closeAsked.connect(self._close_code)
        self._actions["arrange_down"].toggled.connect(self.view.arranging.run_down)

        self.outline.addAsked.connect(self.view.menus.open_add_behind)
        self.outline.enterAsked.connect(self.view.enter_selected)
        self.outline.menuAsked.connect(self.view.menus.open_context_menu_below)
        self.view.zoomed.connect(bridge.zoomChanged)
        self.view.renameAsked.connect(self.name_field.open)
        self.view.frameRenameAsked.connect(self.frame_field.open)
        bridge.frameChosen.connect(self._frame_chosen)
        self.view.openAsked.connect(self.blocks.open)
        self.view.leaveAsked.connect(self.blocks.up)
        bridge.sessionChanged.connect(self._session_changed)
        bridge.scopeChanged.connect(self._scope_changed)
        bridge.projectChanged.connect(self._project_changed)
        bridge.inferredChanged.connect(self._refresh)
        bridge.problemsChanged.connect(self._problems_changed)
        bridge.selectionChanged.connect(self._selection_changed)
        bridge.revealed.connect(self.view.show_node)
        bridge.themeChanged.connect(self._theme_changed)
        self.setFocusProxy(self.view)
        actions.tint(self._actions, theme)
        self._session_changed(bridge.session)

    def sizeHint(self) -> QSize:
        return QSize(900, 560)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 240)

    # --- what others may ask for -------------------------------------------------------------------------------------

    def action(self, name: str) -> QAction:
        """One action by name ("arrange", "fit", …), for buttons elsewhere."""
        return self._actions[name]

    def fit(self) -> None:
        """Show the selected layers or the chosen frame, or all there is."""
        frame = self.canvas.frames.item(self._bridge.frame)
        self.view.fit(frame.rect if frame is not None else self.canvas.bounds(self._bridge.selection or None))

    def show_network(self) -> None:
        """Show the whole network, or its beginning where the whole would be too small to read."""
        self.view.fit(self.canvas.bounds(), least=READABLE)

    def append_layer(self, layer: str) -> str | None:
        """Add a layer behind the selected one, wired, with room made for it. Gives its id."""
        return self.view.editing.append(layer)

    def show_outline(self, shown: bool) -> None:
        self.outline.setVisible(shown)
        self.outline.refresh()
        self._actions["outline"].setChecked(shown)

    def show_code(self, shown: bool) -> None:
        """Show or hide the Python beside the canvas, which keeps the larger part of the room."""
        self.code.setVisible(shown)
        self._actions["code"].setChecked(shown)
        if shown:
            outline, view, code = self._splitter.sizes()
            wanted = min(CODE_WIDTH, (view + code) * 2 // 5)
            self._splitter.setSizes([outline, view + code - wanted, wanted])

    def _choose_facts(self, action: QAction) -> None:
        self.facts.choice.choose(action.objectName().removeprefix("canvas_facts_"))

    def _facts_chosen(self, name: str) -> None:
        self._actions[f"facts_{name}"].setChecked(True)

    def _close_code(self) -> None:
        self._actions["code"].setChecked(False)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def maps_mode(self) -> MapsMode:
        """On which cards thumbnails of feature maps are shown."""
        return self._maps.mode

    def show_maps(self, mode: MapsMode) -> None:
        self._actions[f"maps_{mode}"].setChecked(True)
        self._maps.use(mode)

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
        self.frame_field.dismiss()
        self.canvas.clear_graph()
        self.blocks.forget()
        self._maps.forget()
        self._fit_next = True
        self._maps.watch()
        self._refresh()
        self._selection_changed(self._bridge.selection)
        self._fit_once()

    def _scope_changed(self, scope: tuple[str, ...]) -> None:
        """The inside of a block is shown, or what it stands in; each is seen where it was left."""
        self.view.cancel_gesture()
        self.name_field.dismiss()
        self.frame_field.dismiss()
        self.blocks.scope_changed(scope)
        self.canvas.clear_graph()
        self._maps.forget()
        self._maps.watch()
        self._refresh()
        self.blocks.look()

    def _project_changed(self, change: ProjectChange) -> None:
        self.view.cancel_gesture()
        session = self._bridge.session
        if session is not None and change.before.graph is self.canvas.graph and change.after.graph is session.graph:
            self.canvas.show_graph(session.graph, session.inferred, session.problems_here, change.diff)
        if change.after.graph is change.before.graph:  # else what was inferred is told next
            self._refresh()
        if change.diff.changes_function:
            self._maps.watch()
            self._maps.make_room()

    def _refresh(self, _inferred: object = None) -> None:
        session = self._bridge.session
        if session is not None:
            self.canvas.show_graph(session.graph, session.inferred, session.problems_here)
            self.canvas.select(self._bridge.selection)
        self.overlays.refresh()
        self.blocks.refresh()
        self._enable()
        self._describe()

    def _cards_in_view(self) -> frozenset[str]:
        """The cards that can be seen, none of them while they are too far away to be drawn one by one."""
        if self.canvas.far or not self.isVisible():
            return frozenset()
        seen = self.view.visible_rect()
        return frozenset(item.id for item in self.canvas.nodes() if seen.intersects(item.rect))

    def _problems_changed(self, problems: tuple[Diagnostic, ...]) -> None:
        session = self._bridge.session
        self.canvas.show_problems(session.problems_here if session is not None else problems)

    def _selection_changed(self, ids: tuple[str, ...]) -> None:
        self.canvas.select(ids)
        self._maps.show()
        self._enable()
        self._describe()

    def _frame_chosen(self, frame: str | None) -> None:
        self.canvas.frames.choose(frame)
        self._enable()
        self._describe()

    def _theme_changed(self, theme: Theme) -> None:
        self.canvas.set_look(Look(theme))
        actions.tint(self._actions, theme)
        self.overlays.minimap.redraw()
        self.view.viewport().update()

    def _enable(self) -> None:
        edit = self.view.session is not None
        chosen = len(self._bridge.selection)
        actions.enable(self._actions, project=self._bridge.session is not None, edit=edit, selected=chosen)
        self._actions["delete"].setEnabled(edit)  # a chosen wire is not part of the selection
        self._actions["rename"].setEnabled(edit and (chosen > 0 or self._bridge.frame is not None))
        self.blocks.enable(self._actions)

    def _describe(self) -> None:
        """What a screen reader says of the canvas as a whole."""
        graph, session = self.canvas.graph, self._bridge.session
        ids = [i for i in self._bridge.selection if i in graph.nodes]
        chosen = f"Selected: {', '.join(display_title(graph.nodes[i], graph) for i in ids)}. " if ids else ""
        if len(ids) == 1 and session is not None and ids[0] in session.graph.nodes:
            chosen = f"Selected: {spoken(session, ids[0]).rstrip('.')}. "
        frame = self.canvas.frames.item(self._bridge.frame)
        if frame is not None:
            chosen = f"Frame chosen: {frame.title}. {frame.note_text}".rstrip(". ") + ". "
        self.view.setAccessibleDescription(
            f"{count(len(graph), 'layer')}. {chosen}Tab goes from layer to layer; the outline lists them all."
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._maps.show()
        self._maps.view_moved()
        self._fit_once()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._maps.view_moved()  # a run takes no time for cards that nobody sees

    def _fit_once(self) -> None:
        """A project just opened is shown whole; afterwards the view stays where the person put it."""
        if self._fit_next and self.isVisible() and self.canvas.graph.nodes:
            self._fit_next = False
            self.show_network()

    # --- actions -----------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[..., None]]:
        editing, menus, copying, arranging = self.view.editing, self.view.menus, self.view.copying, self.view.arranging
        return {
            "add": self._add,
            "wire_to": menus.choose_target,
            "add_behind": menus.open_add_behind,
            "cut": copying.cut,
            "copy": copying.copy,
            "paste": copying.paste,
            "paste_with_wires": copying.paste_with_wires,
            "duplicate": copying.duplicate,
            "duplicate_with_wires": copying.duplicate_with_wires,
            "arrange": arranging.arrange,
            **dict.fromkeys((*LINES, *AXES), arranging.line_up),
            "delete": self._delete,
            "frame": self._frame,
            **self.view.marking.handlers(),
            "rename": self._rename,
            **self.blocks.handlers(),
            "select_all": editing.select_all,
            "fit": self.fit,
            "actual_size": self._actual_size,
            "zoom_in": self._zoom_in,
            "zoom_out": self._zoom_out,
            "maps_off": self._maps_off,
            "maps_selected": self._maps_selected,
            "maps_all": self._maps_all,
            "next_picture": self._next_picture,
            "picture_before": self._picture_before,
            "choose_picture": self._choose_picture,
            **self.switching.handlers(),
            "save_picture": self._export_picture,
            "copy_picture": self._copy_picture,
        }

    def _add(self) -> None:
        self.view.menus.open_add_menu(self.view.pointer_place())

    def _frame(self) -> None:
        self.view.framed.frame_selection()

    def _delete(self) -> None:
        if not self.view.framed.delete():
            self.view.editing.delete()

    def _rename(self) -> None:
        self.view.framed.rename()
        if self.outline.hasFocus():
            self.outline.rename_current()
        elif self._bridge.selection:
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

    def _next_picture(self) -> None:
        self.overlays.chip.step_on()

    def _picture_before(self) -> None:
        self.overlays.chip.step_back()

    def _choose_picture(self) -> None:
        self.overlays.chip.open()

    def _export_picture(self) -> None:
        """Open the sheet for a picture, or bring it forward."""
        sheet = self.findChild(PictureSheet)
        if sheet is None:
            sheet = PictureSheet(self.canvas, self._bridge, self)
        sheet.show()
        sheet.raise_()
        sheet.activateWindow()

    def _copy_picture(self) -> None:
        """A picture of what is selected, or of everything, onto the clipboard."""
        try:
            QGuiApplication.clipboard().setImage(image(self.canvas, Wish(self._bridge.selection or None)))
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
