"""Taking a block apart again: its layers stand where the use stood, with that use's values in their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document.binding import bound
from workbench.document.block_rules import MOST_FRAMES
from workbench.document.blocks import ports
from workbench.document.edits import add, remove
from workbench.document.edits import title as title_of
from workbench.document.expressions import ExpressionError, is_expression
from workbench.document.frame_edits import new_frame_id
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, Edge, Graph, Node, Value
from workbench.document.grouping import COLUMN, centre
from workbench.document.ids import new_id
from workbench.document.rules import LARGEST_RATE, LEAST_RATE, whole_pixels

End = tuple[str, str]
MOST_REPEATS = 256


def dissolve(
    graph: Graph, node: str, names: Sequence[Mapping[str, Value]] = ()
) -> tuple[Graph, tuple[str, ...]] | Diagnostic:
    """Puts the layers of a block in the place of one use of it, wired as they were; gives the graph and their ids.

    Expressions are worked out with this use's parameters; where those refer to a block around, expressions stay.
    `names` tells for each repetition what `in_channels` and the like are. A repeated block gives its layers N times
    in a row. The definition stays. Refuses what cannot be worked out, saying what is not known.
    """
    use = graph.nodes.get(node)
    block = graph.blocks.get(use.block) if use is not None and use.block is not None else None
    if use is None or block is None:
        shown = title_of(use) if use is not None else node[:80]
        return Diagnostic("block.not_one", f"“{shown}” is no block that could be dissolved. Select a block.")
    if use.state:
        return Diagnostic(
            "block.not_working",
            f"“{title_of(use)}” is {use.state if not is_expression(use.state) else 'bypassed at times'}; its layers "
            "would work again. Switch it on before you dissolve it.",
            node=node,
        )
    try:
        return _Dissolving(graph, use, block, names).result()
    except ExpressionError as error:
        return Diagnostic(
            "block.unknown_value", f"“{title_of(use)}” cannot be dissolved yet. {error.message}", node=node
        )


class _Dissolving:
    """One block being taken apart. `copies` is old id -> new id for each repetition."""

    def __init__(self, graph: Graph, use: Node, block: Block, names: Sequence[Mapping[str, Value]]) -> None:
        self.graph, self.use, self.block, self.names = graph, use, block, names
        self.inputs, self.outputs = ports(block)
        self.layers = [n for n in block.graph if n.layer not in (BLOCK_INPUT, BLOCK_OUTPUT)]
        self.repeat = self._repeat()
        self.copies: list[dict[str, str]] = []

    def result(self) -> tuple[Graph, tuple[str, ...]] | Diagnostic:
        nodes = self._nodes()
        base = remove(self.graph, [self.use.id])
        if isinstance(base, Diagnostic):
            return base
        result = add(base, *nodes, edges=self._edges())
        if isinstance(result, Diagnostic):
            return result
        return self._framed(result), tuple(n.id for n in nodes)

    def _repeat(self) -> int:
        if not len(self.inputs) == len(self.outputs) == 1:
            return 1
        given = self.use.params.get("repeat", 1)
        if isinstance(given, str) and is_expression(given):
            raise ExpressionError(
                "How often it is repeated depends on the block around it. Give it a number of repetitions first."
            )
        whole = isinstance(given, int | float) and not isinstance(given, bool) and int(given) == given
        if not whole or not 1 <= int(given) <= MOST_REPEATS:  # type: ignore[arg-type]
            raise ExpressionError(f"It is repeated {given!r} times. Choose between 1 and {MOST_REPEATS}.")
        return int(given)  # type: ignore[arg-type]

    def _values(self, k: int) -> Mapping[str, Value]:
        """What names inside stand for, in repetition k."""
        values: dict[str, Value] = {p.id: self.use.params.get(p.id, p.default) for p in self.block.params}
        values["index"], values["repeat"] = k, self.repeat
        if k < len(self.names):
            values |= self.names[k]
        if k == 0 and self._fed_by_first_input():
            values |= {name: f"={name}" for name in ("in_channels", "in_height", "in_width", "in_length")}
        return values

    def _fed_by_first_input(self) -> bool:
        """Whether the use stands at the first input of the block around: what arrives is then the same for both."""
        first = next((n.id for n in self.graph if n.layer == BLOCK_INPUT), None)
        wire = self.graph.into(self.use.id, self.inputs[0].id) if self.inputs else None
        return wire is not None and wire.source == first

    def _nodes(self) -> list[Node]:
        taken = set(self.graph.nodes) - {self.use.id}
        middle = centre(self.layers)
        shift = (self.use.x - middle[0], self.use.y - middle[1])
        xs = [n.x for n in self.layers]
        step = max(xs) - min(xs) + COLUMN if xs else 0
        made = []
        for k in range(self.repeat):
            values = self._values(k)
            ids: dict[str, str] = {}
            for layer in self.layers:
                own = layer.id if layer.id not in taken else new_id(layer.layer, taken)
                taken.add(own)
                ids[layer.id] = own
                x, y = whole_pixels(layer.x + shift[0] + k * step, layer.y + shift[1])
                still, rate = self.use.frozen or layer.frozen, self.use.rate * layer.rate
                rate = min(max(rate, LEAST_RATE), LARGEST_RATE)
                made.append(replace(bound(layer, values), id=own, x=x, y=y, frozen=still, rate=rate))
            self.copies.append(ids)
        return made

    def _edges(self) -> list[Edge]:
        inner = self.block.graph.edges
        found = []
        for k, ids in enumerate(self.copies):
            for edge in inner:
                source = self._source(k, (edge.source, edge.source_port))
                if edge.target in ids and source is not None:
                    found.append(Edge(*source, ids[edge.target], edge.target_port))
        for edge in self.graph.outgoing(self.use.id):
            source = self._given(self.repeat - 1, edge.source_port)
            if source is not None:
                found.append(replace(edge, source=source[0], source_port=source[1]))
        return found

    def _source(self, k: int, end: End) -> End | None:
        """Where a value inside comes from, seen from outside; through inputs wired straight to outputs."""
        while end[0] not in self.copies[k]:
            if k:
                wire = next((e for e in self.block.graph.incoming(self.outputs[0].id)), None)
                k -= 1
            else:
                wire = self.graph.into(self.use.id, end[0])
                return (wire.source, wire.source_port) if wire is not None else None
            if wire is None:
                return None
            end = (wire.source, wire.source_port)
        return self.copies[k][end[0]], end[1]

    def _given(self, k: int, port: str) -> End | None:
        """What leaves through an output in repetition k."""
        wire = next((e for e in self.block.graph.incoming(port)), None)
        return self._source(k, (wire.source, wire.source_port)) if wire is not None else None

    def _framed(self, graph: Graph) -> Graph:
        """Frames inside come along, once."""
        if not self.block.graph.frames or len(graph.frames) + len(self.block.graph.frames) > MOST_FRAMES:
            return graph
        middle = centre(self.layers)
        for frame in self.block.graph.frames.values():
            x, y = whole_pixels(frame.x + self.use.x - middle[0], frame.y + self.use.y - middle[1])
            own = frame.id if frame.id not in graph.frames else new_frame_id(graph)
            frames = {**graph.frames, own: replace(frame, id=own, x=x, y=y)}
            graph = replace(graph, frames=MappingProxyType(frames))
        return graph
