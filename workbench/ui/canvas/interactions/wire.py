"""Wiring: drag from a port to a port, in either direction; drag a plugged wire's end to plug it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from workbench.catalogue.declaration import Port
from workbench.compiler.fitting import acceptors, suppliers
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import connect, disconnect
from workbench.document.graph import Edge, Graph
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.hits import hit_at
from workbench.ui.canvas.interactions.gesture import Gesture, Pointer
from workbench.ui.canvas.items.passing import DraftWire
from workbench.ui.canvas.painter import FADED, LIT

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

_MARKS = {True: LIT, None: 0, False: FADED}
"""How a port looks by whether it would fit; where not enough is known to tell, as usual."""

Fits = Mapping[tuple[str, str], bool | None]


class DrawWire(Gesture):
    """From one port to the other kind of port. Ports that fit light up, the others fade.

    A wire that does not fit may be drawn all the same; the compiler marks it and says what would help. Dropped on a
    card it takes the card's best free port; dropped on nothing it opens the menu of layers and wires the chosen one.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: CanvasView, node: str, port: str, *, from_output: bool) -> None:
        super().__init__(view)
        self._node, self._port, self._from_output = node, port, from_output
        self._draft: DraftWire | None = None
        self._fits: Fits = {}

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        inferred = self.canvas.inferred
        if inferred is not None:
            judge = acceptors if self._from_output else suppliers
            self._fits = judge(self.canvas.graph, inferred, self._node, self._port)
        self._mark()
        self._draft = DraftWire(self.canvas.look)
        self.canvas.addItem(self._draft)
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        if self._draft is None:
            return
        target = self._target(pointer)
        loose = pointer.scene if target is None else self._place(*target, output=not self._from_output)
        fixed = self._place(self._node, self._port, output=self._from_output)
        good = target is None or self._fits.get(target) is not False
        if self._from_output:
            self._draft.stretch(fixed, loose, loose, good)
        else:
            self._draft.stretch(loose, fixed, loose, good)

    def end(self, pointer: Pointer) -> None:
        target = self._target(pointer)
        if target is not None:
            self._clear()
            self._connect(self._edge(*target))
        elif self.is_drag(pointer) and self._over_nothing(pointer):
            self._dropped(pointer)
        else:
            self._clear()

    def cancel(self) -> None:
        self._clear()

    def _dropped(self, pointer: Pointer) -> None:
        """On nothing: the menu takes over, the draft stays until it closes."""
        self._unmark()
        draft, self._draft = self._draft, None
        self.view.menus.open_at_wire_end(pointer, self._node, self._port, from_output=self._from_output, draft=draft)

    def _connect(self, edge: Edge) -> None:
        session = self.view.session
        if session is None or edge in session.graph.edges:
            return
        session.apply(self._label(edge), lambda graph: connect(graph, edge))

    def _label(self, edge: Edge) -> str:
        graph = self.canvas.graph
        return f"Wire {display_name(graph, edge.source)} to {display_name(graph, edge.target)}"

    def _edge(self, node: str, port: str) -> Edge:
        if self._from_output:
            return Edge(self._node, self._port, node, port)
        return Edge(node, port, self._node, self._port)

    def _target(self, pointer: Pointer) -> tuple[str, str] | None:
        """The port the wire would go into: the one under the pointer, or the best one of the card under it."""
        hit = hit_at(self.canvas, pointer.scene, self.view.zoom, wires=False)
        if hit.node is None or hit.node == self._node:
            return None
        port = hit.input if self._from_output else hit.output
        if port is not None:
            return hit.node, port
        item = self.canvas.node(hit.node)
        if item is None:
            return None
        ports = item.card.inputs if self._from_output else item.card.outputs
        ranked = sorted(
            (p.id for p in ports),
            key=lambda p: (self._fits.get((item.id, p)) is False, self._from_output and p not in item.card.open_inputs),
        )
        return (hit.node, ranked[0]) if ranked else None

    def _over_nothing(self, pointer: Pointer) -> bool:
        return hit_at(self.canvas, pointer.scene, self.view.zoom, wires=False).nothing

    def _place(self, node: str, port: str, *, output: bool) -> QPointF:
        item = self.canvas.node(node)
        if item is None:
            return self.origin.scene
        return item.output_at(port) if output else item.input_at(port)

    def _mark(self) -> None:
        for item in self.canvas.nodes():
            ports = item.card.inputs if self._from_output else item.card.outputs
            marks = tuple(_MARKS[self._fits.get((item.id, p.id))] for p in ports)
            other = tuple(FADED for _ in (item.card.outputs if self._from_output else item.card.inputs))
            if item.id == self._node:
                marks = tuple(FADED for _ in ports)
                other = tuple(LIT if p.id == self._port else FADED for p in self._own_ports(item.card))
            inputs, outputs = (marks, other) if self._from_output else (other, marks)
            item.mark_ports(inputs, outputs, faded=item.id != self._node and set(marks) <= {FADED})

    def _own_ports(self, card: Card) -> tuple[Port, ...]:
        return card.outputs if self._from_output else card.inputs

    def _unmark(self) -> None:
        for item in self.canvas.nodes():
            item.mark_ports()

    def _clear(self) -> None:
        self._unmark()
        if self._draft is not None:
            self.canvas.removeItem(self._draft)
            self._draft = None


class Replug(DrawWire):
    """Takes hold of a wire at its input end: plug it in elsewhere, or drop it on nothing to pull it out."""

    def __init__(self, view: CanvasView, edge: Edge) -> None:
        super().__init__(view, edge.source, edge.source_port, from_output=True)
        self._old = edge

    def start(self, pointer: Pointer) -> None:
        if (wire := self.canvas.wire(self._old.id)) is not None:
            wire.set_state(lifted=True)
        super().start(pointer)

    def _dropped(self, pointer: Pointer) -> None:
        self._clear()
        session = self.view.session
        if session is not None:
            session.apply("Delete wire", lambda graph: disconnect(graph, self._old))

    def _connect(self, edge: Edge) -> None:
        session = self.view.session
        if session is None or edge == self._old:
            return

        def replug(graph: Graph) -> Graph | Diagnostic:
            freed = disconnect(graph, self._old)
            return freed if isinstance(freed, Diagnostic) else connect(freed, edge)

        session.apply(self._label(edge), replug)

    def _clear(self) -> None:
        super()._clear()
        if (wire := self.canvas.wire(self._old.id)) is not None:
            wire.set_state(lifted=False)
