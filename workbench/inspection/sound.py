"""The part of a network that can be computed although the rest is unfinished or wrong."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from workbench.compiler.build import Compiled
from workbench.compiler.emit import emit
from workbench.compiler.inference import Inferred, infer
from workbench.document.graph import Graph


def sound_nodes(inferred: Inferred) -> frozenset[str]:
    """The nodes whose values do not depend on anything missing or wrong: shapes known, parameters in order, and the
    same true of all that feeds them. They need not reach an output."""
    wrong = {d.node for d in inferred.errors if d.node is not None}
    found: set[str] = set()
    for node in inferred.order:
        result = inferred.results[node]
        feeding = (wire is not None and wire.source in found for wire in result.wires)
        if result.layer is not None and result.output is not None and node not in wrong and all(feeding):
            found.add(node)
    return frozenset(found)


def sound_part(inferred: Inferred) -> Graph:
    """The graph cut down to its sound nodes and the wires between them; the very same graph where all of it is sound.

    Wires that carry nothing (a second one at a port, one that leads from nowhere) are left out.
    """
    kept, graph = sound_nodes(inferred), inferred.graph
    wires = frozenset(wire for node in kept for wire in inferred.results[node].wires if wire is not None)
    if len(kept) == len(graph) and wires == graph.edges:
        return graph
    nodes = {node.id: node for node in graph if node.id in kept}
    return replace(graph, nodes=MappingProxyType(nodes), edges=wires)


def compile_part(part: Graph, *, name: str = "") -> Compiled | None:
    """A sound graph compiled so that *every* node of it can be read, whether or not it reaches an output.

    Its class computes what no other node takes. None where there is nothing to compute.
    """
    inferred = infer(part)
    everything = frozenset(part.nodes)
    if not inferred.input_nodes and not any(_is_input(inferred, node) for node in everything):
        return None
    whole = replace(
        inferred,
        live=everything,
        diagnostics=(),
        parameters=sum(inferred.weights.values()),
        flops_total=sum(inferred.flops.values()),
    )
    ends = [node for node in inferred.order if not inferred.wiring.outgoing[node]]
    return Compiled(part, whole, emit(part, whole, name=name, results=ends))


def _is_input(inferred: Inferred, node: str) -> bool:
    layer = inferred.results[node].layer
    return layer is not None and layer.is_input
