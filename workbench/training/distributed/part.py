"""The samples of a run as one of its processes is given them."""

from __future__ import annotations

from typing import Any

from workbench.training.batches import Batches, Pictures
from workbench.training.distributed.ranks import Ranks


class Part:
    """A data set of which `ranks.rank` takes its part of every batch; everything else is the whole data set's.

    The data set's `train_batches` and `eval_batches` must take `rank` and `ranks`, as `workbench.data.dataset.Dataset`
    does.
    """

    def __init__(self, dataset: Pictures, ranks: Ranks) -> None:
        self.whole: Any = dataset
        self.ranks = ranks

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Batches:
        given: Batches = self.whole.train_batches(
            batch_size, seed, epoch, start_step, rank=self.ranks.rank, ranks=self.ranks.size
        )
        return given

    def eval_batches(self, split: str, batch_size: int) -> Batches:
        given: Batches = self.whole.eval_batches(split, batch_size, rank=self.ranks.rank, ranks=self.ranks.size)
        return given

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("whole", "ranks"):
            object.__setattr__(self, name, value)
        else:  # such as `on_bad`, which is the data set's to call
            setattr(self.whole, name, value)
