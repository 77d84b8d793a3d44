"""Batches for training and evaluation, prepared ahead by one thread.

The order of an epoch is a function of (seed, epoch), and what augmentation does to a sample one of (seed, epoch,
sample). So a stream can start at any step, and gives the same whatever the number of threads.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.augment import Mixed
from workbench.data.chance import key, shuffled
from workbench.data.feed import Feed, Preparation, Raw
from workbench.data.further import Further
from workbench.data.targets.against import Against

Indices = npt.NDArray[np.int64]
T = TypeVar("T")

READY = 3
"""Finished batches that may wait to be taken."""

_BEGUN = 2
"""Batches being decoded ahead of the one that is finished next: keeps every thread busy between two batches."""

_JOIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step learns from: `inputs` as the network takes them, `labels` int64 N, `indices` int64 N into the index.

    Inputs are pictures float32 N × C × H × W (channels last in memory), sound float32 N × 1 × …, tables float32 N × F,
    or text int64 N × L. Where samples were mixed, `other` int64 N has the labels of those mixed in, and `share` float32
    N says how much the sample's own label counts; None where nothing was to be mixed. `step` counts the batches of the
    epoch from 0. A batch lacks the samples that could not be read.

    A network of several inputs takes `more` after `inputs`. `targets` has an array for each output, `others` those of
    the samples mixed in; None, or nothing, stands for the labels (see `workbench.data.targets`).
    """

    inputs: npt.NDArray[Any]
    labels: Indices
    indices: Indices
    epoch: int
    step: int
    other: Indices | None = None
    share: npt.NDArray[np.float32] | None = None
    more: tuple[npt.NDArray[Any], ...] = ()
    targets: tuple[npt.NDArray[Any] | None, ...] = ()
    others: tuple[npt.NDArray[Any] | None, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


def epoch_order(members: Indices, seed: int, epoch: int) -> Indices:
    """The order in which an epoch takes its pictures."""
    return shuffled(key(seed, epoch, "order"), members)


TURN = 1 << 40
"""What is added to a sample's number for each time it came before in the epoch: it draws other changes then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stream of batches is to give: `order` is the whole epoch, of which the first `start_step` batches are
    passed over; `change` is applied to the raw samples of a batch, given the numbers by which each draws its chances
    (its index, and `TURN` more for every time it came before: `turns`, None where none comes twice), and then `mix`.

    Where `ranks` processes learn together, a step takes `batch_size` samples for each of them, and this one is given
    the `rank`-th part: all together get what one process with so many times the batch would. A short last batch is
    shared out as evenly as it goes, so that a part may be empty.
    """

    order: Indices
    batch_size: int
    epoch: int = 0
    start_step: int = 0
    change: Callable[[Raw, Indices], Raw] | None = None
    turns: Indices | None = None
    mix: Callable[[Raw, Indices], Mixed | None] | None = None
    rank: int = 0
    ranks: int = 1

    @property
    def steps(self) -> int:
        return -(-len(self.order) // (self.batch_size * self.ranks))

    def members(self, step: int) -> Indices:
        return self.order[self._span(step)]

    def numbers(self, step: int, there: Indices) -> Indices:
        """By what the samples of a batch draw; `there` are those that could be read, in its order."""
        if self.turns is None:
            return there
        members = self.members(step)
        numbers = members + TURN * self.turns[self._span(step)]
        if len(there) == len(members):
            return numbers
        places, at = np.empty(len(there), np.int64), 0
        for k, i in enumerate(there.tolist()):
            while members[at] != i:
                at += 1
            places[k], at = at, at + 1
        return numbers[places]

    def _span(self, step: int) -> slice:
        together = self.batch_size * self.ranks
        first = step * together
        size = max(0, min(together, len(self.order) - first))
        return slice(first + self.rank * size // self.ranks, first + (self.rank + 1) * size // self.ranks)


@dataclass(frozen=True, slots=True)
class Supply:
    """Where a stream's samples come from: `labels` are those of the whole index, `source` names it in messages."""

    feed: Feed
    preparation: Preparation
    labels: Indices
    source: str
    more: tuple[Further, ...] = ()
    against: tuple[Against, ...] = ()


class Batches:
    """An iterator over the batches of a `Plan`, from `start_step` to the last (a short one is kept).

    A thread works ahead; `close()`, the end of a ``with`` block, or letting go of the object ends it. A batch of which
    no picture can be read is left out; `Problem` ("data.unreadable") is raised when that holds for all of them.
    """

    def __init__(self, supply: Supply, plan: Plan) -> None:
        self.steps = plan.steps
        self._channel: _Channel[Batch] = _Channel(READY)
        self._thread = threading.Thread(target=_feed, args=(self._channel, supply, plan), name="batches", daemon=True)
        self._finalizer = weakref.finalize(self, self._channel.close)
        self._thread.start()

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Batch:
        batch = self._channel.take()
        if batch is None:
            self.close()
            raise StopIteration
        return batch

    def __enter__(self) -> Batches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the thread (waits for the pictures in its hands, a few seconds at most)."""
        self._channel.close()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)


class _Channel(Generic[T]):
    """A bounded queue that either side can end; the taker is given the error the maker ended with."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[T] = deque()
        self._change = threading.Condition()
        self._ended = False
        self._error: BaseException | None = None
        self.closed = threading.Event()

    def put(self, item: T) -> bool:
        """Waits for room; False if nobody wants it any more."""
        with self._change:
            self._change.wait_for(lambda: len(self._waiting) < self._size or self.closed.is_set())
            if self.closed.is_set():
                return False
            self._waiting.append(item)
            self._change.notify_all()
            return True

    def take(self) -> T | None:
        """Waits for the next item; None at the end. Raises what `end` was given, once all items are taken."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._ended or self.closed.is_set())
            if self.closed.is_set():
                return None
            if self._waiting:
                item = self._waiting.popleft()
                self._change.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        return None

    def end(self, error: BaseException | None = None) -> None:
        with self._change:
            self._ended, self._error = True, error
            self._change.notify_all()

    def close(self) -> None:
        with self._change:
            self.closed.set()
            self._waiting.clear()
            self._change.notify_all()


def _feed(channel: _Channel[Batch], supply: Supply, plan: Plan) -> None:
    """The thread's work; knows the channel only, so that an iterator nobody holds any more is collected and ends it."""
    try:
        _produce(channel, supply, plan)
    except BaseException as error:  # raised again where the batches are taken
        channel.end(error)
    else:
        channel.end()


def _produce(channel: _Channel[Batch], supply: Supply, plan: Plan) -> None:
    begun: deque[tuple[int, Any]] = deque()
    feeds = (supply.feed, *(one.held.feed for one in supply.more))
    upcoming = iter(range(plan.start_step, plan.steps))
    given = 0
    while True:
        while len(begun) <= _BEGUN and (step := next(upcoming, None)) is not None:
            members = plan.members(step)
            begun.append((step, [feed.begin(members) for feed in feeds]))
        if not begun:
            break
        step, pending = begun.popleft()
        finished = _finished(feeds, pending, channel.closed)
        del pending
        if finished is None:
            return
        (raw, *further), indices = finished
        if not len(indices):
            continue
        given += 1
        numbers = plan.numbers(step, indices) if plan.change is not None or plan.mix is not None else indices
        if plan.change is not None:
            raw = plan.change(raw, numbers)
        labels, partners, other, share = supply.labels[indices], None, None, None
        if plan.mix is not None and (mixed := plan.mix(raw, numbers)) is not None:
            partners = mixed.other
            raw, other, share = mixed.pixels, labels[partners], mixed.share
        inputs = supply.preparation.apply(raw)
        more = tuple(_further(one, rows, plan, numbers) for one, rows in zip(supply.more, further, strict=True))
        targets = tuple(one.of(indices, labels, inputs) for one in supply.against)
        others: tuple[npt.NDArray[Any] | None, ...] = ()
        if partners is not None:
            others = tuple(one.mixed(own, partners) for one, own in zip(supply.against, targets, strict=True))
        if not channel.put(Batch(inputs, labels, indices, plan.epoch, step, other, share, more, targets, others)):
            return
    if not given and plan.steps and plan.start_step == 0 and plan.ranks == 1:  # another process may have found some
        raise Problem.of(
            "data.unreadable",
            f"None of the {count(len(plan.order), 'picture')} can be read any more. The folder “{supply.source}” "
            "may have been moved or emptied; put it back, or choose the data again.",
        )


def _finished(feeds: Sequence[Feed], pending: list[Any], closed: threading.Event) -> tuple[list[Raw], Indices] | None:
    """The raw samples of each feed, and the indices of those that all of them could read; None where `closed` was
    set."""
    found: list[tuple[Raw, Indices]] = []
    for feed, begun in zip(feeds, pending, strict=True):
        finished = feed.finish(begun, closed)
        if finished is None:
            return None
        found.append(finished)
    indices = found[0][1]
    if all(np.array_equal(there, indices) for _raw, there in found[1:]):
        return [raw for raw, _there in found], indices
    for _raw, there in found[1:]:
        indices = indices[np.isin(indices, there)]
    return [raw[_places(there, indices)] for raw, there in found], indices


def _places(there: Indices, wanted: Indices) -> Indices:
    """Where each of the wanted stands in `there`; both keep one order, and the same sample may come twice in both."""
    return np.flatnonzero(np.isin(there, wanted))


def _further(one: Further, raw: Raw, plan: Plan, numbers: Indices) -> npt.NDArray[Any]:
    """A batch of a further input: pictures changed and mixed by the same draws as those of the first."""
    if one.is_changed and plan.change is not None:
        raw = plan.change(raw, numbers)
    if one.is_changed and plan.mix is not None and (mixed := plan.mix(raw, numbers)) is not None:
        raw = mixed.pixels
    return one.preparation.apply(raw)
