"""Writing files so that a crash, a full disk or a pulled plug leaves the old version or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.processes import is_alive

_TEMPORARY = re.compile(r"\..+\.([0-9]{1,10})\.[0-9a-f]{8}\.workbench-tmp\Z", re.DOTALL)
_ABANDONED_SECONDS = 86_400.0
_in_flight: set[Path] = set()
_in_flight_guard = threading.Lock()


def write_atomic(path: Path, data: bytes) -> None:
    """Replaces a file by `data` in one step, durable when this returns.

    Raises `Problem` with a sentence for a full disk, a folder that is missing, read-only or not ours; the old
    file is then untouched and no temporary one is left. An existing file keeps its permissions; a link is followed.
    """
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, put in the place of `path` when the block ends well.

    For writers that want a path of their own (safetensors, onnx). `OSError` inside the block becomes a `Problem`;
    on any exception the temporary file is removed and the old file stays.
    """
    final = Path(os.path.realpath(path))
    temporary = final.with_name(f".{final.name[:100]}.{os.getpid()}.{uuid.uuid4().hex[:8]}.workbench-tmp")
    with _in_flight_guard:
        _in_flight.add(temporary)
    try:
        _create_like(final, temporary)
        yield temporary
        _sync_file(temporary)
        _replace(temporary, final)
        _sync_folder(final.parent)
    except OSError as error:
        raise Problem(explain(error, path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        with _in_flight_guard:
            _in_flight.discard(temporary)


def _create_like(final: Path, temporary: Path) -> None:
    """An empty file with the permissions of the one it will replace (or those the umask gives a new one)."""
    try:
        mode = os.stat(final).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if mode is not None:
        with contextlib.suppress(OSError):  # some file systems have no permissions to set
            os.chmod(temporary, stat.S_IMODE(mode) | stat.S_IWUSR)


def _sync_file(path: Path) -> None:
    with open(path, "r+b") as file:
        if sys.platform == "darwin":
            import fcntl

            # fsync on macOS stops at the drive's own cache; F_FULLFSYNC goes through it where it is supported.
            with contextlib.suppress(OSError):
                fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)
                return
        os.fsync(file.fileno())


def _replace(temporary: Path, final: Path) -> None:
    """`os.replace`, tried again for half a second on Windows, where a virus scanner may hold the file open."""
    for pause in (0.01, 0.03, 0.06, 0.1, 0.3):
        try:
            return os.replace(temporary, final)
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(pause)
    return os.replace(temporary, final)


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable. Windows and some network file systems cannot; the file itself is safe there."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_REASONS: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: ("file.disk_full", "the disk is full", "Make room, or save elsewhere."),
    errno.EDQUOT: ("file.disk_full", "your disk quota is used up", "Make room, or save elsewhere."),
    errno.EFBIG: ("file.too_big", "it would be larger than this system allows a file to be", "Save elsewhere."),
    errno.EROFS: ("file.read_only", "the drive is read-only", "Save elsewhere."),
    errno.EACCES: ("file.denied", "you may not write there", "Change the folder's permissions, or save elsewhere."),
    errno.EPERM: ("file.denied", "you may not write there", "Change the folder's permissions, or save elsewhere."),
    errno.ENOENT: ("file.no_folder", "its folder is missing", "Put the folder back, or save elsewhere."),
    errno.ENOTDIR: ("file.no_folder", "what should be its folder is a file", "Save elsewhere."),
    errno.EEXIST: ("file.not_a_file", "something else of that name is in the way", "Move it away, or save elsewhere."),
    errno.EISDIR: ("file.not_a_file", "a folder of that name is in the way", "Choose another name."),
    errno.EINVAL: ("file.not_a_file", "what stands there is not a plain file", "Choose another name."),
    errno.ENAMETOOLONG: ("file.name_too_long", "the name is too long for this drive", "Choose a shorter name."),
}


def explain(error: OSError, path: Path) -> Diagnostic:
    """Why `path` could not be written, as a sentence with a remedy."""
    code, reason, remedy = _REASONS.get(
        error.errno or 0, ("file.failed", error.strerror or str(error), "Try again, or save elsewhere.")
    )
    shown = str(path) if len(str(path)) <= 300 else f"…{str(path)[-300:]}"
    return Diagnostic(code, f"“{shown}” was not written: {reason}. {remedy}", details=repr(error))


def open_regular(file: Path) -> BinaryIO:
    """Opens a plain file only, to read: a pipe in its place would make the window wait for ever. Raises `OSError`."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("it is not a plain file")
    return os.fdopen(handle, "rb")


def sweep_temporary(folder: Path) -> int:
    """Removes what `write_atomic` left in a folder when its process was killed; gives how many were removed.

    Files of a process that is still alive stay (unless a day old, when the number was given to another process).
    """
    removed = 0
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return 0
    for entry in entries:
        match = _TEMPORARY.match(entry.name)
        if not match:
            continue
        path, pid = Path(entry.path), int(match[1])
        with _in_flight_guard:
            if Path(os.path.realpath(path)) in _in_flight:
                continue
        with contextlib.suppress(OSError):  # gone already, or not ours to remove: the next start tries again
            abandoned = time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS
            if abandoned or pid == os.getpid() or not is_alive(pid):
                path.unlink()
                removed += 1
    return removed


def sha256_bytes(data: bytes) -> str:
    """The SHA-256 of some bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file, read in pieces; raises `OSError` as `open` does."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
