"""Graphs written down as one writes a forward pass; ids, wires and places follow.

    d = Drawing()
    x = d.input()
    y = d.chain(x, layer("conv2d", "Conv", filters="=channels"), layer("batch_norm2d"))
    d.output(d.put(layer("add"), y, x))
    residual = d.block("plain_residual", "Plain residual", "Adds a convolution to what comes in.", CHANNELS)

Every call puts a node one column to the right of what feeds it; `lane` puts a branch above or beneath the main line,
`row` goes on in a new line at the left, `frame` draws a titled frame around what is put inside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from workbench.core.identifiers import fresh_id
from workbench.document.graph import (
    BLOCK_INPUT,
    BLOCK_OUTPUT,
    BLOCK_PREFIX,
    ID_PATTERN,
    Block,
    BlockParam,
    Edge,
    Frame,
    Graph,
    Node,
    Value,
    frozen,
)

COLUMN, LANE = 248, 128
"""From one card to the next, in canvas pixels; a column with a block in it is wider, for blocks say more."""
BLOCK_COLUMN = 320
CARD_WIDTH, BLOCK_WIDTH, CARD_HEIGHT = 224, 288, 104
"""How large cards are at most as a rule, the pictures in them included."""
_FRAME_SIDE, _FRAME_TOP, _FRAME_BOTTOM = 24, 40, 16
_BETWEEN_FRAMES = 72
"""The wire to the next row runs a little above its card, and there it must find the gap between two frames."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A block with all the blocks that it uses, directly or through others."""

    block: Block
    needed: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A node to be: its layer or block, its name for people, its parameters and its state."""

    layer: str
    name: str
    params: Mapping[str, Value]
    state: str = ""
    definition: Definition | None = None

    def bypassed(self, where: str) -> Part:
        """The same, left out wherever an expression is true: "stride == 1"."""
        return replace(self, state=f"={where}")


@dataclass(frozen=True, slots=True)
class Wire:
    """An output port of a node that was put down, to feed others."""

    node: str
    port: str = "out"

    def at(self, port: str) -> Wire:
        """Another output of the same node."""
        return replace(self, port=port)


@dataclass(frozen=True, slots=True)
class _Place:
    row: int
    column: int
    lane: int


def layer(layer_id: str, node_name: str = "", /, **params: Value) -> Part:
    """A layer of the catalogue with the parameters that differ from its defaults."""
    return Part(layer_id, node_name, frozen(params))


def use(definition: Definition, node_name: str = "", /, **params: Value) -> Part:
    """A use of a block; ``repeat=3`` puts three of it in a row."""
    return Part(f"{BLOCK_PREFIX}{definition.block.id}", node_name, frozen(params), definition=definition)


class Drawing:
    """Collects nodes and wires in the order they are put down, and lays them out at the end."""

    def __init__(self, main: int = 0) -> None:
        """`main` is the lane of everything that is put outside of any `lane`; 1 leaves room for branches above it."""
        self._nodes: dict[str, Node] = {}
        self._edges: set[Edge] = set()
        self._places: dict[str, _Place] = {}
        self._definitions: dict[str, Definition] = {}
        self._frames: list[tuple[str, str, list[str]]] = []
        self._open_frames: list[list[str]] = []
        self._row = 0
        self._lane = main

    def input(self, name: str = "", port: str = "in") -> Wire:
        """An input port of the block that is being drawn."""
        return self._place(Node(port, BLOCK_INPUT, name), ())

    def output(self, source: Wire, name: str = "", port: str = "out") -> None:
        """An output port of the block that is being drawn."""
        self._place(Node(port, BLOCK_OUTPUT, name), (source,))
        self._edges.add(Edge(source.node, source.port, port, "in"))

    def put(self, part: Part, *sources: Wire) -> Wire:
        """One node, fed by `sources` in the order of its input ports; several make a merging layer as wide."""
        node_id = self._fresh(part)
        params = dict(part.params)
        if part.definition is None and len(sources) > 2:
            params.setdefault("inputs", len(sources))
        wire = self._place(Node(node_id, part.layer, part.name, frozen(params), state=part.state), sources)
        for source in sources:
            self._pull(source.node, self._places[node_id])
        if part.definition is not None:
            self._definitions[part.definition.block.id] = part.definition
            inputs, outputs = _ports(part.definition.block)
            wire = wire.at(outputs[0])
        else:
            inputs = ["in"] if len(sources) == 1 else [f"in_{k}" for k in range(1, len(sources) + 1)]
        for source, port in zip(sources, inputs, strict=True):
            self._edges.add(Edge(source.node, source.port, node_id, port))
        return wire

    def chain(self, source: Wire, *parts: Part) -> Wire:
        """Several nodes in a row, each fed by the one before."""
        for part in parts:
            source = self.put(part, source)
        return source

    def row(self) -> None:
        """What follows begins a new line at the left."""
        self._row += 1

    @contextmanager
    def lane(self, number: int) -> Iterator[None]:
        """What is put inside stands `number` places beneath the top of the line."""
        before, self._lane = self._lane, number
        yield
        self._lane = before

    @contextmanager
    def frame(self, title: str, colour: str = "") -> Iterator[None]:
        """What is put inside gets a titled frame around it."""
        inside: list[str] = []
        self._frames.append((title, colour, inside))
        self._open_frames.append(inside)
        yield
        self._open_frames.pop()

    def graph(self) -> Graph:
        """What was drawn, as the graph of a network, with the blocks it uses."""
        return replace(self._laid_out(), blocks=MappingProxyType({block.id: block for block in self._needed()}))

    def block(self, block_id: str, title: str, summary: str, *params: BlockParam) -> Definition:
        """What was drawn, as a block."""
        return Definition(Block(block_id, title, self._laid_out(), params, summary), self._needed())

    def _needed(self) -> tuple[Block, ...]:
        found: dict[str, Block] = {}
        for definition in self._definitions.values():
            for block in (*definition.needed, definition.block):
                found[block.id] = block
        return tuple(found.values())

    def _fresh(self, part: Part) -> str:
        """The node's name as an identifier ("Stage 1" is stage_1), else its layer with a number."""
        slug = "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in part.name.lower()).split())
        if ID_PATTERN.match(slug) and slug not in self._nodes:
            return slug
        return fresh_id(part.layer.removeprefix(BLOCK_PREFIX), self._nodes)

    def _place(self, node: Node, sources: tuple[Wire, ...]) -> Wire:
        if node.id in self._nodes:
            raise ValueError(f"two nodes are called {node.id!r}")
        before = [place for s in sources if (place := self._places[s.node]).row == self._row]
        place = _Place(self._row, max((p.column + 1 for p in before), default=0), self._lane)
        while place in self._places.values():
            place = replace(place, column=place.column + 1)
        self._places[node.id] = place
        self._nodes[node.id] = node
        for inside in self._open_frames:
            inside.append(node.id)
        return Wire(node.id)

    def _pull(self, node: str, merge: _Place) -> None:
        """Put the end of a shorter branch next to where it is merged, so that its wire runs in its own lane."""
        place = self._places[node]
        before = [self._places[edge.source] for edge in self._edges if edge.target == node]
        feeds_others = any(edge.source == node for edge in self._edges)
        if place.row != merge.row or feeds_others or any(p.row != place.row or p.lane != place.lane for p in before):
            return
        way = {replace(place, column=column) for column in range(place.column + 1, merge.column)}
        if before and way and not way & set(self._places.values()):
            self._places[node] = replace(place, column=merge.column - 1)

    def _laid_out(self) -> Graph:
        lefts, tops = self._lefts(), self._tops()
        nodes = {
            node.id: replace(node, x=lefts[place.row, place.column], y=tops[place.row] + place.lane * LANE)
            for node in self._nodes.values()
            for place in (self._places[node.id],)
        }
        frames = {}
        for number, (title, colour, inside) in enumerate(self._frames, 1):
            frames[f"frame_{number}"] = _around(f"frame_{number}", title, colour, [nodes[i] for i in inside])
        return Graph(MappingProxyType(nodes), frozenset(self._edges), frames=MappingProxyType(frames))

    def _lefts(self) -> dict[tuple[int, int], int]:
        """The left edge of each column of each row."""
        wide = {(p.row, p.column) for i, p in self._places.items() if self._nodes[i].block is not None}
        lefts: dict[tuple[int, int], int] = {}
        for row in range(self._row + 1):
            left = 0
            for column in range(1 + max((p.column for p in self._places.values() if p.row == row), default=-1)):
                lefts[row, column] = left
                left += BLOCK_COLUMN if (row, column) in wide else COLUMN
        return lefts

    def _tops(self) -> list[int]:
        """The top edge of each row; a row with a frame keeps clear of the one above."""
        framed = {self._places[node].row for *_, inside in self._frames for node in inside}
        tops, top = [], 0
        for row in range(self._row + 1):
            top += _BETWEEN_FRAMES if row and row in framed else 0
            tops.append(top)
            top += LANE * (1 + max((p.lane for p in self._places.values() if p.row == row), default=0))
        return tops


def _ports(block: Block) -> tuple[list[str], list[str]]:
    """The ids of a block's input and output ports, in order."""
    inputs = [node.id for node in block.graph if node.layer == BLOCK_INPUT]
    outputs = [node.id for node in block.graph if node.layer == BLOCK_OUTPUT]
    return inputs, outputs


def _around(frame_id: str, title: str, colour: str, nodes: list[Node]) -> Frame:
    left, top = min(n.x for n in nodes) - _FRAME_SIDE, min(n.y for n in nodes) - _FRAME_TOP
    right = max(n.x + (CARD_WIDTH if n.block is None else BLOCK_WIDTH) for n in nodes) + _FRAME_SIDE
    bottom = max(n.y for n in nodes) + CARD_HEIGHT + _FRAME_BOTTOM
    return Frame(frame_id, title, "", left, top, right - left, bottom - top, colour)
