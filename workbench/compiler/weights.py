"""What the layers have learned, carried over an edit of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.compiler.inference import Inferred

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled


def keys_of(compiled: Compiled, node: str) -> tuple[str, ...]:
    """The keys of a node in the module's state dict; none for a layer that learns nothing."""
    attribute = compiled.source.attributes.get(node)
    if attribute is None:
        return ()
    return tuple(key for key in compiled.keys if key == attribute or key.startswith(f"{attribute}."))


def kept_nodes(old: Inferred, new: Inferred) -> tuple[str, ...]:
    """The nodes whose weights mean the same in both graphs, in the new order.

    Their layer and parameters did not change, and the layer is constructed the same for what reaches it now: a
    convolution keeps its weights when the pictures get larger, a Linear that gets more numbers cannot. Names,
    positions and what stands before or after do not matter.
    """
    return tuple(node for node in new.order if _same(old, new, node))


def carry_over(state: Mapping[str, torch.Tensor], old: Compiled, new: Compiled) -> dict[str, torch.Tensor]:
    """The part of a state dict of the old network that fits the new one, under the new one's keys.

    Load it with ``strict=False``: what is not in it keeps its fresh weights. Buffers such as the averages of a batch
    norm come along. The tensors are those of `state`, not copies.
    """
    carried: dict[str, torch.Tensor] = {}
    for node in kept_nodes(old.inferred, new.inferred):
        before, after = old.source.attributes.get(node), new.source.attributes.get(node)
        if before is None or after is None:
            continue
        for key in keys_of(old, node):
            if key in state:
                carried[after + key[len(before) :]] = state[key]
    return carried


def _same(old: Inferred, new: Inferred, node: str) -> bool:
    before, after = old.results.get(node), new.results.get(node)
    if before is None or after is None or node not in old.live or node not in new.live:
        return False
    if before.layer is None or before.layer is not after.layer or dict(before.values) != dict(after.values):
        return False
    given = tuple(tensor for tensor in before.inputs if tensor is not None)
    arriving = tuple(tensor for tensor in after.inputs if tensor is not None)
    if len(given) < len(before.inputs) or len(arriving) < len(after.inputs):
        return False
    return given == arriving or before.layer.build(before.values, given) == after.layer.build(after.values, arriving)
