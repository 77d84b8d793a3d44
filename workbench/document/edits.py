"""Edits as pure functions: a graph goes in, a new graph comes out, or a `Diagnostic` that says why not.

The graph given is never changed, and what did not change is shared, so an edit costs one copy of a mapping. An edit
that changes nothing gives the very same graph back. Whether a layer has a port or a parameter is not known here; that
is checked by the compiler, which marks a wrong wire rather than forbids it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph, Node, Value, frozen
from workbench.document.ids import new_ids
from workbench.document.projection import cycle, cycle_diagnostic, reaches
from workbench.document.rules import (
    MOST_EDGES,
    MOST_NODES,
    PORT_PATTERN,
    node_fault,
    one_line,
    sealed,
    tupled,
    value_fault,
    whole_pixels,
)


def add(graph: Graph, *nodes: Node, edges: Iterable[Edge] = ()) -> Graph | Diagnostic:
    """Puts new nodes on the canvas, with wires among them and to nodes already there.

    A wire to an input that has one replaces it. Refuses ids in use, values no file can hold, and circles.
    """
    new = _nodes(graph)
    for node in nodes:
        if node.id in new:
            return Diagnostic(
                "graph.id_taken", f"There already is a node “{node.id}”; choose another id.", node=node.id
            )
        fresh = sealed(node)
        if fault := node_fault(fresh):
            return Diagnostic("graph.bad_node", f"The node “{node.id}” {fault}.", node=node.id)
        new[node.id] = fresh
    if len(new) > MOST_NODES:
        return Diagnostic(
            "graph.too_many", f"A graph holds at most {MOST_NODES:,} nodes; this would make {len(new):,}."
        )
    wires = tuple(edges)
    result = _with(graph, nodes=new) if nodes else graph
    if not wires:
        return result
    for edge in wires:
        if refusal := _wire_fault(result, edge):
            return refusal
    result = _with(result, edges=_wired(result.edges, wires))
    if len(result.edges) > MOST_EDGES:
        return Diagnostic("graph.too_many", f"A graph holds at most {MOST_EDGES:,} wires.")
    circle = cycle(result)
    return cycle_diagnostic(circle) if circle else result


def remove(graph: Graph, nodes: Iterable[str], edges: Iterable[Edge] = (), *, heal: bool = False) -> Graph | Diagnostic:
    """Takes nodes away with all their wires, and further wires.

    With `heal`, what a removed node fed is fed by what fed that node (its first wired input), across a whole chain
    of removed nodes. Wires given in `edges` are cut first and do not heal.
    """
    gone = set(nodes)
    for node in gone:
        if node not in graph.nodes:
            return _no_node(node)
    cut = graph.edges & frozenset(edges)
    left = graph.edges - cut if cut else graph.edges
    if not gone:
        return _with(graph, edges=left) if cut else graph
    kept = {e for e in left if e.source not in gone and e.target not in gone}
    if heal:
        kept |= _healing(left, gone)
    return _with(graph, nodes={i: n for i, n in graph.nodes.items() if i not in gone}, edges=frozenset(kept))


def connect(graph: Graph, edge: Edge) -> Graph | Diagnostic:
    """Draws a wire; one that ended at the same input gives way. Refuses unknown nodes, loops and circles."""
    if edge in graph.edges:
        return graph
    if refusal := _wire_fault(graph, edge):
        return refusal
    result = _with(graph, edges=_wired(graph.edges, (edge,)))
    if reaches(result, edge.target, edge.source):
        return cycle_diagnostic(cycle(result))
    return result


def disconnect(graph: Graph, *edges: Edge) -> Graph | Diagnostic:
    """Takes wires away; refuses one that is not there."""
    for edge in edges:
        if edge not in graph.edges:
            return Diagnostic("graph.no_edge", f"There is no wire {_words(edge)} to remove.", node=edge.target)
    return _with(graph, edges=graph.edges - set(edges)) if edges else graph


def move(graph: Graph, positions: Mapping[str, tuple[float, float]]) -> Graph | Diagnostic:
    """Puts nodes' top left corners at canvas positions, rounded to whole pixels."""
    new: dict[str, Node] | None = None
    for node_id, (x, y) in positions.items():
        node = graph.nodes.get(node_id)
        if node is None:
            return _no_node(node_id)
        at = whole_pixels(x, y)
        if at != (node.x, node.y):
            new = new if new is not None else _nodes(graph)
            new[node_id] = replace(node, x=at[0], y=at[1])
    return graph if new is None else _with(graph, nodes=new)


