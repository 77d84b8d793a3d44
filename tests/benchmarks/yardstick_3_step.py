"""The step: milliseconds a batch of the generated network and the engine, against the plainest loop on tensors.

Two loops stand against the engine. The plainest one is what anybody writes: default layout, default optimizer. The
tuned one does what the engine does to be quick (channels last, fused optimizer) and nothing that makes a run safe (no
check for bad numbers, no accuracy, no seed a step, no events), so its row shows what the engine itself costs.

All peers take turns step by step, so that whatever else the machine does meets them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.benchmarks.harness import Row, rounds, slower_by
from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, Recipe
from workbench.session.budget import Budget
from workbench.session.looking import Request, Sample, look
from workbench.training.engine import Engine
from workbench.training.messages import StepEnd

SIZE, BATCH, CLASSES = 64, 64, 4
WARM = 3


class ByHand(nn.Module):
    """The same network as anybody would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.norm3 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(2)
        self.answer = nn.Linear(64, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.relu(self.norm1(self.conv1(x))))
        x = self.pool(torch.relu(self.norm2(self.conv2(x))))
        x = self.pool(torch.relu(self.norm3(self.conv3(x))))
        answer: torch.Tensor = self.answer(x.mean((2, 3)))
        return answer


def graph() -> Graph:
    nodes = [Node("pictures_1", "pictures", params=frozen({"size": (SIZE, SIZE)}))]
    for k, filters in enumerate((16, 32, 64), 1):
        nodes.append(Node(f"conv2d_{k}", "conv2d", params=frozen({"filters": filters, "kernel": 3, "padding": "same"})))
        nodes += [
            Node(f"batch_norm2d_{k}", "batch_norm2d"),
            Node(f"relu_{k}", "relu"),
            Node(f"max_pool2d_{k}", "max_pool2d"),
        ]
    nodes += [Node("global_avg_pool2d_1", "global_avg_pool2d"), Node("flatten_1", "flatten")]
    nodes += [Node("linear_1", "linear", params=frozen({"units": CLASSES})), Node("output_1", "output")]
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return Graph({node.id: node for node in nodes}, edges)


def deep_graph() -> Graph:
    """Two hundred layers that compute next to nothing each: here a look takes longer than a step."""
    nodes = [Node("pictures_1", "pictures", params=frozen({"size": (SIZE, SIZE)}))]
    nodes += [Node("global_avg_pool2d_1", "global_avg_pool2d"), Node("flatten_1", "flatten")]
    for k in range(1, 100):
        nodes += [Node(f"linear_{k}", "linear", params=frozen({"units": 8})), Node(f"relu_{k}", "relu")]
    nodes += [Node("linear_100", "linear", params=frozen({"units": CLASSES})), Node("output_1", "output")]
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return Graph({node.id: node for node in nodes}, edges)


@dataclass(frozen=True)
class Given:
    """A batch as the data room gives it."""

    inputs: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    indices: np.ndarray[Any, Any]
    step: int
    other: None = None
    share: None = None
    more: tuple[()] = ()
    targets: tuple[()] = ()


class InMemory:
    """A few batches, again and again."""

    classes = tuple("abcd")
    fingerprint = "in memory"

    def __init__(self, steps: int) -> None:
        rng = np.random.default_rng(0)
        pictures = rng.normal(size=(4, BATCH, SIZE, SIZE, 3)).astype(np.float32).transpose(0, 1, 4, 2, 3)
        labels = rng.integers(0, CLASSES, (4, BATCH))
        self.batches = list(zip(pictures, labels, strict=True))
        self.steps = steps
        none = np.empty(0, np.int64)
        self.splits = SimpleNamespace(train=np.arange(steps * BATCH), val=none, test=none)
        self.index = SimpleNamespace(items=())

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Iterator[Given]:
        indices = np.arange(BATCH)
        for step in range(self.steps):
            pictures, labels = self.batches[step % 4]
            yield Given(pictures, labels, indices, step)

    def eval_batches(self, split: str, batch_size: int) -> Iterator[Given]:
        yield from ()


Steps = Iterator[float]
"""Yields after each step; what it gives is the time in seconds that went into looking inside."""


