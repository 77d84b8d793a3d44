"""What a node shows, as a plain value: words, numbers, ports and problems. Made from document and inference alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench.catalogue.blocks import PORTS, layer_of
from workbench.catalogue.declaration import Layer, Port, Tensor, Values
from workbench.catalogue.values import check
from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count, number
from workbench.document.graph import Graph, Node

UNKNOWN_CATEGORY = "in/out"
UNFINISHED = frozenset({"port.unwired"})
IDLE = "node.idle"
QUIET = frozenset({"port.unwired", IDLE})
"""Warnings about a layer that stands aside: a sign beside its title says enough."""


@dataclass(frozen=True, slots=True)
class Card:
    """One node as it is drawn. Two equal cards look the same, so an item repaints only when its card differs.

    `shape` is what the node gives in words, "?" while that is unknown. `maps` says how many thumbnails the card
    keeps room for. `leads_on`: something is fed by it. `placeholder` marks a layer this version does not know.

    `state` is "", "bypassed" or "muted", as it is in the place in view; `conditional` where an expression decides.
    `block`: a layer made of layers, `repeat` of them in a row. `collapsed` shows the title and the ports alone.
    """

    id: str
    title: str
    words: str = ""
    shape: str = ""
    count: str = ""
    category: str = UNKNOWN_CATEGORY
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    open_inputs: frozenset[str] = frozenset()
    problems: tuple[Diagnostic, ...] = ()
    leads_on: bool = False
    maps: int = 0
    placeholder: bool = False
    state: str = ""
    conditional: bool = False
    colour: str = ""
    collapsed: bool = False
    block: bool = False
    repeat: int = 1
    frozen: bool = False  # its weights stay as they are while others learn
    fact: str = ""  # a line of facts below the words, where the person asked for one

    @property
    def fault(self) -> Diagnostic | None:
        """The first problem that is a mistake. A port nobody has wired yet is none: that is work in progress."""
        return next((d for d in self.problems if d.severity is Severity.ERROR and d.code not in UNFINISHED), None)

    @property
    def gap(self) -> Diagnostic | None:
        """The first thing still to be done before the node can work."""
        return next((d for d in self.problems if d.severity is Severity.ERROR and d.code in UNFINISHED), None)

    @property
    def doubt(self) -> Diagnostic | None:
        """The first warning that is about what arrives here, not only about the node being aside."""
        return next((d for d in self.problems if d.severity is Severity.WARNING and d.code not in QUIET), None)

    @property
    def warning(self) -> Diagnostic | None:
        """The first warning of any kind."""
        return next((d for d in self.problems if d.severity is Severity.WARNING), None)

    @property
    def sign(self) -> str:
        """The icon beside the title: "" for none."""
        if self.placeholder:
            return "help"
        if self.fault is not None or self.doubt is not None:
            return ""  # these have a coloured line and a note already
        # Of a branch that leads nowhere only the last card says so, not every card on the way.
        warned = any(d.severity is Severity.WARNING and not (self.leads_on and d.code == IDLE) for d in self.problems)
        return "warning" if self.gap is not None or warned else ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The icons beside the title, from right to left: what is wrong, what state it is in, whether it is frozen."""
        state = "mute" if self.state == "muted" else "bypass" if self.state or self.conditional else ""
        return tuple(mark for mark in (self.sign, state, "freeze" if self.frozen else "") if mark)

    @property
    def times(self) -> str:
        """How often a block stands in a row, in words: "" for once."""
        return f"× {self.repeat}" if self.repeat > 1 else ""

    def showing(self, maps: int) -> Card:
        """The same card with room for so many thumbnails; a collapsed one has none."""
        maps = 0 if self.collapsed else maps
        return self if maps == self.maps else replace(self, maps=maps)

    def stating(self, fact: str) -> Card:
        """The same card with a line of facts; a collapsed one has none."""
        fact = "" if self.collapsed else fact
        return self if fact == self.fact else replace(self, fact=fact)


def describe(node: Node, inferred: Inferred, problems: Iterable[Diagnostic] = ()) -> Card:
    """The card of a node, from what inference found about it in this graph."""
    own = tuple(problems)
    layer = layer_of(inferred.graph, node.layer)
    if layer is None:
        return _placeholder(node, inferred, own)
    values = inferred.values.get(node.id)
    if values is None:
        values, _ = check(layer, node.params)
    result = inferred.results.get(node.id)
    inputs = layer.input_ports(values)
    connected = inferred.wiring.incoming.get(node.id, {})
    weights = inferred.weights.get(node.id, 0)
    words, repeat = layer.words(values).replace(" × ", "×"), 1
    if layer.block is not None:
        words, repeat = _block_words(layer, values), int(values.get("repeat", 1))
    if node.rate != 1.0:
        words = " · ".join(part for part in (words, f"rate × {node.rate:g}") if part)
    return Card(
        id=node.id,
        title=node.name or layer.title,
        words=words,
        shape=shape_words(layer, inferred, node.id),
        count=number(weights) if weights else "",
        category=str(layer.category),
        inputs=inputs,
        outputs=layer.outputs,
        open_inputs=frozenset(p.id for p in inputs if p.id not in connected),
        problems=own,
        leads_on=bool(inferred.wiring.outgoing.get(node.id)),
        state=result.state if result is not None else "",
        conditional=node.state.startswith("="),
        colour=node.colour,
        collapsed=node.collapsed,
        block=layer.block is not None,
        repeat=repeat,
        frozen=node.frozen,
    )


def _block_words(layer: Layer, values: Values) -> str:
    """What matters of a use of a block: its own parameters, and how many layers stand inside."""
    block = layer.block
    inside = sum(node.layer not in PORTS for node in block.graph) if block is not None else 0
    own = layer.words(Values({**values, "repeat": 1}))
    return " · ".join(part for part in (own, count(inside, "layer")) if part)


def shape_words(layer: Layer, inferred: Inferred, node: str) -> str:
    """What the node gives ("64 × 64 × 32"); for a node without outputs, what it takes; "?" where unknown."""
    tensor: Tensor | None = inferred.outputs.get(node)
    if not layer.outputs:
        taken = inferred.inputs.get(node, ())
        tensor = taken[0] if taken else None
    return tensor.words if tensor is not None else "?"


def display_title(node: Node, graph: Graph | None = None) -> str:
    """A node's name, else its layer's title; that of a block is known only with the graph."""
    layer = layer_of(graph if graph is not None else Graph(), node.layer)
    return node.name or (layer.title if layer is not None else node.layer)


def _placeholder(node: Node, inferred: Inferred, problems: tuple[Diagnostic, ...]) -> Card:
    """A layer this version does not know keeps its wires: its ports are the ones that are wired."""
    inputs = tuple(Port(p) for p in sorted(inferred.wiring.incoming.get(node.id, ())))
    outputs = tuple(Port(p) for p in sorted({e.source_port for e in inferred.wiring.outgoing.get(node.id, ())}))
    return Card(
        id=node.id,
        title=node.name or node.layer,
        words="unknown layer",
        shape="?",
        inputs=inputs,
        outputs=outputs,
        problems=problems,
        placeholder=True,
        frozen=node.frozen,
        colour=node.colour,
        collapsed=node.collapsed,
    )
