"""Decoded pictures kept between epochs and between runs, so that every file is decoded once.

Each cache is a folder `<user cache>/pictures/<key>` with the pictures of one data set at one network size. The key
covers what they have in common: the folders, size, channels, fit, and the decoders' versions. In it each picture is
told by its path, size and time of change, so that only changed files are decoded again; classes and splits have no
part in it, so that every project on these files shares it, at the same time too. There is no separate building:
training fills it as pictures are first needed.

Pictures stand in rows of pixels (`rows`). Where the budget does not hold them so, they stand as JPEG (`shelves`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import psutil

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import file_size
from workbench.data.caching.cache_folders import TooLarge, open_rows, open_shelf_folder, shelf_room
from workbench.data.caching.inuse import InUse
from workbench.data.caching.rows import MemoryRows, NoRows, Rows
from workbench.data.caching.shelves import QUALITY, Shelf, ShelfFull, decode, encode, expected_bytes
from workbench.data.index import Index

MEMORY_SHARE = 0.25
"""Without a disk: at most this share of the memory that is free."""

_IN_PICTURES = (1, 3)
"""Channels of rows that are pictures. Other kinds of data keep the bytes of other numbers, which no JPEG may change."""

_LEAST_SHELF = 0.1
"""A shelf for less than this share of the pictures is not worth the change to them."""

T = TypeVar("T")
Notice = Callable[[Diagnostic], None]
Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


class PictureCache:
    """The rows of one data set. Where the disk gives out, it goes on in memory, or without; training never stops.

    Where there is room on the disk for JPEGs only, every picture is given as its JPEG shows it, also when it was just
    decoded and when it could not be kept: so a picture is the same in every epoch.
    """

    def __init__(self, rows: Rows, count: int, shape: tuple[int, int, int], notice: Notice) -> None:
        self._rows = rows
        self._shelf: Shelf | None = None
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
        cache = cls(NoRows(), len(index), shape, notice)
        if not index.is_kept:
            return cache
        try:
            cache._rows, cache._in_use = open_rows(index, shape, fit, budget)
        except TooLarge as error:
            if channels in _IN_PICTURES:
                cache._open_shelf(index, fit, budget, error)
            else:
                cache._fall_back(error)
        except (OSError, ValueError, Problem) as error:
            cache._fall_back(error)
        return cache

    @property
    def where(self) -> str:
        """ "disk", "memory" or "nowhere": where new pictures are kept."""
        if self._overflow is not None:
            return self._overflow.where
        return "disk" if self._shelf is not None else self._rows.where

    @property
    def is_exact(self) -> bool:
        """Whether pictures are given as they were decoded, and not as a JPEG of them shows them."""
        return self._shelf is None

    def known(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which of these pictures `read` can give at once. Costs next to nothing."""
        there = self._rows.known(indices)
        return there | self._overflow.known(indices) if self._overflow is not None else there

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which of these pictures `read` can give, after a look at those that were not read before."""
        there = self._rows.has(indices)
        return there | self._overflow.has(indices) if self._overflow is not None else there

    def read(self, indices: Indices, into: Pixels) -> None:
        """Copies pictures that `known` or `has` said are there into uint8 N × H × W × C (contiguous)."""
        overflow = self._overflow
        if overflow is None:
            self._rows.read(indices, into)
            return
        first = self._rows.known(indices)
        for store, chosen in ((self._rows, np.flatnonzero(first)), (overflow, np.flatnonzero(~first))):
            if len(chosen):
                part = np.empty((len(chosen), *self._shape), np.uint8)
                store.read(indices[chosen], part)
                into[chosen] = part

    def take(self, row: int) -> Pixels | None:
        """One picture that needs decoding only from its JPEG on the shelf; None where there is none. Any thread."""
        if self._shelf is None:
            return None
        try:
            data = self._shelf.get(row)
            return None if data is None else decode(data, self._shape[2])
        except (OSError, ValueError, RuntimeError):
            return None

    def keep(self, rows: Sequence[int], pictures: Sequence[Pixels]) -> Sequence[Pixels]:
        """Keeps decoded pictures, if there is room for them anywhere; gives them as they will be read next time."""
        if self._shelf is not None:
            encoded = [encode(picture) for picture in pictures]
            pictures = [decode(data, self._shape[2]) for data in encoded]
            if self._overflow is None:
                self._guarded(lambda shelf: shelf.append(rows, encoded), self._shelf, rows, pictures)
                return pictures
        self._guarded(lambda store: store.write(rows, pictures), self._overflow or self._rows, rows, pictures)
        return pictures

    def close(self) -> None:
        self._rows.close()
        if self._shelf is not None:
            self._shelf.close()
        if self._in_use is not None:
            self._in_use.release()

    def _guarded(self, write: Callable[[T], None], store: T, rows: Sequence[int], pictures: Sequence[Pixels]) -> None:
        """Writes; where the disk has no room, the pictures go where they go from now on."""
        try:
            write(store)
        except OSError as error:
            with self._guard:
                (self._overflow or self._fall_back(error)).write(rows, pictures)

    def _open_shelf(self, index: Index, fit: str, budget: int | None, error: TooLarge) -> None:
        """As JPEG on disk, if that fits there; in memory as they are, if that fits; else as many JPEGs as fit."""
        wanted = expected_bytes(len(index), self._shape)
        try:
            room = shelf_room(index, self._shape, fit, wanted, budget)
            if room < wanted and (self._fits_into_memory() or room < _LEAST_SHELF * wanted):
                raise error
            folder, self._in_use = open_shelf_folder(index, self._shape, fit)
            self._shelf = Shelf(folder, index.identities, room)
        except (OSError, ValueError) as refused:
            self._fall_back(refused)
            return
        text = (
            f"{error} They are kept as JPEG of quality {QUALITY} instead (about {file_size(wanted)}), which changes "
            "them by one or two levels of 255."
        )
        self._notice(Diagnostic("data.cache", text, Severity.INFO))

    @property
    def _bytes_as_they_are(self) -> int:
        return self._count * int(np.prod(self._shape))

    def _fits_into_memory(self) -> bool:
        return bool(self._bytes_as_they_are <= MEMORY_SHARE * psutil.virtual_memory().available)

    def _fall_back(self, error: Exception) -> Rows:
        """From now on in memory if it fits, else nowhere; says so once."""
        why, needed = _why(error), self._bytes_as_they_are
        if self._fits_into_memory():
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
    if isinstance(error, (TooLarge, ShelfFull)):
        return str(error)
    if isinstance(error, Problem):
        return error.diagnostics[0].message
    reason = getattr(error, "strerror", None) or str(error)
    return f"The cache on disk cannot be used ({reason})."
