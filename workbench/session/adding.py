"""Adding a layer: where it goes on the canvas and how it is wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic
from workbench.core.identifiers import fresh_id
from workbench.document.edits import add, insert_on_edge
from workbench.document.graph import Edge, Graph, Node, Value, frozen
from workbench.session.remedies import complete


def new_node(graph: Graph, layer: str, x: int, y: int, params: Mapping[str, Value] | None = None) -> Node:
    """A node of a catalogue layer with an id that is free in the graph."""
    return Node(fresh_id(layer, graph.nodes), layer, params=frozen(params), x=int(x), y=int(y))


def placed(node: Node, *, after: str | None = None, onto: Edge | None = None) -> Callable[[Graph], Graph | Diagnostic]:
    """The edit that adds the node: into the wire `onto`, or behind node `after`, or by itself.

    Behind a node with exactly one wire out, it is put into that wire, so that a chain stays a chain.
    """
    declaration = LAYERS[node.layer]
    ports = declaration.input_ports(complete(declaration, node.params))
    gives = declaration.outputs[0].id if declaration.outputs else None

    def edit(graph: Graph) -> Graph | Diagnostic:
        if not ports:
            return add(graph, node)
        takes = ports[0].id
        if onto is not None and gives is not None:
            return insert_on_edge(graph, node, onto, in_port=takes, out_port=gives)
        before = graph.nodes.get(after) if after is not None else None
        source = LAYERS.get(before.layer) if before is not None else None
        if before is None or source is None or not source.outputs:
            return add(graph, node)
        leaving = graph.outgoing(before.id)
        if len(leaving) == 1 and gives is not None:
            return insert_on_edge(graph, node, leaving[0], in_port=takes, out_port=gives)
        return add(graph, node, edges=[Edge(before.id, source.outputs[0].id, node.id, takes)])

    return edit
