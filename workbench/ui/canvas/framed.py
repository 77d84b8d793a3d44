"""Commands about frames: put one around what is selected, walk to it, move it by key, name it, take it away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from workbench.ui.canvas.framing import HEAD, PAD
from workbench.ui.canvas.geometry import GRID

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

_EMPTY = (400, 240)
"""The size of a frame around nothing, in scene pixels."""


class FrameCommands(QObject):
    """Asks the session for one edit each."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._nudges = 0

    def frame_selection(self) -> str | None:
        """A new frame around the selected layers, or an empty one in the middle of the view; gives its id."""
        session, canvas, chosen = self._view.session, self._view.canvas, self._view.bridge.selection
        if session is None:
            return None
        if chosen:
            around = canvas.bounds(chosen).adjusted(-PAD, -HEAD, PAD, PAD)
        else:
            middle = self._view.visible_rect().center()
            around = QRectF(middle.x() - _EMPTY[0] / 2, middle.y() - _EMPTY[1] / 2, *_EMPTY)
        left, top = (math.floor(side / GRID) * GRID for side in (around.left(), around.top()))
        right, bottom = (math.ceil(side / GRID) * GRID for side in (around.right(), around.bottom()))
        made = session.add_frame(left, top, right - left, bottom - top)
        if made is not None:
            self._view.bridge.choose_frame(made)
            self._view.frameRenameAsked.emit(made)
        return made

    def rename(self) -> None:
        if self._view.bridge.frame is not None:
            self._view.frameRenameAsked.emit(self._view.bridge.frame)

    def delete(self) -> bool:
        """Take the chosen frame away; False where there is none."""
        session, frame = self._view.session, self._view.bridge.frame
        if session is None or frame is None:
            return False
        session.remove_frames((frame,))
        return True

    def nudge(self, dx: int, dy: int) -> bool:
        """Move the chosen frame with what lies on it; presses in a row are one undo step. False where there is none."""
        session, item = self._view.session, self._view.canvas.frames.item(self._view.bridge.frame)
        if session is None or item is None:
            return False
        place = (item.frame.x + dx, item.frame.y + dy)
        session.move_frames({item.id: place}, self._view.canvas.sizes(), gesture=f"nudge {item.id} {self._nudges}")
        return True

    def step(self, step: int) -> bool:
        """Go on to the next frame after the last layer, and back; False past either end."""
        bridge, canvas = self._view.bridge, self._view.canvas
        order = sorted(canvas.frames.ids(), key=list(canvas.graph.frames).index)
        inferred = canvas.inferred
        layers = inferred.order if inferred is not None else ()
        if bridge.frame in order:
            at = order.index(bridge.frame) + step
            if at < 0 and layers:
                bridge.select((layers[-1],))
                self._view.show_node(layers[-1])
                return True
        elif step > 0 and (not layers or bridge.selection[-1:] == layers[-1:]):
            at = 0
        elif step < 0 and not bridge.selection:
            at = len(order) - 1
        else:
            return False
        if not 0 <= at < len(order):
            return False
        self._nudges += 1
        bridge.choose_frame(order[at])
        item = canvas.frames.item(order[at])
        if item is not None:
            self._view.show_rect(item.rect.adjusted(-24, -24, 24, 24))
        return True
