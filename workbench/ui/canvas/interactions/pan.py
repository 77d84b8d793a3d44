"""Moving the view: drag with Space or with the middle button."""

from __future__ import annotations

from PySide6.QtCore import Qt

from workbench.ui.canvas.interactions.gesture import Gesture, Pointer


class Pan(Gesture):
    cursor = Qt.CursorShape.ClosedHandCursor
    scrolls = False

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self._last = pointer.view

    def move(self, pointer: Pointer) -> None:
        step = pointer.view - self._last
        self._last = pointer.view
        self.view.pan(-step.x(), -step.y())

    def cancel(self) -> None:
        """Back to where it began."""
        step = self._last - self.origin.view
        self.view.pan(step.x(), step.y())
