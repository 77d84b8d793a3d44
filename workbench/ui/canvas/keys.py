"""Keys of the canvas that are no menu's: arrows, Home, End, Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from workbench.ui.canvas.arranging import HAIR, LEAP, STEP
from workbench.ui.canvas.walking import Direction

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

_ARROWS: dict[int, tuple[Direction, int, int]] = {
    Qt.Key.Key_Left: ("left", -1, 0),
    Qt.Key.Key_Right: ("right", 1, 0),
    Qt.Key.Key_Up: ("up", 0, -1),
    Qt.Key.Key_Down: ("down", 0, 1),
}
_SHIFT, _CONTROL, _ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class CanvasKeys:
    """Arrows move what is selected (Shift: far, Alt: by a pixel); with Ctrl they go from card to card along the wires
    (Shift: adding to the selection). Home and End go to the first and the last card, Enter into a block, else on to the
    inspector."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view

    def take(self, event: QKeyEvent) -> bool:
        """Do what the key stands for; False where it stands for nothing here."""
        # The keypad's arrows are arrows too; macOS marks all of them as the keypad's.
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if key in _ARROWS:
            return self._arrow(*_ARROWS[key], held)
        if held != Qt.KeyboardModifier.NoModifier:
            return False
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._view.editing.select_end(last=key == Qt.Key.Key_End)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._view.enter_selected()
        else:
            return False
        return True

    def _arrow(self, direction: Direction, x: int, y: int, held: Qt.KeyboardModifier) -> bool:
        if held & _CONTROL:
            self._view.editing.walk(direction, extend=bool(held & _SHIFT))
            return True
        step = HAIR if held & _ALT else LEAP if held & _SHIFT else STEP
        if not self._view.bridge.selection:
            return self._view.framed.nudge(x * step, y * step)
        self._view.arranging.nudge(x * step, y * step)
        return True
