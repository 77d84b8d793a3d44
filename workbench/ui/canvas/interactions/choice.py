"""Which gesture a press begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.ui.canvas.hits import Hit
from workbench.ui.canvas.interactions.frame import MoveFrame, StretchFrame
from workbench.ui.canvas.interactions.gesture import ALT, Gesture, Pointer
from workbench.ui.canvas.interactions.link import FollowLink
from workbench.ui.canvas.interactions.move import MoveNodes
from workbench.ui.canvas.interactions.select import RubberBand
from workbench.ui.canvas.interactions.wire import DrawWire, Replug

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


def gesture_for(view: CanvasView, hit: Hit, pointer: Pointer) -> Gesture | None:
    """The gesture for a press of the left button on `hit`; None where the press itself was all (a wire)."""
    if hit.fix is not None:
        return FollowLink(view, hit.fix)
    if hit.node is not None and hit.input is not None:
        plugged = view.canvas.graph.into(hit.node, hit.input)
        if plugged is not None and not pointer.holds(ALT):
            return Replug(view, plugged)
        return DrawWire(view, hit.node, hit.input, from_output=False)
    if hit.node is not None and hit.output is not None:
        return DrawWire(view, hit.node, hit.output, from_output=True)
    if hit.node is not None:
        return MoveNodes(view, hit.node)
    if hit.edge is not None:
        view.bridge.select(())
        view.canvas.choose_wire(hit.edge.id)
        return None
    if hit.frame is not None:
        return StretchFrame(view, hit.frame, hit.rim) if hit.rim else MoveFrame(view, hit.frame)
    return RubberBand(view)
