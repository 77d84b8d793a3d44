"""What a training step holds in memory, played through layer by layer: forwards, backwards, and the optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.catalogue.declaration import Tensor
from workbench.catalogue.memory import FLOAT, INDEX, NOTHING, Kept
from workbench.compiler.inferred import Inferred, NodeResult
from workbench.compiler.upkeep import Upkeep
from workbench.document.graph import BLOCK_INPUT

LAST_CHANNELS = frozenset({"conv2d", "conv_transpose2d", "depthwise_conv2d", "separable_conv2d", "patch_embedding"})
"""With one of these, `workbench.training.learner` lays pictures out channels last in memory."""

MATRICES = frozenset({"linear", "rnn", "lstm", "gru", "self_attention", "cross_attention", "transformer_encoder"})
"""Layers most of whose weights are matrices: what an optimizer of matrices takes."""


def bytes_of(tensor: Tensor) -> int:
    """What one sample of a tensor takes."""
    return tensor.size * (INDEX if tensor.kind == "index" else FLOAT)


@dataclass(slots=True)
class _Step:
    """One layer at work. `takes` and `gives` are values by number, `node` is the outermost node it stands in."""

    node: str
    kept: Kept
    takes: tuple[int, ...]
    gives: int
    weights: int  # bytes
    learned: int  # bytes of weights that learn
    matrices: bool  # whether most of them are matrices
    learns: bool  # whether a gradient comes by


@dataclass(slots=True)
class Tape:
    """The layers of a network in the order they run, blocks unrolled, and the values between them.

    A value has a `size` in bytes a sample, a `root` (itself, or the value it is a view of), and `until`, the step that
    reads it last. `arriving` is what enters the network.
    """

    steps: list[_Step] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    root: list[int] = field(default_factory=list)
    learns: list[bool] = field(default_factory=list)
    until: list[int] = field(default_factory=list)
    arriving: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    channels_last: bool = False

    def value(self, size: int, root: int | None = None, *, learns: bool = False) -> int:
        """A new value; a view of another one where `root` is given."""
        number = len(self.size)
        self.size.append(size)
        self.root.append(number if root is None else self.root[root])
        self.learns.append(learns)
        self.until.append(len(self.steps))
        return number

    def freed(self) -> dict[int, int]:
        """The values that are kept for the backward pass, each with the step whose way back lets it go."""
        freed: dict[int, int] = {}
        for place in range(len(self.steps) - 1, -1, -1):
            step = self.steps[place]
            if step.learns:
                if step.kept.inputs:
                    for value in step.takes:
                        freed[self.root[value]] = place
                if step.kept.output:
                    freed[self.root[step.gives]] = place
        return freed


def unrolled(inferred: Inferred) -> Tape:
    """The tape of a network, or of a block in use; without layers that reach no output or whose shapes are unknown.

    What arrives at a block comes from layers that learn.
    """
    tape = Tape(channels_last=not LAST_CHANNELS.isdisjoint(_layers(inferred)))
    given: dict[str, int] = {}
    for port, tensor in inferred.given.items():
        if tensor is not None:
            given[port] = tape.value(bytes_of(tensor), learns=tensor.kind != "index")
            tape.arriving.append(given[port])
    _unroll(tape, inferred, given, None, False)
    return tape


def _layers(inferred: Inferred) -> set[str]:
    """The ids of all layers of a network, those inside of blocks too."""
    found = {result.layer.id for result in inferred.results.values() if result.layer is not None}
    for inner in {id(i): i for result in inferred.results.values() for i in result.inside}.values():
        found |= _layers(inner)
    return found


def _unroll(
    tape: Tape, inferred: Inferred, given: Mapping[str, int], outermost: str | None, frozen: bool
) -> dict[str, int]:
    """Play one graph; gives what reached each of its outputs."""
    values: dict[tuple[str, str], int] = {}
    ends: dict[str, int] = {}
    for node in inferred.order:
        result = inferred.results[node]
        layer = result.layer
        if layer is None or (inferred.live and node not in inferred.live):
            continue
        takes = [values.get((w.source, w.source_port)) if w is not None else None for w in result.wires]
        if layer.id == BLOCK_INPUT:
            if node in given:
                values[node, layer.outputs[0].id] = given[node]
            continue
        taken = tuple(value for value in takes if value is not None)
        if len(taken) < len(takes):
            continue
        for value in taken:
            tape.until[tape.root[value]] = len(tape.steps)
        if layer.is_output:
            ends[node] = taken[0]
            if outermost is None:
                tape.answers.append(taken[0])
        elif result.state == "bypassed":
            values.update(((node, port.id), taken[0]) for port in layer.outputs)
        elif result.inside and not result.state:
            still = frozen or inferred.graph.nodes[node].frozen
            values.update(_inside(tape, node, result, taken, outermost or node, still))
        elif result.output is not None:
            values[node, layer.outputs[0].id] = _layer(
                tape, result, taken, outermost or node, frozen or inferred.graph.nodes[node].frozen
            )
    return ends


def _inside(
    tape: Tape, node: str, result: NodeResult, taken: tuple[int, ...], outermost: str, frozen: bool
) -> Iterator[tuple[tuple[str, str], int]]:
    """A use of a block: what is inside, one repetition after the other."""
    ports: Sequence[str] = [port.id for port in result.ports]
    ends: dict[str, int] = {}
    for inner in result.inside:
        if len(taken) < len(ports):  # nothing known leaves the repetition before
            return
        ends = _unroll(tape, inner, dict(zip(ports, taken, strict=True)), outermost, frozen)
        for value in taken:  # the caller's variable holds it until the block is through
            tape.until[tape.root[value]] = max(tape.until[tape.root[value]], len(tape.steps) - 1)
        taken = tuple(ends.values())
    yield from (((node, port), value) for port, value in ends.items())


def _layer(tape: Tape, result: NodeResult, taken: tuple[int, ...], outermost: str, frozen: bool) -> int:
    layer, output = result.layer, result.output
    assert layer is not None
    assert output is not None
    size = bytes_of(output)
    if layer.is_input:
        value = tape.value(size)
        tape.arriving.append(value)
        return value
    given = tuple(tensor for tensor in result.inputs if tensor is not None)
    kept = NOTHING if result.state else layer.kept(result.values, given, output)
    weights = FLOAT * result.weights
    learned = 0 if frozen or result.state else weights
    learns = not result.state and (learned > 0 or any(tape.learns[value] for value in taken))
    shares = kept.shares and not (kept.rows and tape.channels_last and _interleaved(given[0]))
    value = tape.value(size, taken[0] if shares else None, learns=learns)
    tape.steps.append(_Step(outermost, kept, taken, value, weights, learned, layer.id in MATRICES, learns))
    return value


def _interleaved(tensor: Tensor) -> bool:
    """Whether channels last differs from row by row: more than one channel, and more than one place."""
    return len(tensor.shape) == 3 and tensor.shape[0] > 1 and tensor.shape[1] * tensor.shape[2] > 1


def most_bytes(inferred: Inferred) -> int:
    """A quick figure above what all layers hold together in a step, in bytes a sample.

    Every result as if it were kept, with the gradients that wait where branches meet, and three times what the neediest
    layer works with. What is known of a node is not asked again, so that an edit costs little.
    """
    before = dict(_KNOWN)
    _KNOWN.clear()
    held, neediest = _most(inferred, before)
    return held + 3 * neediest


_KNOWN: dict[int, tuple[object, tuple[int, int]]] = {}
"""Of the nodes and blocks of the last network, by identity: the value itself, so that its identity stays its own."""


def _most(inferred: Inferred, before: Mapping[int, tuple[object, tuple[int, int]]]) -> tuple[int, int]:
    known = _KNOWN.get(id(inferred)) or before.get(id(inferred))
    if known is not None and known[0] is inferred:
        _KNOWN[id(inferred)] = known
        return known[1]
    held = neediest = 0
    for result in inferred.results.values():
        parts = [_most(inner, before) for inner in result.inside] if not result.state else []
        if not result.inside or result.state:
            found = before.get(id(result))
            if found is None or found[0] is not result:
                found = (result, _most_of(result))
            _KNOWN[id(result)] = found
            parts = [found[1]]
        for own, needs in parts:
            held += own
            neediest = max(neediest, needs)
    _KNOWN[id(inferred)] = (inferred, (held, neediest))
    return held, neediest


def _most_of(result: NodeResult) -> tuple[int, int]:
    """What a layer may hold until the way back, and what it works with while it runs."""
    layer, output = result.layer, result.output
    if layer is None or output is None:
        return 0, 0
    size = bytes_of(output)
    given = tuple(tensor for tensor in result.inputs if tensor is not None)
    arriving = sum(bytes_of(tensor) for tensor in given)
    if layer.is_input or len(given) < len(result.inputs) or not given:
        return 2 * size, size  # the batch, as an array and as a tensor
    kept = layer.kept(result.values, given, output)
    waiting = arriving if len(given) > 1 else 0
    return size + kept.more + waiting, arriving + size + kept.forward + kept.backward


def held_bytes(tape: Tape) -> dict[str, int]:
    """What stays in memory until the backward pass, in bytes a sample, by the (outermost) node that made it."""
    freed = tape.freed()
    found: dict[str, int] = {}
    for step in tape.steps:
        own = step.kept.more if step.learns else 0
        if tape.root[step.gives] == step.gives and step.gives in freed:
            own += tape.size[step.gives]
        found[step.node] = found.get(step.node, 0) + own
    return found


def peak_bytes(tape: Tape, batch: int, upkeep: Upkeep) -> int:
    """The most that is held at one time in a training step with `batch` samples, in bytes; `upkeep` is what there is
    for each weight beside itself."""
    return _Play(tape, batch, upkeep).peak


class _Play:
    """One step played through. `now` is what is held, `peak` the most so far."""

    def __init__(self, tape: Tape, batch: int, upkeep: Upkeep) -> None:
        self._tape, self._batch, self._gathers = tape, batch, upkeep.gathers
        self._freed, self._arriving = tape.freed(), {tape.root[value] for value in tape.arriving}
        weights = sum(step.weights for step in tape.steps)
        learned = sum(step.learned for step in tape.steps)
        matrices = sum(step.learned for step in tape.steps if step.matrices)
        remembered = upkeep.remembers * matrices + upkeep.beside * (learned - matrices)
        largest = max((step.learned for step in tape.steps), default=0)
        kept = round(weights * (1 + upkeep.average) + remembered)
        # The batch is an array, and a second time a tensor where it is turned to channels last.
        pictures = sum(tape.size[value] for value in tape.arriving)
        self.now = kept + batch * pictures * (2 if tape.channels_last else 1) + learned * upkeep.gathers
        self.peak = self.now
        self._forwards()
        self._backwards()
        self._see(kept + learned + round(upkeep.works * largest))

    def _see(self, held: int) -> None:
        self.peak = max(self.peak, held)

    def _forwards(self) -> None:
        tape, batch, freed = self._tape, self._batch, self._freed
        leaving: dict[int, list[int]] = {}
        for value, until in enumerate(tape.until):
            if tape.root[value] == value and value not in freed and value not in self._arriving:
                leaving.setdefault(until, []).append(value)
        for place, step in enumerate(tape.steps):
            if tape.root[step.gives] == step.gives:
                self.now += batch * tape.size[step.gives]
            if step.learns:
                self.now += batch * step.kept.more
            self._see(self.now + batch * step.kept.forward)
            for value in leaving.get(place, ()):
                if value != step.gives:
                    self.now -= batch * tape.size[value]
        # The answers live on; what nothing reads any more is gone with the variables of the forward pass.
        self._gone = set(leaving.get(len(tape.steps), ()))

    def _backwards(self) -> None:
        tape, batch = self._tape, self._batch
        returning: dict[int, list[int]] = {}  # value -> [bytes, how many wait for it]
        for value in tape.answers:
            returning[value] = [batch * tape.size[value], 1]
            self.now += returning[value][0]
        for place in range(len(tape.steps) - 1, -1, -1):
            step = tape.steps[place]
            gradient = returning.pop(step.gives, None)
            if gradient is not None:
                self._through(step, gradient, returning)
            if step.learns:
                self.now -= batch * step.kept.more
            roots = {tape.root[value] for value in (*step.takes, step.gives)}
            for root in roots - self._arriving:
                if self._freed.get(root) == place:
                    self.now -= batch * tape.size[root]

    def _through(self, step: _Step, gradient: list[int], returning: dict[int, list[int]]) -> None:
        """The gradient of a step's result becomes those of its weights and of what it took."""
        tape, batch = self._tape, self._batch
        self.now += step.learned
        made: list[tuple[int, list[int]]] = []
        for value in dict.fromkeys(step.takes):
            if not tape.learns[value]:
                continue
            if step.kept.passes:
                gradient[1] += 1
                made.append((value, gradient))
            else:
                made.append((value, [batch * tape.size[value], 1]))
                self.now += made[-1][1][0]
        self._see(self.now + batch * step.kept.backward)
        if self._gathers:  # it is added to that of the batches before
            self.now -= step.learned
        self._let_go(gradient)
        for value, new in made:
            there = returning.get(value)
            if there is not None:  # both are added up in the memory of one of them
                self._let_go(there)
            returning[value] = new

    def _let_go(self, gradient: list[int]) -> None:
        gradient[1] -= 1
        if gradient[1] == 0:
            self.now -= gradient[0]
