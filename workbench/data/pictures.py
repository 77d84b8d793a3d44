"""Pictures at the network's size: from the cache, or decoded by a few threads and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.cache import PictureCache
from workbench.data.crew import Crew, usable_cores
from workbench.data.decode import network_picture
from workbench.data.index import Bad, Index
from workbench.data.unreadable import UnreadablePicture

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

_CHUNK = 8
"""Pictures a thread takes at once: few enough to share a batch, enough to make handing over cheap."""

_LOOK_UP_SECONDS = 0.05


@dataclass(slots=True)
class Pending:
    """Pictures that were asked for: `pixels` fills up while the futures run; each gives the rows it could not fill."""

    indices: Indices
    pixels: Pixels
    work: list[Future[list[int]]]


class Pictures:
    """Gives uint8 pictures by index. Safe to use from several threads.

    A file that cannot be read any more (deleted, replaced, damaged) is left out and told once to `on_bad`, on the
    thread that met it; it is tried again when it is next asked for.
    """

    def __init__(self, index: Index, size: tuple[int, int], channels: int, fit: str, cache: PictureCache) -> None:
        self.index = index
        self.shape = (*size, channels)
        self.fit = fit
        self.cache = cache
        self.on_bad: Callable[[Bad], None] | None = None
        self._bad: dict[int, Bad] = {}
        self._guard = threading.Lock()
        self._crew = Crew(usable_cores())

    @property
    def bad(self) -> tuple[Bad, ...]:
        """Files that turned out bad since the folder was scanned."""
        with self._guard:
            return tuple(self._bad[i] for i in sorted(self._bad))

    def begin(self, indices: Indices) -> Pending:
        """Sets the threads to work on these pictures and returns at once."""
        pending = Pending(indices, np.empty((len(indices), *self.shape), np.uint8), [])
        there = self.cache.has(indices)
        if there.all():
            self.cache.read(indices, pending.pixels)
            return pending
        cached, missing = np.flatnonzero(there), np.flatnonzero(~there)
        if len(cached):
            part = np.empty((len(cached), *self.shape), np.uint8)
            self.cache.read(indices[cached], part)
            pending.pixels[cached] = part
        for k in range(0, len(missing), _CHUNK):
            pending.work.append(self._crew.submit(self._decode_into, pending, missing[k : k + _CHUNK]))
        return pending

    def finish(self, pending: Pending, stopped: threading.Event | None = None) -> tuple[Pixels, Indices] | None:
        """Waits for `begin`: the pictures and their indices, without those that could not be read.

        None if `stopped` was set before all were there. Raises `Problem` ("data.closed") if `close` was called.
        """
        failed: list[int] = []
        for future in pending.work:
            while not future.done():
                if stopped is not None and stopped.is_set():
                    return None
                wait((future,), timeout=_LOOK_UP_SECONDS)
            if future.cancelled():
                raise Problem.of("data.closed", "The pictures were closed while they were in use. Open them again.")
            failed.extend(future.result())
        if not failed:
            return pending.pixels, pending.indices
        kept = np.ones(len(pending.indices), np.bool_)
        kept[failed] = False
        return pending.pixels[kept], pending.indices[kept]

    def one(self, i: int) -> Pixels:
        """One picture, uint8 H × W × C, on the calling thread. Raises `UnreadablePicture`."""
        row = np.array([i], np.int64)
        if self.cache.has(row)[0]:
            pixels = np.empty((1, *self.shape), np.uint8)
            self.cache.read(row, pixels)
            return np.asarray(pixels[0])
        try:
            picture = self._decode(i)
        except UnreadablePicture as refused:
            self._report(i, refused.reason)
            raise UnreadablePicture(refused.reason, self.index.path(i)) from refused
        self.cache.write(i, picture)
        return picture

    def close(self) -> None:
        self._crew.close()
        self.cache.close()

    def _decode(self, i: int) -> Pixels:
        data = self.index.read(i)
        return network_picture(data, (self.shape[0], self.shape[1]), self.shape[2], self.fit)

    def _decode_into(self, pending: Pending, places: Indices) -> list[int]:
        failed: list[int] = []
        for place in places.tolist():
            i = int(pending.indices[place])
            try:
                picture = self._decode(i)
            except UnreadablePicture as refused:
                self._report(i, refused.reason)
                failed.append(place)
                continue
            pending.pixels[place] = picture
            self.cache.write(i, picture)
        return failed

    def _report(self, i: int, reason: str) -> None:
        """Tells of a bad file, the first time it is met."""
        bad = Bad(self.index.path(i), reason)
        with self._guard:
            if i in self._bad:
                return
            self._bad[i] = bad
        if self.on_bad is not None:
            self.on_bad(bad)
