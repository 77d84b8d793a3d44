"""The space bar: a tap means one thing, holding it for a drag another."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent

TAP = 350
"""Milliseconds: held for longer, the space bar was not tapped."""


class SpaceKey:
    """Told of presses and releases of the key, and of what is done meanwhile.

    A window system may repeat a held key as pairs of a release and a press, and not every one says so. Both of a pair
    bear the same time, which is how they are told from a person's own.
    """

    def __init__(self) -> None:
        self.is_held = False
        self._is_spent = False  # a drag was made with it, or it was held for too long
        self._since = 0
        self._released = 0

    def press(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        goes_on = 0 < self._released == event.timestamp()
        if not goes_on:
            self._since, self._is_spent = event.timestamp(), False
        self.is_held = True

    def use(self) -> None:
        """It is held for something."""
        self._is_spent = True

    def release(self, event: QKeyEvent) -> bool:
        """Gives whether this was a tap."""
        if event.isAutoRepeat():
            return False
        tapped = self.is_held and not self._is_spent and event.timestamp() - self._since <= TAP
        self._is_spent = self._is_spent or not tapped
        self.is_held, self._released = False, event.timestamp()
        return tapped

    def let_go(self) -> None:
        """The keyboard went elsewhere."""
        self.is_held = False
