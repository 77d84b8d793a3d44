"""The graph of layers as an immutable value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

Scalar = bool | int | float | str | None
Value = Scalar | tuple[int | float | str, ...]
"""What a parameter may hold: a JSON scalar or a flat tuple of them."""

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}\Z", re.ASCII)
"""Node ids are ASCII identifiers, because they become attribute names in the generated source."""


BLOCK_PREFIX = "block:"
BLOCK_INPUT, BLOCK_OUTPUT = "block_input", "block_output"
"""The layers that stand for a block's ports, inside it; the node's id is the port's, its name the port's title."""

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "grey")
"""Names of the colours a person may give to a node or a frame; the theme says what each looks like."""


def frozen(params: Mapping[str, Value] | None = None) -> Mapping[str, Value]:
    """A read-only copy of a parameter mapping."""
    return MappingProxyType(dict(params or {}))


@dataclass(frozen=True, slots=True)
class Node:
    """One layer on the canvas.

    `layer` is a catalogue id ("conv2d"); it may be unknown to this version, then the node is a placeholder that
    saves back unchanged. `name` is free text for people and never reaches generated code. `x`, `y` are whole
    pixels of the canvas (top left corner). `params` holds only what differs from the declaration's defaults or
    was set by hand. `extra` keeps what a newer version wrote and this one does not know.

    `state` is "" (the layer works), "bypassed" (its first input passes through untouched), "muted" (it gives zeros of
    the shape it would give), or, inside a block, an expression such as "=stride == 1": bypassed where it is true.
    `colour` is "" or one of `COLOURS`; `collapsed` shows the card as its title alone. A use of a block has `layer`
    "block:" and the block's id; its parameters are the block's own, and "repeat" (how often in a row).

    `frozen` layers keep their weights and statistics while the others learn; `rate` is a factor on the learning rate of
    their weights. On a use of a block both hold for everything inside: what is frozen by any of the uses on its path is
    frozen, and rates are multiplied.
    """

    id: str
    layer: str
    name: str = ""
    params: Mapping[str, Value] = field(default_factory=frozen)
    x: int = 0
    y: int = 0
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    state: str = ""
    colour: str = ""
    collapsed: bool = False
    frozen: bool = False
    rate: float = 1.0

    @property
    def block(self) -> str | None:
        """The id of the block this node uses; None for a layer of the catalogue."""
        return self.layer.removeprefix(BLOCK_PREFIX) if self.layer.startswith(BLOCK_PREFIX) else None


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A wire from an output port to an input port. An input port takes one wire; an output port feeds many."""

    source: str
    source_port: str
    target: str
    target_port: str

    @property
    def id(self) -> str:
        return f"{self.source}.{self.source_port}->{self.target}.{self.target_port}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled area behind nodes, with a note. Whole pixels; what lies wholly within it moves with it."""

    id: str
    title: str = ""
    note: str = ""  # Markdown
    x: int = 0
    y: int = 0
    width: int = 400
    height: int = 240
    colour: str = ""
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class BlockParam:
    """One parameter of a block. `kind` is "int", "float", "bool" or "choice"; inside the block "=id" stands for it."""

    id: str
    title: str
    kind: str
    default: Value
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A layer made of layers, used by nodes with the layer "block:" + `id`.

    `graph` holds its nodes, wires and frames, and no blocks of its own: blocks it uses are looked up in the graph that
    holds this one (`Graph.inside`). Its nodes of the layer `BLOCK_INPUT` are its input ports and those of
    `BLOCK_OUTPUT` its output ports, in order of creation. A text parameter of a node inside that begins with "=" is an
    expression (`workbench.document.expressions`) over the block's parameters, `index` (which repetition, from 0),
    `repeat`, and `in_channels`, `in_height`, `in_width`, `in_length` (of what arrives at the first input).
    """

    id: str
    title: str
    graph: Graph
    params: tuple[BlockParam, ...] = ()
    summary: str = ""  # one sentence for people
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id (in order of creation), the wires between them, the blocks they use and the frames behind them.

    Edits live in `workbench.document.edits`.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    edges: frozenset[Edge] = frozenset()
    blocks: Mapping[str, Block] = field(default_factory=lambda: MappingProxyType({}))
    frames: Mapping[str, Frame] = field(default_factory=lambda: MappingProxyType({}))

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def incoming(self, node: str) -> tuple[Edge, ...]:
        """Wires into a node, in order of the target port's name."""
        return tuple(sorted((e for e in self.edges if e.target == node), key=lambda e: (e.target_port, e)))

    def outgoing(self, node: str) -> tuple[Edge, ...]:
        """Wires out of a node, sorted."""
        return tuple(sorted(e for e in self.edges if e.source == node))

    def into(self, node: str, port: str) -> Edge | None:
        """The wire that ends at an input port, if there is one."""
        return next((e for e in self.edges if e.target == node and e.target_port == port), None)

    def inside(self, block: str) -> Graph:
        """The graph of a block, with all blocks at hand for those it uses. KeyError if there is no such block."""
        return replace(self.blocks[block].graph, blocks=self.blocks)
