"""Training samples that are too many to index: read shard after shard, shuffled, in memory that does not grow.

A `StreamIndex` gives the samples by number as an `Index` does, so that the feed of any kind reads and decodes them
with the same threads and the same code as files. It knows the tables of the few shards that are being read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from workbench.data.chance import key
from workbench.data.shards.members import Part, open_shard
from workbench.data.shards.order import StreamOrder
from workbench.data.shards.parting import Parting
from workbench.data.shards.scanning import Found
from workbench.data.shards.table import Table
from workbench.data.unreadable import UnreadablePicture, read_part, why_not_opened

Numbers = npt.NDArray[np.int64]

BUFFERED = 128 * 10**6
"""Bytes of samples that are held to draw from, about."""

LEAST_BUFFERED, MOST_BUFFERED = 256, 10_000
"""Samples, whatever their size."""

_AROUND = 4
"""Shards whose tables are held beside those whose samples are in the buffer."""

_ENDLESS = 1 << 62

STREAMED = 1 << 41
"""The number of the first streamed sample: no index has as many, so that numbers are never taken for one another."""

_CHANGED = "The shard has changed since it was read. Read the data again."
_LOST = UnreadablePicture(_CHANGED)


@dataclass(frozen=True)
class Stream:
    """The training samples of all shards: how many each has (`counts`), and which (`parting`)."""

    found: Found
    parting: Parting
    counts: tuple[int, ...]
    class_counts: tuple[int, ...]
    rank: int = 0
    ranks: int = 1

    def __len__(self) -> int:
        """Training samples of this rank in an epoch."""
        return len(self.order(0))

    @cached_property
    def buffer(self) -> int:
        """Samples that are held to draw from: a function of the data, so that the order is the same anywhere."""
        mean = self.found.bytes / max(1, len(self.found))
        return max(LEAST_BUFFERED, min(MOST_BUFFERED, round(BUFFERED / max(1.0, mean))))

    def order(self, seed: int) -> StreamOrder:
        """The order of its epochs."""
        return StreamOrder(self.counts, self.buffer, seed, self.rank, self.ranks)

    @property
    def fingerprint(self) -> str:
        """Equal for equal shards (names and sizes of the files), parted alike."""
        shards = zip(self.found.shards, self.counts, strict=True)
        told = [f"{shard.name}\0{n}" for shard, n in shards]
        return f"{key(*told, self.found.bytes, self.parting.seed):016x}"

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch; the last may be short."""
        return -(-len(self) // batch_size)


class StreamIndex:
    """Streamed samples by number, in the place of an `Index`. Safe to use from several threads.

    `fetch` reads samples ahead in the order they stand in the shards; `read` gives each of these out once.
    `relabelled(path)` is the class a person chose for a sample, None for most.
    """

    offsets: Numbers = np.empty(0, np.int64)  # several samples stand in one file
    is_kept = False

    def __init__(self, stream: Stream, relabelled: Callable[[str], int | None] | None = None) -> None:
        self.kind = stream.found.kind
        self.classes = stream.found.classes
        self.root = stream.found.root
        self.roots = (self.root,)
        self.labels = _Labels(self)
        self._stream = stream
        self._starts = STREAMED + np.array(stream.order(0).starts, np.int64)
        self._relabelled = relabelled
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._most_known = _AROUND + -(-stream.buffer * len(stream.counts) // max(1, sum(stream.counts)))
        self._fetched: dict[int, bytes | UnreadablePicture] = {}
        self._guard = threading.Lock()

    def __len__(self) -> int:
        """As many as fit no cache: nothing that is streamed is kept."""
        return _ENDLESS

    @property
    def contents(self) -> str:
        return f"stream of {self.root}"

    def path(self, number: int) -> str:
        """As in `Index.path`: the shard, and the sample's file in it, or its place where the shard is another now."""
        try:
            shard, row = self._at(number)
            return f"{shard.name}#{shard.table.members[row]}"
        except UnreadablePicture:
            k = self._shard_of(number)
            return f"{self._stream.found.shards[k].name}#{number - int(self._starts[k])}"

    def file(self, number: int) -> Path:
        return self._at(number)[0].path

    def label(self, number: int) -> int:
        """The class of a sample, as a person changed it."""
        shard, row = self._at(number)
        label = None if self._relabelled is None else self._relabelled(f"{shard.name}#{shard.table.members[row]}")
        return int(shard.labels[row]) if label is None else label

    def draws_by(self, numbers: Numbers) -> Numbers:
        """For each sample a number that follows from its key alone: what is drawn for it goes by that."""
        found = (
            (shard.name.rsplit("/", 1)[-1], shard.table.members[row]) for shard, row in map(self._at, numbers.tolist())
        )
        return np.array([key(*name) >> 1 for name in found], np.int64)

    def fetch(self, numbers: Iterator[int]) -> Iterator[int]:
        """The same numbers; the bytes of each are read as it is passed on, and wait for `read`."""
        at, file = -1, None
        try:
            for number in numbers:
                try:
                    shard, row = self._at(number)
                    if shard.number != at:
                        if file is not None:
                            file.close()
                        at, file = shard.number, None
                        file = _opened(shard)
                    data: bytes | UnreadablePicture = _LOST if file is None else _read(file, shard.table, row)
                except UnreadablePicture as refused:  # told by whoever asks for it
                    data = refused
                with self._guard:
                    self._fetched[number] = data
                yield number
        finally:
            if file is not None:
                file.close()

    def forget(self) -> None:
        """Lets go of what was fetched and not asked for."""
        with self._guard:
            self._fetched.clear()

    def read(self, number: int) -> bytes:
        """The bytes of a sample, fetched or read now. Raises `UnreadablePicture`."""
        with self._guard:
            data = self._fetched.pop(number, None)
        if data is None:
            shard, row = self._at(number)
            offset, size = int(shard.table.offsets[row]), int(shard.table.sizes[row])
            return read_part(shard.path, offset, size, shard.table.facts[1])
        if isinstance(data, UnreadablePicture):
            raise UnreadablePicture(data.reason, self.path(number))
        return data

    def _at(self, number: int) -> tuple[_Known, int]:
        """The shard of a sample, and its row in the table. Raises `UnreadablePicture` where it is gone."""
        k = self._shard_of(number)
        with self._guard:
            shard = self._known.get(k)
            if shard is None:
                shard = self._known[k] = self._look_up(k)
                while len(self._known) > self._most_known:
                    self._known.popitem(last=False)
            self._known.move_to_end(k)
        row = number - int(self._starts[k])
        return shard, int(shard.rows[row])

    def _shard_of(self, number: int) -> int:
        return int(np.searchsorted(self._starts, number, side="right")) - 1

    def _look_up(self, k: int) -> _Known:
        stream = self._stream
        shard, table = stream.found.shards[k], stream.found.table(k)
        rows = np.flatnonzero(stream.parting.places(shard, table) == 0)
        if len(rows) != stream.counts[k]:
            raise UnreadablePicture(_CHANGED, shard.name)
        return _Known(k, shard.name, shard.path, table, rows, stream.found.labels(table))


@dataclass(frozen=True, slots=True)
class _Known:
    """A shard that is being read: its table, the rows of its training samples, and the labels of all rows."""

    number: int
    name: str
    path: Path
    table: Table
    rows: Numbers
    labels: Numbers


class _Labels:
    """The labels of samples by their numbers, as ``labels[numbers]``."""

    def __init__(self, index: StreamIndex) -> None:
        self._index = index

    def __getitem__(self, numbers: Numbers) -> Numbers:
        return np.array([self._index.label(number) for number in numbers.tolist()], np.int64)


def _opened(shard: _Known) -> BinaryIO | None:
    """The shard's file; None where it is not the one of the table any more."""
    file, facts = open_shard(shard.path)
    if (facts.st_size, facts.st_mtime_ns) == shard.table.facts:
        return file
    file.close()
    return None


def _read(file: BinaryIO, table: Table, row: int) -> bytes | UnreadablePicture:
    try:
        data = Part(file, int(table.offsets[row]), int(table.sizes[row])).read()
    except OSError as error:
        return UnreadablePicture(why_not_opened(error))
    return data if len(data) == int(table.sizes[row]) else _LOST
