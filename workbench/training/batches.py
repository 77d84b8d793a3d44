"""What the training room needs of a network and of data; anything that has this can be trained (tests use arrays)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.document.graph import Graph

if TYPE_CHECKING:
    import torch

    from workbench.compiler.emit import Source
    from workbench.compiler.inference import Inferred


class Batch(Protocol):
    """`inputs` as the network takes them: pictures float32 N × C × H × W (normalised), sound float32 N × 1 × …,
    tables float32 N × F, text int64 N × L. `labels` int64 N, `indices` int64 N into the index's items.

    Where pictures were mixed, `other` int64 N has the labels of those mixed in and `share` float32 N how much of the
    sample's own label counts. `step` counts the epoch's batches from 0. Samples that could not be read are missing, and
    whole batches of such.

    `more` are what a network of several inputs takes after `inputs`, in their order. `targets` has one array for each
    output: int64 N (another column's classes), float32 N × K (labels at once, or values) or float32 of the input's
    shape; None, or nothing at all, stands for `labels`. `others` are in the same way the targets of samples mixed in;
    None where the target was mixed with its sample.
    """

    @property
    def inputs(self) -> NDArray[Any]: ...
    @property
    def labels(self) -> NDArray[np.int64]: ...
    @property
    def indices(self) -> NDArray[np.int64]: ...
    @property
    def other(self) -> NDArray[np.int64] | None: ...
    @property
    def share(self) -> NDArray[np.float32] | None: ...
    @property
    def step(self) -> int: ...
    @property
    def more(self) -> tuple[NDArray[Any], ...]: ...
    @property
    def targets(self) -> tuple[NDArray[Any] | None, ...]: ...
    @property
    def others(self) -> tuple[NDArray[Any] | None, ...]: ...


class Batches(Protocol):
    """An iterator of batches that reads ahead; `close` ends its reader."""

    def __iter__(self) -> Iterator[Batch]: ...
    def __next__(self) -> Batch: ...
    def close(self) -> None: ...


class Splits(Protocol):
    """Which items belong to which part: int64 indices."""

    @property
    def train(self) -> NDArray[np.int64]: ...
    @property
    def val(self) -> NDArray[np.int64]: ...
    @property
    def test(self) -> NDArray[np.int64]: ...


class Pictures(Protocol):
    """Labelled pictures, as `workbench.data.dataset.Dataset` gives them.

    The batches of an epoch are a function of (seed, epoch), so that ``start_step=k`` gives the very batches that come
    after k others. Both iterators may raise `Problem` where nothing can be read any more. `on_bad`, if there is one, is
    called (on any thread) with the path and the reason of each file that turns out unreadable. `class_weights`, if it
    is there, is how much each class counts in the objective (float32 K), or None where all count alike. `held_against`,
    if it is there, has for each output the `names` of its classes, labels or columns and the `mean` and `std` of
    values.
    """

    @property
    def classes(self) -> Sequence[str]: ...
    @property
    def splits(self) -> Splits: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def index(self) -> Any: ...
    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Batches: ...
    def eval_batches(self, split: str, batch_size: int) -> Batches: ...


class Network(Protocol):
    """A compiled graph, as `workbench.compiler.build.Compiled`."""

    @property
    def graph(self) -> Graph: ...
    @property
    def inferred(self) -> Inferred: ...
    @property
    def source(self) -> Source: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    def module(self, seed: int | None = None) -> torch.nn.Module: ...
    def reader(self, nodes: Sequence[str]) -> Callable[..., Mapping[str, torch.Tensor]]: ...


def paths_of(pictures: Pictures, indices: NDArray[np.int64]) -> tuple[str, ...]:
    """The files of a batch, in its order."""
    index = pictures.index
    path = getattr(pictures, "path", None)  # knows those that are streamed too
    if path is not None:
        return tuple(str(path(int(i))) for i in indices if int(i) >= 0)
    return tuple(str(index.path(int(i))) for i in indices if 0 <= int(i) < len(index))


def training_samples(pictures: Pictures) -> int:
    """Samples of an epoch, which are more than the split says where most of them are streamed."""
    return int(getattr(pictures, "training_samples", len(pictures.splits.train)))


def steps_per_epoch(pictures: int, batch_size: int) -> int:
    """How many steps an epoch takes.

    A last batch of one picture is left out (it comes in another epoch): batch statistics need two.
    """
    whole, rest = divmod(pictures, batch_size)
    return whole + (1 if rest > 1 or (rest == 1 and whole == 0) else 0)
