"""Small graphs, written the short way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from workbench.document.graph import Edge, Graph, Node, Value, frozen

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


@pytest.fixture(name="residual", scope="session")
def _residual() -> Graph:
    return residual()
