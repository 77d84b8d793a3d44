"""What flows through a graph: shapes, weights and operations of every node, and everything that is wrong with it.

Pure Python, no torch: the window calls this at every edit, while the mouse moves.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Layer, Mismatch, Port, Tensor, Values
from workbench.catalogue.values import check
from workbench.compiler import complaints
from workbench.compiler.binding import Bound, Names, bind
from workbench.compiler.expansion import MOST_LAYERS, Expansion, Refused, TooLarge, first_error
from workbench.compiler.inferred import NOTHING, Given, Inferred, Inputs, NodeResult
from workbench.compiler.naming import display_name
from workbench.compiler.remedies import combined, placed, remedies
from workbench.compiler.wiring import same_wiring
from workbench.core.diagnostic import Diagnostic
from workbench.document.expressions import is_expression
from workbench.document.graph import BLOCK_INPUT, Edge, Graph, Node

__all__ = ["Inferred", "NodeResult", "display_name", "infer", "output_of"]


def infer(
    graph: Graph, previous: Inferred | None = None, *, given: Given = NOTHING, names: Names = MappingProxyType({})
) -> Inferred:
    """Infer every shape of a graph and collect all its problems. Never raises for what a person drew.

    With the result for an earlier version of the graph, nodes are only worked out anew where their parameters,
    their name or what arrives at them changed; so are the insides of blocks. For the graph of a block, `given` is what
    arrives at its input ports and `names` what its expressions may read (`binding.names_inside`).
    """
    before = graph.blocks if previous is None else previous.graph.blocks
    return _Level(graph, previous, given, names, Expansion(graph.blocks, before, _inside), bool(names)).infer(top=True)


def output_of(graph: Graph, layer: Layer, values: Values, given: tuple[Tensor, ...]) -> Tensor:
    """What a layer, or a use of a block of this graph, would make of complete inputs, in port order.

    Raises `Mismatch` where it takes them not; for a block that is what its first layer in trouble says.
    """
    if layer.block is None:
        return layer.infer(values, given)
    try:
        found = Expansion(graph.blocks, graph.blocks, _inside).inside("", layer, values, given, ())
    except (Refused, TooLarge) as refused:
        raise Mismatch(f"{layer.title} cannot be used: {refused}.") from refused
    error = first_error(found.within)
    output = next(iter(found.outputs.values()), None)
    if error is not None or output is None:
        raise Mismatch(error.message if error is not None else f"{layer.title} gives nothing.")
    return output


def _inside(graph: Graph, previous: Inferred | None, given: Given, names: Names, expansion: Expansion) -> Inferred:
    return _Level(graph, previous, given, names, expansion, inside=True).infer()


class _Level:
    """The inference of one graph: the network, or the inside of a block."""

    def __init__(
        self,
        graph: Graph,
        previous: Inferred | None,
        given: Given,
        names: Names,
        expansion: Expansion,
        inside: bool,
    ) -> None:
        self._bound = bind(graph, names) if inside else Bound(graph)
        self._graph = self._bound.graph
        self._previous = previous
        self._given, self._names = given, names
        self._expansion = expansion
        self._is_inside = inside
        self._results: dict[str, NodeResult] = {}
        keep = previous is not None and same_wiring(previous.graph, self._graph)
        self._wiring = previous.wiring if keep and previous is not None else expansion.wiring(self._graph)

    def infer(self, top: bool = False) -> Inferred:
        nodes, previous = self._graph.nodes, self._previous
        known: Mapping[str, NodeResult] = {} if previous is None else previous.results
        before_nodes: Mapping[str, Node] = {} if previous is None else previous.graph.nodes
        results = self._results
        for node_id in self._wiring.order:
            node, before = nodes[node_id], known.get(node_id)
            unchanged = before is not None and before.settled and _same(before_nodes[node_id], node)
            if unchanged and before is not None and before.complaints and before_nodes[node_id].name != node.name:
                unchanged = False  # they call it by its name
            alone = self._expansion.is_untouched
            try:
                results[node_id] = self._visit(node, before, before if unchanged else None)
            except TooLarge:
                if not top:
                    raise
                results[node_id] = self._too_large(node, alone)
        complete = {node: result for node, result in results.items() if result.output is not None}
        live = self._wiring.live
        return Inferred(
            graph=self._graph,
            values=MappingProxyType({node: result.values for node, result in results.items()}),
            inputs=MappingProxyType({node: result.inputs for node, result in results.items()}),
            outputs=MappingProxyType({node: result.output for node, result in results.items()}),
            weights=MappingProxyType({node: result.weights for node, result in complete.items()}),
            flops=MappingProxyType({node: result.flops for node, result in complete.items()}),
            diagnostics=tuple(complaints.collect(self._graph, self._wiring, results, inside=self._is_inside)),
            order=self._wiring.order,
            live=live,
            parameters=sum(result.weights for node, result in complete.items() if node in live),
            flops_total=sum(result.flops for node, result in complete.items() if node in live),
            results=MappingProxyType(results),
            wiring=self._wiring,
            given=self._given,
            names=self._names,
            layers=len(nodes) + sum(result.layers for result in results.values()),
        )

    def _visit(self, node: Node, earlier: NodeResult | None, before: NodeResult | None) -> NodeResult:
        """Work one node out; `earlier` is its last result, and so is `before` if the node did not change since."""
        if before is not None and self._holds(node, before):
            wires, inputs = self._arriving(node.id, before.ports)
            if wires == before.wires and inputs == before.inputs:
                if before.layers:
                    self._expansion.take(before.layers)
                return before
        layer = layer_of(self._graph, node.layer)
        if layer is None:
            return self._placeholder(node)
        values, problems = check(layer, node.params)
        own = self._bound.complaints.get(node.id, ())
        if problems:
            own = (*own, *(replace(p, node=node.id, fixes=placed(p.fixes, node.id, None)) for p in problems))
        ports = layer.input_ports(values)
        result = NodeResult(layer, values, ports, *self._arriving(node.id, ports), complaints=own)
        state, refusal = self._state(node, result) if node.state else ("", None)
        if refusal is not None:
            result = replace(result, complaints=(*result.complaints, refusal))
        if node.layer == BLOCK_INPUT:
            result = self._entering(node, result)
        elif layer.block is not None:
            result = self._expanded(node, result, layer, () if earlier is None else earlier.inside)
        elif state != "bypassed":
            result = self._applied(node, result, layer)
        if node.id in self._bound.unknown:
            return replace(result, output=None, several=None, weights=0, flops=0, settled=False)
        if state == "bypassed":
            result = self._bypassed(node, result)
        elif state:
            result = replace(result, state=state, weights=0, flops=0)
        return replace(result, settled=False) if node.id in self._bound.complaints else result

    def _holds(self, node: Node, before: NodeResult) -> bool:
        """Whether what is said about a node stays true if nothing else arrives at it."""
        if node.id in self._bound.unknown or node.id in self._bound.complaints:
            return False
        layer = before.layer
        if layer is None:
            return node.block is None  # a block may be there by now
        if layer.block is not None:
            return layer is layer_of(self._graph, node.layer) and not self._expansion.changed(layer.block.id)
        return layer.id != BLOCK_INPUT or self._given.get(node.id) == before.output

    def _state(self, node: Node, result: NodeResult) -> tuple[str, Diagnostic | None]:
        """ "", "bypassed" or "muted", and why the state a node has cannot be."""
        layer, state = result.layer, node.state
        if state == "" or layer is None:
            return "", None
        name = display_name(self._graph, node.id)
        if layer.is_input or layer.is_output:
            words = f"{name} is where values come in or leave, so it cannot be {_shown(state)}. Switch it on."
        elif not result.ports:
            words = f"{name} has no input, so it cannot be {_shown(state)}. Switch it on."
        elif state in ("bypassed", "muted"):
            return state, None
        elif is_expression(state):
            words = f"{name} is switched by an expression, which only works inside a block. Bypass it or switch it on."
        else:
            words = (
                f"{name} is “{_shown(state)}”, which this version does not know. Bypass it, mute it or switch it on."
            )
        return "", Diagnostic("node.state", words, node=node.id)

    def _entering(self, node: Node, result: NodeResult) -> NodeResult:
        """An input port of a block: what is wired to the block arrives here."""
        return replace(result, output=self._given.get(node.id) if self._is_inside else None)

    def _expanded(self, node: Node, result: NodeResult, layer: Layer, before: tuple[Inferred, ...]) -> NodeResult:
        """A use of a block: what is inside decides."""
        try:
            found = self._expansion.inside(node.id, layer, result.values, result.inputs, before)
        except Refused as refused:
            words = f"{display_name(self._graph, node.id)} {refused.words}."
            return replace(result, complaints=(*result.complaints, Diagnostic(refused.code, words, node=node.id)))
        output = next(iter(found.outputs.values()), None)
        counted = found.inside if output is not None else ()
        return replace(
            result,
            output=output,
            several=found.outputs,
            weights=sum(inner.parameters for inner in counted),
            flops=sum(inner.flops_total for inner in counted),
            inside=found.inside,
            within=found.within,
            layers=found.layers,
        )

    def _bypassed(self, node: Node, result: NodeResult) -> NodeResult:
        """Nothing is built: the first input passes through, whatever the layer would say about it."""
        output = result.inputs[0]
        outputs = () if result.layer is None else result.layer.outputs
        return replace(
            result,
            output=output,
            several=MappingProxyType({port.id: output for port in outputs}),
            weights=0,
            flops=0,
            complaints=self._bound.complaints.get(node.id, ()),
            within=(),
            state="bypassed",
        )

    def _too_large(self, node: Node, alone: bool) -> NodeResult:
        """A use of a block with which the network would have no end; `alone` where it is too large by itself.

        It then counts as more than there is room for, so that the next inference need not look into it again.
        """
        layer = layer_of(self._graph, node.layer)
        assert layer is not None
        values, _problems = check(layer, node.params)
        ports = layer.input_ports(values)
        words = (
            f"With {display_name(self._graph, node.id)}, the blocks of this network come to more than "
            f"{MOST_LAYERS:,} layers, so it is not looked into. Repeat it, or the blocks inside it, less often."
        )
        complaint = Diagnostic("block.large", words, node=node.id)
        arriving = self._arriving(node.id, ports)
        layers = MOST_LAYERS + 1 if alone else 0
        return NodeResult(layer, values, ports, *arriving, complaints=(complaint,), layers=layers, settled=alone)

    def _applied(self, node: Node, result: NodeResult, layer: Layer) -> NodeResult:
        """Ask the layer what it makes of what arrives, if all of that is known."""
        given = tuple(tensor for tensor in result.inputs if tensor is not None)
        if len(given) < len(result.inputs):
            return result
        try:
            output = layer.infer(result.values, given)
            weights = layer.weights(result.values, given, output)
            flops = layer.flops(result.values, given, output)
            so_far = (result.values, result.ports, result.wires, result.inputs)
            return NodeResult(layer, *so_far, output, weights, flops, result.complaints)
        except Mismatch as mismatch:
            complaint = self._refusal(node, result, layer, given, mismatch)
            result = replace(result, settled=False)  # its remedies look further than what arrives
        except Exception:  # a rule with a mistake in it must not take the window down: it is shown, with its traceback
            seen = " and ".join(tensor.words for tensor in given) or "nothing"
            complaint = Diagnostic(
                "shape.rule",
                f"Workbench could not work out what {layer.title} makes of {seen}. This is a mistake in Workbench, not "
                "in your network: remove the layer or change its settings, and please report it.",
                node=node.id,
                details=traceback.format_exc(),
            )
        return replace(result, complaints=(*result.complaints, complaint))

    def _refusal(
        self, node: Node, result: NodeResult, layer: Layer, given: tuple[Tensor, ...], mismatch: Mismatch
    ) -> Diagnostic:
        """What a layer cannot take, with what may help: a rule knows best, and other ways are tried."""
        port = mismatch.port or (result.ports[0].id if len(result.ports) == 1 else None)
        at_ports = dict(zip((port.id for port in result.ports), result.wires, strict=True))
        wire_there = at_ports.get(port or result.ports[0].id)
        own = placed(mismatch.fixes, node.id, wire_there)
        adapting = not any(fix.action == "insert_on_edge" for fix in own)
        tried = remedies(layer, result.values, given, result.wires, self._graph, self._results, adapting=adapting)
        fixes = combined(own, tried)
        return Diagnostic(
            "shape.mismatch", mismatch.message, node=node.id, port=port, param=mismatch.param, fixes=fixes
        )

    def _placeholder(self, node: Node) -> NodeResult:
        """A node whose layer is not known here: it has the ports its wires name, and gives nothing known."""
        ports = tuple(Port(port) for port in sorted(self._wiring.incoming[node.id]))
        wires, inputs = self._arriving(node.id, ports)
        return NodeResult(None, Values(node.params), ports, wires, inputs)

    def _arriving(self, node: str, ports: tuple[Port, ...]) -> tuple[tuple[Edge | None, ...], Inputs]:
        """The wire at each input port, and what it carries. A wire that closes a circle carries nothing known."""
        incoming = self._wiring.incoming[node]
        wires = tuple([incoming.get(port.id) for port in ports])
        return wires, tuple([self._carried(edge) for edge in wires])

    def _carried(self, edge: Edge | None) -> Tensor | None:
        source = None if edge is None else self._results.get(edge.source)
        if source is None or edge is None or source.layer is None:
            return None
        if source.several is not None:
            return source.several.get(edge.source_port)
        for port in source.layer.outputs:
            if port.id == edge.source_port:
                return source.output
        return None


def _same(before: Node, after: Node) -> bool:
    """Whether a node's own declaration and parameters are what they were; where it stands and its name do not count."""
    return before is after or (
        before.layer == after.layer
        and before.state == after.state
        and (before.params is after.params or before.params == after.params)
    )


def _shown(state: str) -> str:
    return state if len(state) <= 40 else f"{state[:40]}…"
