"""The part of a network that can be computed although the rest is unfinished or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.catalogue.declaration import ONE_IN
from workbench.compiler.build import Compiled
from workbench.compiler.emit import emit
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.paths import find
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, BLOCK_PREFIX, Block, Edge, Graph, Node, frozen

CUT = "cut_off_"
"""How the ids of blocks and ports begin that are made here, of blocks with a mistake inside."""


def sound_nodes(inferred: Inferred) -> frozenset[str]:
    """The nodes whose values do not depend on anything missing or wrong: shapes known, parameters in order, and the
    same true of all that feeds them. They need not reach an output."""
    wrong = {d.node for d in inferred.errors if d.node is not None and not d.path}
    found: set[str] = set()
    for node in inferred.order:
        result = inferred.results[node]
        feeding = (wire is not None and wire.source in found for wire in result.wires)
        if result.layer is not None and result.output is not None and node not in wrong and all(feeding):
            found.add(node)
    return frozenset(found)


def sound_part(inferred: Inferred) -> Graph:
    """The graph cut down to its sound nodes and the wires between them; the very same graph where all of it is sound.

    Wires that carry nothing (a second one at a port, one that leads from nowhere) are left out. Of a block with a
    mistake inside, what stands before the mistake is kept: its use becomes that of a block of its own, cut down in
    the same way, that nothing reads.
    """
    kept, graph = sound_nodes(inferred), inferred.graph
    cut = {node: block for node in graph.nodes if (block := _cut_block(inferred, node, kept)) is not None}
    known = kept | cut.keys()
    wires = frozenset(wire for node in known for wire in inferred.results[node].wires if wire is not None)
    if len(kept) == len(graph) and wires == graph.edges:
        return graph
    nodes = {node.id: node for node in graph if node.id in kept}
    blocks = dict(graph.blocks)
    for use, (definition, more) in cut.items():
        params = {key: value for key, value in graph.nodes[use].params.items() if key != "repeat"}
        blocks |= {**more, definition.id: definition}
        nodes[use] = replace(graph.nodes[use], layer=f"{BLOCK_PREFIX}{definition.id}", params=frozen(params))
    return replace(graph, nodes=MappingProxyType(nodes), edges=wires, blocks=MappingProxyType(blocks))


def _cut_block(inferred: Inferred, use: str, kept: frozenset[str]) -> tuple[Block, Mapping[str, Block]] | None:
    """What can be computed inside a use of a block that as a whole cannot: a definition for it, and those it uses.

    Its outputs are all that nothing inside reads. None where the use is sound, nothing is known of what arrives, or
    nothing inside can be computed.
    """
    result, node = inferred.results[use], inferred.graph.nodes[use]
    if use in kept or node.block is None or node.state or not result.inside:
        return None
    if not all(wire is not None and wire.source in kept for wire in result.wires):
        return None
    definition, inside = inferred.graph.blocks[node.block], result.inside[0]
    part = sound_part(inside)
    raw = definition.graph
    nodes = {name: replace(raw.nodes[name], layer=part.nodes[name].layer) for name in part.nodes if name in raw.nodes}
    nodes = {name: each for name, each in nodes.items() if each.layer != BLOCK_OUTPUT}
    wires = {wire for wire in part.edges if wire.source in nodes and wire.target in nodes}
    ends = [name for name in nodes if not any(wire.source == name for wire in wires)]
    if not any(each.layer != BLOCK_INPUT for each in nodes.values()):
        return None
    for name in ends:
        if (port := _first_output(inside, name)) is not None:
            end = f"{CUT}{len(nodes)}"
            nodes[end] = Node(end, BLOCK_OUTPUT)
            wires.add(Edge(name, port, end, ONE_IN[0].id))
    more = {name: block for name, block in part.blocks.items() if name not in inferred.graph.blocks}
    graph = replace(raw, nodes=MappingProxyType(nodes), edges=frozenset(wires))
    return replace(definition, id=f"{CUT}{use}", graph=graph), more


def _first_output(inside: Inferred, node: str) -> str | None:
    layer = inside.results[node].layer
    return layer.outputs[0].id if layer is not None and layer.outputs else None


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
    ends = [node for node in inferred.order if not inferred.wiring.outgoing[node] and not _is_cut(part, node)]
    return Compiled(part, whole, emit(part, whole, name=name, results=ends))


def is_cut(compiled: Compiled, path: str) -> bool:
    """Whether a node (by path id) is the use of a block with a mistake inside: its own value is none of the network."""
    place = find(compiled.inferred, path)
    return place is not None and _is_cut(place.level.graph, place.node)


def _is_cut(part: Graph, node: str) -> bool:
    return (part.nodes[node].block or "").startswith(CUT)


def _is_input(inferred: Inferred, node: str) -> bool:
    layer = inferred.results[node].layer
    return layer is not None and layer.is_input
