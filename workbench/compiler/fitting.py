"""Whether a wire that is not drawn yet would fit: what lights up while a person drags."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.catalogue.declaration import Layer, Mismatch, Tensor
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.inference import Inferred, output_of
from workbench.document.graph import Edge, Graph, frozen


def accepts(graph: Graph, inferred: Inferred, edge: Edge) -> bool | None:
    """Whether a new wire would fit: False if it does not, None if not enough is known to tell.

    A wire at an input that is taken is judged as if it replaced the one there.
    """
    if edge.target not in graph.nodes or edge.source not in graph.nodes:
        return False
    return _fits(inferred, edge, _feeding(inferred, edge.source))


def acceptors(graph: Graph, inferred: Inferred, source: str, source_port: str) -> Mapping[tuple[str, str], bool | None]:
    """`accepts` for wires from one output port to every input port of the graph, by (node, port)."""
    before = _feeding(inferred, source)
    return {
        (node, port.id): _fits(inferred, Edge(source, source_port, node, port.id), before)
        for node in graph.nodes
        for port in inferred.results[node].ports
    }


def suppliers(graph: Graph, inferred: Inferred, target: str, target_port: str) -> Mapping[tuple[str, str], bool | None]:
    """`accepts` for wires from every output port of the graph to one input port, by (node, port)."""
    after = _fed(inferred, target)
    return {
        (node, port.id): node not in after and _fits(inferred, Edge(node, port.id, target, target_port), frozenset())
        for node in graph.nodes
        if (layer := inferred.results[node].layer) is not None
        for port in layer.outputs
    }


def fitting_layers(tensor: Tensor | None) -> tuple[str, ...]:
    """The layers that, with their defaults, can take a tensor at their first input (all that have one, if unknown)."""
    return tuple(name for name, layer in LAYERS.items() if _takes(layer, tensor))


def _takes(layer: Layer, tensor: Tensor | None) -> bool:
    values, _problems = check(layer, frozen())
    ports = layer.input_ports(values)
    if not ports:
        return False
    if tensor is None:
        return True
    try:
        layer.infer(values, (tensor,) * len(ports))
    except Mismatch:
        return False
    return True


def _feeding(inferred: Inferred, node: str) -> frozenset[str]:
    """A node and all that it depends on: a wire back to one of them would close a circle."""
    found, waiting = {node}, [node]
    while waiting:
        for edge in inferred.wiring.incoming.get(waiting.pop(), {}).values():
            if edge.source not in found:
                found.add(edge.source)
                waiting.append(edge.source)
    return frozenset(found)


def _fed(inferred: Inferred, node: str) -> frozenset[str]:
    """A node and all that depends on it: a wire from one of them would close a circle."""
    found, waiting = {node}, [node]
    while waiting:
        for edge in inferred.wiring.outgoing.get(waiting.pop(), ()):
            if edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
    return frozenset(found)


def _fits(inferred: Inferred, edge: Edge, before: frozenset[str]) -> bool | None:
    source, target = inferred.results.get(edge.source), inferred.results.get(edge.target)
    if source is None or target is None or edge.target in before:
        return False
    if source.layer is None or target.layer is None:
        return None
    position = next((i for i, port in enumerate(target.ports) if port.id == edge.target_port), None)
    if position is None or all(port.id != edge.source_port for port in source.layer.outputs):
        return False
    if target.state == "bypassed":
        return True
    carried = source.outputs.get(edge.source_port)
    given = (*target.inputs[:position], carried, *target.inputs[position + 1 :])
    known = tuple(tensor for tensor in given if tensor is not None)
    if len(known) < len(given):
        return None
    try:
        output_of(inferred.graph, target.layer, target.values, known)
    except Mismatch:
        return False
    return True
