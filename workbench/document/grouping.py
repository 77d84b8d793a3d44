"""Making a block of chosen layers: what crosses the edge of the choice becomes the block's ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document.binding import expressions_of, rewritten
from workbench.document.block_rules import blocks_refusal
from workbench.document.blocks import used_in
from workbench.document.edits import title as title_of
from workbench.document.expressions import GIVEN, ExpressionError, names_in
from workbench.document.graph import (
    BLOCK_INPUT,
    BLOCK_OUTPUT,
    BLOCK_PREFIX,
    Block,
    BlockParam,
    Edge,
    Graph,
    Node,
    Value,
    frozen,
)
from workbench.document.ids import block_id, new_id, numbered
from workbench.document.projection import order, successors
from workbench.document.rules import one_line, whole_pixels

COLUMN = 232
"""From one card's left edge to the next one's: a card and the gap behind it, in pixels."""
ROW = 88

End = tuple[str, str]
"""A node and one of its ports."""


@dataclass(frozen=True, slots=True)
class Loose:
    """Ports of chosen layers that no wire touches; they become ports of the block too, so that it can be wired."""

    inputs: tuple[End, ...] = ()
    outputs: tuple[End, ...] = ()


def group(
    graph: Graph,
    ids: Iterable[str],
    title: str = "",
    *,
    own: Iterable[BlockParam] = (),
    loose: Loose | None = None,
) -> tuple[Graph, str] | Diagnostic:
    """Makes a block of nodes and puts one use of it in their place; gives the graph and the new node's id.

    Each distinct source outside becomes one input, each distinct source inside that is needed outside one output,
    in the order in which values are computed. Where the graph is a block's, `own` are that block's parameters: those
    the chosen layers refer to become parameters of the new block. Refuses ports of a block, an empty choice, and one
    whose block would have to wait for itself.
    """
    chosen = [node for node in graph if node.id in set(ids)]
    if refusal := _refusal(graph, chosen, set(ids)):
        return refusal
    inside = {node.id for node in chosen}
    crossing = _Crossing(graph, inside, loose or Loose())
    params, values, names = _parameters(chosen, tuple(own))
    words = one_line(title) or "Block"
    made = block_id(words, graph.blocks.keys())
    block = Block(
        made,
        numbered(words, {b.title for b in graph.blocks.values()}),
        _contents([rewritten(node, names) for node in chosen], crossing),
        params,
    )
    blocks = {**graph.blocks, made: block}
    if used_in(chosen) and (too_deep := blocks_refusal(blocks)):
        return too_deep
    nodes = {i: node for i, node in graph.nodes.items() if i not in inside}
    x, y = centre(chosen)
    use = Node(new_id(BLOCK_PREFIX + made, graph.nodes.keys()), BLOCK_PREFIX + made, params=frozen(values), x=x, y=y)
    nodes[use.id] = use
    result = Graph(MappingProxyType(nodes), crossing.around(use.id), MappingProxyType(blocks), graph.frames)
    return result, use.id


def centre(nodes: Iterable[Node]) -> tuple[int, int]:
    """The middle of the nodes' corners, in whole pixels; where a use of a block stands for what is inside it."""
    places = [(node.x, node.y) for node in nodes]
    if not places:
        return 0, 0
    xs, ys = zip(*places, strict=True)
    return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2


def _refusal(graph: Graph, chosen: list[Node], ids: set[str]) -> Diagnostic | None:
    missing = next((i for i in ids if i not in graph.nodes), None)
    if missing is not None:
        return Diagnostic(
            "graph.no_node", f"There is no node “{missing[:80]}” in this graph; it may have been removed."
        )
    if not chosen:
        return Diagnostic("block.empty", "Nothing is selected. Select the layers that shall become a block.")
    for node in chosen:
        if node.layer in (BLOCK_INPUT, BLOCK_OUTPUT):
            return Diagnostic(
                "block.port_grouped",
                f"“{title_of(node)}” is a port of the block it stands in, so it cannot go into another block. Leave it "
                "out of the selection.",
                node=node.id,
            )
    return _between(graph, ids)


def _between(graph: Graph, inside: set[str]) -> Diagnostic | None:
    """A layer outside that depends on the choice and feeds it: the block would have to wait for itself."""
    follow = successors(graph.edges)
    before: dict[str, str] = {}  # how each node outside was reached from the choice
    waiting = []
    for source in sorted(inside):
        for target in follow.get(source, ()):
            if target not in inside and target not in before:
                before[target] = source
                waiting.append(target)
    while waiting:
        node = waiting.pop()
        for target in follow.get(node, ()):
            if target in inside:
                name, fed = title_of(graph.nodes[node]), title_of(graph.nodes[target])
                return Diagnostic(
                    "block.circle",
                    f"“{name}” is not selected, but it depends on the selection and feeds “{fed}” in it, so the block "
                    f"would have to wait for itself. Select “{name}” too, or leave out “{fed}”.",
                    node=node,
                )
            if target not in before:
                before[target] = node
                waiting.append(target)
    return None


