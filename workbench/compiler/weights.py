"""What the layers have learned, carried over an edit of the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workbench.catalogue.expression import Call
from workbench.compiler.inferred import Inferred
from workbench.compiler.paths import Place, leaves

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled


def keys_of(compiled: Compiled, node: str) -> tuple[str, ...]:
    """The keys of a node, by path id, in the module's state dict; none for a layer that learns nothing."""
    attribute = compiled.source.attributes.get(node)
    if attribute is None:
        return ()
    return tuple(key for key in compiled.keys if key == attribute or key.startswith(f"{attribute}."))


def kept_nodes(old: Inferred, new: Inferred) -> tuple[str, ...]:
    """The layers whose weights mean the same in both graphs, by path id, in the new order.

    Their layer and parameters did not change, and the layer is constructed the same for what reaches it now: a
    convolution keeps its weights when the pictures get larger, a Linear that gets more numbers cannot. Names,
    positions and what stands before or after do not matter. Where a layer went into a block or came out of one, see
    `moved_nodes`.
    """
    before = {place.path: place for place in leaves(old)}
    return tuple(p.path for p in leaves(new) if p.path in before and _same(before[p.path], p))


def moved_nodes(old: Inferred, new: Inferred) -> Mapping[str, str]:
    """Every layer that keeps its weights, by path id: where it is now, and where it was.

    What stands at its old place is kept there. Of the rest, layers of one id that are constructed the same were moved
    into a block, out of one or between them, as long as there are as many of them before and after.
    """
    kept = dict.fromkeys(kept_nodes(old, new))
    before = _learning(place for place in leaves(old) if place.path not in kept)
    after = _learning(place for place in leaves(new) if place.path not in kept)
    moved = {path: path for path in kept}
    for what, now in after.items():
        then = before.get(what, [])
        if len(then) == len(now):
            moved.update(zip(now, then, strict=True))
    return moved


def carry_over(state: Mapping[str, torch.Tensor], old: Compiled, new: Compiled) -> dict[str, torch.Tensor]:
    """The part of a state dict of the old network that fits the new one, under the new one's keys.

    Load it with ``strict=False``: what is not in it keeps its fresh weights. Buffers such as the averages of a batch
    norm come along. The tensors are those of `state`, not copies.
    """
    carried: dict[str, torch.Tensor] = {}
    keys: dict[str, list[str]] = {}
    attributes = {attribute: path for path, attribute in old.source.attributes.items()}
    for key in state:
        owner = _owner(key, attributes)
        if owner is not None:
            keys.setdefault(owner, []).append(key)
    for now, then in moved_nodes(old.inferred, new.inferred).items():
        before, after = old.source.attributes.get(then), new.source.attributes.get(now)
        if before is None or after is None:
            continue
        for key in keys.get(then, ()):
            carried[after + key[len(before) :]] = state[key]
    return carried


def _owner(key: str, attributes: Mapping[str, str]) -> str | None:
    """The innermost node that a key of the state dict belongs to."""
    attribute = key
    while attribute:
        if attribute in attributes:
            return attributes[attribute]
        attribute = attribute.rpartition(".")[0]
    return None


def _learning(places: Iterator[Place]) -> dict[tuple[str, Call], list[str]]:
    """The paths of layers with weights, in order, by node id and constructor."""
    found: dict[tuple[str, Call], list[str]] = {}
    for place in places:
        call = _constructor(place)
        if call is not None and place.result.weights:
            found.setdefault((place.node, call), []).append(place.path)
    return found


def _constructor(place: Place) -> Call | None:
    result = place.result
    given = tuple(tensor for tensor in result.inputs if tensor is not None)
    if result.layer is None or result.state or len(given) < len(result.inputs):
        return None
    return result.layer.build(result.values, given)


def _same(before: Place, after: Place) -> bool:
    was, now = before.result, after.result
    if was is now:
        return not was.state
    if was.layer is None or was.layer is not now.layer or dict(was.values) != dict(now.values):
        return False
    if was.state or now.state or None in was.inputs or None in now.inputs:
        return False
    return was.inputs == now.inputs or _constructor(before) == _constructor(after)
