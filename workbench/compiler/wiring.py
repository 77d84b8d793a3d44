"""The wires of a graph, indexed once: who feeds whom, in which order, and what reaches an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.catalogue.registry import LAYERS
from workbench.document.graph import Edge, Graph


@dataclass(frozen=True, slots=True)
class Wiring:
    """`incoming[node][port]` is the wire at an input port; `outgoing[node]` all wires that leave a node.

    `order` lists every node after those that feed it; branches are kept together, so that the source reads chain by
    chain, and what reaches an output comes first. `live` are the nodes that reach an output. `cycles` are closed
    circles of nodes; the wire that closes one (in `closing`) is left out of `order`. `dangling` wires lead from or to
    a node that does not exist; `doubled` wires end at a port that another wire already holds. Neither carries
    anything.
    """

    incoming: Mapping[str, Mapping[str, Edge]]
    outgoing: Mapping[str, tuple[Edge, ...]]
    order: tuple[str, ...]
    live: frozenset[str]
    cycles: tuple[tuple[str, ...], ...]
    closing: frozenset[Edge]
    dangling: tuple[Edge, ...]
    doubled: tuple[Edge, ...]


def wire(graph: Graph) -> Wiring:
    """Index a graph's wires. Takes time in proportion to nodes and wires; never raises."""
    incoming: dict[str, dict[str, Edge]] = {node: {} for node in graph.nodes}
    dangling: list[Edge] = []
    doubled: list[Edge] = []
    for edge in graph.edges:
        if edge.source not in incoming or edge.target not in incoming:
            dangling.append(edge)
            continue
        ports = incoming[edge.target]
        held = ports.get(edge.target_port)
        if held is None:
            ports[edge.target_port] = edge
        else:  # the smaller wire holds the port, whatever the order of the set
            ports[edge.target_port], loser = (held, edge) if held < edge else (edge, held)
            doubled.append(loser)
    outgoing: dict[str, list[Edge]] = {node: [] for node in graph.nodes}
    for ports in incoming.values():
        for edge in ports.values():
            outgoing[edge.source].append(edge)
    order, cycles, closing = _order(graph, incoming)
    return Wiring(
        incoming=incoming,
        outgoing={node: tuple(edges) for node, edges in outgoing.items()},
        order=order,
        live=_live(graph, incoming),
        cycles=cycles,
        closing=closing,
        dangling=tuple(sorted(dangling)),
        doubled=tuple(sorted(doubled)),
    )


def same_wiring(before: Graph, after: Graph) -> bool:
    """Whether the `Wiring` of one graph also holds for the other (positions and parameters do not matter)."""
    if before.edges is not after.edges and before.edges != after.edges:
        return False
    if before.nodes is after.nodes:
        return True
    return len(before) == len(after) and all(
        a.id == b.id and a.layer == b.layer for a, b in zip(before, after, strict=True)
    )


def _outputs(graph: Graph) -> list[str]:
    return [node.id for node in graph if (layer := LAYERS.get(node.layer)) is not None and layer.is_output]


def _order(
    graph: Graph, incoming: Mapping[str, Mapping[str, Edge]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], frozenset[Edge]]:
    """Depth-first from the outputs, inputs in port order, without recursion (chains may be thousands long)."""
    order: list[str] = []
    cycles: list[tuple[str, ...]] = []
    closing: set[Edge] = set()
    state: dict[str, int] = {}  # 1: being visited, 2: done
    for root in (*_outputs(graph), *graph.nodes):
        if root in state:
            continue
        path = [root]
        state[root] = 1
        waiting = [_feeding(incoming[root])]
        while path:
            node = path[-1]
            if not waiting[-1]:
                order.append(node)
                state[node] = 2
                path.pop()
                waiting.pop()
                continue
            edge = waiting[-1].pop()
            source = edge.source
            if source not in state:
                state[source] = 1
                path.append(source)
                waiting.append(_feeding(incoming[source]))
            elif state[source] == 1:
                closing.add(edge)
                cycles.append(tuple(reversed(path[path.index(source) :])))
    return tuple(order), tuple(cycles), frozenset(closing)


def _feeding(ports: Mapping[str, Edge]) -> list[Edge]:
    """The wires into a node, last port first ("in_10" is after "in_2")."""
    if len(ports) < 2:
        return list(ports.values())
    return [ports[port] for port in sorted(ports, key=lambda port: (len(port), port), reverse=True)]


def _live(graph: Graph, incoming: Mapping[str, Mapping[str, Edge]]) -> frozenset[str]:
    waiting = _outputs(graph)
    live = set(waiting)
    while waiting:
        for edge in incoming[waiting.pop()].values():
            if edge.source not in live:
                live.add(edge.source)
                waiting.append(edge.source)
    return frozenset(live)
