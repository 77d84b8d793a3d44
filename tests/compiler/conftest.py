"""Small graphs, written the short way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.build import Compiled
from workbench.compiler.inference import infer
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, Value, frozen

Make = Callable[..., Node]


def node(id: str, name: str = "", **params: Value) -> Node:
    """A node whose layer is what its id says: ``node("conv2d_1", filters=8)``."""
    return Node(id, id.rstrip("0123456789").removesuffix("_"), name, frozen(params))


def graph(*nodes: Node, wires: str = "") -> Graph:
    """A graph; wires are written "a>b c>d:in_2" (the input port is "in" unless named)."""
    edges = set()
    for text in wires.split():
        source, target = text.split(">")
        name, _, port = target.partition(":")
        edges.add(Edge(source, "out", name, port or "in"))
    return Graph({n.id: n for n in nodes}, frozenset(edges))


def chain(*nodes: Node) -> Graph:
    """A graph with every node wired to the next."""
    return graph(*nodes, wires=" ".join(f"{a.id}>{b.id}" for a, b in pairwise(nodes)))


def residual() -> Graph:
    """A small network with one shortcut."""
    return graph(
        node("pictures_1", size=(16, 16)),
        node("conv2d_1", filters=8),
        node("relu_1"),
        node("conv2d_2", filters=8),
        node("batch_norm2d_1"),
        node("add_1"),
        node("relu_2"),
        node("global_avg_pool2d_1"),
        node("linear_1", units=4),
        node("output_1"),
        wires="pictures_1>conv2d_1 conv2d_1>relu_1 relu_1>conv2d_2 conv2d_2>batch_norm2d_1 batch_norm2d_1>add_1:in_1 "
        "relu_1>add_1:in_2 add_1>relu_2 relu_2>global_avg_pool2d_1 global_avg_pool2d_1>linear_1 linear_1>output_1",
    )


@pytest.fixture(name="node", scope="session")
def _node() -> Make:
    return node


@pytest.fixture(name="graph", scope="session")
def _graph() -> Callable[..., Graph]:
    return graph


@pytest.fixture(name="chain", scope="session")
def _chain() -> Callable[..., Graph]:
    return chain


@pytest.fixture(scope="session")
def draw() -> SimpleNamespace:
    """Everything to draw graphs of blocks with."""
    return SimpleNamespace(
        node=node,
        used=used,
        port=port,
        graph=graph,
        chain=chain,
        with_blocks=with_blocks,
        basic=BASIC,
        stage=STAGE,
        resnet=resnet,
    )


@pytest.fixture(name="residual", scope="session")
def _residual() -> Graph:
    return residual()


def used(id: str, block: str, state: str = "", **params: Value) -> Node:
    """A use of a block."""
    return Node(id, f"block:{block}", params=frozen(params), state=state)


def port(id: str) -> Node:
    """A port of a block, an input if its id begins with "in"."""
    return Node(id, "block_input" if id.startswith("in") else "block_output")


BASIC = Block(
    "basic",
    "Basic block",
    graph(
        port("in"),
        node("conv2d_1", filters="=channels", stride=("=stride", "=stride"), bias=False),
        node("batch_norm2d_1"),
        node("relu_1"),
        node("conv2d_2", filters="=channels", bias=False),
        node("batch_norm2d_2"),
        replace(
            node("conv2d_3", filters="=channels", kernel=(1, 1), stride=("=stride", "=stride"), bias=False),
            state="=stride == 1 and channels == in_channels",
        ),
        replace(node("batch_norm2d_3"), state="=stride == 1 and channels == in_channels"),
        node("add_1"),
        node("relu_2"),
        port("out"),
        wires="in>conv2d_1 conv2d_1>batch_norm2d_1 batch_norm2d_1>relu_1 relu_1>conv2d_2 conv2d_2>batch_norm2d_2 "
        "batch_norm2d_2>add_1:in_1 in>conv2d_3 conv2d_3>batch_norm2d_3 batch_norm2d_3>add_1:in_2 add_1>relu_2 "
        "relu_2>out",
    ),
    (
        BlockParam("channels", "Channels", "int", 64, minimum=1, maximum=4096),
        BlockParam("stride", "Stride", "int", 1, minimum=1, maximum=8),
    ),
    "Two 3 x 3 convolutions and a shortcut.",
)
"""The residual block of He et al. 2015, with a projection where shapes differ."""

STAGE = Block(
    "stage",
    "Stage",
    graph(
        port("in"),
        used("basic_1", "basic", channels="=channels", stride="=stride"),
        used("basic_2", "basic", channels="=channels"),
        port("out"),
        wires="in>basic_1 basic_1>basic_2 basic_2>out",
    ),
    BASIC.params,
)


def with_blocks(drawn: Graph, *blocks: Block) -> Graph:
    return replace(drawn, blocks={block.id: block for block in blocks})


def resnet() -> Graph:
    """A ResNet-18 for small pictures, made of blocks within blocks."""
    drawn = chain(
        node("pictures_1", size=(32, 32)),
        node("conv2d_1", filters=16, bias=False),
        node("batch_norm2d_1"),
        node("relu_1"),
        used("stage_1", "stage", channels=16),
        used("stage_2", "stage", channels=32, stride=2),
        used("stage_3", "stage", channels=64, stride=2),
        used("stage_4", "stage", channels=128, stride=2),
        node("global_avg_pool2d_1"),
        node("linear_1", units=10),
        node("output_1"),
    )
    return with_blocks(drawn, BASIC, STAGE)


PREFIXES: dict[str, tuple[Node, ...]] = {
    "map": (node("pictures_1", size=(8, 8)), node("conv2d_9", filters=8)),
    "flat": (node("numbers_1", features=16),),
    "sequence": (node("tokens_1", length=12, vocabulary=20), node("embedding_9", features=8)),
    "tokens": (node("tokens_1", length=12, vocabulary=20),),
    "volume": (node("numbers_1", features=4 * 6 * 6 * 6), node("reshape_9", shape=(4, 6, 6, 6))),
}
"""Small networks that end in one kind of thing each, to try layers behind them."""


def specimen(layer: str, prefix: str, **params: Value) -> Graph | None:
    """A network with one layer (its id: "specimen") behind a prefix on all its inputs; None if it refuses."""
    before = PREFIXES[prefix]
    if LAYERS[layer].is_input or LAYERS[layer].is_output:
        return None
    tried = Node("specimen", layer, params=frozen(params))
    values, _problems = check(LAYERS[layer], tried.params)
    ports = LAYERS[layer].input_ports(values)
    nodes = (*before, tried, node("flatten_9"), node("output_1"))
    wires = {Edge(a.id, "out", b.id, "in") for a, b in pairwise(before)}
    wires |= {Edge(before[-1].id, "out", "specimen", port.id) for port in ports}
    wires |= {Edge("specimen", "out", "flatten_9", "in"), Edge("flatten_9", "out", "output_1", "in")}
    drawn = Graph({n.id: n for n in nodes}, frozenset(wires))
    return None if infer(drawn).errors else drawn


def specimens() -> dict[str, Graph]:
    """Every layer of the catalogue behind everything it takes: "conv2d/map" and the like."""
    drawn = {f"{layer}/{prefix}": specimen(layer, prefix) for layer in LAYERS for prefix in PREFIXES}
    return {name: graph for name, graph in drawn.items() if graph is not None}


@pytest.fixture(scope="session", name="specimens")
def _specimens() -> dict[str, Graph]:
    return specimens()


@pytest.fixture(scope="session")
def given() -> Callable[..., tuple[Any, ...]]:
    """Inputs for a compiled network: a batch of random tensors of the right kind, from a seed."""

    def draw(compiled: Compiled, batch: int = 2, seed: int = 0) -> tuple[Any, ...]:
        import torch

        generator = torch.Generator().manual_seed(seed)
        inputs = []
        for name in compiled.inputs:
            tensor = compiled.inferred.outputs[name]
            assert tensor is not None
            shape = (batch, *tensor.shape)
            if tensor.kind == "index":
                inputs.append(torch.randint(tensor.levels, shape, generator=generator))
            else:
                inputs.append(torch.randn(shape, generator=generator))
        return tuple(inputs)

    return draw
