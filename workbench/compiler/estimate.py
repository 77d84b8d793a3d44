"""What a network will cost and see, before it is built: memory in bytes, and how much of the picture counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from workbench.catalogue.blocks import PORTS
from workbench.catalogue.memory import FLOAT, INDEX
from workbench.compiler.inferred import Inferred
from workbench.compiler.memory import available_memory
from workbench.compiler.naming import display_name
from workbench.compiler.receptive import Field, fields_at, receptive_field
from workbench.compiler.step_memory import Tape, bytes_of, held_bytes, most_bytes, peak_bytes, unrolled
from workbench.compiler.upkeep import Upkeep, of_optimizer
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.core.identity import Same
from workbench.core.words import file_size, number
from workbench.document.graph import Value

__all__ = [
    "FLOAT",
    "INDEX",
    "Field",
    "activation_bytes",
    "check_memory",
    "fields_at",
    "kept_bytes",
    "largest_batch",
    "layer_count",
    "receptive_field",
    "surely_fits",
    "training_bytes",
    "weight_bytes",
]

Optimizing = str | Upkeep
"""An optimizer of the catalogue by its id, or all that a recipe keeps for each weight (`upkeep.of_recipe`)."""


def activation_bytes(inferred: Inferred) -> Mapping[str, int]:
    """What the result of each node takes for one sample, in bytes, where its shape is known."""
    return {node: bytes_of(tensor) for node, tensor in inferred.outputs.items() if tensor is not None}


def kept_bytes(inferred: Inferred) -> Mapping[str, int]:
    """What each node adds, for one sample, to what a training step keeps until its backward pass, in bytes.

    A result that nothing needs on the way back is let go of and counts 0, as that of a batch norm before a ReLU; a use
    of a block counts what is inside. Nodes that reach no output, or whose shapes are unknown, are not there.
    """
    return held_bytes(_tape(Same(inferred)))


def layer_count(inferred: Inferred) -> int:
    """How many layers there are, those inside of blocks as often as they are used.

    Blocks, their ports and what is bypassed do not count.
    """
    results = [result for result in inferred.results.values() if result.state != "bypassed"]
    own = sum(r.layer is None or (r.layer.block is None and r.layer.id not in PORTS) for r in results)
    return own + sum(layer_count(inner) for result in results for inner in result.inside)


def weight_bytes(inferred: Inferred) -> int:
    """The trainable parameters of the network as float32, in bytes."""
    return FLOAT * inferred.parameters


def training_bytes(
    inferred: Inferred, batch: int, optimizer: Optimizing, params: Mapping[str, Value] | None = None
) -> int:
    """What a training step holds at its peak, in bytes.

    The step is played through as PyTorch runs it on the CPU: weights, what the optimizer remembers of those that learn,
    the moving average, the batch,
    every result the backward pass needs and what layers keep besides (their declarations say what), and on the way back
    gradients as they come and go. It counts tensors. What libraries hold for themselves, some 10 MB, and what the
    allocator of the operating system cannot give back come on top.
    """
    return _peak(Same(inferred), batch, _upkeep(optimizer, params))


def surely_fits(
    inferred: Inferred, batch: int, optimizer: Optimizing, available: int, params: Mapping[str, Value] | None = None
) -> bool:
    """Whether a step fits into `available` bytes with room to spare; False where only `training_bytes` can tell.

    For after every edit: it looks anew only at the layers that changed.
    """
    weights = _upkeep(optimizer, params).most * weight_bytes(inferred)
    return weights + batch * most_bytes(inferred) <= available


def largest_batch(
    inferred: Inferred, optimizer: Optimizing, available: int, most: int, params: Mapping[str, Value] | None = None
) -> int | None:
    """The largest batch up to `most` whose training step fits into `available` bytes; a power of two from 2 on.

    None if not even a batch of 2 fits (batch norm needs two).
    """
    batch = 2
    if training_bytes(inferred, batch, optimizer, params) > available:
        return None
    while 2 * batch <= most and training_bytes(inferred, 2 * batch, optimizer, params) <= available:
        batch *= 2
    return batch


def check_memory(
    inferred: Inferred, needed: int, available: int | None = None, *, fitting: int | None = None
) -> Diagnostic | None:
    """An error on the largest node if `needed` bytes are more than `available` (by default what can be had now).

    `fitting` is a batch size that would fit; setting it is then offered.
    """
    if available is None:
        available = available_memory()
    if needed <= available:
        return None
    weights = {node: FLOAT * inferred.weights.get(node, 0) for node in inferred.order if node in inferred.live}
    results = activation_bytes(inferred)
    heavy = max(weights, key=lambda node: weights[node], default=None)
    seen = ""
    if heavy is None or 3 * weight_bytes(inferred) < needed // 2:  # it is the pictures of a batch, not the weights
        heavy = max(weights, key=lambda node: results.get(node, 0), default=None)
        advice = "Make the batch or the pictures smaller, or take fewer filters."
    else:
        seen = f" {display_name(inferred.graph, heavy)} alone has {number(inferred.weights[heavy])} parameters."
        advice = "Give it fewer units, or make what reaches it smaller, with pooling for example."
    fixes: tuple[Fix, ...] = ()
    if fitting is not None:
        fixes = (Fix(f"Set the batch size to {number(fitting)}", "set_batch_size", {"value": fitting}),)
        seen += f" A batch of {number(fitting)} fits."
    return Diagnostic(
        "memory.short",
        f"The network needs about {file_size(needed)} of memory and {file_size(available)} are free.{seen} {advice}",
        node=heavy,
        fixes=fixes,
    )


def _upkeep(optimizer: Optimizing, params: Mapping[str, Value] | None) -> Upkeep:
    return of_optimizer(optimizer, params) if isinstance(optimizer, str) else optimizer


@lru_cache(maxsize=4)
def _tape(key: Same[Inferred]) -> Tape:
    """Summary, inspector and checks ask about the same network after every edit."""
    return unrolled(key.value)


@lru_cache(maxsize=16)
def _peak(key: Same[Inferred], batch: int, upkeep: Upkeep) -> int:
    return peak_bytes(_tape(key), batch, upkeep)
