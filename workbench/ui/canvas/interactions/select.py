"""Selecting: the rubber band over nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from workbench.ui.canvas.interactions.gesture import CONTROL, SHIFT, Gesture, Pointer
from workbench.ui.canvas.items.passing import Band


class RubberBand(Gesture):
    """Selects the cards it touches. With Shift held, in addition to what is selected; with Ctrl held, what was selected
    is let go and what was not is taken. A click selects none."""

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self._toggles = pointer.holds(CONTROL)
        self._was = self.view.bridge.selection
        self._before = self._was if pointer.holds(CONTROL, SHIFT) else ()
        self._band: Band | None = None
        self.canvas.choose_wire(None)

    def move(self, pointer: Pointer) -> None:
        if self._band is None:
            if not self.is_drag(pointer):
                return
            self._band = Band(self.canvas.look)
            self.canvas.addItem(self._band)
        area = QRectF(self.origin.scene, pointer.scene).normalized()
        self._band.span(area)
        touched = tuple(item.id for item in self.canvas.nodes() if item.rect.intersects(area))
        self.view.bridge.select(self._combined(touched))

    def end(self, pointer: Pointer) -> None:
        if self._band is None:
            self.view.bridge.select(self._before)
        self._clear()

    def _combined(self, touched: tuple[str, ...]) -> tuple[str, ...]:
        if not self._toggles:
            return (*self._before, *touched)
        both = frozenset(self._before) & frozenset(touched)
        return tuple(i for i in (*self._before, *touched) if i not in both)

    def cancel(self) -> None:
        self._clear()
        self.view.bridge.select(self._was)

    def _clear(self) -> None:
        if self._band is not None:
            self.canvas.removeItem(self._band)
            self._band = None
