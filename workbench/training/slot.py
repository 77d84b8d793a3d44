"""One place for the newest value: the writer never waits, the reader takes what is there, what lies between is lost."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Carries pictures (feature maps, filters) from the training thread to the screen; newest wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None
        self._version = 0

    @property
    def version(self) -> int:
        """How many values were put so far; a reader that remembers it knows whether there is something new."""
        return self._version

    def put(self, value: T) -> None:
        """Replace whatever lies there."""
        with self._lock:
            self._value = value
            self._version += 1

    def take(self) -> T | None:
        """The newest value if nobody took it yet, else None."""
        with self._lock:
            value, self._value = self._value, None
            return value

    def peek(self) -> tuple[int, T | None]:
        """(version, value) without taking it."""
        with self._lock:
            return self._version, self._value
