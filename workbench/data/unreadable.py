"""A picture that cannot be used, and why; and opening nothing but regular files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import file_size

MAX_FILE_BYTES = 1 << 30
"""A larger file is not a photograph; reading it whole could exhaust the memory."""

_CHANGED = "The file has changed since the folder was read. Read the folder again."

EMPTY = "The file is empty."
GONE = "The file is no longer there."

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class UnreadablePicture(Problem):
    """One picture file that cannot be used. `reason` is a full sentence without the file's name."""

    def __init__(self, reason: str, path: str = "") -> None:
        named = f"The picture “{path}” cannot be used. " if path else ""
        super().__init__(Diagnostic("data.picture", named + reason))
        self.reason = reason


def kind_refused(mode: int) -> str | None:
    """Why a file of this `st_mode` is not opened; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISFIFO(mode):
        return "It is a pipe, not a file."
    if stat.S_ISSOCK(mode):
        return "It is a socket, not a file."
    if stat.S_ISDIR(mode):
        return "It is a folder, not a file."
    return "It is a device, not a file."


def open_regular(path: str | Path, *, known: bool = False) -> tuple[int, os.stat_result]:
    """Opens a regular file for reading: its descriptor, to be closed by the caller, and what `fstat` says of it.

    Raises `UnreadablePicture` for anything else. The kind is asked before opening (opening a pipe would wait for
    ever, and opening a device may do something), unless it is `known` to have been a file when the folder was scanned;
    and always on the open file, which may have been exchanged since: hence not blocking either.
    """
    try:
        if not known:
            facts = os.stat(path)
            refused = kind_refused(facts.st_mode) or _size_refused(facts.st_size)
            if refused:
                raise UnreadablePicture(refused)
        descriptor = os.open(path, _OPEN_FLAGS)
        try:
            facts = os.fstat(descriptor)
            refused = kind_refused(facts.st_mode) or _size_refused(facts.st_size)
            if refused:
                raise UnreadablePicture(refused)
        except BaseException:
            os.close(descriptor)
            raise
    except (OSError, ValueError) as error:
        raise UnreadablePicture(why_not_opened(error)) from error
    return descriptor, facts


def _size_refused(size: int) -> str | None:
    if size == 0:
        return EMPTY
    if size > MAX_FILE_BYTES:
        return f"The file is too large ({file_size(size)}; at most {file_size(MAX_FILE_BYTES)} are read)."
    return None


def read_regular(path: str | Path, expected: tuple[int, int] | None = None) -> bytes:
    """All bytes of a regular file.

    `expected` is the (size in bytes, mtime in ns) it had when the folder was scanned: a file that was replaced since
    is refused, so that a picture is never taken for another. Raises `UnreadablePicture`.
    """
    descriptor, facts = open_regular(path, known=expected is not None)
    try:
        if expected is not None and (facts.st_size, facts.st_mtime_ns) != expected:
            raise UnreadablePicture(_CHANGED)
        data = os.read(descriptor, facts.st_size)
        while len(data) < facts.st_size and (more := os.read(descriptor, facts.st_size - len(data))):
            data += more
        return data
    except OSError as error:
        raise UnreadablePicture(why_not_opened(error)) from error
    finally:
        os.close(descriptor)


def read_part(path: str | Path, offset: int, size: int, mtime_ns: int) -> bytes:
    """`size` bytes of a regular file of any size from `offset` on, if it was last changed at `mtime_ns`.

    Raises `UnreadablePicture`.
    """
    try:
        refused = kind_refused(os.stat(path).st_mode)
        if refused:
            raise UnreadablePicture(refused)
        with open(os.open(path, _OPEN_FLAGS), "rb", buffering=0) as file:
            facts = os.fstat(file.fileno())
            refused = kind_refused(facts.st_mode)
            if refused:
                raise UnreadablePicture(refused)
            if facts.st_mtime_ns != mtime_ns:
                raise UnreadablePicture(_CHANGED)
            file.seek(offset)
            data = file.read(size)
            while len(data) < size and (more := file.read(size - len(data))):
                data += more
    except (OSError, ValueError) as error:
        raise UnreadablePicture(why_not_opened(error)) from error
    if len(data) < size:
        raise UnreadablePicture(_CHANGED)
    return data


def why_not_opened(error: OSError | ValueError) -> str:
    """An operating-system error as a sentence."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return GONE
        case PermissionError():
            return "The file may not be read (permission denied)."
        case OSError():
            return f"The file cannot be read ({error.strerror or error})."
        case _:  # a name with a NUL in it
            return "The file's name cannot be opened."
