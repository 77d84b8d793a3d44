"""What a network will cost and see, before it is built: memory in bytes, and how much of the picture counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from workbench.catalogue.declaration import Category, Layer, Tensor
from workbench.compiler.inference import Inferred, NodeResult
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.core.words import file_size, number
from workbench.document.graph import Graph

FLOAT, INDEX = 4, 8
"""Bytes of one number: float32, and int64 for indices."""

STATE_COPIES = {"sgd": 1, "adam": 2, "adamw": 2, "rmsprop": 1, "adagrad": 1}
"""Numbers an optimizer keeps for each weight (SGD with momentum, which is the larger case)."""


def activation_bytes(inferred: Inferred) -> Mapping[str, int]:
    """What the result of each node takes for one sample, in bytes, where its shape is known.

    Inputs hand on what they get and outputs what reaches them, but both hold it, so they count like the others.
    """
    return {node: _bytes(tensor) for node, tensor in inferred.outputs.items() if tensor is not None}


def weight_bytes(inferred: Inferred) -> int:
    """The trainable parameters of the network as float32, in bytes."""
    return FLOAT * inferred.parameters


def training_bytes(inferred: Inferred, batch: int, optimizer: str) -> int:
    """What a training step holds at its peak, in bytes: weights, gradients, the optimizer's state, and activations.

    Every layer's result is kept for the backward pass; the two largest count twice, for the gradients that flow at
    one time. What libraries use for themselves comes on top, so this is a floor, a good one for large networks.
    """
    copies = 2 + STATE_COPIES.get(optimizer, 2)
    held = [size for node, size in activation_bytes(inferred).items() if node in inferred.live]
    return copies * weight_bytes(inferred) + batch * (sum(held) + sum(sorted(held)[-2:]))


def check_memory(inferred: Inferred, needed: int, available: int | None = None) -> Diagnostic | None:
    """An error on the largest node if `needed` bytes are more than `available` (what the machine has free now)."""
    if available is None:
        import psutil

        available = int(psutil.virtual_memory().available)
    if needed <= available:
        return None
    weights = {node: FLOAT * inferred.weights.get(node, 0) for node in inferred.order if node in inferred.live}
    results = activation_bytes(inferred)
    heavy = max(weights, key=lambda node: weights[node], default=None)
    if heavy is None or weights[heavy] * 2 < needed // 2:  # it is the pictures of a batch, not the weights
        heavy = max(weights, key=lambda node: results.get(node, 0), default=None)
        advice = "Make the batch or the pictures smaller, or take fewer filters."
        seen = ""
    else:
        seen = f" {display_name(inferred.graph, heavy)} alone has {number(inferred.weights[heavy])} parameters."
        advice = "Give it fewer units, or make what reaches it smaller, with pooling for example."
    return Diagnostic(
        "memory.short",
        f"The network needs about {file_size(needed)} of memory and {file_size(available)} are free.{seen} {advice}",
        node=heavy,
    )


def _bytes(tensor: Tensor) -> int:
    return tensor.size * (INDEX if tensor.kind == "index" else FLOAT)


# --- the receptive field --------------------------------------------------------------------------------------------


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
                fields[node] = _seen(result, result.layer, result.output, _widest(arriving), height)
    return fields


def _picture(result: NodeResult) -> Tensor | None:
    is_picture = result.layer is not None and result.layer.is_input and result.output is not None
    return result.output if is_picture and result.output and len(result.output.shape) == 3 else None


def _widest(fields: Iterable[Field]) -> Field:
    """Where branches meet: the larger size, the coarser grid."""
    several = list(fields)
    strides = [field.stride for field in several if field.stride is not None]
    return Field(
        max(field.size for field in several),
        max(strides) if len(strides) == len(several) else None,
        any(field.whole for field in several),
    )


def _seen(result: NodeResult, layer: Layer, output: Tensor, before: Field, height: int) -> Field:
    everything = Field(max(height, before.size), None, True)
    taken = next(tensor for tensor in result.inputs if tensor is not None)
    if layer.window is not None:
        if before.stride is None:
            return everything
        kernel, stride, dilation = layer.window(result.values)
        return _grown(before, (kernel - 1) * dilation, Fraction(stride), height)
    if layer.category in _POINTWISE or taken == output:
        return before
    if layer.category is Category.DENSE and len(output.shape) > 1:
        return before  # step by step
    if layer.category is Category.SHAPE and taken.size == output.size:
        return Field(before.size, None, before.whole)  # only moved: each value sees what it saw
    return everything


def _grown(before: Field, reach: int, stride: Fraction, height: int) -> Field:
    assert before.stride is not None
    size = before.size + -(-reach * before.stride // 1)
    return Field(int(size), before.stride * stride, before.whole or size >= height)


_POINTWISE = frozenset(
    {Category.ACTIVATION, Category.NORMALISATION, Category.REGULARISATION, Category.MERGE, Category.IO}
)
