"""How much of the picture one value of a layer's result depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from workbench.catalogue.declaration import Category, Layer, Tensor
from workbench.compiler.inference import Inferred, NodeResult
from workbench.document.graph import Graph


@dataclass(frozen=True, slots=True)
class Field:
    """How much of the picture one value of a layer's result can depend on, along the height, in pixels.

    `stride` is how far apart on the picture two neighbouring values look; None where values no longer lie on a grid.
    `whole` says that a value in the middle sees all of the picture; `size` is then at least its height.
    """

    size: int
    stride: Fraction | None
    whole: bool


def receptive_field(graph: Graph, inferred: Inferred) -> Mapping[str, Field]:
    """The receptive field of every node that depends on a picture, where shapes are known.

    With kernel k, stride s and dilation d: size' = size + (k - 1) d stride and stride' = s stride (Araujo, Norris and
    Sim 2019, "Computing receptive fields of convolutional neural networks", section 2). Where branches meet, the
    largest counts. Normalisation counts as pointwise, as is usual, though group, layer and instance norm measure
    their scale over the whole map.
    """
    fields: dict[str, Field] = {}
    height = max((t.shape[1] for node in graph.nodes if (t := _picture(inferred.results[node]))), default=0)
    for node in inferred.order:
        result = inferred.results[node]
        if _picture(result):
            fields[node] = Field(1, Fraction(1), height <= 1)
        elif result.layer is not None and result.output is not None:
            arriving = [fields[w.source] for w in result.wires if w is not None and w.source in fields]
            if arriving:
                size, stride = _seen(result, result.layer, result.output, _widest(arriving)) or (height, None)
                whole = any(field.whole for field in arriving) or size >= height
                fields[node] = Field(size, stride, whole)
    return fields


Seen = tuple[int, Fraction | None]
"""The size and stride of a field; None in its place stands for everything."""


def _picture(result: NodeResult) -> Tensor | None:
    is_picture = result.layer is not None and result.layer.is_input and result.output is not None
    return result.output if is_picture and result.output and len(result.output.shape) == 3 else None


def _widest(fields: Iterable[Field]) -> Seen:
    """Where branches meet: the larger size, the coarser grid."""
    several = list(fields)
    strides = [field.stride for field in several if field.stride is not None]
    return max(field.size for field in several), max(strides) if len(strides) == len(several) else None


def _seen(result: NodeResult, layer: Layer, output: Tensor, before: Seen) -> Seen | None:
    taken = next(tensor for tensor in result.inputs if tensor is not None)
    if layer.window is not None:
        kernel, stride, dilation = layer.window(result.values)
        return _grown(before, Fraction((kernel - 1) * dilation), Fraction(stride))
    if layer.id in _WINDOWS and len(taken.shape) == len(output.shape) == 3:
        reach, stride_ = _WINDOWS[layer.id](result, taken.shape[1], output.shape[1])
        return _grown(before, reach, stride_)
    if layer.category in _POINTWISE or layer.id in _STEPWISE:
        return before
    if layer.category is Category.DENSE and len(output.shape) > 1:
        return before  # step by step
    if layer.category is Category.SHAPE and taken.size == output.size:
        return before[0], None  # only moved: each value sees what it saw
    return None


def _grown(before: Seen, reach: Fraction, stride: Fraction) -> Seen | None:
    """A window that reaches over so many steps of the grid it stands on, and moves by `stride` of them."""
    size, grid = before
    return None if grid is None else (size + int(-(-reach * grid // 1)), grid * stride)


def _transposed(result: NodeResult, _taken: int, _given: int) -> tuple[Fraction, Fraction]:
    """One value is the sum of every stamp that covers it: ceil(kernel / stride) of them at most."""
    kernel, stride = result.values["kernel"][0], result.values["stride"][0]
    return Fraction(-(-kernel // stride) - 1), Fraction(1, stride)


def _resized(result: NodeResult, taken: int, given: int) -> tuple[Fraction, Fraction]:
    """Nearest takes one value, the linear forms blend two neighbours."""
    return Fraction(0 if result.values["mode"] == "nearest" else 1), Fraction(taken, given)


def _adaptive(_result: NodeResult, taken: int, given: int) -> tuple[Fraction, Fraction]:
    """Windows from floor(i n / m) to ceil((i + 1) n / m)."""
    return Fraction(-(-taken // given) - 1 + (taken % given > 0)), Fraction(taken, given)


def _kept(_result: NodeResult, _taken: int, _given: int) -> tuple[Fraction, Fraction]:
    return Fraction(0), Fraction(1)


def _rearranged(_result: NodeResult, taken: int, given: int) -> tuple[Fraction, Fraction]:
    return Fraction(0), Fraction(taken, given)


_WINDOWS: Mapping[str, Callable[[NodeResult, int, int], tuple[Fraction, Fraction]]] = {
    "conv_transpose2d": _transposed,
    "upsample": _resized,
    "resize": _resized,
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "pad": _kept,
    "crop": _kept,
    "slice": _kept,
    "pixel_shuffle": _rearranged,
    "pixel_unshuffle": _rearranged,
}
"""Layers whose window follows from their parameters or shapes: (reach, stride) in steps of what arrives."""

_STEPWISE = frozenset({"learned_position", "sinusoidal_position", "class_token", "pick_step"})

_POINTWISE = frozenset(
    {Category.ACTIVATION, Category.NORMALISATION, Category.REGULARISATION, Category.MERGE, Category.IO}
)
"""Every other layer that declares no window counts as seeing everything, which is never too little."""
