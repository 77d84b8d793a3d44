"""What stands in a tar file: names, places and sizes by one pass over the headers; no member is read or unpacked."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.core.words import file_size, number
from workbench.data.unreadable import MAX_FILE_BYTES, UnreadablePicture, kind_refused, why_not_opened

LONGEST_NAME = 1000
"""Characters of a member's name."""

_LARGEST_HEADER = 1 << 20
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
"""How gzip, bzip2, xz and zstandard files begin."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a shard: `size` bytes from `offset` on; `refused` says why it is not used, if it is not."""

    name: str
    offset: int
    size: int
    refused: str | None = None


def open_shard(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """A shard opened for reading (to be closed by the caller), and what `fstat` says of it. Only regular files.

    Raises `UnreadablePicture` with the reason.
    """
    try:
        refused = kind_refused(os.stat(path).st_mode)
        if refused:
            raise UnreadablePicture(refused)
        file = open(os.open(path, _FLAGS), "rb", buffering=0)  # noqa: SIM115  (closed by the caller)
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size == 0:
            file.close()
            raise UnreadablePicture(kind_refused(facts.st_mode) or "The file is empty.")
        return file, facts
    except (OSError, ValueError) as error:
        raise UnreadablePicture(why_not_opened(error)) from error


def members(file: BinaryIO, size: int) -> Iterator[Member]:
    """The regular files in a tar, in their order. Folders are passed over in silence.

    What may not be used comes with a reason: links and devices, names that lead out of the shard, sizes beyond a
    picture's. Where the shard is damaged or cut off, the last item has no name and says so.
    """
    if file.read(6).startswith(_PACKED):
        yield Member("", 0, 0, "It is not a tar file but a compressed one; unpack it first.")
        return
    file.seek(0)
    try:
        tar = tarfile.TarFile(fileobj=_Guarded(file), mode="r")  # type: ignore[arg-type]  # it reads, seeks and tells
    except Exception as error:  # hostile bytes make the reader raise anything
        yield _broken(0, error)
        return
    before = -1
    with contextlib.closing(tar):
        while True:
            try:
                entry = tar.next()
            except Exception as error:
                yield _broken(max(before, 0), error)
                return
            if entry is None:
                break
            if entry.offset <= before:  # a size below zero leads back
                yield Member("", 0, 0, f"The shard is damaged at byte {number(before)}; what follows is not used.")
                return
            before = entry.offset
            yield _member(entry, size)
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep every header of the shard
        yield from _end(file, int(tar.offset), size)


def _member(entry: tarfile.TarInfo, size: int) -> Member:
    name, at, long = entry.name, int(entry.offset_data), int(entry.size)
    refused: str | None = None
    parts = name.split("/")
    if entry.isdir():
        refused = ""
    elif entry.issym() or entry.islnk():
        refused = "It is a link inside of a shard; links are not followed."
    elif not entry.isreg() or entry.issparse():
        refused = "It is no plain file but a device or a file with holes, which is not read from shards."
    elif len(name) > LONGEST_NAME or any(c in name for c in "\0\n#"):
        refused = f"Its name is longer than {number(LONGEST_NAME)} characters, or has a line break or “#” in it."
    elif name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        refused = "Its name leads out of the shard. Names must be relative, without “..”."
    elif long < 0 or at + long > size:
        refused = "The shard is cut off: the file's end is missing."
    elif long > MAX_FILE_BYTES:
        refused = f"It is too large ({file_size(long)}; at most {file_size(MAX_FILE_BYTES)} are read)."
    return Member(name, at, long, refused)


def _end(file: BinaryIO, at: int, size: int) -> Iterator[Member]:
    """Something to say where the tar does not end in a block of zeros, as every whole one does."""
    file.seek(at)
    block = file.read(tarfile.BLOCKSIZE)
    if not block or len(block) < tarfile.BLOCKSIZE:
        yield Member("", at, 0, "The shard has no end mark: it was cut off, or is still being written.")
    elif any(block):
        rest = file_size(size - at)
        yield Member("", at, 0, f"The shard is damaged at byte {number(at)}; the {rest} from there on are not used.")


def _broken(at: int, error: Exception) -> Member:
    text = str(error)
    if at == 0 and "end of data" not in text:
        return Member("", 0, 0, "It is not a tar file, or its beginning is damaged.")
    return Member("", at, 0, f"The shard is cut off or damaged behind byte {number(at)}; what follows is not used.")


class _Guarded:
    """The file as the tar reader sees it: what a header claims can make it read one mebibyte at most."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, n: int) -> bytes:
        if not 0 <= n <= _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {n} bytes")
        return self._file.read(n)

    def seek(self, at: int) -> int:
        return self._file.seek(at)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        return None


class Part(io.RawIOBase):
    """The bytes of one member as a file of their own, to read and seek in; closing it leaves the shard open."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file, self._offset, self._size, self._at = file, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, n: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if n is None or n < 0 else min(n, left)
        self._file.seek(self._offset + self._at)
        data = self._file.read(wanted)
        while len(data) < wanted and (more := self._file.read(wanted - len(data))):
            data += more
        self._at += len(data)
        return data
