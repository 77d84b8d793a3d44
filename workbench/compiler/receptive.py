"""How much of the picture one value of a layer's result depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from workbench.catalogue.declaration import Category, Layer, Tensor, Values
from workbench.compiler.inferred import Inferred, NodeResult
from workbench.core.identity import Same
from workbench.document.graph import BLOCK_INPUT, Graph

Ratio = int | Fraction
"""Whole where it can be: fractions come in where maps are stretched, and are twenty times slower."""


@dataclass(frozen=True, slots=True)
class Field:
    """How much of the picture one value of a layer's result can depend on, along the height, in pixels.

    `stride` is how far apart on the picture two neighbouring values look; None where values no longer lie on a grid.
    `whole` says that a value in the middle sees all of the picture; `size` is then at least its height. `centre` is
    the row that the middle of the first value's window lies on. After maps were stretched, neighbours look either at
    the same rows or a whole `jump` apart; 0 before that.
    """

    size: int
    stride: Ratio | None
    whole: bool
    centre: Ratio = 0
    jump: Ratio = field(default=0, compare=False, repr=False)


def receptive_field(graph: Graph, inferred: Inferred) -> Mapping[str, Field]:
    """The receptive field of every node that depends on a picture, where shapes are known.

    With kernel k, stride s and dilation d: size' = size + (k - 1) d stride, stride' = s stride, and the centre moves by
    ((k - 1) d / 2 - padding) stride (Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural
    networks", section 2). Where branches meet, all of their windows count. Of a use of a block, it is what leaves its
    first output. Normalisation counts as pointwise, as is usual, though group, layer and instance norm measure their
    scale over the whole map.
    """
    return _fields(Same(graph), Same(inferred))


@lru_cache(maxsize=4)
def _fields(graph: Same[Graph], inferred: Same[Inferred]) -> Mapping[str, Field]:
    """Canvas and inspector ask about the same network after every edit."""
    results = inferred.value.results
    height = max((t.shape[1] for node in graph.value.nodes if (t := _picture(results[node]))), default=0)
    return MappingProxyType(_through(inferred.value, {}, height)[0])


def fields_at(whole: Inferred, scope: Sequence[str]) -> Mapping[str, Field]:
    """The receptive fields of the nodes at a place: the network itself, or the inside of a block."""
    return fields_within(whole, scope) if scope else receptive_field(whole.graph, whole)


def fields_within(whole: Inferred, scope: Sequence[str]) -> Mapping[str, Field]:
    """The receptive fields inside a use of a block: `scope` are the block nodes from the root, ":k" for a repetition.

    Empty where the scope does not lead anywhere.
    """
    height = max((t.shape[1] for node in whole.graph.nodes if (t := _picture(whole.results[node]))), default=0)
    inferred, given = whole, dict[str, Field]()
    for step in scope:
        name, _colon, index = step.partition(":")
        result = inferred.results.get(name)
        which = int(index or 0)
        if result is None or which >= len(result.inside):
            return {}
        values = _through(inferred, given, height)[1]
        arriving = _arriving(result, values)
        for inner in result.inside[:which]:
            arriving = _leaving(inner, _through(inner, dict(zip(inner.given, arriving, strict=False)), height)[1])
        inferred = result.inside[which]
        given = {port: seen for port, seen in zip(inferred.given, arriving, strict=False) if seen is not None}
    return MappingProxyType(_through(inferred, given, height)[0])


Fields = dict[tuple[str, str], Field]
"""Fields by node and output port."""


def _through(inferred: Inferred, given: Mapping[str, Field | None], height: int) -> tuple[dict[str, Field], Fields]:
    """The fields of one graph, by node, and by node and output port; `given` is what arrives at a block's inputs."""
    fields: dict[str, Field] = {}
    values: Fields = {}
    for node in inferred.order:
        result = inferred.results[node]
        layer = result.layer
        if layer is None:
            continue
        found: Field | None = None
        if layer.id == BLOCK_INPUT:
            found = given.get(node)
        elif _picture(result):
            found = Field(1, 1, height <= 1)
        elif result.inside and not result.state:
            _block(node, result, values, height)
            found = next((values[node, p.id] for p in layer.outputs if (node, p.id) in values), None)
        elif result.output is not None and (arriving := [f for f in _arriving(result, values) if f is not None]):
            found = _of_layer(result, layer, result.output, arriving, height)
        if found is not None:
            fields[node] = found
            values.update(((node, port.id), found) for port in layer.outputs if (node, port.id) not in values)
    return fields, values


def _block(node: str, result: NodeResult, values: Fields, height: int) -> None:
    """What leaves a use of a block, one repetition after the other."""
    arriving = _arriving(result, values)
    inner = result.inside[0]
    for inner in result.inside:
        arriving = _leaving(inner, _through(inner, dict(zip(inner.given, arriving, strict=False)), height)[1])
    for port, seen in zip(result.outputs, arriving, strict=False):
        if seen is not None:
            values[node, port] = seen


def _arriving(result: NodeResult, values: Fields) -> list[Field | None]:
    return [None if w is None else values.get((w.source, w.source_port)) for w in result.wires]


def _leaving(inner: Inferred, values: Fields) -> list[Field | None]:
    """What reaches the outputs of a block, in their order."""
    ends = (inner.results[node] for node in inner.graph.nodes)
    return [_arriving(end, values)[0] for end in ends if end.layer is not None and end.layer.is_output]


def _of_layer(result: NodeResult, layer: Layer, output: Tensor, arriving: list[Field], height: int) -> Field:
    before = _met(arriving)
    if result.state == "bypassed":
        return arriving[0]
    found = _seen(result, layer, output, before)
    if found is None:
        return Field(max(height, before.size), None, True)
    return replace(found, whole=before.whole or found.size >= height)


def _picture(result: NodeResult) -> Tensor | None:
    is_picture = result.layer is not None and result.layer.is_input and result.layer.id != BLOCK_INPUT
    return result.output if is_picture and result.output and len(result.output.shape) == 3 else None


def _met(fields: Iterable[Field]) -> Field:
    """Where branches meet: the smallest window that holds all of theirs, on the coarser grid."""
    several = list(fields)
    if len(several) == 1 or all(other == several[0] for other in several):
        return several[0]
    whole = any(one.whole for one in several)
    strides = [one.stride for one in several if one.stride is not None]
    stride = max(strides) if len(strides) == len(several) else None
    jump = max(one.jump for one in several)
    if stride is None or any(one.stride != stride for one in several):
        largest = max(several, key=lambda one: one.size)
        return Field(largest.size, stride, whole, largest.centre, jump)
    first = min(one.centre - _half(one.size - 1) for one in several)
    last = max(one.centre + _half(one.size - 1) for one in several)
    return Field(int(-(-(last - first) // 1)) + 1, stride, whole, _half(first + last), jump)


def _seen(result: NodeResult, layer: Layer, output: Tensor, before: Field) -> Field | None:
    taken = next(tensor for tensor in result.inputs if tensor is not None)
    p = result.values
    if layer.window is not None:
        kernel, stride, dilation = layer.window(p)
        reach = (kernel - 1) * dilation
        return _grown(before, reach, stride, _half(reach) - _padding(p, reach))
    if layer.id in _WINDOWS and len(taken.shape) == len(output.shape) == 3:
        return _grown(before, *_WINDOWS[layer.id](p, taken.shape[1], output.shape[1]))
    if layer.category in _POINTWISE or layer.id in _STEPWISE:
        return before
    if layer.category is Category.DENSE and len(output.shape) > 1:
        return before  # step by step
    if layer.category is Category.SHAPE and taken.size == output.size:
        return Field(before.size, None, before.whole)  # only moved: each value sees what it saw
    return None


def _padding(p: Values, reach: int) -> int:
    """Rows added above; "same" puts the odd one below."""
    padding = p.get("padding", 0)
    if padding == "same":
        return reach // 2
    if padding == "valid":
        return 0
    return int(padding[0]) if isinstance(padding, tuple) else int(padding)


def _grown(before: Field, reach: Ratio, stride: Ratio, shift: Ratio) -> Field | None:
    """A window that reaches over so many steps of the grid it stands on, moves by `stride` of them, and has the middle
    of its first position `shift` of them from the first value's."""
    grid = before.stride
    if grid is None:
        return None
    jump = before.jump
    further = -(-reach * grid // jump) * jump if jump else reach * grid
    if stride < 1:
        jump = max(jump, grid)
    size = before.size + (further if isinstance(further, int) else int(-(-further // 1)))
    return Field(size, _plain(grid * stride), before.whole, _plain(before.centre + shift * grid), jump)


def _half(value: Ratio) -> Ratio:
    return value // 2 if isinstance(value, int) and value % 2 == 0 else Fraction(value) / 2


def _plain(value: Ratio) -> Ratio:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


Window = tuple[Ratio, Ratio, Ratio]
"""(reach, stride, shift) in steps of what arrives."""


def _transposed(p: Values, _taken: int, _given: int) -> Window:
    """One value is the sum of every stamp that covers it: ceil(kernel / stride) of them at most."""
    kernel, stride, padding = p["kernel"][0], p["stride"][0], p["padding"][0]
    return -(-kernel // stride) - 1, Fraction(1, stride), Fraction(2 * padding - kernel + 1, 2 * stride)


def _resized(p: Values, taken: int, given: int) -> Window:
    """Nearest takes one value, the linear form blends two neighbours and the cubic four."""
    ratio = Fraction(taken, given)
    return {"nearest": 0, "bilinear": 1}.get(p["mode"], 3), ratio, ratio / 2 - Fraction(1, 2)


def _adaptive(_p: Values, taken: int, given: int) -> Window:
    """Windows from floor(i n / m) to ceil((i + 1) n / m)."""
    ratio = Fraction(taken, given)
    return -(-taken // given) - 1 + (taken % given > 0), ratio, ratio / 2 - Fraction(1, 2)


def _padded(p: Values, _taken: int, _given: int) -> Window:
    return 0, 1, -int(p["amount"][2])


def _cropped(p: Values, _taken: int, _given: int) -> Window:
    return 0, 1, int(p["amount"][2])


def _sliced(p: Values, _taken: int, _given: int) -> Window:
    return 0, 1, int(p["start"]) if p["axis"] == 2 else 0


def _rearranged(_p: Values, taken: int, given: int) -> Window:
    ratio = Fraction(taken, given)
    return max(0, taken // given - 1), ratio, ratio / 2 - Fraction(1, 2)


_WINDOWS: Mapping[str, Callable[[Values, int, int], Window]] = {
    "conv_transpose2d": _transposed,
    "upsample": _resized,
    "resize": _resized,
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "pad": _padded,
    "crop": _cropped,
    "slice": _sliced,
    "pixel_shuffle": _rearranged,
    "pixel_unshuffle": _rearranged,
}
"""Layers whose window follows from their parameters or shapes."""

_STEPWISE = frozenset({"learned_position", "sinusoidal_position", "class_token", "pick_step"})

_POINTWISE = frozenset(
    {Category.ACTIVATION, Category.NORMALISATION, Category.REGULARISATION, Category.MERGE, Category.IO}
)
"""Every other layer that declares no window counts as seeing everything, which is never too little."""
