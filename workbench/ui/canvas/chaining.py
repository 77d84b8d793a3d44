"""Moving a layer along its chain: it changes places with the one before or behind it, wires and cards included."""

from __future__ import annotations

from typing import Literal

from workbench.catalogue.blocks import layer_of
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.document import edits
from workbench.document.graph import Edge, Graph


def moved(graph: Graph, node: str, way: Literal["up", "down"]) -> Graph | Diagnostic:
    """The graph with a node one place earlier or later in its chain; a diagnostic where it has no such place."""
    if way == "up":
        before = graph.incoming(node)
        if not before:
            return _refusal(graph, node, "nothing feeds it")
        return _swapped(graph, before[0], node)
    behind = graph.outgoing(node)
    if not behind:
        return _refusal(graph, node, "it feeds nothing")
    return _swapped(graph, behind[0], node)


def _swapped(graph: Graph, wire: Edge, asked: str) -> Graph | Diagnostic:
    """first → second becomes second → first; what fed the first feeds the second, what the second fed the first."""
    first, second = wire.source, wire.target
    if len(graph.outgoing(first)) > 1:
        return _refusal(graph, asked, f"{_name(graph, first)} feeds several layers")
    arriving = graph.incoming(first)
    if not arriving:
        return _refusal(graph, asked, f"{_name(graph, first)} begins the network")
    layer = layer_of(graph, graph.nodes[second].layer)
    if layer is None or not layer.outputs:
        return _refusal(graph, asked, f"{_name(graph, second)} ends the network")
    leaving = graph.outgoing(second)
    given = leaving[0].source_port if leaving else layer.outputs[0].id
    feed = arriving[0]
    new = [
        Edge(feed.source, feed.source_port, second, wire.target_port),
        Edge(second, given, first, feed.target_port),
        *(Edge(first, wire.source_port, e.target, e.target_port) for e in leaving),
    ]
    freed = edits.disconnect(graph, feed, wire, *leaving)
    if isinstance(freed, Diagnostic):
        return freed
    wired = edits.add(freed, edges=new)
    if isinstance(wired, Diagnostic):
        return wired
    a, b = graph.nodes[first], graph.nodes[second]
    return edits.move(wired, {first: (b.x, b.y), second: (a.x, a.y)})


def _name(graph: Graph, node: str) -> str:
    return f"“{display_name(graph, node)}”"


def _refusal(graph: Graph, node: str, why: str) -> Diagnostic:
    return Diagnostic(
        "outline.cannot_move",
        f"{_name(graph, node)} cannot be moved there, because {why}. Change the wires on the canvas instead.",
        node=node,
    )
