"""Blocks as layers: what the palette, the canvas and the inspector know of a layer made of layers."""

from __future__ import annotations

from functools import lru_cache

from workbench.catalogue.declaration import (
    ONE_IN,
    ONE_OUT,
    Category,
    Kind,
    Layer,
    Mismatch,
    Param,
    Port,
    Tensor,
    Values,
)
from workbench.catalogue.registry import LAYERS
from workbench.core.identity import Same
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, BLOCK_PREFIX, Block, BlockParam, Graph

MOST_REPEATS = 256

REPEAT = Param(
    "repeat",
    "Repeat",
    "How many of this block stand in a row, each with weights of its own.",
    Kind.INT,
    1,
    1,
    MOST_REPEATS,
)


def _outside(_p: Values, _x: tuple[Tensor, ...]) -> Tensor:
    raise Mismatch("An input of a block gets what is wired to the block; nothing is wired there yet.", stricter=True)


INPUT_PORT = Layer(
    id=BLOCK_INPUT,
    title="Block input",
    category=Category.IO,
    summary="Where a wire from outside enters this block; its name is the port's.",
    inputs=(),
    shape=_outside,
    forward="{x}",
    is_input=True,
)
OUTPUT_PORT = Layer(
    id=BLOCK_OUTPUT,
    title="Block output",
    category=Category.IO,
    summary="Where a value leaves this block; its name is the port's.",
    inputs=ONE_IN,
    outputs=(),
    takes="any",
    forward="{x}",
    is_output=True,
)
PORTS = {BLOCK_INPUT: INPUT_PORT, BLOCK_OUTPUT: OUTPUT_PORT}
"""The two layers that only stand inside blocks."""


def layer_of(graph: Graph, layer: str) -> Layer | None:
    """The declaration behind a node's `layer` in this graph: of the catalogue, of a block's port, or of a use of a
    block. None for one that this version, or this graph, does not know."""
    found = LAYERS.get(layer) or PORTS.get(layer)
    if found is not None or not layer.startswith(BLOCK_PREFIX):
        return found
    block = graph.blocks.get(layer.removeprefix(BLOCK_PREFIX))
    return None if block is None else _declared(Same(block))


@lru_cache(maxsize=512)
def _declared(key: Same[Block]) -> Layer:
    block = key.value
    inputs = _ports(block, BLOCK_INPUT)
    outputs = _ports(block, BLOCK_OUTPUT)
    own = tuple(_param(p) for p in block.params)
    return Layer(
        id=f"{BLOCK_PREFIX}{block.id}",
        title=block.title,
        category=Category.BLOCK,
        summary=block.summary or "A block of layers.",
        params=(*own, REPEAT) if len(inputs) == len(outputs) == 1 else own,
        inputs=inputs,
        outputs=outputs,
        takes="any",
        words=lambda p: _words(block, p),
        block=block,
    )


def _ports(block: Block, layer: str) -> tuple[Port, ...]:
    found = [node for node in block.graph if node.layer == layer]
    fallback = ONE_IN[0].title if layer == BLOCK_INPUT else ONE_OUT[0].title
    return tuple(Port(node.id, node.name or (fallback if len(found) == 1 else node.id)) for node in found)


def _param(param: BlockParam) -> Param:
    choices = tuple((choice, choice) for choice in param.choices)
    return Param(
        param.id, param.title, param.help, Kind(param.kind), param.default, param.minimum, param.maximum, choices
    )


def _words(block: Block, p: Values) -> str:
    """The first parameter and those that were set, rates left out, in words: "channels 64, stride 2, 3 ×"."""
    parts = []
    for param in block.params:
        if param is not block.params[0] and (p[param.id] == param.default or param.kind == "float"):
            continue
        value = p[param.id]
        if param.kind == "bool":
            parts += [param.title.lower()] if value else []
        elif param.kind == "choice":
            parts.append(str(value))
        else:
            parts.append(f"{param.title.lower()} {value:,}")
    times = p.get("repeat", 1)
    return ", ".join([*parts[:3], *([f"{times} ×"] if times != 1 else [])])
