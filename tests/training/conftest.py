"""A small real network and small real pictures in memory: enough to train in milliseconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.data.index import Index, Item
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, Recipe

SIZE = 8
CLASSES = ("down", "left", "right")


@dataclass(frozen=True)
class Batch:
    inputs: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    step: int
    other: np.ndarray | None = None
    share: np.ndarray | None = None


@dataclass
class MemoryPictures:
    """Labelled pictures in memory; the order of an epoch is a function of (seed, epoch), as the data room's is."""

    pictures: np.ndarray
    labels: np.ndarray
    splits: Any
    classes: tuple[str, ...] = CLASSES
    fingerprint: str = "memory-1"
    closed: int = 0
    opened: int = 0
    on_batch: Callable[[int], None] | None = None
    index: Any = field(init=False)

    def __post_init__(self) -> None:
        items = (Item(f"cup/{i:03}.png", int(k), None, 8, 8, 1, 1) for i, k in enumerate(self.labels))
        self.index = Index.of(Path("/nowhere"), self.classes, items)

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        order = np.random.default_rng((seed, epoch)).permutation(self.splits.train)
        return self._batches(order, batch_size, start_step)

    def eval_batches(self, split: str, batch_size: int) -> Iterator[Batch]:
        return self._batches(getattr(self.splits, split), batch_size, 0)

    def _batches(self, order: np.ndarray, size: int, start_step: int) -> Iterator[Batch]:
        self.opened += 1
        try:
            for start in range(start_step * size, len(order), size):
                chosen = order[start : start + size]
                if self.on_batch is not None:
                    self.on_batch(start // size)
                yield Batch(self.pictures[chosen], self.labels[chosen], chosen, start // size)
        finally:
            self.closed += 1


def pictures(train: int = 48, val: int = 12, test: int = 6, seed: int = 0) -> MemoryPictures:
    """Pictures of `SIZE` pixels whose class is the quarter that is bright, with noise: learned in a few dozen steps."""
    rng = np.random.default_rng(seed)
    n = train + val + test
    labels = rng.integers(0, len(CLASSES), n).astype(np.int64)
    images = rng.normal(0, 0.5, (n, 3, SIZE, SIZE)).astype(np.float32)
    half = SIZE // 2
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[:, row * half : (row + 1) * half, column * half : (column + 1) * half] += 1.5
    order = np.arange(n, dtype=np.int64)
    splits = SimpleNamespace(train=order[:train], val=order[train : train + val], test=order[train + val :])
    return MemoryPictures(images, labels, splits)


def chain(*nodes: Node) -> Graph:
    """A graph of nodes one after another."""
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return Graph({n.id: n for n in nodes}, edges)


def node(identity: str, layer: str, name: str = "", **params: Any) -> Node:
    return Node(identity, layer, name, frozen(params))


def small_graph(objective: str = "cross_entropy", units: int = len(CLASSES)) -> Graph:
    """Convolution, batch norm, ReLU, dropout, linear: everything that makes resuming hard."""
    return chain(
        node("pictures_1", "pictures", size=(SIZE, SIZE)),
        node("conv2d_1", "conv2d", "First look", filters=4, kernel=3, padding="same"),
        node("batch_norm2d_1", "batch_norm2d"),
        node("relu_1", "relu"),
        node("dropout_1", "dropout", rate=0.3),
        node("flatten_1", "flatten"),
        node("linear_1", "linear", units=units),
        node("output_1", "output", objective=objective),
    )


def small_recipe(**changes: Any) -> Recipe:
    adam = Chosen("adam", frozen({"lr": 0.01}))
    cosine = Chosen("cosine")
    recipe = Recipe(epochs=3, batch_size=8, optimizer=adam, schedule=cosine, device="cpu", seed=5, threads=1)
    return replace(recipe, **changes)


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    return compile_graph(small_graph())


@pytest.fixture
def dataset() -> MemoryPictures:
    return pictures()


@pytest.fixture
def recipe() -> Recipe:
    return small_recipe()


@pytest.fixture
def make() -> SimpleNamespace:
    """The builders, for tests that need another network, other pictures or another recipe."""
    return SimpleNamespace(
        pictures=pictures, graph=small_graph, recipe=small_recipe, chain=chain, node=node, classes=CLASSES, size=SIZE
    )


def same(a: Any, b: Any) -> bool:
    """Whether two mappings of tensors are equal to the bit."""
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a)


@pytest.fixture
def bit_equal() -> Callable[[Any, Any], bool]:
    return same


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """No thread outlives a test, and torch computes as it did before."""
    before, threads = set(threading.enumerate()), torch.get_num_threads()
    yield
    left = [t.name for t in threading.enumerate() if t not in before and t.is_alive()]
    assert not left, f"threads left alive: {left}"
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
