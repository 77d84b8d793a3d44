"""The five places as arrangements of the docks: kept when one is left, put back when it is entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMainWindow

from workbench.ui import arrangement
from workbench.ui.settings import Settings

if TYPE_CHECKING:
    from workbench.ui.panels import Panels

ROUNDS = 4
"""How often the docks of a place are put back until their sizes are right."""


class Places(QObject):
    """Arranges the docks of a window; `arranged` is the place they stand for now ("" while no project is open)."""

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._panels: Panels | None = None
        self._rounds = 0
        self._again = soon(self, self._settle)
        self._focus_soon = soon(self, self.focus)
        self._moves_focus = False
        self.arranged = ""

    def enter(self, place: str, panels: Panels) -> None:
        """Arrange the docks as this place was left, or as it is at first."""
        if place == self.arranged:
            return
        self.keep()
        focus = self._window.focusWidget()
        inside = focus is not None and any(dock.isAncestorOf(focus) for dock in panels.docks.values())
        self._moves_focus = focus is None or inside  # on a button of the top bar it stays, for who goes on by keyboard
        self._panels, self.arranged = panels, place
        self._window.setUpdatesEnabled(False)
        self._rounds = ROUNDS
        self._settle()
        if focus is None or not focus.isVisible():  # else Qt hands it to whatever comes next, with a ring around it
            self._moves_focus = True
            self.focus()

    def leave(self) -> None:
        """No project is open any more, or another one: keep how the docks stand and let go of them."""
        self.keep()
        self.arranged = ""

    def keep(self) -> None:
        """Remember how the docks stand."""
        if self.arranged and self._panels is not None and self._window.isVisible() and not self._rounds:
            state = self._window.saveState(arrangement.VERSION)
            self._settings.set_arrangement(self.arranged, state, arrangement.sizes(self._panels.docks))

    def reset(self) -> None:
        """Put the docks of this place back where they stood at first."""
        if self.arranged and self._panels is not None:
            self._settings.forget_arrangement(self.arranged)
            arrangement.arrange(self._window, self._panels.docks, self.arranged)

    def focus(self) -> None:
        """Give the focus to what the place is about."""
        if self.arranged and self._panels is not None:
            self._panels.of_place(self.arranged).setFocus(Qt.FocusReason.OtherFocusReason)

    def _settle(self) -> None:
        """Arrange the docks, and again after a turn of the event loop until their sizes are as they were."""
        if not self.arranged or self._panels is None:
            self._rounds = 0
            self._window.setUpdatesEnabled(True)
            return
        docks, kept = self._panels.docks, self._settings.arrangement(self.arranged)
        stands = False
        try:
            if kept is not None:
                stands = arrangement.restore(self._window, docks, kept, self._settings.sizes(self.arranged))
        except ValueError:
            kept = None
        if kept is None:
            arrangement.arrange(self._window, docks, self.arranged)
        self._rounds = 0 if kept is None or stands else self._rounds - 1
        if self._rounds:
            self._again.start()
        else:
            self._window.setUpdatesEnabled(True)
            if self._moves_focus:  # docks that came and went took it along
                self._focus_soon.start()


def soon(parent: QObject, slot: Callable[[], None]) -> QTimer:
    """A timer that calls once when the event loop turns, however often it is started before."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(0)
    timer.timeout.connect(slot)
    return timer
