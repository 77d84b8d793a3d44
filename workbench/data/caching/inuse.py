"""A mark on a folder that lasts as long as a process uses it, and no longer, however the process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_NAME, _TURN = "in_use", "turn"

CAN_TELL = sys.platform != "win32"
"""Whether `is_in_use` knows about other processes. Windows refuses to remove what they hold open, which is mark enough,
but does not say so beforehand."""


class InUse:
    """Holds a shared lock on a file in the folder. The operating system drops it when the process ends or crashes."""

    def __init__(self, folder: Path) -> None:
        self._file = -1
        # A file system without locks (some network folders): then the mark is missing, and at worst a cache that is
        # still read loses its name; its open files stay readable.
        with contextlib.suppress(OSError):
            self._file = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
            _lock(self._file, shared=True)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_in_use(folder: Path) -> bool:
    """Whether any process, this one included, holds the mark."""
    try:
        file = os.open(folder / _NAME, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        _lock(file, shared=False)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


class Turn:
    """``with Turn(folder)``: what one process does at a time. Waits; ends when the process ends or crashes."""

    def __init__(self, folder: Path) -> None:
        self._at = folder / _TURN
        self._file = -1

    def __enter__(self) -> None:
        self._file = os.open(self._at, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        with contextlib.suppress(OSError):  # a file system without locks: see above
            _wait(self._file)

    def __exit__(self, *_exception: object) -> None:
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, *, shared: bool) -> None:
        """See `CAN_TELL`."""

    def _wait(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)  # ten seconds at most

else:
    import fcntl

    def _lock(file: int, *, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def _wait(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