def set_param(graph: Graph, node: str, param: str, value: Value) -> Graph | Diagnostic:
    """Gives one parameter a value (a list counts as a tuple)."""
    return set_params(graph, node, {param: value})


def set_params(graph: Graph, node: str, values: Mapping[str, Value]) -> Graph | Diagnostic:
    """Gives several parameters of a node values; refuses what no file can hold (NaN, nested lists)."""
    old = graph.nodes.get(node)
    if old is None:
        return _no_node(node)
    given = {param: tupled(value) for param, value in values.items()}
    for param, value in given.items():
        if fault := value_fault(value):
            return Diagnostic(
                "graph.bad_value",
                f"“{param}” of “{title(old)}” cannot be set: the value {fault}.",
                node=node,
                param=param,
            )
    if all(p in old.params and _alike(old.params[p], v) for p, v in given.items()):
        return graph
    return _put(graph, replace(old, params=frozen({**old.params, **given})))


def reset_params(graph: Graph, node: str, *params: str) -> Graph | Diagnostic:
    """Gives parameters their defaults back (all of them when none is named)."""
    old = graph.nodes.get(node)
    if old is None:
        return _no_node(node)
    kept = {p: v for p, v in old.params.items() if params and p not in params}
    return graph if len(kept) == len(old.params) else _put(graph, replace(old, params=frozen(kept)))


def rename(graph: Graph, node: str, name: str) -> Graph | Diagnostic:
    """Gives a node a name for people: one line, at most 200 characters; an empty one shows the layer's title."""
    old = graph.nodes.get(node)
    if old is None:
        return _no_node(node)
    name = one_line(name)
    return graph if name == old.name else _put(graph, replace(old, name=name))


def insert_on_edge(
    graph: Graph, node: Node, edge: Edge, in_port: str = "in", out_port: str = "out"
) -> Graph | Diagnostic:
    """Puts a node, new or already on the canvas, into a wire. Refuses a circle and a wire that is not there."""
    if edge not in graph.edges:
        return Diagnostic("graph.no_edge", f"There is no wire {_words(edge)} to insert into.", node=edge.target)
    base = graph if node.id in graph.nodes else add(graph, node)
    if isinstance(base, Diagnostic):
        return base
    halves = (
        Edge(edge.source, edge.source_port, node.id, in_port),
        Edge(node.id, out_port, edge.target, edge.target_port),
    )
    return add(base, edges=halves)


def duplicate(
    graph: Graph, ids: Iterable[str], offset: tuple[float, float], *, keep_wires: bool = False
) -> tuple[Graph, dict[str, str]] | Diagnostic:
    """Copies nodes with the wires among them, `offset` pixels away; gives the graph and old id -> new id.

    With `keep_wires` the copies are also fed by what feeds the originals from outside the selection.
    """
    chosen = dict.fromkeys(ids)
    for node_id in chosen:
        if node_id not in graph.nodes:
            return _no_node(node_id)
    originals = [node for node in graph if node.id in chosen]  # in order of creation, whatever the order clicked
    copies_of = dict(
        zip((n.id for n in originals), new_ids((n.layer for n in originals), graph.nodes.keys()), strict=True)
    )
    copies = []
    for node in originals:
        x, y = whole_pixels(node.x + offset[0], node.y + offset[1])
        copies.append(replace(node, id=copies_of[node.id], x=x, y=y))
    wires = [
        replace(edge, source=copies_of.get(edge.source, edge.source), target=copies_of[edge.target])
        for edge in graph.edges
        if edge.target in copies_of and (keep_wires or edge.source in copies_of)
    ]
    result = add(graph, *copies, edges=wires)
    return result if isinstance(result, Diagnostic) else (result, copies_of)


