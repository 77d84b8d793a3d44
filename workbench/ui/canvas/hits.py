"""What is under the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF

from workbench.core.diagnostic import Fix
from workbench.document.graph import Edge
from workbench.ui.canvas.geometry import PORT_REACH
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.wire import WireItem

if TYPE_CHECKING:
    from workbench.ui.canvas.scene import CanvasScene

WIRE_REACH = 8.0  # how near a pointer must come to a wire, in screen pixels


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under the pointer: a port of a node, a remedy's link, a node, a wire, a frame's title or rim, or nothing.

    `rim` names the sides of the frame that are held ("n", "se", …); it is "" on its title.
    """

    node: str | None = None
    input: str | None = None
    output: str | None = None
    edge: Edge | None = None
    fix: Fix | None = None
    frame: str | None = None
    rim: str = ""

    @property
    def nothing(self) -> bool:
        return self.node is None and self.edge is None and self.frame is None

    @property
    def on_port(self) -> bool:
        return self.input is not None or self.output is not None


def hit_at(canvas: CanvasScene, point: QPointF, scale: float, *, wires: bool = True) -> Hit:
    """What is at a scene point; ports and wires catch the pointer from a few screen pixels away."""
    near = _near(canvas, point, PORT_REACH / scale)
    if canvas.far:  # neither ports nor notes nor single wires are drawn then
        return Hit(node=near[0].id) if near else _frame_at(canvas, point, scale)
    for item in near:
        if item.note is not None and (fix := item.note.link_at(item.note.mapFromScene(point))) is not None:
            return Hit(node=item.id, fix=fix)
    if (port := _port_near(near, point, PORT_REACH / scale)) is not None:
        return port
    for item in near:
        in_note = item.note is not None and item.note.boundingRect().contains(item.note.mapFromScene(point))
        if item.rect.contains(point) or in_note:
            return Hit(node=item.id)
    if wires and (wire := wire_near(canvas, point, WIRE_REACH / scale)) is not None:
        return Hit(edge=wire.edge)
    return _frame_at(canvas, point, scale)


def _frame_at(canvas: CanvasScene, point: QPointF, scale: float) -> Hit:
    found = canvas.frames.at(point, scale)
    return Hit() if found is None else Hit(frame=found[0], rim=found[1])


def wire_near(canvas: CanvasScene, point: QPointF, reach: float) -> WireItem | None:
    """The nearest wire within `reach` scene pixels of a point."""
    area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
    best: tuple[float, WireItem] | None = None
    for item in canvas.wires_near(area):
        if item.boundingRect().intersects(area):
            distance = item.distance_to(point)
            if distance <= reach + 3 and (best is None or distance < best[0]):
                best = (distance, item)
    return best[1] if best is not None else None


def _near(canvas: CanvasScene, point: QPointF, reach: float) -> list[NodeItem]:
    """Nodes whose card, note or ports may be under a point, topmost first."""
    area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
    found = []
    for item in canvas.items(area):
        node = item if isinstance(item, NodeItem) else item.parentItem()
        if isinstance(node, NodeItem) and node not in found:
            found.append(node)
    return found


def _port_near(items: list[NodeItem], point: QPointF, reach: float) -> Hit | None:
    best: tuple[float, Hit] | None = None
    for item in items:
        inside = item.rect.contains(point)
        # On the card itself a port takes a smaller share, so that a person can still take hold of a small card.
        limit = min(reach, 9.0) if inside else reach
        local = point - item.pos()
        for ids, places, is_input in (
            (item.card.inputs, item.frame.inputs, True),
            (item.card.outputs, item.frame.outputs, False),
        ):
            for port, place in zip(ids, places, strict=True):
                distance = QLineF(local, place).length()
                if distance <= limit and (best is None or distance < best[0]):
                    hit = Hit(item.id, input=port.id) if is_input else Hit(item.id, output=port.id)
                    best = (distance, hit)
    return best[1] if best is not None else None
