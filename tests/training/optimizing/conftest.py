"""Small networks whose layers are frozen or learn at rates of their own, and plain modules behind a graph's face."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import Block, Edge, Graph, Node, frozen


def node(identity: str, layer: str, *, still: bool = False, rate: float = 1.0, **params: Any) -> Node:
    return Node(identity, layer, params=frozen(params), frozen=still, rate=rate)


def chained(*nodes: Node, blocks: tuple[Block, ...] = ()) -> Graph:
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return Graph({n.id: n for n in nodes}, edges, MappingProxyType({b.id: b for b in blocks}))


def network(*, still: str = "", unit_rate: float = 1.0, inner_rate: float = 1.0, head_rate: float = 1.0) -> Graph:
    """Two uses of a block (the second one repeated) with convolution and norm; an embedding-free head of two layers.

    `still` names the node that is frozen: "unit_1", "unit_2", "linear_1", or "batch_norm2d_1" inside the block.
    """
    unit = Block(
        "unit",
        "Unit",
        chained(
            node("in", "block_input"),
            node("conv2d_1", "conv2d", rate=inner_rate, filters=4, kernel=3, padding="same"),
            node("batch_norm2d_1", "batch_norm2d", still=still == "batch_norm2d_1"),
            node("relu_1", "relu"),
            node("out", "block_output"),
        ),
    )
    return chained(
        node("pictures_1", "pictures", size=(4, 4)),
        node("unit_1", "block:unit", still=still == "unit_1", rate=unit_rate),
        node("unit_2", "block:unit", still=still == "unit_2", repeat=2),
        node("flatten_1", "flatten"),
        node("linear_1", "linear", still=still == "linear_1", units=6),
        node("relu_2", "relu"),
        node("linear_2", "linear", rate=head_rate, units=3),
        node("output_1", "output"),
        blocks=(unit,),
    )


@pytest.fixture(scope="session")
def build() -> Callable[..., Compiled]:
    """``build(still="unit_1", head_rate=2.0)`` compiles the network above."""

    def made(**marks: Any) -> Compiled:
        return compile_graph(network(**marks))

    return made


@pytest.fixture(scope="session")
def words() -> Compiled:
    """An embedding, a recurrent layer, attention and a layer norm: weights of all kinds."""
    return compile_graph(
        chained(
            node("tokens_1", "tokens", length=6, vocabulary=20),
            node("embedding_1", "embedding", size=8),
            node("layer_norm_1", "layer_norm"),
            node("lstm_1", "lstm", units=8),
            node("flatten_1", "flatten"),
            node("linear_1", "linear", units=3),
            node("output_1", "output"),
        )
    )


@pytest.fixture(scope="session")
def plain() -> SimpleNamespace:
    """The face of a compiled graph without nodes, for a module that was written by hand."""
    empty = SimpleNamespace(order=(), live=frozenset(), results={}, graph=Graph())
    return SimpleNamespace(inferred=empty, source=SimpleNamespace(attributes={}), graph=Graph())
