"""The canvas's commands that change what the network is: each asks the session for one edit, so that each is one undo
step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.words import count
from workbench.document import edits
from workbench.document.graph import Edge, Graph, Node
from workbench.document.ids import new_id
from workbench.document.projection import downstream
from workbench.session.healing import removed
from workbench.ui.canvas.geometry import frame, snapped
from workbench.ui.canvas.placing import COLUMN_GAP, blank_card, declared, free_spot, make_room, ports_of
from workbench.ui.canvas.walking import Direction, neighbour
from workbench.ui.palette.offers import brought, wanted

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.ui.canvas.view import CanvasView

_SAME_ROW = 40


class Editing(QObject):
    """What can be done to the graph from the canvas, by whatever means it is asked for."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view

    @property
    def session(self) -> Session | None:
        return self._view.session

    @property
    def graph(self) -> Graph:
        return self._view.canvas.graph

    @property
    def selection(self) -> tuple[str, ...]:
        return self._view.bridge.selection

    # --- adding ------------------------------------------------------------------------------------------------------

    def add(
        self, layer: str, x: int, y: int, *, onto: Edge | None = None, wire: tuple[str, str, bool] | None = None
    ) -> str | None:
        """Add a layer and select it; gives its id, None if that was refused.

        `onto`: stand in this wire, and make room for it. `wire` is (node, port, from_output): be wired to that port.
        """
        session = self.session
        if session is None:
            return None
        bring = brought(session, layer)
        made = ""

        def edit(graph: Graph) -> Graph | Diagnostic:
            nonlocal made
            result = bring(graph)  # a block from elsewhere comes in with its definition
            if isinstance(result, Diagnostic):
                return result
            graph, own = result
            made = new_id(own, graph.nodes)
            node = Node(made, own, x=x, y=y)
            if onto is not None and onto in graph.edges:
                return self._inserted(graph, node, onto)
            return edits.add(graph, node, edges=self._wires_for(graph, node, wire))

        if session.apply(f"Add {wanted(session, layer).title}", edit) is not None:
            return None
        self._view.bridge.select((made,))
        self._view.show_node(made)
        return made

    def append(self, layer: str) -> str | None:
        """Add a layer behind the selected node and wire it; on its own where nothing is selected."""
        canvas = self._view.canvas
        found = wanted(self._view.bridge.session, layer)
        shape = frame(blank_card(Node("new", layer), found), canvas.look)
        last = canvas.node(self.selection[-1]) if self.selection else None
        if last is not None and last.card.outputs and ports_of(found)[0] is not None:
            leaving = self.graph.outgoing(last.id)
            if len(leaving) == 1 and None not in ports_of(found):
                return self.add(layer, round(last.rect.right()) + COLUMN_GAP, round(last.rect.top()), onto=leaving[0])
            x, y = self.spot(last.rect.right() + COLUMN_GAP, last.rect.top(), shape.width, shape.height)
            return self.add(layer, x, y, wire=(last.id, last.card.outputs[0].id, True))
        bounds = canvas.bounds()
        if bounds.isNull():
            return self.add(layer, 0, 0)
        x, y = self.spot(bounds.right() + COLUMN_GAP, bounds.top(), shape.width, shape.height)
        return self.add(layer, x, y)

    def spot(self, x: float, y: float, width: float, height: float) -> tuple[int, int]:
        """A free place at or below (x, y)."""
        return free_spot(x, y, width, height, [item.rect for item in self._view.canvas.nodes()])

    def _wires_for(self, graph: Graph, node: Node, wire: tuple[str, str, bool] | None) -> tuple[Edge, ...]:
        if wire is None:
            return ()
        other, port, from_output = wire
        first_input, first_output = ports_of(declared(graph, node.layer))
        if from_output and first_input is not None:
            return (Edge(other, port, node.id, first_input),)
        if not from_output and first_output is not None:
            return (Edge(node.id, first_output, other, port),)
        return ()

    def insert(self, node: str, x: int, y: int, onto: Edge) -> bool:
        """Put a card that is on the canvas already, and wired to nothing, into a wire; gives whether that was done."""
        session = self.session
        if session is None:
            return False

        def edit(graph: Graph) -> Graph | Diagnostic:
            return self._inserted(graph, replace(graph.nodes[node], x=x, y=y), onto)

        return session.apply("Insert layer", edit) is None

    def _inserted(self, graph: Graph, node: Node, onto: Edge) -> Graph | Diagnostic:
        """Stand in a wire, in the source's row where the drop was near it, and push what is in the way."""
        canvas = self._view.canvas
        standing = canvas.node(node.id)
        card = standing.card if standing is not None else blank_card(node, declared(graph, node.layer))
        source, target = canvas.node(onto.source), canvas.node(onto.target)
        base = edits.move(graph, {node.id: (node.x, node.y)}) if standing is not None else edits.add(graph, node)
        if isinstance(base, Diagnostic) or not card.inputs or not card.outputs or source is None or target is None:
            return base
        shape = frame(card, canvas.look)
        x, y = node.x, node.y
        shifts: dict[str, tuple[int, int]] = {}
        if target.rect.left() > source.rect.right():
            if abs(y - source.rect.top()) < _SAME_ROW:
                y = round(source.rect.top())
            x = max(x, snapped(source.rect.right() + COLUMN_GAP))
            cards = {item.id: item.rect for item in canvas.nodes() if item.id != node.id}
            shifts = make_room(QRectF(x, y, shape.width, shape.height), cards, downstream(graph, (onto.target,)))
        grown = edits.insert_on_edge(base, base.nodes[node.id], onto, card.inputs[0].id, card.outputs[0].id)
        return grown if isinstance(grown, Diagnostic) else edits.move(grown, {node.id: (x, y), **shifts})

    # --- wiring ------------------------------------------------------------------------------------------------------

    def wire(self, edge: Edge) -> None:
        if self.session is not None:
            self.session.apply("Draw wire", lambda graph: edits.connect(graph, edge))

    def follow(self, fix: Fix) -> None:
        """Carry out a remedy; one that no longer fits says so."""
        refused = self.session.apply_fix(fix) if self.session is not None else None
        if refused is not None:
            self._view.bridge.notify(refused)

    # --- removing ----------------------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Remove the chosen wire, or the selected layers; what fed them then feeds what they fed, where that fits."""
        session, wire, chosen = self.session, self._view.canvas.chosen_wire, self.selection
        if session is None:
            return
        if wire is not None and (item := self._view.canvas.wire(wire)) is not None:
            session.remove((), edges=(item.edge,))
        elif chosen:
            inferred = session.inferred
            label = "Delete layer" if len(chosen) == 1 else f"Delete {count(len(chosen), 'layer')}"
            session.apply(label, lambda graph: removed(graph, chosen, known=inferred))

    # --- selection ---------------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        self._view.bridge.select(self.graph.nodes)

    def step_selection(self, step: int) -> bool:
        """Select the next node along the order of computation; False past either end."""
        order = self._order()
        if not order:
            return False
        at = order.index(self.selection[-1]) + step if self.selection and self.selection[-1] in order else None
        at = (0 if step > 0 else len(order) - 1) if at is None else at
        if not 0 <= at < len(order):
            return False
        self._lead((order[at],))
        return True

    def select_end(self, *, last: bool) -> None:
        """Select the first or the last node along the order of computation."""
        if order := self._order():
            self._lead((order[-1 if last else 0],))

    def walk(self, direction: Direction, *, extend: bool = False) -> None:
        """Select the card next to the leading one, along the wires; with `extend` in addition to what is selected."""
        if not self.selection:
            self.select_end(last=False)
            return
        cards = {item.id: item.rect for item in self._view.canvas.nodes()}
        there = neighbour(self.graph, cards, self.selection[-1], direction)
        if there is not None:
            before = tuple(i for i in self.selection if i != there) if extend else ()
            self._lead((*before, there))

    def _order(self) -> tuple[str, ...]:
        inferred = self._view.canvas.inferred
        return tuple(inferred.order) if inferred is not None else ()

    def _lead(self, selection: tuple[str, ...]) -> None:
        """Select, and bring the leading card into view."""
        self._view.bridge.select(selection)
        self._view.show_node(selection[-1])
