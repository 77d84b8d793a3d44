"""Edits of what nodes are marked with: whether they work and learn, how fast, and what their cards look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import title as title_of
from workbench.document.expressions import ExpressionError, is_expression, names_in
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Graph, Node
from workbench.document.rules import STATES, colour_fault, rate_fault


def set_state(graph: Graph, ids: Iterable[str], state: str) -> Graph | Diagnostic:
    """Lets layers work (""), pass their input through ("bypassed"), give zeros ("muted"), or, inside a block, be
    bypassed where an expression is true ("=stride == 1")."""
    if is_expression(state):
        try:
            names_in(state)
        except ExpressionError as error:
            return Diagnostic("graph.bad_state", error.message)
    elif state not in STATES:
        return Diagnostic("graph.bad_state", f"A layer cannot be “{state[:80]}”. It works, is bypassed or is muted.")
    chosen = tuple(ids)
    for node_id in chosen:
        node = graph.nodes.get(node_id)
        if state and node is not None and node.layer in (BLOCK_INPUT, BLOCK_OUTPUT):
            return Diagnostic(
                "graph.port_state",
                f"“{title_of(node)}” is a port of a block and can be neither bypassed nor muted. Choose a layer.",
                node=node_id,
            )
    return _marked(graph, chosen, lambda node: node if node.state == state else replace(node, state=state))


def set_colour(graph: Graph, ids: Iterable[str], colour: str) -> Graph | Diagnostic:
    """Gives nodes one of the colours a person may choose, or none ("")."""
    if fault := colour_fault(colour):
        return Diagnostic("graph.bad_colour", f"A layer {fault}.")

    def change(node: Node) -> Node:
        if node.colour == colour and "colour" not in node.extra:
            return node
        extra = MappingProxyType({k: v for k, v in node.extra.items() if k != "colour"})  # one of a later version
        return replace(node, colour=colour, extra=extra)

    return _marked(graph, ids, change)


def set_collapsed(graph: Graph, ids: Iterable[str], collapsed: bool) -> Graph | Diagnostic:
    """Shows cards as their titles alone, or in full again."""
    return _marked(graph, ids, lambda node: node if node.collapsed == collapsed else replace(node, collapsed=collapsed))


def set_frozen(graph: Graph, ids: Iterable[str], still: bool) -> Graph | Diagnostic:
    """Lets layers keep their weights and statistics while the others learn, or learn again."""
    return _marked(graph, ids, lambda node: node if node.frozen == still else replace(node, frozen=still))


def set_rate(graph: Graph, ids: Iterable[str], rate: float) -> Graph | Diagnostic:
    """Gives layers a factor on the learning rate of their weights; 1 is the recipe's own."""
    if fault := rate_fault(rate):
        return Diagnostic("graph.bad_rate", f"A layer cannot be given this rate: it {fault}.", param="rate")
    return _marked(graph, ids, lambda node: node if node.rate == rate else replace(node, rate=float(rate)))


def _marked(graph: Graph, ids: Iterable[str], change: Callable[[Node], Node]) -> Graph | Diagnostic:
    new: dict[str, Node] | None = None
    for node_id in ids:
        node = graph.nodes.get(node_id)
        if node is None:
            return Diagnostic(
                "graph.no_node", f"There is no node “{node_id[:80]}” in this graph; it may have been removed."
            )
        after = change(node)
        if after is not node:
            new = dict(graph.nodes) if new is None else new
            new[node_id] = after
    return graph if new is None else replace(graph, nodes=MappingProxyType(new))