def title(node: Node) -> str:
    """What people call a node: its name, or its id."""
    return node.name or node.id


def _nodes(graph: Graph) -> dict[str, Node]:
    """A copy of the nodes to change; `dict()` of a mapping proxy would look up every key (ten times slower)."""
    nodes = graph.nodes
    return nodes.copy() if isinstance(nodes, MappingProxyType | dict) else dict(nodes)


def _with(graph: Graph, *, nodes: dict[str, Node] | None = None, edges: frozenset[Edge] | None = None) -> Graph:
    return Graph(
        graph.nodes if nodes is None else MappingProxyType(nodes),
        graph.edges if edges is None else edges,
        graph.blocks,
        graph.frames,
    )


def _put(graph: Graph, node: Node) -> Graph:
    nodes = _nodes(graph)
    nodes[node.id] = node
    return _with(graph, nodes=nodes)


def _wired(edges: frozenset[Edge], new: tuple[Edge, ...]) -> frozenset[Edge]:
    """The wires with new ones, each in the place of what ended at its input; of two new ones the later stays."""
    latest = {(e.target, e.target_port): e for e in new}
    return frozenset(e for e in edges if (e.target, e.target_port) not in latest) | frozenset(latest.values())


def _wire_fault(graph: Graph, edge: Edge) -> Diagnostic | None:
    for node in (edge.source, edge.target):
        if node not in graph.nodes:
            return _no_node(node)
    for port in (edge.source_port, edge.target_port):
        if not PORT_PATTERN.match(port):
            return Diagnostic("graph.bad_port", f"“{port[:80]}” is not the name of a port.", node=edge.target)
    if edge.source == edge.target:
        shown = title(graph.nodes[edge.source])
        return Diagnostic(
            "graph.self_loop",
            f"“{shown}” cannot feed itself; wire its output to another layer.",
            node=edge.target,
            port=edge.target_port,
        )
    return None


def _no_node(node: str) -> Diagnostic:
    return Diagnostic("graph.no_node", f"There is no node “{node[:80]}” in this graph; it may have been removed.")


def _words(edge: Edge) -> str:
    return f"from “{edge.source}.{edge.source_port}” to “{edge.target}.{edge.target_port}”"


def _alike(one: Value, other: Value) -> bool:
    return repr(one) == repr(other)  # 1, 1.0 and True are equal, yet saved differently


def _healing(edges: frozenset[Edge], gone: set[str]) -> set[Edge]:
    """Wires from what fed the removed nodes to what they fed."""
    first: dict[str, Edge] = {}
    for edge in edges:
        if edge.target in gone and (edge.target not in first or _place(edge) < _place(first[edge.target])):
            first[edge.target] = edge
    healed = set()
    for edge in edges:
        if edge.source not in gone or edge.target in gone:
            continue
        feeder: Edge | None = edge
        for _ in range(len(gone)):  # a chain is no longer than what was removed, should a circle ever be among it
            if feeder is None or feeder.source not in gone:
                break
            feeder = first.get(feeder.source)
        if feeder is not None and feeder.source not in gone:
            healed.add(replace(edge, source=feeder.source, source_port=feeder.source_port))
    return healed


def _place(edge: Edge) -> tuple[str, int, str]:
    """Inputs in the order people read them: in_2 before in_10."""
    match = re.search(r"[0-9]+\Z", edge.target_port, re.ASCII)
    stem = edge.target_port[: match.start()] if match else edge.target_port
    return stem, int(match[0]) if match else -1, edge.source
