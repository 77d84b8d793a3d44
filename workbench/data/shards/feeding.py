"""Batches of streamed samples: the feed of their kind over a `StreamIndex`, in the order of the stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import cast

import numpy as np
import numpy.typing as npt

from workbench.data.augment import Mixed
from workbench.data.bad import Bad
from workbench.data.batches import Batches, Plan, Supply
from workbench.data.feed import Asked, Feed, Kind, Preparation, Raw
from workbench.data.index import Index, printable
from workbench.data.inputs import Input
from workbench.data.shards.order import StreamOrder
from workbench.data.shards.streaming import STREAMED, Stream, StreamIndex
from workbench.data.targets.against import Against
from workbench.document.project import DataSettings

Indices = npt.NDArray[np.int64]


class StreamPlan:
    """What `Batches` asks of a `Plan`, without the order of a whole epoch in memory: steps are asked for in order."""

    turns = None
    ranks = 1  # the order is this process's own

    def __init__(
        self,
        index: StreamIndex,
        order: StreamOrder,
        batch_size: int,
        epoch: int,
        start_step: int,
        change: Callable[[Raw, Indices], Raw] | None,
        mix: Callable[[Raw, Indices], Mixed | None] | None,
    ) -> None:
        self.order = range(len(order))
        self.batch_size = batch_size
        self.epoch = epoch
        self.start_step = start_step
        self.change = change
        self.mix = mix
        self._index = index
        self._numbers = _from(index, order, epoch, start_step * batch_size)

    @property
    def steps(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def members(self, step: int) -> Indices:
        """The next batch's samples; `step` is the one after the last that was asked for."""
        return np.fromiter(islice(self._numbers, self.batch_size), np.int64)

    def numbers(self, step: int, there: Indices) -> Indices:
        """By what the samples of a batch draw: by their keys."""
        return self._index.draws_by(there)


def _from(index: StreamIndex, order: StreamOrder, epoch: int, passed: int) -> Iterator[int]:
    """The samples of an epoch behind the first `passed`.

    What lies before is gone through by number only. What is in the buffer then is read when it is drawn, and from
    there on samples are read ahead, in the order they stand in the shards.
    """
    index.forget()
    arrivals = (STREAMED + number for number in order.arrivals(epoch))
    unread = islice(arrivals, passed + order.buffer if passed else 0)
    return islice(order.drawn(epoch, chain(unread, index.fetch(arrivals))), passed, None)


class Streaming:
    """The training batches of one data set whose training samples are streamed. `close` ends its threads."""

    def __init__(
        self,
        stream: Stream,
        kind: Kind,
        settings: DataSettings,
        input: Input,
        threads: int | None = None,
        on_bad: Callable[[Bad], None] | None = None,
    ) -> None:
        self.stream = stream
        self._kind, self._settings, self._input, self._threads = kind, settings, input, threads
        self._on_bad = on_bad
        self._index: StreamIndex | None = None
        self._feed: Feed | None = None
        self._made_with: Preparation | None = None
        self._guard = threading.Lock()

    def of_rank(self, rank: int, ranks: int) -> Streaming:
        """These samples as one of several processes that learn together takes them: each has shards of its own."""
        if (rank, ranks) != (self.stream.rank, self.stream.ranks):
            self.stream = replace(self.stream, rank=rank, ranks=ranks)
        return self

    def batches(
        self,
        preparation: Preparation,
        batch_size: int,
        seed: int,
        epoch: int,
        start_step: int = 0,
        change: Callable[[Raw, Indices], Raw] | None = None,
        mix: Callable[[Raw, Indices], Mixed | None] | None = None,
        against: tuple[Against, ...] = (),
    ) -> Batches:
        """The batches of an epoch from `start_step` on; all of it follows from (seed, epoch). `against` are the targets
        of the outputs, as far as they follow from a sample's class or from what comes in."""
        index, feed = self._opened(preparation)
        plan = StreamPlan(index, self.stream.order(seed), batch_size, epoch, start_step, change, mix)
        source = printable(str(self.stream.found.root))
        supply = Supply(feed, preparation, cast(Indices, index.labels), source, against=against)
        return Batches(supply, cast(Plan, plan))

    def _opened(self, preparation: Preparation) -> tuple[StreamIndex, Feed]:
        """The samples and their feed, made when they are first needed: looking at data needs none."""
        with self._guard:
            if self._feed is not None and self._made_with is not preparation:  # tokens follow from the vocabulary
                self._feed.close()
                self._feed = None
            if self._index is None or self._feed is None:
                labels = {name: label for label, name in enumerate(self.stream.found.classes)}
                changes = self._settings.changes
                chosen = {path: labels[c.label] for path, c in changes.items() if c.label in labels}
                self._index = StreamIndex(self.stream, chosen.get if chosen else None)
                asked = Asked(
                    cast(Index, self._index), np.empty(0, np.int64), self._settings, self._input, self._threads, 0
                )
                self._feed, _same = self._kind.open(asked, values=preparation.values)
                self._feed.on_bad = self._on_bad
                self._made_with = preparation
            return self._index, self._feed

    def path(self, number: int) -> str:
        """The name of a streamed sample, as in `Index.path`; "" before the first batch."""
        index = self._index
        return "" if index is None else index.path(number)

    def close(self) -> None:
        with self._guard:
            if self._feed is not None:
                self._feed.close()
            if self._index is not None:
                self._index.forget()
