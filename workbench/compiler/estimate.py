"""What a network will cost and see, before it is built: memory in bytes, and how much of the picture counts."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.catalogue.declaration import Tensor
from workbench.compiler.inference import Inferred
from workbench.compiler.memory import available_memory
from workbench.compiler.naming import display_name
from workbench.compiler.receptive import Field, receptive_field
from workbench.core.diagnostic import Diagnostic
from workbench.core.words import file_size, number

__all__ = [
    "Field",
    "activation_bytes",
    "check_memory",
    "receptive_field",
    "training_bytes",
    "weight_bytes",
]

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
    """An error on the largest node if `needed` bytes are more than `available` (by default what can be had now)."""
    if available is None:
        available = available_memory()
    if needed <= available:
        return None
    weights = {node: FLOAT * inferred.weights.get(node, 0) for node in inferred.order if node in inferred.live}
    results = activation_bytes(inferred)
    heavy = max(weights, key=lambda node: weights[node], default=None)
    if heavy is None or 3 * weight_bytes(inferred) < needed // 2:  # it is the pictures of a batch, not the weights
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
