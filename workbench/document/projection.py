"""The graph seen by algorithms: order, reach, cycles, and as a networkx graph. Plain functions of the value."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.graph import Edge, Graph

if TYPE_CHECKING:
    import networkx as nx


def order(graph: Graph) -> tuple[str, ...]:
    """Every node id after all that feed it; among free choices the node created first comes first.

    Raises `Problem` when the wires run in a circle, naming the nodes on it.
    """
    done, circle = _sorted(graph)
    if circle:
        raise Problem(cycle_diagnostic(circle))
    return done


def cycle(graph: Graph) -> tuple[str, ...]:
    """The ids along one circle of wires, in the direction of the wires; empty when there is none."""
    return _sorted(graph)[1]


def cycle_diagnostic(circle: tuple[str, ...]) -> Diagnostic:
    """The sentence for a circle of wires, placed on its first node."""
    shown = [*circle[:6], "…"] if len(circle) > 6 else list(circle)
    path = " → ".join([*shown, circle[0]])
    return Diagnostic(
        "graph.cycle",
        f"The wires run in a circle ({path}), so no layer on it can start. Remove one of these wires.",
        node=circle[0],
    )


def reaches(graph: Graph, start: str, goal: str) -> bool:
    """Whether wires lead from one node to another (a node reaches itself)."""
    return goal in downstream(graph, (start,))


def downstream(graph: Graph, starts: Iterable[str]) -> frozenset[str]:
    """The given nodes and all that depend on them."""
    follow = successors(graph.edges)
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for successor in follow.get(waiting.pop(), ()):
            if successor not in seen:
                seen.add(successor)
                waiting.append(successor)
    return frozenset(seen)


def successors(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """For each node with wires out, where they lead (a node twice when two wires go there)."""
    follow: dict[str, list[str]] = {}
    for edge in edges:
        follow.setdefault(edge.source, []).append(edge.target)
    return follow


def to_networkx(graph: Graph) -> nx.MultiDiGraph:
    """A `networkx.MultiDiGraph`: nodes carry `layer`, edges are keyed by `Edge.id` and carry `edge`."""
    import networkx as nx

    result = nx.MultiDiGraph()
    result.add_nodes_from((node.id, {"layer": node.layer}) for node in graph)
    result.add_edges_from((e.source, e.target, e.id, {"edge": e}) for e in sorted(graph.edges))
    return result


def _sorted(graph: Graph) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(topological order, ()) or (the part before the circle, the circle); Kahn 1962 with a heap for the tie-break."""
    ids = list(graph.nodes)
    place = {node: i for i, node in enumerate(ids)}
    follow = successors(graph.edges)
    missing = dict.fromkeys(ids, 0)
    for edge in graph.edges:
        missing[edge.target] += 1
    ready = [place[node] for node, n in missing.items() if not n]  # ascending, so already a heap
    done = []
    while ready:
        node = ids[heapq.heappop(ready)]
        done.append(node)
        for successor in follow.get(node, ()):
            missing[successor] -= 1
            if not missing[successor]:
                heapq.heappush(ready, place[successor])
    return tuple(done), () if len(done) == len(ids) else _circle(graph, {n for n, k in missing.items() if k})


def _circle(graph: Graph, left: set[str]) -> tuple[str, ...]:
    """Walks upstream among nodes that all still wait for another one, until a node comes up again."""
    feeder: dict[str, str] = {}
    for edge in sorted(graph.edges, reverse=True):
        if edge.target in left and edge.source in left:
            feeder[edge.target] = edge.source
    walk: dict[str, None] = {}
    node = min(left)
    while node not in walk:
        walk[node] = None
        node = feeder[node]
    path = list(walk)
    upstream = path[path.index(node) :]
    return (upstream[0], *reversed(upstream[1:]))
