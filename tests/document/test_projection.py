from __future__ import annotations

import itertools
from collections.abc import Callable
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.document.graph import Edge, Graph, Node
from workbench.document.project import Project
from workbench.document.projection import cycle, downstream, order, reaches, to_networkx


def graph_of(names: str, *edges: Edge) -> Graph:
    return Graph(MappingProxyType({n: Node(n, "x") for n in names}), frozenset(edges))


def test_order_follows_wires_then_creation(wire: Callable[..., Edge]) -> None:
    graph = graph_of("dcba", wire("a", "d"), wire("b", "c"))
    assert order(graph) == ("b", "c", "a", "d")


def test_a_circle_is_named_in_the_direction_of_its_wires(wire: Callable[..., Edge]) -> None:
    graph = graph_of("abcde", wire("a", "b", "in_2"), wire("b", "c"), wire("c", "d"), wire("d", "b"), wire("d", "e"))
    circle = cycle(graph)
    assert sorted(circle) == ["b", "c", "d"]
    assert all(wire(x, y) in graph.edges for x, y in zip(circle, (*circle[1:], circle[0]), strict=True))
    with pytest.raises(Problem, match="run in a circle"):
        order(graph)


def test_a_loop_of_one(wire: Callable[..., Edge]) -> None:
    assert cycle(graph_of("a", wire("a", "a"))) == ("a",)


def test_reach(chain: Graph) -> None:
    assert reaches(chain, "conv_1", "output_1")
    assert reaches(chain, "conv_1", "conv_1")
    assert not reaches(chain, "output_1", "conv_1")
    assert downstream(chain, ["relu_1"]) == {"relu_1", "add_1", "output_1"}


def test_a_chain_of_many_nodes_needs_no_recursion(wire: Callable[..., Edge]) -> None:
    names = [f"n{i}" for i in range(5_000)]
    edges = frozenset(wire(a, b) for a, b in itertools.pairwise(names))
    graph = Graph(MappingProxyType({n: Node(n, "x") for n in reversed(names)}), edges)
    assert order(graph) == tuple(names)
    closed = Graph(graph.nodes, edges | {wire(names[-1], names[0])})
    assert len(cycle(closed)) == 5_000


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_agrees_with_networkx(data: st.DataObject, projects: st.SearchStrategy[Project]) -> None:
    import networkx as nx

    graph = data.draw(projects).graph
    projected = to_networkx(graph)
    assert projected.number_of_edges() == len(graph.edges)
    assert {k for _, _, k in projected.edges(keys=True)} == {e.id for e in graph.edges}
    ranked = {node: i for i, node in enumerate(order(graph))}
    assert ranked.keys() == graph.nodes.keys()
    assert all(ranked[e.source] < ranked[e.target] for e in graph.edges)
    for start in graph.nodes:
        assert downstream(graph, [start]) == nx.descendants(projected, start) | {start}
