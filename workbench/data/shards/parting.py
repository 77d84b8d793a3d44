"""Which samples of streamed shards teach and which are kept aside: by the shard's name, else by a share of the keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.data.chance import key, mix
from workbench.data.index import SPLITS
from workbench.data.scanning.packed import Packed
from workbench.data.shards.names import Shard
from workbench.data.shards.table import Table

Places = npt.NDArray[np.int8]

MOST_ASIDE = 50_000
"""Samples kept aside for validation by share, and as many for testing: more would tell nothing new."""


@dataclass(frozen=True, slots=True)
class Parting:
    """`validation` and `test` are shares of the samples, taken where no shard is for that split."""

    seed: int
    validation: float
    test: float

    @classmethod
    def of(cls, shards: tuple[Shard, ...], samples: int, seed: int, validation: float, test: float) -> Parting:
        """The shares asked for, of `samples` in all, never more than `MOST_ASIDE`; none that shards stand for."""
        most = MOST_ASIDE / max(1, samples)
        there = {shard.split for shard in shards}
        return cls(
            seed,
            0.0 if "val" in there else min(validation, most),
            0.0 if "test" in there else min(test, most),
        )

    def places(self, shard: Shard, table: Table) -> Places:
        """For each sample of a shard 0, 1 or 2: training, validation, test.

        Drawn from the seed and the sample's key, so that it stays on its side wherever its shard stands.
        """
        if shard.split in ("val", "test"):
            return np.full(len(table), SPLITS.index(shard.split), np.int8)
        if not len(table) or self.validation + self.test <= 0:
            return np.zeros(len(table), np.int8)
        file = shard.name.rsplit("/", 1)[-1]
        drawn = mix(Packed.of(table.members).hashes ^ np.uint64(key(self.seed, "split", file)))
        share = (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53
        places = np.zeros(len(table), np.int8)
        places[share < self.validation + self.test] = 2
        places[share < self.validation] = 1
        return places
