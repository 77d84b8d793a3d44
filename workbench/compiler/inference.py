"""What flows through a graph: shapes, weights and operations of every node, and everything that is wrong with it.

Pure Python, no torch: the window calls this at every edit, while the mouse moves.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from workbench.catalogue.declaration import Layer, Mismatch, Port, Tensor, Values
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler import complaints
from workbench.compiler.naming import display_name
from workbench.compiler.remedies import placed, remedies
from workbench.compiler.wiring import Wiring, same_wiring, wire
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph, Node

__all__ = ["Inferred", "NodeResult", "display_name", "infer"]

Inputs = tuple[Tensor | None, ...]


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What inference found at one node; `wires` and `inputs` run along `ports`, None where nothing is known.

    `output` is None where the layer refuses or an input is unknown; `weights` and `flops` (one sample, a multiply-add
    as two) are then 0. `complaints` are about the layer's parameters and what arrives at it, not about its wiring.
    """

    layer: Layer | None
    values: Values
    ports: tuple[Port, ...]
    wires: tuple[Edge | None, ...]
    inputs: Inputs
    output: Tensor | None = None
    weights: int = 0
    flops: int = 0
    complaints: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Inferred:
    """The whole graph, understood as far as it can be.

    Everything is by node id: `values` (checked parameters with defaults), `inputs` (in port order, None where
    unknown), `outputs` (None where unknown), `weights` and `flops` (only where the shapes are known). `order` lists
    all nodes after those that feed them; `live` are those that reach an output, the only ones that are compiled:
    `parameters` and `flops_total` count them alone. `diagnostics` holds every problem found, in reading order.
    """

    graph: Graph
    values: Mapping[str, Values]
    inputs: Mapping[str, Inputs]
    outputs: Mapping[str, Tensor | None]
    weights: Mapping[str, int]
    flops: Mapping[str, int]
    diagnostics: tuple[Diagnostic, ...]
    order: tuple[str, ...]
    live: frozenset[str]
    parameters: int
    flops_total: int
    results: Mapping[str, NodeResult] = field(repr=False)
    wiring: Wiring = field(repr=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.is_error)

    @property
    def input_nodes(self) -> tuple[str, ...]:
        """The inputs that reach an output, in order of creation: the arguments of the network."""
        return self._ends(lambda layer: layer.is_input)

    @property
    def output_nodes(self) -> tuple[str, ...]:
        """The outputs, in order of creation: the results of the network."""
        return self._ends(lambda layer: layer.is_output)

    def _ends(self, wanted: Callable[[Layer], bool]) -> tuple[str, ...]:
        found = ((node, self.results[node].layer) for node in self.graph.nodes if node in self.live)
        return tuple(node for node, layer in found if layer is not None and wanted(layer))


def infer(graph: Graph, previous: Inferred | None = None) -> Inferred:
    """Infer every shape of a graph and collect all its problems. Never raises for what a person drew.

    With the result for an earlier version of the graph, nodes are only worked out anew where their parameters,
    their name or what arrives at them changed.
    """
    known: Mapping[str, NodeResult] = {} if previous is None else previous.results
    wiring = previous.wiring if previous is not None and same_wiring(previous.graph, graph) else wire(graph)
    results: dict[str, NodeResult] = {}
    for node_id in wiring.order:
        node = graph.nodes[node_id]
        before = known.get(node_id)
        unchanged = previous is not None and before is not None and _same(previous.graph.nodes[node_id], node)
        results[node_id] = _visit(node, wiring, results, before if unchanged else None)
    complete = {node: result for node, result in results.items() if result.output is not None}
    live = wiring.live
    return Inferred(
        graph=graph,
        values=MappingProxyType({node: result.values for node, result in results.items()}),
        inputs=MappingProxyType({node: result.inputs for node, result in results.items()}),
        outputs=MappingProxyType({node: result.output for node, result in results.items()}),
        weights=MappingProxyType({node: result.weights for node, result in complete.items()}),
        flops=MappingProxyType({node: result.flops for node, result in complete.items()}),
        diagnostics=tuple(complaints.collect(graph, wiring, results)),
        order=wiring.order,
        live=live,
        parameters=sum(result.weights for node, result in complete.items() if node in live),
        flops_total=sum(result.flops for node, result in complete.items() if node in live),
        results=MappingProxyType(results),
        wiring=wiring,
    )


