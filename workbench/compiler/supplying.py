"""What could feed an input that nothing is wired to: the nearest layer whose result fits, or no input at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.catalogue.declaration import Mismatch, Port, Tensor
from workbench.compiler.inferred import NodeResult
from workbench.compiler.naming import display_name
from workbench.compiler.wiring import Wiring
from workbench.core.diagnostic import Fix
from workbench.document.graph import Edge, Graph, Node

TRIED = 40
"""How many of the nearest layers are looked at."""

Results = Mapping[str, NodeResult]


def for_open_input(graph: Graph, wiring: Wiring, results: Results, node: str, port: str) -> tuple[Fix, ...]:
    """Remedies for an input without a wire: connect it to the nearest layer that fits; take fewer inputs where a layer
    can and only the last ones are open."""
    return (*_fewer_inputs(graph, results[node], node), *_nearest(graph, wiring, results, node, port))


def _fewer_inputs(graph: Graph, result: NodeResult, node: str) -> Iterator[Fix]:
    wired = [edge is not None for edge in result.wires]
    used = wired.index(False) if False in wired else len(wired)
    if "inputs" in result.values and used >= 2 and not any(wired[used:]):
        label = f"Set inputs of {display_name(graph, node)} to {used}"
        yield Fix(label, "set_param", {"node": node, "param": "inputs", "value": used})


def _nearest(graph: Graph, wiring: Wiring, results: Results, node: str, port: str) -> Iterator[Fix]:
    """The layer that fits and stands nearest, rather left than right, those first whose result nothing takes yet."""
    target = graph.nodes[node]
    after = _fed(wiring, node)
    others = [other for other in graph if other.id not in after and _gives(results[other.id]) is not None]
    others.sort(key=lambda other: (bool(wiring.outgoing[other.id]), _distance(other, target)))
    for other in others[:TRIED]:
        found = _gives(results[other.id])
        if found is None:
            continue
        given, tensor = found
        edge = Edge(other.id, given.id, node, port)
        if _accepts(results[node], port, tensor):
            arguments = {"edge": [edge.source, edge.source_port, edge.target, edge.target_port]}
            yield Fix(f"Connect it to {display_name(graph, other.id)}", "connect", arguments)
            return


def _gives(result: NodeResult) -> tuple[Port, Tensor] | None:
    if result.layer is None or not result.layer.outputs or result.output is None:
        return None
    return result.layer.outputs[0], result.output


def _accepts(result: NodeResult, port: str, tensor: Tensor) -> bool:
    """Whether the layer takes this, with what else arrives; what does not arrive yet may be anything."""
    if result.layer is None:
        return False
    if result.layer.block is not None:
        return True
    given = [tensor if p.id == port else there for p, there in zip(result.ports, result.inputs, strict=True)]
    known = tuple(there if there is not None else tensor for there in given)
    try:
        result.layer.infer(result.values, known)
    except Mismatch:
        return False
    return True


def _distance(one: Node, other: Node) -> float:
    across = other.x - one.x
    return (across if across > 0 else -4 * across) + 2 * abs(other.y - one.y)


def _fed(wiring: Wiring, node: str) -> frozenset[str]:
    """A node and all that depends on it: a wire from one of them would close a circle."""
    found, waiting = {node}, [node]
    while waiting:
        for edge in wiring.outgoing.get(waiting.pop(), ()):
            if edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
    return frozenset(found)
