"""Ctrl+C, a closed terminal and a polite request to end (SIGTERM): all three stop in order, and end with 130."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Those that this system does not have are left out; one that is ignored (nohup) stays ignored."""

STATUS = 130

MOST = 2
"""The third one ends the program at once, whatever it does."""

ONE_PRESS_SECONDS = 0.3
"""A shell and `timeout` may both send the signal, and a key that is held down repeats: that is one wish."""


class Interrupted(KeyboardInterrupt):
    """Raised in the main thread by the first and the second signal.

    A class of its own, because CPython gives up its exit status for a plain `KeyboardInterrupt` that passed through
    an `exec`, such as the import of a module with dataclasses, even where it was caught.
    """


class Interrupts:
    """Takes the signals over for the length of a `with` block.

    By default each raises `Interrupted`. With `patient` the first two are only counted in `count`, for work that
    looks there between steps and must not be torn apart.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self.count = 0
        self._patient = patient
        self._heard_at = float("-inf")
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) in (signal.SIG_IGN, None):
                continue
            try:
                self._before[number] = signal.signal(number, self._hear)
            except ValueError:  # not the main thread: signals are none of its business
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    def give_back(self) -> None:
        """The signals mean again what they meant before."""
        while self._before:
            number, before = self._before.popitem()
            signal.signal(number, before)

    def until_the_end(self) -> None:
        """The command is done: a further signal ends the program at once, and the last moments need none."""
        self.count = MOST
        self._heard_at = float("-inf")

    def ignore(self) -> None:
        """The interpreter shuts down, which takes a moment and nothing can come of a signal but a wrong status."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._heard_at < ONE_PRESS_SECONDS:
            return
        self._heard_at = now
        self.count += 1
        if self.count > MOST:
            os._exit(STATUS)
        if not self._patient:
            raise Interrupted
