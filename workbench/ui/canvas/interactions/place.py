"""Dropping a layer from the palette: on the canvas, or into a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from workbench.document.graph import Node
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import snapped
from workbench.ui.canvas.hits import wire_near
from workbench.ui.canvas.interactions.gesture import Gesture, Pointer
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.wire import WireItem
from workbench.ui.canvas.placing import blank_card, takes_wire
from workbench.ui.palette.model import MIME
from workbench.ui.palette.offers import offered, wanted

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.ui.canvas.view import CanvasView

REACH = 24.0  # screen pixels from which a wire catches a layer held near it


def carried(data: QMimeData, session: Session | None) -> str | None:
    """The layer or block a drag carries, if it is one that can be added here."""
    if not data.hasFormat(MIME):
        return None
    layer = bytes(data.data(MIME).data()).decode("utf-8", "replace")
    return layer if offered(session, layer) is not None else None


class PlaceLayer(Gesture):
    """A ghost of the card follows the pointer; a wire it would go into lights up."""

    def __init__(self, view: CanvasView, layer: str) -> None:
        super().__init__(view)
        self._layer = layer
        self._offered = wanted(view.session, layer)
        self._ghost: NodeItem | None = None
        self._wire: WireItem | None = None

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        card: Card = blank_card(Node("ghost", self._layer), self._offered)
        self._ghost = NodeItem(card, self.canvas.look)
        self._ghost.setOpacity(0.75)
        self._ghost.setZValue(20)
        self.canvas.addItem(self._ghost)
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        if self._ghost is None:
            return
        self._ghost.setPos(*self._corner(pointer))
        self._light(self._wire_under(pointer))

    def end(self, pointer: Pointer) -> None:
        corner = self._corner(pointer)
        wire = self._wire_under(pointer)
        self.cancel()
        self.view.editing.add(self._layer, *corner, onto=wire.edge if wire is not None else None)

    def cancel(self) -> None:
        self._light(None)
        if self._ghost is not None:
            self.canvas.removeItem(self._ghost)
            self._ghost = None

    def _wire_under(self, pointer: Pointer) -> WireItem | None:
        if self.canvas.far or not takes_wire(self._offered):
            return None
        return wire_near(self.canvas, pointer.scene, REACH / self.view.zoom)

    def _corner(self, pointer: Pointer) -> tuple[int, int]:
        """The card stands with its middle under the pointer, on the grid."""
        width, height = (self._ghost.frame.width, self._ghost.frame.height) if self._ghost is not None else (168, 56)
        return snapped(pointer.scene.x() - width / 2), snapped(pointer.scene.y() - height / 2)

    def _light(self, wire: WireItem | None) -> None:
        if wire is not self._wire:
            if self._wire is not None:
                self._wire.set_state(hot=False)
            if wire is not None:
                wire.set_state(hot=True)
            self._wire = wire
