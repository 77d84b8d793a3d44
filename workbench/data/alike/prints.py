"""What is kept of each sample to find those that are there twice: a digest of its bytes, and its look in few bits.

Kept from one time to the next in `<user cache>/prints`, one file for each set of folders, by the samples' identities:
only files that are new or were changed are read again. What was found stands beside it, by the index's contents.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.files import replacing
from workbench.core.paths import user_dir
from workbench.data.alike.hashes import SIDE, THUMB, grey, hashed, thumbs
from workbench.data.chance import key
from workbench.data.crew import Crew, Progress, in_order, usable_cores
from workbench.data.index import Index
from workbench.data.unreadable import UnreadablePicture, read_part

log = logging.getLogger(__name__)

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LAYOUT = 1
"""Raised when prints are taken differently, so that older ones are not read."""

MOST_DISK = 500 * 10**6
"""All files together; the one unused for longest goes first. A picture takes about 300 bytes."""

_CHUNK = 32
_ROWS = 4096
"""Rows of a table are read many at a time: opening the file for each would take longest."""


@dataclass(eq=False)
class Prints:
    """Columns, one row for each sample of an index. Where `read` is false a file was not read, or could not be. `seen`
    tells where the looks are known; that column and those behind it are empty where nobody asked for looks."""

    identities: npt.NDArray[np.uint64]
    read: Flags
    digests: npt.NDArray[np.uint64]
    """N × 2: the first half of the SHA-256 of the sample's bytes."""
    seen: Flags
    hashes: npt.NDArray[np.uint64]
    mirrored: npt.NDArray[np.uint64]
    small: npt.NDArray[np.uint8]
    """N × 16 × 16, grey."""

    @classmethod
    def empty(cls, identities: npt.NDArray[np.uint64], looks: bool) -> Prints:
        n, seen = len(identities), len(identities) if looks else 0
        return cls(
            identities,
            np.zeros(n, np.bool_),
            np.zeros((n, 2), np.uint64),
            np.zeros(seen, np.bool_),
            np.zeros(seen, np.uint64),
            np.zeros(seen, np.uint64),
            np.zeros((seen, THUMB, THUMB), np.uint8),
        )

    @property
    def has_looks(self) -> bool:
        return len(self.seen) == len(self.read)

    def take_over(self, other: Prints) -> None:
        """Fill in what another knows of the same files."""
        _same, mine, theirs = np.intersect1d(self.identities, other.identities, return_indices=True)
        if self.has_looks and not other.has_looks:
            return  # all have to be read anyway
        for column in ("read", "digests", "seen", "hashes", "mirrored", "small") if self.has_looks else _OF_BYTES:
            getattr(self, column)[mine] = getattr(other, column)[theirs]


_OF_BYTES = ("read", "digests")
_COLUMNS = tuple(field.name for field in fields(Prints))


