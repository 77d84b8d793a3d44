"""Moving cards: they follow the pointer, snap to their neighbours or to the grid, and move once in the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt

from workbench.core.words import count
from workbench.document.edits import move
from workbench.ui.canvas.hits import wire_near
from workbench.ui.canvas.interactions.gesture import ALT, CONTROL, SHIFT, Gesture, Pointer
from workbench.ui.canvas.interactions.place import REACH
from workbench.ui.canvas.interactions.snapping import Snapping
from workbench.ui.canvas.items.passing import Guides
from workbench.ui.canvas.items.wire import WireItem

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


class MoveNodes(Gesture):
    """Begins with a press on a card. Without a drag it only selects: alone, or with Ctrl or Shift in addition.

    A single card that is wired to nothing goes into a wire it is dropped on. With Alt held it does not, nor does it
    snap to anything.
    """

    def __init__(self, view: CanvasView, node: str) -> None:
        super().__init__(view)
        self._node = node
        self._moving = False
        self._guides: Guides | None = None
        self._snapping: Snapping | None = None
        self._places: dict[str, QPointF] = {}
        self._step = (0, 0)
        self._loose = False  # one card that no wire ends at, and that can stand in one
        self._wire: WireItem | None = None

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        selection = self.view.bridge.selection
        self._was_selected = self._node in selection
        if not self._was_selected:
            self.view.bridge.select((*selection, self._node) if pointer.holds(CONTROL, SHIFT) else (self._node,))

    def move(self, pointer: Pointer) -> None:
        if not self._moving:
            if not self.is_drag(pointer):
                return
            self._begin()
        step = pointer.scene - self.origin.scene
        lines: list[QLineF] = []
        if pointer.holds(ALT) or self._snapping is None:  # free of grid and guides
            dx, dy = round(step.x()), round(step.y())
        else:
            dx, dy, lines = self._snapping.snap(step.x(), step.y(), self.view.zoom)
        for identity, place in self._places.items():
            item = self.canvas.node(identity)
            if item is not None:
                item.setPos(place + QPointF(dx, dy))
        self.canvas.route(self._places)
        if self._guides is not None:
            self._guides.show_lines(lines)
        self._step = (dx, dy)
        self._light(self._wire_under(pointer) if self._loose and not pointer.holds(ALT) else None)

    def end(self, pointer: Pointer) -> None:
        if not self._moving:
            self._click(pointer)
            return
        onto = self._wire.edge if self._wire is not None else None
        self._clear()
        dx, dy = self._step
        session = self.view.session
        if session is None or (dx == 0 and dy == 0):
            self._restore()
            return
        places = {i: (round(p.x()) + dx, round(p.y()) + dy) for i, p in self._places.items()}
        if onto is not None:
            if not self.view.editing.insert(self._node, *places[self._node], onto):
                self._restore()
            return
        label = "Move layer" if len(places) == 1 else f"Move {count(len(places), 'layer')}"
        if session.apply(label, lambda graph: move(graph, places)) is not None:
            self._restore()

    def cancel(self) -> None:
        if self._moving:
            self._clear()
            self._restore()

    def _begin(self) -> None:
        self._moving = True
        self._places = {i: item.pos() for i in self.view.bridge.selection if (item := self.canvas.node(i)) is not None}
        self._step = (0, 0)
        self._loose = self._is_loose()
        leader = self.canvas.node(self._node)
        moving = [item.rect for i in self._places if (item := self.canvas.node(i)) is not None]
        seen = self.view.visible_rect()
        still = [n.rect for n in self.canvas.nodes() if n.id not in self._places and n.rect.intersects(seen)]
        self._snapping = Snapping(leader.rect if leader is not None else moving[0], still)
        self._guides = Guides(self.canvas.look)
        self.canvas.addItem(self._guides)
        self.view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def _is_loose(self) -> bool:
        item = self.canvas.node(self._node)
        return (
            item is not None
            and tuple(self._places) == (self._node,)
            and bool(item.card.inputs and item.card.outputs)
            and not self.canvas.wires_at((self._node,))
            and not self.canvas.far
        )

    def _wire_under(self, pointer: Pointer) -> WireItem | None:
        """The wire that the card is held over: near the pointer, or near the card's middle."""
        item = self.canvas.node(self._node)
        reach = REACH / self.view.zoom
        at = wire_near(self.canvas, pointer.scene, reach)
        return at if at is not None or item is None else wire_near(self.canvas, item.rect.center(), reach)

    def _light(self, wire: WireItem | None) -> None:
        if wire is not self._wire:
            for lit, hot in ((self._wire, False), (wire, True)):
                if lit is not None:
                    lit.set_state(hot=hot)
            self._wire = wire

    def _click(self, pointer: Pointer) -> None:
        selection = self.view.bridge.selection
        if pointer.holds(CONTROL, SHIFT):
            if self._was_selected:
                self.view.bridge.select(i for i in selection if i != self._node)
        elif len(selection) > 1:
            self.view.bridge.select((self._node,))

    def _restore(self) -> None:
        """Put the cards back where the document has them."""
        for identity in self._places:
            node, item = self.canvas.graph.nodes.get(identity), self.canvas.node(identity)
            if node is not None and item is not None:
                item.setPos(node.x, node.y)
        self.canvas.route(self._places)
        self.canvas.touch()

    def _clear(self) -> None:
        self._light(None)
        if self._guides is not None:
            self.canvas.removeItem(self._guides)
            self._guides = None
