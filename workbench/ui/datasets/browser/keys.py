"""The keyboard in the grid: walking, choosing, and going to a name by typing it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from workbench.ui.datasets.browser.grid import SampleGrid

PATIENCE = 1.0
"""Seconds after which typing begins a new name."""

_Key = Qt.Key
_FIND = (QKeySequence("Ctrl+F"), QKeySequence("/"))


class GridKeys:
    """Arrows, Home, End and the page keys walk, with Shift they choose all on the way, with Ctrl they choose nothing;
    Ctrl+Space chooses, Ctrl+A all, Esc none; Space and Enter open; typing goes to the file whose name begins so.

    Letters that are shortcuts of the page act as such; with Shift, or within a name that is being typed, they are
    letters.
    """

    def __init__(self, grid: SampleGrid) -> None:
        self._grid = grid
        self._typed = ""
        self._typed_at = 0.0

    @property
    def is_typing(self) -> bool:
        """Whether a name is being typed."""
        return bool(self._typed) and time.monotonic() - self._typed_at < PATIENCE

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is the grid's own although a shortcut has it too."""
        if QKeySequence(event.keyCombination()) in _FIND:
            return True
        return self.is_typing and _letter(event) != ""

    def press(self, event: QKeyEvent) -> bool:
        """Carry a key out; False where it means nothing here."""
        if QKeySequence(event.keyCombination()) in _FIND:
            self._grid.findAsked.emit()
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self._grid.choose_all()
            return True
        return self._walk(event) or self._act(event) or self._type(event)

    def _walk(self, event: QKeyEvent) -> bool:
        grid, layout = self._grid, self._grid.tiles
        if not len(grid.found):
            return False
        current = grid.selection.current
        at = grid.place_of(current) if current is not None else None
        here = at if at is not None else -1
        page = max(1, grid.viewport().height() // layout.pitch - 1)
        rows = {_Key.Key_Up: -1, _Key.Key_Down: 1, _Key.Key_PageUp: -page, _Key.Key_PageDown: page}
        last = len(grid.found) - 1
        key = _Key(event.key())
        if key in (_Key.Key_Left, _Key.Key_Right):
            to = here + (1 if key == _Key.Key_Right else -1)
        elif key in rows:
            to = layout.moved(here, rows[key]) if at is not None else 0
        elif key in (_Key.Key_Home, _Key.Key_End):
            to = 0 if key == _Key.Key_Home else last
        else:
            return False
        held = event.modifiers()
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        control = bool(held & Qt.KeyboardModifier.ControlModifier)
        if held & Qt.KeyboardModifier.AltModifier:
            return False
        grid.move_to(max(0, min(to, last)), extend=shift, keep=control and not shift)
        return True

    def _act(self, event: QKeyEvent) -> bool:
        grid, current = self._grid, self._grid.selection.current
        if event.key() in (_Key.Key_Space, _Key.Key_Return, _Key.Key_Enter) and not self.is_typing:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                if event.key() != _Key.Key_Space:
                    return False
                grid.toggle_current()
            elif current is not None:
                grid.opened.emit(current)
            elif len(grid.found):
                grid.move_to(0)
            return True
        if event.key() == _Key.Key_Escape and len(grid.selection):
            grid.selection.clear()
            grid.move_to(grid.place_of(current) or 0, keep=True) if current is not None else grid.viewport().update()
            return True
        return False

    def _type(self, event: QKeyEvent) -> bool:
        letter = _letter(event)
        if not letter or self._grid.columns is None:
            return False
        typed = self._typed + letter if self.is_typing else letter
        self._typed, self._typed_at = typed, time.monotonic()
        place = self._grid.columns.names.beginning(typed, self._grid.found.numbers)
        if place is not None:
            self._grid.move_to(place)
        return True


def _letter(event: QKeyEvent) -> str:
    """The character a key writes; "" where it writes none."""
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    text = event.text()
    return text if text.isprintable() and text and held == Qt.KeyboardModifier.NoModifier else ""
