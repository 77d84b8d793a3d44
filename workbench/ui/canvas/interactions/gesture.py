"""What all gestures have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is: in the scene, in the viewport, and which modifier keys are held."""

    scene: QPointF
    view: QPoint
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    def holds(self, *keys: Qt.KeyboardModifier) -> bool:
        """Whether any of these modifier keys is held."""
        return any(self.modifiers & key for key in keys)


class Gesture:
    """One drag: `start` at the press, `move` while it lasts, then either `end` or `cancel`, never both.

    A gesture changes nothing in the document before `end`, and there it asks for one edit, so that it is one undo
    step and Esc has nothing to take back.
    """

    cursor: Qt.CursorShape | None = None
    scrolls = True  # the view scrolls while the pointer is held at its rim

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.canvas = view.canvas
        self.origin = Pointer(QPointF(), QPoint())

    def start(self, pointer: Pointer) -> None:
        self.origin = pointer

    def move(self, pointer: Pointer) -> None:
        """The pointer went somewhere."""

    def end(self, pointer: Pointer) -> None:
        """The button was released: take effect."""

    def cancel(self) -> None:
        """Esc, or the document changed under the gesture: leave everything as it was."""

    def is_drag(self, pointer: Pointer) -> bool:
        """Whether the pointer has gone far enough to mean it."""
        return (pointer.view - self.origin.view).manhattanLength() >= QApplication.startDragDistance()
