"""Reading and writing at places of a file, from several threads."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_ALWAYS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class PositionedFile:
    """An open file. It is closed when the last of those who hold it lets go, so that a thread in the middle of reading
    never meets a number which by then belongs to another file."""

    def __init__(self, path: Path, flags: int) -> None:
        """`flags` as for `os.open`. Raises `OSError`."""
        self._descriptor = -1
        self._turn = threading.Lock()  # only for systems without a positioned read
        self._descriptor = os.open(path, flags | _ALWAYS, 0o666)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Bytes the file has now."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes: fewer where the file ends. Raises `OSError`."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, length, offset)
        with self._turn:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, length)

    def write(self, data: bytes | memoryview, offset: int) -> None:
        """All of the bytes, at a place; needs `os.pwrite`. Raises `OSError` where the disk is full."""
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._descriptor, rest, offset)
            if written == 0:
                raise OSError("nothing could be written")
            rest, offset = rest[written:], offset + written

    def append(self, data: bytes) -> None:
        """All of the bytes, at the end of a file opened with ``O_APPEND``. Raises `OSError`."""
        rest = memoryview(data)
        while rest:
            written = os.write(self._descriptor, rest)
            if written == 0:
                raise OSError("nothing could be written")
            rest = rest[written:]
