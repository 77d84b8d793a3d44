"""The order in which samples are streamed: a function of (seed, epoch) and of how many samples each shard has.

Shards come in a shuffled order, the samples of each as they stand in it, and pass through a buffer out of which one is
drawn at random for each that comes in. What is drawn does not depend on what is in the samples, so the order of an
epoch can be gone through without reading anything: a run that resumes in the middle finds the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.chance import hashes, key, shuffled

Numbers = npt.NDArray[np.int64]

_DRAWN_AT_ONCE = 4096


@dataclass(frozen=True)
class StreamOrder:
    """`counts` are the samples of each shard; samples are numbered through all shards from 0.

    `rank` of `ranks` says which shards are taken: each rank has its own, all together every sample exactly once, and
    as evenly as whole shards allow. `buffer` is how many samples are held to draw from.
    """

    counts: tuple[int, ...]
    buffer: int
    seed: int
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        """Raises `Problem` ("shards.ranks") where a rank would have no shard."""
        if not 0 <= self.rank < self.ranks:
            raise Problem.of("shards.ranks", f"There is no rank {self.rank} of {self.ranks}; ranks count from 0.")
        filled = sum(1 for n in self.counts if n)
        if filled < self.ranks:
            raise Problem.of(
                "shards.ranks",
                f"{count(filled, 'shard')} to train on cannot be split between {self.ranks} processes. Write smaller "
                "shards, one for each process at least, or use fewer processes.",
            )

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards of this rank, the same in all epochs: the largest first, each to the rank that has least."""
        if self.ranks == 1:
            return tuple(k for k, n in enumerate(self.counts) if n)
        drawn = hashes(key(self.seed, "ranks"), np.arange(len(self.counts), dtype=np.int64)).tolist()
        loads, mine = [0] * self.ranks, []
        for k in sorted(range(len(self.counts)), key=lambda k: (-self.counts[k], drawn[k])):
            if self.counts[k]:
                rank = min(range(self.ranks), key=loads.__getitem__)
                loads[rank] += self.counts[k]
                if rank == self.rank:
                    mine.append(k)
        return tuple(sorted(mine))

    def __len__(self) -> int:
        """Samples of this rank in an epoch."""
        return sum(self.counts[k] for k in self.shards)

    def shards_of(self, epoch: int) -> Sequence[int]:
        """The shards of this rank in the order of an epoch."""
        return [int(k) for k in shuffled(key(self.seed, epoch, "shards"), np.array(self.shards, np.int64))]

    def arrivals(self, epoch: int) -> Iterator[int]:
        """The samples of an epoch as they are read: shard after shard, each from its beginning."""
        starts = self.starts
        for k in self.shards_of(epoch):
            yield from range(starts[k], starts[k] + self.counts[k])

    @property
    def starts(self) -> list[int]:
        """The number of each shard's first sample."""
        return [0, *np.cumsum(np.array(self.counts, np.int64)).tolist()]

    def drawn(self, epoch: int, arrivals: Iterator[int] | None = None) -> Iterator[int]:
        """The samples of an epoch in the order they are given. `arrivals` are taken one for each that is given, as
        soon as the buffer is full: they may be read on the way."""
        held: list[int] = []
        slots = _slots(key(self.seed, epoch, "buffer"), self.buffer)
        for number in self.arrivals(epoch) if arrivals is None else arrivals:
            if len(held) < self.buffer:
                held.append(number)
                continue
            slot = next(slots)
            yield held[slot]
            held[slot] = number
        yield from shuffled(key(self.seed, epoch, "rest"), np.array(held, np.int64)).tolist()


def _slots(stream: int, buffer: int) -> Iterator[int]:
    """Places in the buffer, drawn one after another for ever."""
    first = 0
    while True:
        counters = np.arange(first, first + _DRAWN_AT_ONCE, dtype=np.int64)
        yield from (hashes(stream, counters) % np.uint64(buffer)).tolist()
        first += _DRAWN_AT_ONCE
