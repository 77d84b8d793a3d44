"""Samples made from one file each (or one part of a file) by a few threads, and kept in the cache on disk.

The cache keeps rows of bytes; a row of other numbers is kept as the bytes it consists of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.data.bad import Bad
from workbench.data.caching.cache import PictureCache
from workbench.data.crew import Crew, usable_cores
from workbench.data.feed import Asked
from workbench.data.index import Index
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.pending import Pending
from workbench.data.unreadable import UnreadablePicture

Raw = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Make = Callable[[int], Raw]

_CHUNK = 16
"""Samples a thread takes at once."""


@dataclass(frozen=True, slots=True)
class Form:
    """What one raw sample is: its shape, its type, and in words how it was made (which the cache goes by)."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    made: str

    @property
    def row(self) -> tuple[int, int, int]:
        """The shape of its bytes: height × width × bytes of a number."""
        height = self.shape[0] if len(self.shape) > 1 else 1
        return height, self.shape[-1], self.dtype.itemsize

    def bytes_of(self, raw: Raw) -> Bytes:
        """N samples as N × `row`; the same memory."""
        return raw.view(np.uint8).reshape(len(raw), *self.row)


class FileFeed:
    """Raw samples by index, made by `make`, which raises `UnreadablePicture`. Safe to use from several threads."""

    def __init__(self, index: Index, form: Form, make: Make, cache: PictureCache, threads: int | None = None) -> None:
        self.index = index
        self.form = form
        self.cache = cache
        self.on_bad: Callable[[Bad], None] | None = None
        self._make = make
        self._bad: dict[int, Bad] = {}
        self._guard = threading.Lock()
        self._crew = Crew(threads or usable_cores())

    @classmethod
    def open(cls, asked: Asked, form: Form, make: Make) -> FileFeed:
        """With the cache that belongs to these samples made in this form."""
        height, width, depth = form.row
        notice = asked.notice or (lambda _diagnostic: None)
        cache = PictureCache.open(
            asked.index, (height, width), depth, form.made, budget=asked.cache_budget, notice=notice
        )
        return cls(asked.index, form, make, cache, asked.threads)

    @property
    def bad(self) -> tuple[Bad, ...]:
        with self._guard:
            return tuple(self._bad[i] for i in sorted(self._bad))

    def begin(self, indices: Indices) -> Pending[Raw]:
        """Sets the threads to work on these samples and returns at once."""
        pending = Pending(indices, np.empty((len(indices), *self.form.shape), self.form.dtype))
        known = self.cache.known(indices)
        if known.any():
            self._copy(pending, np.flatnonzero(known))
        missing = np.flatnonzero(~known)
        for k in range(0, len(missing), _CHUNK):
            pending.work.append(self._crew.submit(self._fill, pending, missing[k : k + _CHUNK]))
        return pending

    def finish(self, pending: Pending[Raw], stopped: threading.Event | None = None) -> tuple[Raw, Indices] | None:
        """Waits for `begin`; see `Feed.finish`."""
        return pending.finish(stopped)

    def one(self, i: int) -> Raw:
        """One raw sample on the calling thread. Raises `UnreadablePicture`."""
        raw = np.empty((1, *self.form.shape), self.form.dtype)
        row = np.array([i], np.int64)
        if self.cache.has(row)[0]:
            self.cache.read(row, self.form.bytes_of(raw))
            return np.asarray(raw[0])
        try:
            made = self._make(i)
        except UnreadablePicture as refused:
            self._report(i, refused.reason)
            raise UnreadableFile(refused.reason, self.index.path(i)) from refused
        self._keep({i: made})
        return made

    def close(self) -> None:
        self._crew.close()
        self.cache.close()

    def _copy(self, pending: Pending[Raw], places: Indices) -> None:
        """From the cache, which has them."""
        part = np.empty((len(places), *self.form.row), np.uint8)
        self.cache.read(pending.indices[places], part)
        self.form.bytes_of(pending.raw)[places] = part

    def _fill(self, pending: Pending[Raw], places: Indices) -> list[int]:
        """From the cache where it has them after all, else made; gives the places that could not be filled."""
        there = self.cache.has(pending.indices[places])
        if there.any():
            self._copy(pending, places[there])
        failed: list[int] = []
        made: dict[int, Raw] = {}
        for place in places[~there].tolist():
            i = int(pending.indices[place])
            try:
                made[i] = pending.raw[place] = self._make(i)
            except UnreadablePicture as refused:
                self._report(i, refused.reason)
                failed.append(place)
        self._keep(made)
        return failed

    def _keep(self, made: dict[int, Raw]) -> None:
        rows = [self.form.bytes_of(np.ascontiguousarray(raw, self.form.dtype)[None])[0] for raw in made.values()]
        self.cache.keep(list(made), rows)

    def _report(self, i: int, reason: str) -> None:
        """Tells of a bad sample, the first time it is met."""
        bad = Bad(self.index.path(i), reason)
        with self._guard:
            if i in self._bad:
                return
            self._bad[i] = bad
        if self.on_bad is not None:
            self.on_bad(bad)
