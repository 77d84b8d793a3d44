"""The canvas's menus: adding a layer, choosing where a wire goes, what can be done with what was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGraphicsItem, QMenu

from workbench.compiler.fitting import acceptors
from workbench.core.diagnostic import Fix
from workbench.document.graph import Edge, Node
from workbench.ui.canvas import offers
from workbench.ui.canvas.chooser import Chooser, Entry
from workbench.ui.canvas.geometry import PORT_Y, frame, snapped
from workbench.ui.canvas.hits import Hit
from workbench.ui.canvas.interactions.gesture import Pointer
from workbench.ui.canvas.placing import blank_card, takes_wire
from workbench.ui.palette.offers import wanted

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


class Menus(QObject):
    """Opens them and carries out what was chosen. Holds what the open one is about; there is one at a time."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._at = QPointF()
        self._onto: Edge | None = None
        self._wire: tuple[str, str, bool] | None = None
        self._draft: QGraphicsItem | None = None
        self._targets: dict[str, Edge] = {}
        self._fixes: list[Fix] = []

    # --- adding ------------------------------------------------------------------------------------------------------

    def open_add_menu(self, at: QPointF, onto: Edge | None = None) -> None:
        """The searchable list of layers, at a place of the scene; `onto` a wire, only what can stand in it."""
        session = self._view.session
        if session is None:
            return
        self._at, self._onto, self._wire = at, onto, None
        entries = offers.layers(session) if onto is None else offers.layers_for_wire(session)
        self._open(Chooser("Add a layer", entries, self._view.theme, self._view, _NO_LAYER), self._add)

    def open_add_behind(self) -> None:
        """The list of layers for behind the leading one, those that fit there first; the chosen one is wired to it."""
        canvas, selection = self._view.canvas, self._view.bridge.selection
        item = canvas.node(selection[-1]) if selection else None
        session = self._view.session
        if session is None:
            return
        if item is None:
            self.open_add_menu(self._view.mapToScene(self._view.viewport().rect().center()))
            return
        self._view.show_node(item.id)
        self._at = item.rect.topRight()
        fed = bool(item.card.outputs)
        entries = offers.layers_after(session, canvas.inferred, item.id) if fed else offers.layers(session)
        name = f"Add a layer behind {item.card.title}"
        self._open(Chooser(name, entries, self._view.theme, self._view, _NO_LAYER), self._append)

    def open_at_wire_end(
        self, pointer: Pointer, node: str, port: str, *, from_output: bool, draft: QGraphicsItem | None
    ) -> None:
        """A wire was dropped on nothing: list the layers that fit first, and wire the chosen one."""
        session, inferred = self._view.session, self._view.canvas.inferred
        self._at, self._onto, self._wire = pointer.scene, None, (node, port, from_output)
        side = offers.layers_after if from_output else offers.layers_before
        entries = side(session, inferred, node, port)
        chooser = Chooser("Add a layer to this wire", entries, self._view.theme, self._view, _NO_LAYER)
        self._open(chooser, self._add)
        self._draft = draft

    def _append(self, layer: str) -> None:
        self._view.editing.append(layer)

    def _add(self, layer: str) -> None:
        found = wanted(self._view.session, layer)
        shape = frame(blank_card(Node("new", layer), found), self._view.canvas.look)
        x, y = self._at.x() - shape.width / 2, self._at.y() - shape.height / 2
        if self._wire is not None:  # the port the wire goes to stands where it was dropped
            x = self._at.x() if self._wire[2] else self._at.x() - shape.width
            y = self._at.y() - PORT_Y
        onto = self._onto if takes_wire(found) else None
        self._view.editing.add(layer, snapped(x), snapped(y), onto=onto, wire=self._wire)

    # --- wiring by keyboard ------------------------------------------------------------------------------------------

    def choose_target(self) -> None:
        """List the ports the selected node could feed, and wire the chosen one."""
        canvas, selection = self._view.canvas, self._view.bridge.selection
        item = canvas.node(selection[-1]) if selection else None
        if item is None or canvas.inferred is None or not item.card.outputs:
            return
        port = item.card.outputs[0].id
        fits = acceptors(canvas.graph, canvas.inferred, item.id, port)
        self._targets = {}
        entries = []
        for (node, target_port), fit in fits.items():
            other = canvas.node(node)
            edge = Edge(item.id, port, node, target_port)
            if other is None or edge in canvas.graph.edges or node in _before(self._view, item.id):
                continue
            self._targets[edge.id] = edge
            title = next((p.title for p in other.card.inputs if p.id == target_port), target_port)
            several = len(other.card.inputs) > 1
            group = (
                "Does not fit"
                if fit is False
                else "Fits"
                if target_port in other.card.open_inputs
                else "Replaces a wire"
            )
            entries.append(
                Entry(
                    edge.id,
                    f"{other.card.title}, {title}" if several else other.card.title,
                    hint=other.card.words,
                    category=other.card.category,
                    group=group,
                )
            )
        order = ("Fits", "Replaces a wire", "Does not fit")
        entries.sort(key=lambda e: order.index(e.group))
        name = f"Wire {item.card.title} to"
        self._at = item.output_at(port)
        self._open(
            Chooser(name, entries, self._view.theme, self._view, "There is no other layer it could feed."), self._aim
        )

    def _aim(self, edge: str) -> None:
        if edge in self._targets:
            self._view.editing.wire(self._targets[edge])

    # --- the context menu --------------------------------------------------------------------------------------------

    def open_context_menu(self, hit: Hit, at: QPointF, where: QPoint) -> None:
        """For a node, a wire, or (on nothing) the list of layers."""
        view = self._view
        if hit.node is not None:
            if hit.node not in view.bridge.selection:
                view.bridge.select((hit.node,))
            self._show(self._node_menu(hit.node), where)
        elif hit.edge is not None:
            view.bridge.select(())
            view.canvas.choose_wire(hit.edge.id)
            self._at, self._onto, self._wire = at, hit.edge, None
            menu = QMenu(view)
            insert = menu.addAction("Insert a layer…")
            insert.setObjectName("canvas_insert_in_wire")
            insert.triggered.connect(self._insert)
            menu.addAction(view.commands["delete"])
            self._show(menu, where)
        elif hit.frame is not None:
            view.bridge.choose_frame(hit.frame)
            self._show(self._frame_menu(), where)
        else:
            self.open_add_menu(at)

    def open_context_menu_at_selection(self) -> None:
        """The context menu asked for by key: at the selected node."""
        view = self._view
        item = view.canvas.node(view.bridge.selection[-1]) if view.bridge.selection else None
        if item is None:
            self.open_add_menu(view.mapToScene(view.viewport().rect().center()))
            return
        corner = view.viewport().mapToGlobal(view.mapFromScene(item.rect.bottomLeft()))
        self._show(self._node_menu(item.id), corner)

    def open_context_menu_below(self, corner: QPoint) -> None:
        """The context menu of the leading node, at a place of the screen."""
        selection = self._view.bridge.selection
        if selection and self._view.canvas.node(selection[-1]) is not None:
            self._show(self._node_menu(selection[-1]), corner)

    def _node_menu(self, node: str) -> QMenu:
        view = self._view
        menu = QMenu(view)
        item = view.canvas.node(node)
        problems = item.card.problems if item is not None else ()
        self._fixes = list({f.label: f for problem in problems for f in problem.fixes}.values())
        for number, fix in enumerate(self._fixes):
            action = menu.addAction(fix.label)
            action.setData(number)
            action.triggered.connect(self._remedy)
        if self._fixes:
            menu.addSeparator()
        is_block = view.canvas.graph.nodes[node].block is not None
        for name in (
            *(("open_block", "dissolve", "unique", "keep", None) if is_block else ()),
            *("rename", "wire_to", "group", "frame", None, "bypass", "mute", "freeze", "collapse", "colour", None),
            *("cut", "copy", "duplicate", "duplicate_with_wires", None, "delete"),
        ):
            if name is None:
                menu.addSeparator()
            elif name == "colour":
                menu.addMenu(view.marking.colour_menu(menu))
            else:
                menu.addAction(view.commands[name])
        return menu

    def _frame_menu(self) -> QMenu:
        view = self._view
        menu = QMenu(view)
        menu.addAction(view.commands["rename"])
        menu.addMenu(view.marking.colour_menu(menu))
        menu.addSeparator()
        menu.addAction(view.commands["delete"])
        return menu

    def _remedy(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._view.editing.follow(self._fixes[action.data()])

    def _insert(self) -> None:
        if self._onto is not None:
            self.open_add_menu(self._at, self._onto)

    @staticmethod
    def _show(menu: QMenu, where: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    # --- opening -----------------------------------------------------------------------------------------------------

    def _open(self, chooser: Chooser, then: object) -> None:
        self._drop_draft()
        chooser.chosen.connect(then)
        chooser.closed.connect(self._drop_draft)
        chooser.open_at(self._view.viewport().mapToGlobal(self._view.mapFromScene(self._at)))

    def _drop_draft(self) -> None:
        if self._draft is not None:
            self._view.canvas.removeItem(self._draft)
            self._draft = None


_NO_LAYER = "No layer is called that. Try another word, such as “conv” or “pool”."


def _before(view: CanvasView, node: str) -> frozenset[str]:
    """A node and all that it depends on."""
    found, waiting = {node}, [node]
    inferred = view.canvas.inferred
    while waiting and inferred is not None:
        for edge in inferred.wiring.incoming.get(waiting.pop(), {}).values():
            if edge.source not in found:
                found.add(edge.source)
                waiting.append(edge.source)
    return frozenset(found)
