"""Edits of a block's ports, on the graph of the block."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document import edits
from workbench.document.graph import BLOCK_INPUT, Graph, Node
from workbench.document.ids import new_id

_ROW, _COLUMN = 88, 232
"""From one card to the next, in canvas pixels."""


def add_port(graph: Graph, layer: str) -> Graph | Diagnostic:
    """One more input or output of the block, below those it has; "in_2" or "out_2" outside."""
    same = [node for node in graph if node.layer == layer]
    if same:
        x, y = same[-1].x, max(node.y for node in same) + _ROW
    elif graph.nodes:
        xs, ys = [node.x for node in graph], [node.y for node in graph]
        x, y = (min(xs) - _COLUMN if layer == BLOCK_INPUT else max(xs) + _COLUMN), min(ys)
    else:
        x, y = 0, 0
    return edits.add(graph, Node(new_id(layer, graph.nodes), layer, x=x, y=y))


def move_port(graph: Graph, node: str, step: int) -> Graph | Diagnostic:
    """A port before (-1) or after (1) its neighbour on the same side; unchanged at either end.

    Ports stand in the order of the nodes, so the two nodes change places among them.
    """
    port = graph.nodes.get(node)
    if port is None:
        return Diagnostic("graph.no_node", f"There is no port “{node[:80]}” in this block; it may have been removed.")
    same = [other.id for other in graph if other.layer == port.layer]
    place = same.index(node) + step
    if not 0 <= place < len(same):
        return graph
    swapped = {node: same[place], same[place]: node}
    order = [swapped.get(i, i) for i in graph.nodes]
    return replace(graph, nodes=MappingProxyType({i: graph.nodes[i] for i in order}))
