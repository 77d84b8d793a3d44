"""One piece of work off the screen's thread, answered on it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from workbench.core.diagnostic import Diagnostic, Problem

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs one call at a time in a thread. `done(result)` or `failed(Diagnostic)` arrive on the owner's thread.

    Starting again, or `forget()`, makes the answer of the work before unwanted: it is dropped when it comes.
    """

    done = Signal(object)
    failed = Signal(object)  # Diagnostic
    _answered = Signal(int, object, object)  # number, result, Diagnostic | None

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._number = 0
        self._threads: list[threading.Thread] = []
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def start(self, work: Callable[[], Any]) -> None:
        """Begin. `work` must not touch widgets; a `Problem` it raises comes back as a diagnostic."""
        self._number += 1
        self._threads = [t for t in self._threads if t.is_alive()]
        thread = threading.Thread(target=self._run, args=(self._number, work), name=self._name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def forget(self) -> None:
        """The answer is no longer wanted."""
        self._number += 1

    def close(self, seconds: float = 3.0) -> None:
        """Forget the answer and wait for the thread, but not for ever."""
        self.forget()
        for thread in self._threads:
            thread.join(seconds)

    def _run(self, number: int, work: Callable[[], Any]) -> None:
        result, refused = None, None
        try:
            result = work()
        except Problem as problem:
            refused = problem.diagnostics[0]
        except Exception as error:
            log.exception("%s failed", self._name)
            refused = Diagnostic(
                "program.unexpected",
                f"Something went wrong that was not foreseen: {error}. The details are in the log.",
            )
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile, and nobody is left to be told
            self._answered.emit(number, result, refused)

    def _take(self, number: int, result: object, refused: Diagnostic | None) -> None:
        if number != self._number:
            return
        if refused is not None:
            self.failed.emit(refused)
        else:
            self.done.emit(result)
