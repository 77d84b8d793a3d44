"""Whether a layer or a block would take what a wire carries: tried, with its defaults, without touching the project."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from workbench.catalogue.declaration import Layer, Mismatch, Tensor
from workbench.catalogue.values import check
from workbench.compiler.inference import NodeResult, infer
from workbench.document.graph import BLOCK_INPUT, BLOCK_PREFIX, Block, Edge, Graph, Node
from workbench.ui.palette.offers import source_of

if TYPE_CHECKING:
    from workbench.session.session import Session


MOST_INPUTS = 64


def takes(session: Session | None, layer: Layer, arriving: Tensor) -> bool:
    """Whether a layer takes this at its inputs; a block with several, at its first one."""
    if layer.block is None:
        return not layer.outputs or gives(session, layer, arriving) is not None
    result = _tried(layer, arriving, _beside(session, layer), 1)
    return result is not None and not any(d.is_error for d in result.within)


def gives(session: Session | None, layer: Layer, arriving: Tensor) -> Tensor | None:
    """What a layer gives at its first output when this arrives at each of its inputs; None where it refuses."""
    if layer.block is not None:
        result = _tried(layer, arriving, _beside(session, layer), MOST_INPUTS)
        return None if result is None or any(d.is_error for d in result.within) else result.output
    values, _ = check(layer, {})
    ports = layer.input_ports(values)
    try:
        return layer.infer(values, (arriving,) * len(ports))
    except Mismatch:
        return None


def _beside(session: Session | None, layer: Layer) -> Mapping[str, Block]:
    """The definitions a block needs, by id."""
    source = source_of(session, layer.id)
    if source is not None:
        return {block.id: block for block in (*source[1], source[0])}
    return session.project.graph.blocks if session is not None else {}


def _tried(layer: Layer, arriving: Tensor, blocks: Mapping[str, Block], inputs: int) -> NodeResult | None:
    """What is inferred of a use of a block when this arrives at the first so many of its inputs."""
    block, ports = layer.block, layer.inputs
    if block is None or not isinstance(ports, tuple):
        return None
    fed = ports[:inputs]
    ends = [Node(f"in_{place}", BLOCK_INPUT) for place in range(len(fed))]
    use = Node("use", f"{BLOCK_PREFIX}{block.id}")
    wires = frozenset(Edge(node.id, "out", use.id, port.id) for node, port in zip(ends, fed, strict=True))
    graph = Graph(MappingProxyType({node.id: node for node in (*ends, use)}), wires, MappingProxyType(dict(blocks)))
    return infer(graph, given={node.id: arriving for node in ends}, names={"index": 0}).results[use.id]
