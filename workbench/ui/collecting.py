"""Garbage is collected on the window's thread alone.

Python collects in whichever thread happens to allocate. When that is a background thread and the garbage holds Qt
objects, their destructors take Qt's locks there and then wait for the interpreter, while the window's thread holds the
interpreter and waits for one of those locks: both stand still for ever.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from workbench.core.collector import collect_what_is_due

EVERY = 250  # milliseconds


class Collecting(QObject):
    """Takes the collector over while it lives; `stop()` gives it back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def _collect(self) -> None:
        collect_what_is_due()

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        if self._was:
            gc.enable()
