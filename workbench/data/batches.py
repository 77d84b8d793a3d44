"""Batches for training and evaluation, prepared ahead by one thread.

The order of an epoch is a function of (seed, epoch), and what augmentation does to a picture one of (seed, epoch,
picture). So a stream can start at any step, and gives the same whatever the number of threads.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.chance import key, shuffled
from workbench.data.pictures import Pending, Pictures
from workbench.data.scaling import Scaling

Pixels = npt.NDArray[np.uint8]
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
    or text int64 N × L. `step` counts the batches of the epoch from 0. A batch lacks the samples that could not be
    read.
    """

    inputs: npt.NDArray[Any]
    labels: Indices
    indices: Indices
    epoch: int
    step: int

    def __len__(self) -> int:
        return len(self.labels)


def epoch_order(members: Indices, seed: int, epoch: int) -> Indices:
    """The order in which an epoch takes its pictures."""
    return shuffled(key(seed, epoch, "order"), members)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stream of batches is to give: `order` is the whole epoch, of which the first `start_step` batches are
    passed over; `change` is applied to the uint8 pictures of a batch, given their indices."""

    order: Indices
    batch_size: int
    epoch: int = 0
    start_step: int = 0
    change: Callable[[Pixels, Indices], Pixels] | None = None

    @property
    def steps(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def members(self, step: int) -> Indices:
        return self.order[step * self.batch_size : (step + 1) * self.batch_size]


class Batches:
    """An iterator over the batches of a `Plan`, from `start_step` to the last (a short one is kept).

    A thread works ahead; `close()`, the end of a ``with`` block, or letting go of the object ends it. A batch of which
    no picture can be read is left out; `Problem` ("data.unreadable") is raised when that holds for all of them.
    """

    def __init__(self, pictures: Pictures, scaling: Scaling, plan: Plan) -> None:
        self.steps = plan.steps
        self._channel: _Channel[Batch] = _Channel(READY)
        self._thread = threading.Thread(
            target=_feed, args=(self._channel, pictures, scaling, plan), name="batches", daemon=True
        )
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


def _feed(channel: _Channel[Batch], pictures: Pictures, scaling: Scaling, plan: Plan) -> None:
    """The thread's work; knows the channel only, so that an iterator nobody holds any more is collected and ends it."""
    try:
        _produce(channel, pictures, scaling, plan)
    except BaseException as error:  # raised again where the batches are taken
        channel.end(error)
    else:
        channel.end()


def _produce(channel: _Channel[Batch], pictures: Pictures, scaling: Scaling, plan: Plan) -> None:
    begun: deque[tuple[int, Pending]] = deque()
    upcoming = iter(range(plan.start_step, plan.steps))
    given = 0
    while True:
        while len(begun) <= _BEGUN and (step := next(upcoming, None)) is not None:
            begun.append((step, pictures.begin(plan.members(step))))
        if not begun:
            break
        step, pending = begun.popleft()
        finished = pictures.finish(pending, channel.closed)
        del pending
        if finished is None:
            return
        pixels, indices = finished
        if not len(indices):
            continue
        given += 1
        if plan.change is not None:
            pixels = plan.change(pixels, indices)
        batch = Batch(scaling.apply(pixels), pictures.index.labels[indices], indices, plan.epoch, step)
        if not channel.put(batch):
            return
    if not given and plan.steps and plan.start_step == 0:
        raise Problem.of(
            "data.unreadable",
            f"None of the {count(len(plan.order), 'picture')} can be read any more. The folder “{pictures.index.root}” "
            "may have been moved or emptied; put it back, or choose the data again.",
        )