def prints_of(
    index: Index,
    *,
    looks: bool,
    threads: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Prints:
    """The prints of all samples. Without `looks` only files are read that are as large as another.

    `progress` counts the files that had to be read; it and `cancelled` are called on the calling thread. Raises
    `Problem` ("data.cancelled"); what was read until then is kept for the next time.
    """
    prints = Prints.empty(index.identities, looks)
    kept = _load(index)
    if kept is not None:
        prints.take_over(kept)
    needed = np.flatnonzero(~prints.read if looks else ~prints.read & _as_large_as_another(index))
    if not len(needed):
        return prints
    size = _ROWS if index.kind == "table" else _CHUNK
    chunks = [needed[k : k + size] for k in range(0, len(needed), size)]
    done = 0
    try:
        with Crew(threads or usable_cores(), name="duplicates") as crew:
            futures = [crew.submit(_take, prints, index, chunk, looks) for chunk in chunks]
            for chunk, _ in zip(chunks, in_order(futures, cancelled, "Looking for duplicates"), strict=True):
                done += len(chunk)
                if progress is not None:
                    progress(done, len(needed))
    finally:
        if done:
            _save(index, prints)
    return prints


def _as_large_as_another(index: Index) -> Flags:
    _sizes, which, counts = np.unique(index.bytes, return_inverse=True, return_counts=True)
    return np.asarray(counts[which] > 1)


def _files(index: Index, chunk: Indices) -> Iterator[tuple[int, bytes]]:
    """The bytes of samples; a file that went away is nobody's double, and training reports it."""
    for i in chunk.tolist():
        with contextlib.suppress(UnreadablePicture):
            yield i, index.read(i)


def _table_rows(index: Index, chunk: Indices) -> Iterator[tuple[int, bytes]]:
    """The bytes of rows without their line ends, of each table in one piece."""
    assert index.offsets is not None
    by_file: dict[Path, list[int]] = defaultdict(list)
    for i in chunk.tolist():
        by_file[index.file(i)].append(i)
    for path, rows in by_file.items():
        begins = index.offsets[rows]
        first = int(begins.min())
        last = int((begins + index.bytes[rows]).max())
        with contextlib.suppress(UnreadablePicture):
            piece = read_part(path, first, last - first, int(index.mtimes[rows[0]]))
            for i, begin in zip(rows, (begins - first).tolist(), strict=True):
                yield i, piece[begin : begin + int(index.bytes[i])].rstrip(b"\r\n")


def _take(prints: Prints, index: Index, chunk: Indices, looks: bool) -> None:
    pictures = np.empty((len(chunk), SIDE, SIDE), np.uint8)
    read: list[int] = []
    rows: list[int] = []
    for i, data in _table_rows(index, chunk) if index.kind == "table" else _files(index, chunk):
        prints.digests[i] = np.frombuffer(hashlib.sha256(data).digest()[:16], "<u8")
        read.append(i)
        if looks:
            with contextlib.suppress(UnreadablePicture):  # damaged behind its header: it is compared by its bytes only
                pictures[len(rows)] = grey(data)
                rows.append(i)
    if looks:
        prints.hashes[rows], prints.mirrored[rows] = hashed(pictures[: len(rows)])
        prints.small[rows] = thumbs(pictures[: len(rows)])
        prints.seen[rows] = True
    prints.read[read] = True


# --- from one time to the next ----------------------------------------------------------------------------------------


def remember(index: Index, what: str, columns: dict[str, npt.NDArray[Any]]) -> None:
    """Keep something that was worked out from exactly these files. Where the disk refuses it is worked out anew."""
    _write(_result_file(index, what), columns)


def recall(index: Index, what: str) -> dict[str, npt.NDArray[Any]] | None:
    """What was kept of exactly these files; None if nothing is, or it cannot be read."""
    return _read(_result_file(index, what))


def keep_meant(index: Index, identities: npt.NDArray[np.uint64]) -> None:
    """Keep which samples of these folders a person wants to be there more than once, by their identities."""
    _write(_file(index, "meant"), {"identities": identities})


def meant(index: Index) -> npt.NDArray[np.uint64]:
    """The identities that `keep_meant` kept; none where nothing is, or it cannot be read."""
    kept = _read(_file(index, "meant")) or {}
    found = kept.get("identities")
    return found if found is not None and found.dtype == np.uint64 and found.ndim == 1 else np.zeros(0, np.uint64)


def _result_file(index: Index, what: str) -> str:
    return f"{key(LAYOUT, index.contents, what):016x}.npz"


def _file(index: Index, what: str = "prints") -> str:
    roots = "\0".join(os.fspath(root) for root in index.roots)
    return f"{key(LAYOUT, roots, what):016x}.npz"


def _load(index: Index) -> Prints | None:
    """What is kept of these folders; None if nothing is, or it cannot be read."""
    kept = _read(_file(index))
    if kept is None or kept.keys() != set(_COLUMNS):
        return None
    prints = Prints(**kept)
    empty = Prints.empty(prints.identities, bool(len(prints.seen)))
    whole = all(_form(getattr(prints, column)) == _form(getattr(empty, column)) for column in _COLUMNS)
    return prints if whole else None


def _form(column: npt.NDArray[Any]) -> tuple[object, ...]:
    return column.shape, column.dtype


def _save(index: Index, prints: Prints) -> None:
    if not prints.has_looks:
        kept = _load(index)
        if kept is not None and kept.has_looks:  # those with looks are worth more
            return
    _write(_file(index), {column: getattr(prints, column) for column in _COLUMNS})


def _read(name: str) -> dict[str, npt.NDArray[Any]] | None:
    try:
        path = user_dir("cache") / "prints" / name
        with open(path, "rb") as file:
            kept = np.load(file, allow_pickle=False)
            if not isinstance(kept, np.lib.npyio.NpzFile):
                return None
            columns = {column: np.asarray(kept[column]) for column in kept.files}
        os.utime(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, Problem) as reason:
        log.info("What was kept to find duplicates cannot be read: %s", reason)
        return None
    return columns


def _write(name: str, columns: dict[str, npt.NDArray[Any]]) -> None:
    try:
        path = user_dir("cache") / "prints" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **columns)  # type: ignore[arg-type]  # the stub takes every name for allow_pickle
        _make_room(path)
    except (OSError, Problem) as reason:
        log.info("What finds duplicates cannot be kept: %s", reason)


def _make_room(newest: Path) -> None:
    held: list[tuple[float, int, Path]] = []
    for path in newest.parent.glob("*.npz"):
        with contextlib.suppress(OSError):
            facts = path.stat()
            held.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _time, size, _path in held)
    for _time, size, path in sorted(held):
        if total <= MOST_DISK:
            break
        if path != newest:
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
