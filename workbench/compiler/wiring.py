"""The wires of a graph, indexed once: who feeds whom, in which order, and what reaches an output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.values import check
from workbench.document.graph import Edge, Graph, Node


@dataclass(frozen=True, slots=True)
class Wiring:
    """`incoming[node][port]` is the wire at an input port; `outgoing[node]` all wires that leave a node.

    `order` lists every node after those that feed it; branches are kept together, so that the source reads chain by
    chain, and what reaches an output comes first. `live` are the nodes that reach an output; a node that is bypassed
    or muted hands on its first input alone, so what only feeds its others is not live. `cycles` are closed circles of
    nodes; the wire that closes one (in `closing`) is left out of `order`. `dangling` wires lead from or to a node that
    does not exist; `doubled` wires end at a port that another wire already holds. Neither carries anything.
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
    if before.nodes is after.nodes and before.blocks is after.blocks:
        return True
    return (
        len(before) == len(after)
        and all(
            a is b or (a.id == b.id and a.layer == b.layer and a.state == b.state)
            for a, b in zip(before, after, strict=True)
        )
        and (before.blocks is after.blocks or not any(node.state and node.block for node in after))
    )


def first_port(graph: Graph, node: Node) -> str | None:
    """The id of a node's first input; None if it has none, or its layer is not known."""
    layer = layer_of(graph, node.layer)
    if layer is None:
        return None
    ports = layer.inputs if isinstance(layer.inputs, tuple) else layer.input_ports(check(layer, node.params)[0])
    return ports[0].id if ports else None


def _outputs(graph: Graph) -> list[str]:
    kinds: dict[str, bool] = {}
    for layer_id in {node.layer for node in graph}:
        layer = layer_of(graph, layer_id)
        kinds[layer_id] = layer is not None and layer.is_output
    return [node.id for node in graph if kinds[node.layer]]


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
        node = waiting.pop()
        for edge in _counting(graph, node, incoming[node]):
            if edge.source not in live:
                live.add(edge.source)
                waiting.append(edge.source)
    return frozenset(live)


def _counting(graph: Graph, node: str, incoming: Mapping[str, Edge]) -> Iterable[Edge]:
    """The wires into a node that what it gives depends on."""
    if len(incoming) < 2 or graph.nodes[node].state not in ("bypassed", "muted"):
        return incoming.values()
    first = incoming.get(first_port(graph, graph.nodes[node]) or "")
    return () if first is None else (first,)
