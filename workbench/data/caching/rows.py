"""Where decoded pictures wait for the next epoch: rows of uint8 on disk, in memory, or nowhere."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from workbench.data.caching.positioned import PositionedFile

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

RECORD = np.dtype([("identity", "<u8"), ("checksum", "<u4"), ("filled", "<u4")])
"""One row of the table beside the pixels: which picture it holds, the CRC-32 of its bytes, and whether it is filled."""

PIXELS, TABLE = "pixels.u8", "table.bin"
"""The two files of a store."""

FILLED = 0x57424E31

_RECORD = struct.Struct("<QII")


class Rows(Protocol):
    """A store of one picture a row. Every method may be called from any thread."""

    where: str  # "disk" | "memory" | "nowhere"

    def known(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which of these rows can be read at once. Costs next to nothing."""

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which of these rows can be read; what was not read before is held against its checksum."""

    def read(self, indices: Indices, into: Pixels) -> None:
        """Copies rows that `has` said are there into N × H × W × C."""

    def write(self, rows: Sequence[int], pictures: Sequence[Pixels]) -> None:
        """Keeps pictures. Raises `OSError` when there is no room left."""

    def close(self) -> None: ...


class NoRows:
    """Keeps nothing: every epoch decodes again."""

    where = "nowhere"

    def known(self, indices: Indices) -> npt.NDArray[np.bool_]:
        return np.zeros(len(indices), dtype=np.bool_)

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        return np.zeros(len(indices), dtype=np.bool_)

    def read(self, indices: Indices, into: Pixels) -> None:
        raise LookupError("nothing is kept")

    def write(self, rows: Sequence[int], pictures: Sequence[Pixels]) -> None:
        return None

    def close(self) -> None:
        return None


class MemoryRows:
    """Rows in memory, for this run only. Pages are taken from the system as they are written."""

    where = "memory"

    def __init__(self, count: int, shape: tuple[int, int, int]) -> None:
        self._pixels = np.empty((count, *shape), dtype=np.uint8)
        self._filled = np.zeros(count, dtype=np.bool_)

    def known(self, indices: Indices) -> npt.NDArray[np.bool_]:
        return self._filled[indices]

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        return self._filled[indices]

    def read(self, indices: Indices, into: Pixels) -> None:
        np.take(self._pixels, indices, axis=0, out=into, mode="clip")

    def write(self, rows: Sequence[int], pictures: Sequence[Pixels]) -> None:
        for row, picture in zip(rows, pictures, strict=True):
            self._pixels[row] = picture
            self._filled[row] = True

    def close(self) -> None:
        return None


class DiskRows:
    """Rows in two files: the pixels, and a table of `RECORD`s. `slots` says which picture has which row in them.

    A row counts once its record is written, after its pixels; and it is believed only after its checksum was held
    against its pixels, once in each process. So neither a crash nor a power cut can pass off half a row as a picture.
    Two processes may fill one store at once: both write the same bytes, and each sees what the other has finished.

    Writing goes through `pwrite` where there is one: a full disk is then an `OSError`, whereas storing into a mapped
    page of a file with no room left would kill the process.
    """

    where = "disk"

    def __init__(
        self,
        folder: Path,
        identities: npt.NDArray[np.uint64],
        slots: Indices,
        shape: tuple[int, int, int],
    ) -> None:
        """Picture i, told by its identity, stands in slot ``slots[i]``. Raises `OSError` or `ValueError`."""
        count = int(slots.max(initial=-1)) + 1
        self._identities, self._slots = identities, slots
        self._row_bytes = int(np.prod(shape))
        self._has_pwrite = hasattr(os, "pwrite")
        mode = "r" if self._has_pwrite else "r+"
        pixels = np.memmap(folder / PIXELS, np.uint8, mode, shape=(count, *shape))  # type: ignore[call-overload]
        table = np.memmap(folder / TABLE, RECORD, mode, shape=(count,))  # type: ignore[call-overload]
        self._pixels, self._table = pixels.view(np.ndarray), table.view(np.ndarray)  # plain ones index quicker
        self._files: _Files | None = None
        if self._has_pwrite:
            self._files = _Files(*(PositionedFile(folder / name, os.O_RDWR) for name in (PIXELS, TABLE)))
        self._believed = np.zeros(len(identities), dtype=np.bool_)
        self._closed = False

    def known(self, indices: Indices) -> npt.NDArray[np.bool_]:
        return self._believed[indices]

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        known = self._believed[indices]
        if known.all():
            return known
        asked = np.flatnonzero(~known)
        rows = indices[asked]
        slots, identities = self._slots[rows], self._identities[rows]
        records = self._table[slots]
        claimed = (records["filled"] == FILLED) & (records["identity"] == identities)
        for k in np.flatnonzero(claimed):
            if _checksum(self._pixels[slots[k]], int(identities[k])) == int(records["checksum"][k]):
                self._believed[rows[k]] = known[asked[k]] = True
        return known

    def read(self, indices: Indices, into: Pixels) -> None:
        np.take(self._pixels, self._slots[indices], axis=0, out=into, mode="clip")

    def write(self, rows: Sequence[int], pictures: Sequence[Pixels]) -> None:
        files = self._files  # closed once nobody holds it: this thread may write on after `close`
        for row, picture in zip(rows, pictures, strict=True):
            identity, slot = int(self._identities[row]), int(self._slots[row])
            record = _RECORD.pack(identity, _checksum(picture, identity), FILLED)
            if self._closed:
                return
            if files is not None:
                files.pixels.write(np.ascontiguousarray(picture).data.cast("B"), slot * self._row_bytes)
                files.table.write(record, slot * RECORD.itemsize)
            else:
                self._pixels[slot] = picture
                self._table[slot] = np.frombuffer(record, RECORD)[0]
            self._believed[row] = True

    def close(self) -> None:
        self._closed = True
        self._files = None


class _Files(NamedTuple):
    pixels: PositionedFile
    table: PositionedFile


def _checksum(picture: Pixels, identity: int) -> int:
    return zlib.crc32(np.ascontiguousarray(picture).data, identity & 0xFFFFFFFF)
