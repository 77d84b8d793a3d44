"""Everything that is wrong with a graph, in words: what is missing, what leads nowhere, what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.catalogue.blocks import PORTS
from workbench.catalogue.declaration import Layer
from workbench.compiler.expansion import first_error
from workbench.compiler.naming import display_name
from workbench.compiler.supplying import for_open_input
from workbench.compiler.wiring import Wiring
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Edge, Graph

if TYPE_CHECKING:
    from workbench.compiler.inferred import NodeResult

MOST_OFFERS = 6
"""For how many open inputs something to wire to them is looked for: each is a look at the whole graph."""


def collect(
    graph: Graph, wiring: Wiring, results: Mapping[str, NodeResult], *, inside: bool = False
) -> Iterator[Diagnostic]:
    """All problems: of the graph as a whole first, then node by node in order. `inside` is for the graph of a block.

    What is wrong with a node that reaches no output is a warning, because that node takes no part in training;
    while there is no output yet, it stays an error.
    """
    yield from _ports(graph, wiring, results) if inside else _ends(graph, wiring, results)
    yield from _misplaced(graph, results, inside)
    yield from _cycles(graph, wiring)
    yield from _stray_wires(graph, wiring)
    offers = MOST_OFFERS
    for node in wiring.order:
        if _is_fine(results[node], wiring, node):
            continue
        counts = node in wiring.live or not wiring.live
        for complaint in _node(graph, node, wiring, results):
            if complaint.code == "port.unwired" and offers and complaint.port is not None:
                offers -= 1
                fixes = for_open_input(graph, wiring, results, node, complaint.port)
                complaint = replace(complaint, fixes=fixes)
            yield complaint if counts or not complaint.is_error else replace(complaint, severity=Severity.WARNING)


def _is_fine(result: NodeResult, wiring: Wiring, node: str) -> bool:
    """Whether there is surely nothing to say about a node: so it is with nearly all, at every edit."""
    layer = result.layer
    if layer is None or result.complaints or result.within or node not in wiring.live or None in result.wires:
        return False
    outputs = layer.outputs
    return len(wiring.incoming[node]) == len(result.ports) and all(
        edge.source_port == outputs[0].id if len(outputs) == 1 else any(edge.source_port == p.id for p in outputs)
        for edge in wiring.outgoing[node]
    )


def _ends(graph: Graph, wiring: Wiring, results: Mapping[str, NodeResult]) -> Iterator[Diagnostic]:
    layers = [(node, layer) for node in graph.nodes if (layer := results[node].layer) is not None]
    inputs = [node for node, layer in layers if layer.is_input]
    outputs = [node for node, layer in layers if layer.is_output]
    if not graph.nodes:
        yield Diagnostic(
            "graph.empty",
            "The network has no layers yet. Drag Pictures from the palette onto the canvas to begin.",
        )
        return
    if not inputs:
        yield Diagnostic(
            "graph.no_input", "The network has no input. Add Pictures from the palette and wire it to the first layer."
        )
    if not outputs:
        yield Diagnostic(
            "graph.no_output", "The network has no output. Add Output from the palette and wire the last layer to it."
        )


def _ports(graph: Graph, wiring: Wiring, results: Mapping[str, NodeResult]) -> Iterator[Diagnostic]:
    """What is wrong with the ends of a block."""
    if not graph.nodes:
        yield Diagnostic("graph.empty", "This block has no layers yet. Drag some from the palette into it.")
    elif not any(node.layer == BLOCK_OUTPUT for node in graph):
        yield Diagnostic("graph.no_output", "This block gives nothing. Add Block output and wire the last layer to it.")


def _misplaced(graph: Graph, results: Mapping[str, NodeResult], inside: bool) -> Iterator[Diagnostic]:
    """Ports of a block outside of one, and ends of the network inside of one."""
    for node, result in results.items():
        layer = result.layer
        if layer is None or not (layer.is_input or layer.is_output) or (layer.id in PORTS) is inside:
            continue
        name = display_name(graph, node)
        if inside:
            port = PORTS[BLOCK_INPUT if layer.is_input else BLOCK_OUTPUT].title
            words = f"{name} stands inside a block, where only {port} works. Put {port} in its place."
        else:
            words = f"{name} only works inside a block. Remove it, or group it with the layers around it."
        yield Diagnostic("block.port", words, node=node)


def _cycles(graph: Graph, wiring: Wiring) -> Iterator[Diagnostic]:
    for cycle in wiring.cycles:
        edge = next(e for e in sorted(wiring.closing) if e.source == cycle[-1] and e.target == cycle[0])
        names = [display_name(graph, node) for node in cycle]
        way = f"{names[0]} feeds itself" if len(cycle) == 1 else f"{_list(names)} feed each other in a circle"
        yield Diagnostic(
            "graph.cycle",
            f"{way}, so there is no layer to begin with. Remove one of the wires between them.",
            node=edge.target,
            port=edge.target_port,
            fixes=(_removing(graph, edge),),
        )


def _stray_wires(graph: Graph, wiring: Wiring) -> Iterator[Diagnostic]:
    for edge in wiring.dangling:
        there, gone = (edge.source, edge.target) if edge.source in graph.nodes else (edge.target, edge.source)
        yield Diagnostic(
            "wire.dangling",
            f"A wire at {display_name(graph, there)} leads to a layer that is not there ({gone}). Remove the wire.",
            node=there if there in graph.nodes else None,
            fixes=(_removing(graph, edge),),
        )
    for edge in wiring.doubled:
        held = wiring.incoming[edge.target][edge.target_port]
        yield Diagnostic(
            "wire.doubled",
            f"{display_name(graph, edge.target)} has two wires on one input, from {display_name(graph, held.source)} "
            f"and from {display_name(graph, edge.source)}. Remove one, or join both with Add or Concatenate.",
            node=edge.target,
            port=edge.target_port,
            fixes=(_removing(graph, edge),),
        )


def _node(graph: Graph, node: str, wiring: Wiring, results: Mapping[str, NodeResult]) -> Iterator[Diagnostic]:
    result = results[node]
    layer = result.layer
    if layer is None:
        yield Diagnostic(
            "layer.unknown",
            f"{display_name(graph, node)} is a layer that this version does not know ({graph.nodes[node].layer}). It "
            "is kept as it is and saved back unchanged. Replace it, or open the project with a newer version.",
            node=node,
        )
        return
    yield from result.complaints
    yield from _inside(graph, node, result)
    yield from _unknown_ports(graph, node, layer, wiring, results)
    idle = bool(wiring.live) and node not in wiring.live
    if idle:
        yield _idle(graph, node, layer, wiring)
        if not wiring.incoming[node]:
            return  # one sentence about a layer that was just dropped is enough
    yield from _unwired(graph, node, result)


def _inside(graph: Graph, node: str, result: NodeResult) -> Iterator[Diagnostic]:
    """For a use of a block: one sentence on its card, and what is wrong inside, each at its place."""
    error = first_error(result.within)
    if error is not None:
        words = f"{display_name(graph, node)} does not work because of something inside it. {error.message}"
        yield Diagnostic("block.inside", words, node=node)
    yield from result.within


def _unknown_ports(
    graph: Graph, node: str, layer: Layer, wiring: Wiring, results: Mapping[str, NodeResult]
) -> Iterator[Diagnostic]:
    """Wires at ports a layer does not have (it had them before a setting changed, or a file says so)."""
    inputs = {port.id for port in results[node].ports}
    if len(wiring.incoming[node]) > len(inputs) or not inputs.issuperset(wiring.incoming[node]):
        for port, edge in sorted(wiring.incoming[node].items()):
            if port not in inputs:
                yield Diagnostic(
                    "wire.unknown_port",
                    f"The wire from {display_name(graph, edge.source)} ends at {display_name(graph, node)} where there "
                    f"is no input ({port}). Remove the wire.",
                    node=node,
                    port=port,
                    fixes=(_removing(graph, edge),),
                )
    outputs = {port.id for port in layer.outputs}
    for edge in wiring.outgoing[node]:
        if edge.source_port not in outputs:
            yield Diagnostic(
                "wire.unknown_port",
                f"The wire to {display_name(graph, edge.target)} leaves {display_name(graph, node)} where there is no "
                f"output ({edge.source_port}). Remove the wire.",
                node=node,
                port=edge.source_port,
                fixes=(_removing(graph, edge),),
            )


def _idle(graph: Graph, node: str, layer: Layer, wiring: Wiring) -> Diagnostic:
    name = display_name(graph, node)
    if wiring.outgoing[node]:
        seen = f"What {name} gives does not reach an output"
    elif wiring.incoming[node] or layer.is_input:
        seen = f"Nothing takes what {name} gives"
    else:
        seen = f"{name} is not connected"
    return Diagnostic(
        "node.idle",
        f"{seen}, so it takes no part in training. Wire it on to the output, or remove it.",
        Severity.WARNING,
        node=node,
    )


def _unwired(graph: Graph, node: str, result: NodeResult) -> Iterator[Diagnostic]:
    needed = 1 if result.state == "bypassed" else len(result.ports)
    for port, edge in list(zip(result.ports, result.wires, strict=True))[:needed]:
        if edge is None:
            name = display_name(graph, node)
            where = "its input" if len(result.ports) == 1 else f"its input {port.title or port.id}"
            yield Diagnostic(
                "port.unwired",
                f"{name} has nothing on {where}. Draw a wire to it from the layer that should feed it.",
                node=node,
                port=port.id,
            )


def _removing(graph: Graph, edge: Edge) -> Fix:
    ends = f"{display_name(graph, edge.source)} to {display_name(graph, edge.target)}"
    return Fix(f"Remove the wire from {ends}", "disconnect", {"edge": edge.id})


def _list(names: list[str]) -> str:
    """ "A, B and C", shortened where there are many."""
    shown = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
