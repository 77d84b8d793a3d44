"""Adding a layer or a use of a block: where it goes on the canvas and how it is wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.catalogue.blocks import layer_of
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import add, insert_on_edge
from workbench.document.graph import Edge, Graph, Node, Value, frozen
from workbench.document.ids import new_id
from workbench.session.remedies import complete


def new_node(graph: Graph, layer: str, x: int, y: int, params: Mapping[str, Value] | None = None) -> Node:
    """A node of a layer, a block or a block's port, with an id that is free in the graph."""
    return Node(new_id(layer, graph.nodes), layer, params=frozen(params), x=int(x), y=int(y))


def placed(node: Node, *, after: str | None = None, onto: Edge | None = None) -> Callable[[Graph], Graph | Diagnostic]:
    """The edit that adds the node: into the wire `onto`, or behind node `after`, or by itself.

    Behind a node with exactly one wire out, it is put into that wire, so that a chain stays a chain.
    """

    def edit(graph: Graph) -> Graph | Diagnostic:
        declaration = layer_of(graph, node.layer)
        ports = () if declaration is None else declaration.input_ports(complete(declaration, node.params))
        if declaration is None or not ports:
            return add(graph, node)
        takes, gives = ports[0].id, declaration.outputs[0].id if declaration.outputs else None
        if onto is not None and gives is not None:
            return insert_on_edge(graph, node, onto, in_port=takes, out_port=gives)
        before = graph.nodes.get(after) if after is not None else None
        source = layer_of(graph, before.layer) if before is not None else None
        if before is None or source is None or not source.outputs:
            return add(graph, node)
        leaving = graph.outgoing(before.id)
        if len(leaving) == 1 and gives is not None:
            return insert_on_edge(graph, node, leaving[0], in_port=takes, out_port=gives)
        return add(graph, node, edges=[Edge(before.id, source.outputs[0].id, node.id, takes)])

    return edit