def _same(before: Node, after: Node) -> bool:
    """Whether a node's own declaration and parameters are what they were; where it stands and its name do not count."""
    return before is after or (
        before.layer == after.layer and (before.params is after.params or before.params == after.params)
    )


def _visit(node: Node, wiring: Wiring, results: Mapping[str, NodeResult], before: NodeResult | None) -> NodeResult:
    """Work one node out; `before` is its last result if the node itself did not change since."""
    if before is not None:
        wires, inputs = _arriving(node.id, before.ports, wiring, results)
        if wires == before.wires and inputs == before.inputs:
            return before
    layer = LAYERS.get(node.layer)
    if layer is None:
        return _placeholder(node, wiring, results)
    values, problems = check(layer, node.params)
    placed_problems = tuple(replace(p, node=node.id, fixes=placed(p.fixes, node.id, None)) for p in problems)
    ports = layer.input_ports(values)
    wires, inputs = _arriving(node.id, ports, wiring, results)
    result = NodeResult(layer, values, ports, wires, inputs, complaints=placed_problems)
    if any(tensor is None for tensor in inputs):
        return result
    return _apply(node, result, layer, tuple(tensor for tensor in inputs if tensor is not None))


def _apply(node: Node, result: NodeResult, layer: Layer, given: tuple[Tensor, ...]) -> NodeResult:
    """Ask the layer what it makes of complete inputs."""
    try:
        output = layer.infer(result.values, given)
        return replace(
            result,
            output=output,
            weights=layer.weights(result.values, given, output),
            flops=layer.flops(result.values, given, output),
        )
    except Mismatch as mismatch:
        port = mismatch.port or (result.ports[0].id if len(result.ports) == 1 else None)
        at_ports = dict(zip((port.id for port in result.ports), result.wires, strict=True))
        wire_there = at_ports.get(port or result.ports[0].id)
        own = placed(mismatch.fixes, node.id, wire_there)  # a rule knows best what helps; else it is tried
        fixes = own or remedies(layer, result.values, given, result.wires)
        complaint = Diagnostic(
            "shape.mismatch",
            mismatch.message,
            node=node.id,
            port=port,
            param=mismatch.param,
            fixes=fixes,
        )
    except Exception:  # a rule with a mistake in it must not take the window down: it is shown, with its traceback
        seen = " and ".join(tensor.words for tensor in given) or "nothing"
        complaint = Diagnostic(
            "shape.rule",
            f"Workbench could not work out what {layer.title} makes of {seen}. This is a mistake in Workbench, not in "
            "your network: remove the layer or change its settings, and please report it.",
            node=node.id,
            details=traceback.format_exc(),
        )
    return replace(result, complaints=(*result.complaints, complaint))


def _placeholder(node: Node, wiring: Wiring, results: Mapping[str, NodeResult]) -> NodeResult:
    """A node whose layer this version does not know: it has the ports its wires name, and gives nothing known."""
    ports = tuple(Port(port) for port in sorted(wiring.incoming[node.id]))
    wires, inputs = _arriving(node.id, ports, wiring, results)
    return NodeResult(None, Values(node.params), ports, wires, inputs)


def _arriving(
    node: str, ports: tuple[Port, ...], wiring: Wiring, results: Mapping[str, NodeResult]
) -> tuple[tuple[Edge | None, ...], Inputs]:
    """The wire at each input port, and what it carries. A wire that closes a circle carries nothing known."""
    incoming = wiring.incoming[node]
    wires = tuple(incoming.get(port.id) for port in ports)
    return wires, tuple(_carried(edge, results) for edge in wires)


def _carried(edge: Edge | None, results: Mapping[str, NodeResult]) -> Tensor | None:
    if edge is None:
        return None
    source = results.get(edge.source)
    if source is None or source.layer is None:
        return None
    return source.output if any(port.id == edge.source_port for port in source.layer.outputs) else None
