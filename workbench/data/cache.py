"""Decoded pictures kept between epochs and between runs, so that every file is decoded once.

Each cache is a folder `<user cache>/pictures/<key>` with the rows of one data folder at one network size. The key
covers everything a row depends on: the folder and its fingerprint, size, channels, fit, and the decoders' versions.
There is no separate building: training fills it as pictures are first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import psutil

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import file_size
from workbench.data.cache_folders import TooLarge, open_folder
from workbench.data.index import Index
from workbench.data.inuse import InUse
from workbench.data.rows import DiskRows, MemoryRows, NoRows, Rows

MEMORY_SHARE = 0.25
"""Without a disk: at most this share of the memory that is free."""

Notice = Callable[[Diagnostic], None]
Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


class PictureCache:
    """The rows of one data set. Where the disk gives out, it goes on in memory, or without; training never stops."""

    def __init__(self, rows: Rows, count: int, shape: tuple[int, int, int], notice: Notice) -> None:
        self._rows = rows
        self._overflow: Rows | None = None
        self._count, self._shape, self._notice = count, shape, notice
        self._guard = threading.Lock()
        self._in_use: InUse | None = None

    @classmethod
    def open(
        cls,
        index: Index,
        size: tuple[int, int],
        channels: int,
        fit: str,
        *,
        budget: int | None = None,
        notice: Notice,
    ) -> PictureCache:
        """The cache for these pictures, made if it is not there. Never raises: at worst nothing is kept.

        `budget` is the most bytes all caches together may take on disk (default: `cache_folders.MOST_DISK`). Older
        caches make room, the one unused for longest first.
        """
        shape = (*size, channels)
        try:
            folder, in_use = open_folder(index, shape, fit, budget)
            cache = cls(DiskRows(folder, index.identities, shape), len(index), shape, notice)
            cache._in_use = in_use
        except (OSError, ValueError, Problem) as error:
            cache = cls(NoRows(), len(index), shape, notice)
            cache._fall_back(error)
        return cache

    @property
    def where(self) -> str:
        """ "disk", "memory" or "nowhere": where new pictures are kept."""
        return (self._overflow or self._rows).where

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which of these pictures need not be decoded."""
        there = self._rows.has(indices)
        return there | self._overflow.has(indices) if self._overflow is not None else there

    def read(self, indices: Indices, into: Pixels) -> None:
        """Copies pictures that `has` said are there into uint8 N × H × W × C (contiguous)."""
        overflow = self._overflow
        if overflow is None:
            self._rows.read(indices, into)
            return
        first = self._rows.has(indices)
        for store, chosen in ((self._rows, np.flatnonzero(first)), (overflow, np.flatnonzero(~first))):
            if len(chosen):
                part = np.empty((len(chosen), *self._shape), np.uint8)
                store.read(indices[chosen], part)
                into[chosen] = part

    def write(self, row: int, picture: Pixels) -> None:
        """Keeps a picture, if there is room for it anywhere."""
        try:
            (self._overflow or self._rows).write(row, picture)
        except OSError as error:
            with self._guard:
                if self._overflow is None:
                    self._fall_back(error).write(row, picture)

    def close(self) -> None:
        self._rows.close()
        if self._in_use is not None:
            self._in_use.release()

    def _fall_back(self, error: Exception) -> Rows:
        """From now on in memory if it fits, else nowhere; says so once."""
        needed = self._count * int(np.prod(self._shape))
        fits = needed <= MEMORY_SHARE * psutil.virtual_memory().available
        why = _why(error)
        if fits:
            self._overflow = MemoryRows(self._count, self._shape)
            text = f"{why} The decoded pictures ({file_size(needed)}) are kept in memory for this run instead."
        else:
            self._overflow = NoRows()
            text = (
                f"{why} The decoded pictures ({file_size(needed)}) do not fit into memory either, so every epoch "
                "decodes them again and takes longer. Free some disk space to make it faster."
            )
        self._notice(Diagnostic("data.cache", text, Severity.WARNING, details=repr(error)))
        return self._overflow


def _why(error: Exception) -> str:
    if isinstance(error, TooLarge):
        return str(error)
    if isinstance(error, Problem):
        return error.diagnostics[0].message
    reason = getattr(error, "strerror", None) or str(error)
    return f"The cache on disk cannot be used ({reason})."