def measure(quick: bool) -> list[Row]:
    steps = WARM + (4 if quick else 40)
    data = InMemory(steps)
    network, deep = compile_graph(graph()), compile_graph(deep_graph())
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # two OpenMP threads beside anything else measure the scheduler
    peers: dict[str, Callable[[], Steps]] = {
        "plain": lambda: by_hand(ByHand(), data, tuned=False),
        "tuned": lambda: by_hand(ByHand(), data, tuned=True),
        "generated": lambda: by_hand(network.module(0), data, tuned=True),
        "engine": lambda: engine_alone(network, data),
        "watched": lambda: engine_watched(network, data),
        "deep": lambda: engine_alone(deep, data),
        "deep, watched": lambda: engine_watched(deep, data),
    }
    try:
        found = [one_round({name: peer() for name, peer in peers.items()}, steps) for _ in range(rounds(quick))]
    finally:
        torch.set_num_threads(before)
    times = {name: [turn[name] for turn in found] for name in peers}
    return [
        *slower_by("generated network in the tuned loop", times["generated"], times["tuned"], "ms", 1.01),
        *slower_by("engine against the plainest loop", times["engine"], times["plain"], "ms", 1.01),
        *slower_by("engine against the tuned loop", times["engine"], times["tuned"], "ms", 1.01),
        *slower_by("every card shown, against the tuned loop", times["watched"], times["tuned"], "ms", 1.05),
        *slower_by("200 small layers, every card shown", times["deep, watched"], times["deep"], "ms", 1.05),
    ]


def one_round(peers: Mapping[str, Steps], steps: int) -> dict[str, float]:
    """Milliseconds a step of each peer: the lower quartile of its steps (the machine is never quite quiet), and its
    share of the looks."""
    times: dict[str, list[float]] = {name: [] for name in peers}
    looks = dict.fromkeys(peers, 0.0)
    names = list(peers)
    for step in range(steps):
        turn = step % len(names)
        for name in names[turn:] + names[:turn]:
            began = time.perf_counter()
            looked = next(peers[name])
            took = time.perf_counter() - began
            if step >= WARM:
                times[name].append(took - looked)
                looks[name] += looked
    return {name: (statistics.quantiles(times[name], n=4)[0] + looks[name] / len(times[name])) * 1000 for name in names}


def by_hand(module: nn.Module, data: InMemory, *, tuned: bool) -> Steps:
    """A hand-written loop."""
    layout = torch.channels_last if tuned else torch.contiguous_format
    module.to(memory_format=layout)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(module.parameters(), fused=True if tuned else None)
    criterion = nn.CrossEntropyLoss()
    batches = [(torch.from_numpy(x).contiguous(memory_format=layout), torch.from_numpy(y)) for x, y in data.batches]
    for step in range(data.steps):
        pictures, labels = batches[step % 4]
        optimizer.zero_grad()
        loss = criterion(module(pictures), labels)
        loss.backward()
        optimizer.step()
        yield 0.0


def engine_of(network: Compiled, data: InMemory) -> Engine:
    recipe = Recipe(epochs=1, batch_size=BATCH, optimizer=Chosen("adam"), device="cpu", threads=1)
    return Engine(network, data, recipe)


def engine_alone(network: Compiled, data: InMemory) -> Steps:
    """The generator, driven by the plainest ``for``."""
    for event in engine_of(network, data).events():
        if isinstance(event, StepEnd):
            yield 0.0


def engine_watched(network: Compiled, data: InMemory) -> Steps:
    """The generator with the session's own looks between steps, as often as its budget allows by the peer's own clock:
    thumbnails for the cards of all layers, and the whole value of one, as for the viewer."""
    picture = np.ascontiguousarray(data.batches[0][0][:1])
    nodes = tuple(node for node in network.inferred.order if node in network.inferred.live)
    sample = Sample(np.zeros((SIZE, SIZE, 3), np.uint8), picture, "one", None, data.classes)
    request = Request(sample, nodes[1:2], nodes)
    clock = 0.0

    def own_clock() -> float:
        return clock

    looked = (
        time.perf_counter()
    )  # the session has looked at the network before it is trained, and knows what that takes
    look(network.module(0), network, request, trained=False)
    engine, budget, before = engine_of(network, data), Budget(time.perf_counter() - looked, own_clock), {}
    began = time.perf_counter()
    for event in engine.events():
        if not isinstance(event, StepEnd):
            continue
        clock += time.perf_counter() - began
        spent = 0.0
        if budget.is_due():
            assert engine.module is not None
            looked = time.perf_counter()
            views = look(engine.module, network, request, trained=True, live=True, step=event.step, before=before)
            before = dict(views.previews)
            spent = time.perf_counter() - looked
            clock += spent
            budget.spent(spent)
        yield spent
        began = time.perf_counter()
