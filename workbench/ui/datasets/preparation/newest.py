"""Work beside the window's thread of which only the newest counts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

log = logging.getLogger(__name__)

Stale = Callable[[], bool]
Work = Callable[[Stale], object]


class Newest(QObject):
    """`ask(work)` has it done in a thread and answers with `done(result)` on this one.

    A newer request takes the place of one that waits, and the answer to an older one is dropped; work that takes long
    may ask the function it is given whether it is stale. At most one thread, and none while there is nothing to do.
    """

    done = Signal(object)
    _finished = Signal(int, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._guard = threading.Lock()
        self._waiting: tuple[int, Work] | None = None
        self._serial = 0
        self._thread: threading.Thread | None = None
        self._finished.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def ask(self, work: Work) -> None:
        """Do this, and nothing that was asked for before."""
        with self._guard:
            self._serial += 1
            self._waiting = (self._serial, work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    @property
    def is_busy(self) -> bool:
        with self._guard:
            return self._thread is not None

    def close(self) -> None:
        """Forget what was asked for, and wait for what is being done."""
        with self._guard:
            self._serial += 1
            self._waiting = None
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5.0)

    def _work(self) -> None:
        while True:
            with self._guard:
                if self._waiting is None:
                    self._thread = None
                    return
                (serial, work), self._waiting = self._waiting, None
            try:
                result = work(lambda serial=serial: serial != self._serial)  # type: ignore[misc]
            except Exception:  # the thread must live; what can be expected to go wrong is part of the result
                log.exception("%s failed", self._name)
                continue
            if serial == self._serial:
                self._finished.emit(serial, result)

    def _take(self, serial: int, result: object) -> None:
        if serial == self._serial:
            self.done.emit(result)