class _Crossing:
    """The wires over the edge of a choice, and the port each of them goes through."""

    def __init__(self, graph: Graph, inside: set[str], loose: Loose) -> None:
        rank = {node: i for i, node in enumerate(order(graph))}
        entering = [e for e in graph.edges if e.target in inside and e.source not in inside]
        leaving = [e for e in graph.edges if e.source in inside and e.target not in inside]
        self.within = frozenset(e for e in graph.edges if e.source in inside and e.target in inside)
        self.outside = frozenset(e for e in graph.edges if e.source not in inside and e.target not in inside)
        sources = sorted({(e.source, e.source_port) for e in entering}, key=lambda end: (rank[end[0]], end))
        results = sorted({(e.source, e.source_port) for e in leaving}, key=lambda end: (rank[end[0]], end))
        taken = {(e.target, e.target_port) for e in graph.edges}
        giving = {(e.source, e.source_port) for e in graph.edges}
        free_in = [end for end in loose.inputs if end[0] in inside and end not in taken]
        free_out = [end for end in loose.outputs if end[0] in inside and end not in giving]
        self.inputs: dict[End, str] = {}  # a source outside, or a loose input inside -> the port it goes through
        self.outputs: dict[End, str] = {}  # a source inside -> the port
        used = set(inside)
        for ends, ports, layer in (
            ([*sources, *free_in], self.inputs, BLOCK_INPUT),
            ([*results, *free_out], self.outputs, BLOCK_OUTPUT),
        ):
            for end in ends:
                ports[end] = new_id(layer, used)
                used.add(ports[end])
        self.entering, self.leaving, self.loose_inputs = entering, leaving, free_in

    def around(self, use: str) -> frozenset[Edge]:
        """The wires of the graph with the use in place of the choice."""
        ends = {Edge(e.source, e.source_port, use, self.inputs[e.source, e.source_port]) for e in self.entering}
        ends |= {Edge(use, self.outputs[e.source, e.source_port], e.target, e.target_port) for e in self.leaving}
        return self.outside | ends

    def inner(self) -> frozenset[Edge]:
        """The wires inside the block."""
        ends = {Edge(self.inputs[e.source, e.source_port], "out", e.target, e.target_port) for e in self.entering}
        ends |= {Edge(self.inputs[end], "out", *end) for end in self.loose_inputs}
        ends |= {Edge(*end, port, "in") for end, port in self.outputs.items()}
        return self.within | ends


def _contents(chosen: list[Node], crossing: _Crossing) -> Graph:
    """The block's graph: the layers where they were, inputs in a column before them, outputs behind."""
    edges = crossing.inner()
    layers = {node.id: node for node in chosen}
    left, right = min(n.x for n in chosen) - COLUMN, max(n.x for n in chosen) + COLUMN
    fed = {port: [layers[e.target].y for e in edges if e.source == port] for port in crossing.inputs.values()}
    feeding = {port: [layers[e.source].y for e in edges if e.target == port] for port in crossing.outputs.values()}
    nodes = {**_column(fed, BLOCK_INPUT, left), **layers, **_column(feeding, BLOCK_OUTPUT, right)}
    return Graph(MappingProxyType(nodes), edges)


def _column(beside: Mapping[str, list[int]], layer: str, x: int) -> dict[str, Node]:
    """Ports below each other, each as high as the highest layer `beside` it, or as the port above leaves room."""
    heights: dict[str, int] = {}
    for port in sorted(beside, key=lambda p: min(beside[p])):
        heights[port] = max([min(beside[port]), *(y + ROW for y in heights.values())])
    places = {port: whole_pixels(x, heights[port]) for port in beside}  # not beyond the end of the canvas
    return {port: Node(port, layer, x=places[port][0], y=places[port][1]) for port in beside}


def _parameters(
    chosen: list[Node], own: tuple[BlockParam, ...]
) -> tuple[tuple[BlockParam, ...], Mapping[str, Value], Mapping[str, str]]:
    """(parameters the new block needs, what its use gives them, names to replace inside).

    What an expression calls by a name of the block around must come in as a parameter, also what every block has of
    its own accord, for there it means something else.
    """
    names: set[str] = set()
    for node in chosen:
        for text in expressions_of(node):
            try:
                names |= names_in(text)
            except ExpressionError:  # wrong before, and as wrong after; the compiler says so
                continue
    params = [param for param in own if param.id in names]
    taken = {param.id for param in params} | names
    replaced = {}
    for name in GIVEN:
        if name in names:
            made = f"outer_{name}"
            while made in taken:
                made += "_"
            taken.add(made)
            replaced[name] = made
            title = name.replace("_", " ").capitalize()
            params.append(BlockParam(made, f"{title} outside", "int", 0 if name == "index" else 1))
    values: dict[str, Value] = {param.id: f"={param.id}" for param in params}
    values.update({made: f"={name}" for name, made in replaced.items()})
    return tuple(params), values, replaced
