"""Clicking a remedy in a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.diagnostic import Fix
from workbench.ui.canvas.hits import hit_at
from workbench.ui.canvas.interactions.gesture import Gesture, Pointer

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


class FollowLink(Gesture):
    """Takes effect if the button is released over the link it was pressed on, as links do."""

    def __init__(self, view: CanvasView, fix: Fix) -> None:
        super().__init__(view)
        self._fix = fix

    def end(self, pointer: Pointer) -> None:
        hit = hit_at(self.canvas, pointer.scene, self.view.zoom)
        if hit.fix == self._fix:
            self.view.editing.follow(self._fix)
