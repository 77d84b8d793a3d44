"""What the headers of a folder's files said, kept between scans: reading the folder again then costs a stat a file.

An entry counts only for a file of the same path, size and time of change. The file on disk carries a checksum; one that
is damaged, cut off or of another version is as good as none. Only what the files' bytes say is kept: that a file could
not be opened may be different the next time.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.core.paths import user_dir
from workbench.data.chance import key

VERSION = 1
"""Raised when headers are read differently, so that what older versions found is forgotten."""

LEAST = 500
"""Folders with fewer files are read anew; that takes no time worth a file."""

MOST_DISK = 256 * 10**6
"""All memos together, eight million files; those unused for longest make room."""

_FRESH_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again within the same tick of the file system's clock."""

_HEAD = struct.Struct("<8sIIQ")  # magic, CRC-32 of all that follows, bytes of JSON, entries
_MAGIC = b"WBheads1"
_ENTRY = np.dtype([("hash", "<u8"), ("size", "<i8"), ("mtime", "<i8"), ("width", "<i4"), ("height", "<i4")])

Entries = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Memo:
    """What is known of a folder's files, sorted by the hash of their paths. Width -1 is for bad files; their height is
    then the number of the reason."""

    place: Path | None
    entries: Entries
    reasons: tuple[str, ...]

    @classmethod
    def open(cls, folder: Path, kind: str) -> Memo:
        """What was kept of a folder (absolute), as files of this kind; empty where there is nothing. Never raises."""
        try:
            place = _memos() / f"{key('headers', VERSION, PIL.__version__, kind, os.fspath(folder)):016x}.bin"
        except Problem:
            return cls(None, np.zeros(0, _ENTRY), ())
        try:
            entries, reasons = _read(place)
            os.utime(place)
        except (OSError, ValueError, TypeError, KeyError):
            return cls(place, np.zeros(0, _ENTRY), ())
        return cls(place, entries, reasons)

    def __len__(self) -> int:
        return len(self.entries)

    def find(
        self, hashes: npt.NDArray[np.uint64], sizes: npt.NDArray[np.int64], mtimes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """For each file the number of its entry, -1 where it is unknown or has changed."""
        if not len(self.entries):
            return np.full(len(hashes), -1, np.int64)
        at = np.minimum(np.searchsorted(self.entries["hash"], hashes), len(self.entries) - 1)
        found = self.entries[at]
        same = (found["hash"] == hashes) & (found["size"] == sizes) & (found["mtime"] == mtimes)
        return np.where(same, at, -1)

    def keep(
        self,
        hashes: npt.NDArray[np.uint64],
        sizes: npt.NDArray[np.int64],
        mtimes: npt.NDArray[np.int64],
        widths: npt.NDArray[np.int32],
        heights: npt.NDArray[np.int32],
        reasons: tuple[str, ...],
    ) -> None:
        """Writes these in the place of what was there. A disk that is full only makes the next scan take longer."""
        if self.place is None or len(hashes) < LEAST:
            return
        settled = mtimes < time.time_ns() - _FRESH_NS
        order = np.argsort(hashes[settled], kind="stable")
        entries = np.empty(len(order), _ENTRY)
        columns = {"hash": hashes, "size": sizes, "mtime": mtimes, "width": widths, "height": heights}
        for name, column in columns.items():
            entries[name] = np.asarray(column)[settled][order]
        words = json.dumps(reasons).encode()
        body = words + entries.tobytes()
        data = _HEAD.pack(_MAGIC, zlib.crc32(body), len(words), len(entries)) + body
        with contextlib.suppress(Problem, OSError):
            _make_room(self.place, len(data))
            write_atomic(self.place, data)


def _memos() -> Path:
    folder = user_dir("cache") / "headers"
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder


def _read(place: Path) -> tuple[Entries, tuple[str, ...]]:
    with open(place, "rb") as file:
        magic, checksum, words, count = _HEAD.unpack(_exactly(file.read(_HEAD.size), _HEAD.size))
        if magic != _MAGIC or os.fstat(file.fileno()).st_size != _HEAD.size + words + count * _ENTRY.itemsize:
            raise ValueError("not a memo, or not a whole one")
        body = file.read()
    if zlib.crc32(body) != checksum:
        raise ValueError("damaged")
    reasons = json.loads(body[:words])
    return np.frombuffer(body, _ENTRY, offset=words), tuple(str(reason) for reason in reasons)


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise ValueError("cut off")
    return data


def _make_room(place: Path, needed: int) -> None:
    """Removes the memos unused for longest until `needed` bytes more fit. Raises `OSError` where they never would."""
    if needed > MOST_DISK:
        raise OSError("there is no room for as many files")
    kept: list[tuple[float, int, Path]] = []
    with os.scandir(place.parent) as entries:
        for entry in entries:
            if entry.name != place.name and entry.is_file(follow_symlinks=False):
                facts = entry.stat(follow_symlinks=False)
                kept.append((facts.st_mtime, facts.st_size, Path(entry.path)))
    held = sum(size for _used, size, _path in kept)
    for _used, size, path in sorted(kept):
        if held + needed <= MOST_DISK:
            return
        path.unlink(missing_ok=True)
        held -= size
