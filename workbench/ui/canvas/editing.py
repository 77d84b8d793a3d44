"""The canvas's commands: each asks the session for one edit, so that each is one undo step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QGuiApplication

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.identifiers import fresh_id
from workbench.core.words import count
from workbench.document import clipboard, edits
from workbench.document.graph import Edge, Graph, Node
from workbench.document.projection import downstream
from workbench.ui.canvas.arrange import arrange
from workbench.ui.canvas.geometry import GRID, frame, snapped
from workbench.ui.canvas.placing import COLUMN_GAP, ROW_GAP, blank_card, free_spot, make_room, ports_of

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.ui.canvas.view import CanvasView

NUDGE_PAUSE = 1.0
"""Arrow keys pressed within so many seconds of each other are one undo step."""

_SAME_ROW = 40


class Editing(QObject):
    """What can be done to the graph from the canvas, by whatever means it is asked for."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._nudged_at = 0.0
        self._nudges = 0

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
        identity = fresh_id(layer, session.graph.nodes)
        node = Node(identity, layer, x=x, y=y)

        def edit(graph: Graph) -> Graph | Diagnostic:
            if onto is not None and onto in graph.edges:
                return self._inserted(graph, node, onto)
            return edits.add(graph, node, edges=self._wires_for(node, wire))

        if session.apply(f"Add {LAYERS[layer].title}", edit) is not None:
            return None
        self._view.bridge.select((identity,))
        self._view.show_node(identity)
        return identity

    def append(self, layer: str) -> str | None:
        """Add a layer behind the selected node and wire it; on its own where nothing is selected."""
        canvas, look = self._view.canvas, self._view.canvas.look
        shape = frame(blank_card(Node("new", layer)), look)
        last = canvas.node(self.selection[-1]) if self.selection else None
        if last is not None and last.card.outputs:
            leaving = self.graph.outgoing(last.id)
            if len(leaving) == 1 and None not in ports_of(layer):
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

    def _wires_for(self, node: Node, wire: tuple[str, str, bool] | None) -> tuple[Edge, ...]:
        if wire is None:
            return ()
        other, port, from_output = wire
        first_input, first_output = ports_of(node.layer)
        if from_output and first_input is not None:
            return (Edge(other, port, node.id, first_input),)
        if not from_output and first_output is not None:
            return (Edge(node.id, first_output, other, port),)
        return ()

    def _inserted(self, graph: Graph, node: Node, onto: Edge) -> Graph | Diagnostic:
        """Stand in a wire, in the source's row where the drop was near it, and push what is in the way."""
        canvas = self._view.canvas
        first_input, first_output = ports_of(node.layer)
        source, target = canvas.node(onto.source), canvas.node(onto.target)
        if first_input is None or first_output is None or source is None or target is None:
            return edits.add(graph, node)
        shape = frame(blank_card(node), canvas.look)
        x, y = node.x, node.y
        shifts: dict[str, tuple[int, int]] = {}
        if target.rect.left() > source.rect.right():
            if abs(y - source.rect.top()) < _SAME_ROW:
                y = round(source.rect.top())
            x = max(x, snapped(source.rect.right() + COLUMN_GAP))
            cards = {item.id: item.rect for item in canvas.nodes()}
            shifts = make_room(QRectF(x, y, shape.width, shape.height), cards, downstream(graph, (onto.target,)))
        placed = Node(node.id, node.layer, node.name, node.params, x, y)
        grown = edits.insert_on_edge(graph, placed, onto, first_input, first_output)
        return grown if isinstance(grown, Diagnostic) else edits.move(grown, shifts)

    # --- wiring ------------------------------------------------------------------------------------------------------

    def wire(self, edge: Edge) -> None:
        if self.session is not None:
            self.session.apply("Draw wire", lambda graph: edits.connect(graph, edge))

    def follow(self, fix: Fix) -> None:
        """Carry out a remedy; one that no longer fits says so."""
        refused = self.session.apply_fix(fix) if self.session is not None else None
        if refused is not None:
            self._view.bridge.notify(refused)

    # --- removing, copying -------------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Remove the chosen wire, or the selected layers; what fed them then feeds what they fed."""
        session, wire = self.session, self._view.canvas.chosen_wire
        if session is None:
            return
        if wire is not None and (item := self._view.canvas.wire(wire)) is not None:
            session.remove((), edges=(item.edge,))
        elif self.selection:
            session.remove(self.selection, heal=True)

    def duplicate(self) -> None:
        self._duplicate(keep_wires=False)

    def duplicate_with_wires(self) -> None:
        self._duplicate(keep_wires=True)

    def _duplicate(self, *, keep_wires: bool) -> None:
        session, chosen = self.session, self.selection
        if session is None or not chosen:
            return
        down = snapped(self._view.canvas.bounds(chosen).height() + ROW_GAP)
        result = edits.duplicate(session.graph, chosen, (0, down), keep_wires=keep_wires)
        if isinstance(result, Diagnostic):
            self._view.bridge.notify(result)
            return
        graph, ids = result
        session.apply(f"Duplicate {count(len(chosen), 'layer')}", lambda _graph: graph)
        self._view.bridge.select(ids.values())

    def copy(self) -> None:
        if self.selection:
            QGuiApplication.clipboard().setText(clipboard.copy(self.graph, self.selection))

    def cut(self) -> None:
        session, chosen = self.session, self.selection
        if session is not None and chosen:
            self.copy()
            label = f"Cut {count(len(chosen), 'layer')}"
            session.apply(label, lambda graph: edits.remove(graph, chosen, heal=True))

    def paste(self) -> None:
        session = self.session
        if session is None:
            return
        at = self._view.pointer_place()
        result = clipboard.paste(session.graph, QGuiApplication.clipboard().text(), snapped(at.x()), snapped(at.y()))
        if isinstance(result, Diagnostic):
            self._view.bridge.notify(result)
            return
        graph, ids = result
        session.apply(f"Paste {count(len(ids), 'layer')}", lambda _graph: graph)
        self._view.bridge.select(ids)

    # --- selection ---------------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        self._view.bridge.select(self.graph.nodes)

    def step_selection(self, step: int) -> bool:
        """Select the next node along the order of computation; False past either end."""
        inferred = self._view.canvas.inferred
        order = inferred.order if inferred is not None else ()
        if not order:
            return False
        at = order.index(self.selection[-1]) + step if self.selection and self.selection[-1] in order else None
        at = (0 if step > 0 else len(order) - 1) if at is None else at
        if not 0 <= at < len(order):
            return False
        self._view.bridge.select((order[at],))
        self._view.show_node(order[at])
        return True

    # --- moving ------------------------------------------------------------------------------------------------------

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selected cards by a few pixels; presses in quick succession are one undo step."""
        session, chosen = self.session, self.selection
        if session is None or not chosen:
            return
        now = time.monotonic()
        if now - self._nudged_at > NUDGE_PAUSE:
            self._nudges += 1
        self._nudged_at = now
        nodes = session.graph.nodes
        places = {i: (nodes[i].x + dx, nodes[i].y + dy) for i in chosen if i in nodes}
        label = "Move layer" if len(places) == 1 else f"Move {count(len(places), 'layer')}"
        gesture = f"nudge {self._nudges} {' '.join(chosen)}"
        session.apply(label, lambda graph: edits.move(graph, places), gesture=gesture)

    def arrange(self) -> None:
        """Lay the whole graph out, in rows as wide as the view."""
        session, canvas = self.session, self._view.canvas
        if session is None or not canvas.graph.nodes:
            return
        sizes = {item.id: (item.frame.width, item.frame.height) for item in canvas.nodes()}
        width = max(900.0, self._view.viewport().width() / max(0.5, min(1.0, self._view.zoom)) - 2 * COLUMN_GAP)
        places = arrange(canvas.graph, sizes, width)
        if session.apply("Arrange layers", lambda graph: edits.move(graph, places)) is None:
            self._view.fit(canvas.bounds())


STEP = GRID
"""How far an arrow key moves a card; with Shift it is one pixel."""
