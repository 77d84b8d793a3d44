"""What stands inside the uses of blocks: inferred once for each shape and each set of values, however often used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from workbench.catalogue.declaration import Layer, Values
from workbench.compiler.binding import Names, names_inside
from workbench.compiler.inferred import Given, Inferred, Inputs
from workbench.compiler.nesting import DEEPEST, Nesting, changed_blocks, nesting
from workbench.compiler.wiring import Wiring, wire
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Block, Graph

MOST_LAYERS = 20_000
"""How many layers all blocks of a network may come to, each as often as it is used."""


class TooLarge(Exception):
    """With this use, the blocks of a network hold more than `MOST_LAYERS` layers."""


class Refused(Exception):
    """A block that cannot be looked into at all; carries the code and the end of a sentence about its use."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Inside:
    """What was found inside one use: an `Inferred` for each repetition, what the ports give, and its problems."""

    inside: tuple[Inferred, ...]
    outputs: Given
    within: tuple[Diagnostic, ...]
    layers: int


class Expansion:
    """What all levels of one inference share. `infer_inside` does the work of a level.

    The room for layers counts every use in full, whether it was worked out or known already, so that what fits does
    not depend on what was inferred before.
    """

    def __init__(
        self,
        blocks: Mapping[str, Block],
        previous: Mapping[str, Block],
        infer_inside: Callable[[Graph, Inferred | None, Given, Names, Expansion], Inferred],
    ) -> None:
        self._blocks = blocks
        self._nesting: Nesting = nesting(blocks)
        self._changed = changed_blocks(previous, blocks, self._nesting)
        self._infer = infer_inside
        self._room = MOST_LAYERS
        self._graphs: dict[str, Graph] = {}
        self._done: dict[object, Inferred] = {}
        self._wirings: dict[object, tuple[Graph, Wiring]] = {}

    def take(self, layers: int) -> None:
        """Count some layers. Raises `TooLarge` if they are too many, and for all that come after."""
        self._room -= layers
        if self._room < 0:
            raise TooLarge

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was counted yet."""
        return self._room == MOST_LAYERS

    def changed(self, block: str) -> bool:
        """Whether a block, or some block inside it, is not what it was in the inference before."""
        return block in self._changed

    def wiring(self, graph: Graph) -> Wiring:
        """The wires of a graph; the uses of a block share them, but for what is bypassed in some."""
        key = (id(graph.edges), tuple([(node.id, node.layer, node.state) for node in graph]))
        if key not in self._wirings:
            self._wirings[key] = (
                graph,
                wire(graph),
            )  # the graph is held, so that the identity of its wires stays its own
        return self._wirings[key][1]

    def inside(self, node: str, layer: Layer, values: Values, arriving: Inputs, before: tuple[Inferred, ...]) -> Inside:
        """Infer a use of a block, one repetition after the other; `before` is what was inside it last time.

        Raises `Refused` for a block without an end, `TooLarge` where the network grows beyond all bounds.
        """
        block = layer.block
        assert block is not None
        self._look(block)
        ports = tuple(port.id for port in layer.inputs) if isinstance(layer.inputs, tuple) else ()
        found: list[Inferred] = []
        for index in range(int(values.get("repeat", 1))):
            given = MappingProxyType(dict(zip(ports, arriving, strict=True)))
            first = arriving[0] if arriving else None
            earlier = before[index] if index < len(before) else None
            inner = self._one(block, given, names_inside(layer, values, first, index), earlier)
            found.append(inner)
            outputs = {port.id: inner.outputs.get(port.id) for port in layer.outputs}
            arriving = tuple(outputs.values())  # repeated blocks have one input and one output
        within = tuple(_lifted(node, found))
        return Inside(tuple(found), MappingProxyType(outputs), within, sum(inner.layers for inner in found))

    def _one(self, block: Block, given: Given, names: Names, earlier: Inferred | None) -> Inferred:
        used = self._nesting.names[block.id]
        names = MappingProxyType({name: value for name, value in names.items() if name in used})
        key = (block.id, tuple(given.values()), tuple(names.items()))
        known = self._done.get(key)
        if known is None and earlier is not None and not self.changed(block.id):
            known = earlier if earlier.given == given and earlier.names == names else None
        if known is not None:
            self._done[key] = known
            self.take(known.layers)
            return known
        graph = self._graph(block)
        self.take(len(graph))
        inner = self._done[key] = self._infer(graph, earlier, given, names, self)
        return inner

    def _graph(self, block: Block) -> Graph:
        if block.id not in self._graphs:
            # Only the blocks it uses: what is known of it then stays true while others are edited.
            used = {b: self._blocks[b] for b in self._blocks if b in self._nesting.uses[block.id]}
            self._graphs[block.id] = replace(block.graph, blocks=MappingProxyType(used))
        return self._graphs[block.id]

    def _look(self, block: Block) -> None:
        if block.id in self._nesting.circular:
            raise Refused("block.circular", "stands inside itself, so it has no end. Remove the use of it inside")
        if self._nesting.depth.get(block.id, 0) > DEEPEST:
            raise Refused("block.deep", f"has more than {DEEPEST} blocks inside each other. Dissolve some of them")


def _lifted(node: str, inside: list[Inferred]) -> Iterator[Diagnostic]:
    """The problems of all repetitions, with their path from outside; what several have is said of the first."""
    seen: set[object] = set()
    for index, inner in enumerate(inside):
        if index and inner is inside[index - 1]:
            continue
        for d in inner.diagnostics:
            about = (d.code, d.message, d.node, d.port, d.param, d.path)
            if about not in seen:
                seen.add(about)
                yield replace(d, path=(f"{node}:{index}" if index else node, *d.path))


def first_error(within: tuple[Diagnostic, ...]) -> Diagnostic | None:
    """The problem to name outside of a block: the first error that is not itself about what is inside."""
    return next((d for d in within if d.is_error and d.code != "block.inside"), None)
