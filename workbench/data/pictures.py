"""Pictures at the network's size: from the cache, or decoded by a few threads and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from workbench.data.caching.cache import PictureCache
from workbench.data.crew import Crew, usable_cores
from workbench.data.decoding.decode import network_picture
from workbench.data.index import Bad, Index
from workbench.data.pending import Pending
from workbench.data.unreadable import UnreadablePicture

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

_CHUNK = 8
"""Pictures a thread decodes at once: few enough to share a batch, enough to make handing over cheap."""

_COPIED_AT_ONCE = 1 << 21
"""Bytes a thread copies at once from the cache. Less than twice that is copied without handing it over."""


class Pictures:
    """Gives uint8 pictures by index. Safe to use from several threads.

    A file that cannot be read any more (deleted, replaced, damaged) is left out and told once to `on_bad`, on the
    thread that met it; it is tried again when it is next asked for.
    """

    def __init__(
        self,
        index: Index,
        size: tuple[int, int],
        channels: int,
        fit: str,
        cache: PictureCache,
        threads: int | None = None,
    ) -> None:
        """`threads` read and decode (default: one a core); what they give does not depend on it."""
        self.index = index
        self.shape = (*size, channels)
        self.fit = fit
        self.cache = cache
        self.on_bad: Callable[[Bad], None] | None = None
        self._bad: dict[int, Bad] = {}
        self._guard = threading.Lock()
        self._crew = Crew(threads or usable_cores())

    @property
    def bad(self) -> tuple[Bad, ...]:
        """Files that turned out bad since the folder was scanned."""
        with self._guard:
            return tuple(self._bad[i] for i in sorted(self._bad))

    def begin(self, indices: Indices) -> Pending[Pixels]:
        """Sets the threads to work on these pictures and returns at once."""
        pending = Pending(indices, np.empty((len(indices), *self.shape), np.uint8))
        known = self.cache.known(indices)
        if known.all() and pending.raw.nbytes < 2 * _COPIED_AT_ONCE:
            self.cache.read(indices, pending.raw)
            return pending
        together = max(1, _COPIED_AT_ONCE // max(1, int(np.prod(self.shape))))
        for places in _parts(np.flatnonzero(known), together):
            pending.work.append(self._crew.submit(self._copy_into, pending, places))
        for places in _parts(np.flatnonzero(~known), _CHUNK):
            pending.work.append(self._crew.submit(self._decode_into, pending, places))
        return pending

    def finish(self, pending: Pending[Pixels], stopped: threading.Event | None = None) -> tuple[Pixels, Indices] | None:
        """Waits for `begin`; see `Feed.finish`."""
        return pending.finish(stopped)

    def one(self, i: int) -> Pixels:
        """One picture, uint8 H × W × C, on the calling thread. Raises `UnreadablePicture`."""
        row = np.array([i], np.int64)
        if self.cache.has(row)[0]:
            pixels = np.empty((1, *self.shape), np.uint8)
            self.cache.read(row, pixels)
            return np.asarray(pixels[0])
        kept = self.cache.take(i)
        if kept is not None:
            return kept
        try:
            picture = self._decode(i)
        except UnreadablePicture as refused:
            self._report(i, refused.reason)
            raise UnreadablePicture(refused.reason, self.index.path(i)) from refused
        return self.cache.keep((i,), (picture,))[0]

    def close(self) -> None:
        self._crew.close()
        self.cache.close()

    def _decode(self, i: int) -> Pixels:
        return network_picture(self.index.read(i), (self.shape[0], self.shape[1]), self.shape[2], self.fit, quick=True)

    def _copy_into(self, pending: Pending[Pixels], places: Indices) -> list[int]:
        if len(places) == places[-1] - places[0] + 1:
            self.cache.read(pending.indices[places], pending.raw[places[0] : places[-1] + 1])
        else:
            part = np.empty((len(places), *self.shape), np.uint8)
            self.cache.read(pending.indices[places], part)
            pending.raw[places] = part
        return []

    def _decode_into(self, pending: Pending[Pixels], places: Indices) -> list[int]:
        """Fills in what the cache had not been asked for before, from there or from the files."""
        rows = pending.indices[places]
        there = self.cache.has(rows)
        if there.any():
            self._copy_into(pending, places[there])
        failed: list[int] = []
        decoded: list[tuple[int, int, Pixels]] = []
        for place, i in zip(places[~there].tolist(), rows[~there].tolist(), strict=True):
            kept = self.cache.take(i)
            if kept is not None:
                pending.raw[place] = kept
                continue
            try:
                decoded.append((place, i, self._decode(i)))
            except UnreadablePicture as refused:
                self._report(i, refused.reason)
                failed.append(place)
        kept_as = self.cache.keep([i for _place, i, _picture in decoded], [picture for *_at, picture in decoded])
        for (place, _i, _picture), picture in zip(decoded, kept_as, strict=True):
            pending.raw[place] = picture
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


def _parts(places: Indices, most: int) -> Iterator[Indices]:
    for k in range(0, len(places), most):
        yield places[k : k + most]
