"""Cards that glide to their new places after a layout; at once where the system asks for less motion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QPointF, QVariantAnimation

from workbench.ui.motion import duration

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

MOST = 250
"""Cards that glide at once; more of them could not be drawn in time."""


class Gliding(QVariantAnimation):
    """Moves items only: the document has the new places already, and whatever else changes ends the movement."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._ways: dict[str, tuple[QPointF, QPointF]] = {}
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._show)
        self.finished.connect(self._end)

    def start_from(self, before: Mapping[str, QPointF]) -> None:
        """Let the cards come from where they stood `before` to where they are now."""
        self.settle()
        canvas = self._view.canvas
        ways = {
            i: (was, item.pos())
            for i, was in before.items()
            if (item := canvas.node(i)) is not None and item.pos() != was
        }
        time = duration(self._view)
        if not ways or len(ways) > MOST or time == 0 or canvas.far or not self._view.isVisible():
            return
        self._ways = ways
        self.setDuration(time)
        self.start()
        self._show(0.0)  # not seen at the end first: the value to begin with is no change and is not told

    def settle(self) -> None:
        """Put every card where it belongs, now."""
        self.stop()
        self._end()

    def _show(self, share: float) -> None:
        canvas = self._view.canvas
        for identity, (start, end) in self._ways.items():
            if (item := canvas.node(identity)) is not None:
                item.setPos(start + (end - start) * share)
        canvas.route(self._ways)

    def _end(self) -> None:
        ways, self._ways = self._ways, {}
        if not ways:
            return
        canvas = self._view.canvas
        for identity in ways:
            node, item = canvas.graph.nodes.get(identity), canvas.node(identity)
            if node is not None and item is not None:
                item.setPos(node.x, node.y)
        canvas.route(ways)
        canvas.touch()
