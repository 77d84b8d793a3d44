"""Bringing one branch to the shape of another: which layers do it, and which branch is the one to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbench.catalogue.declaration import Tensor
from workbench.compiler.inferred import NodeResult
from workbench.document.graph import Edge, Value, frozen

FURTHEST = 400
"""How many layers are looked at to see which branch leaves the other's way."""


@dataclass(frozen=True, slots=True)
class Part:
    """A layer that would be added, with the parameters that differ from its defaults."""

    layer: str
    params: Mapping[str, Value] = field(default_factory=frozen)


def matching(tensor: Tensor, goal: Tensor, *, normed: bool = False) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """Layers that lead from one shape to another, with words, the usual way first; yet to be tried.

    `normed` says that the goal was brought to scale by a norm, so a projection gets one too.
    """
    one, other = tensor.shape, goal.shape
    if len(one) == len(other) == 3:
        yield from _projections(one, other, normed)
        if one[1:] != other[1:]:
            size = f"{other[1]:,} × {other[2]:,}"
            yield f"Add Resize to {size}", (Part("resize", frozen({"size": other[1:]})),)
    elif len(one) == len(other) and one[:-1] == other[:-1] and len(one) < 3:
        yield f"Add Linear with {other[-1]:,} units", (Part("linear", frozen({"units": other[-1]})),)


def _projections(one: tuple[int, ...], other: tuple[int, ...], normed: bool) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """A 1 × 1 convolution, with a stride where the maps are a whole number of times larger (He et al. 2015).

    What tells two of them apart comes first in their words, for the end may be cut where there is little room.
    """
    params: dict[str, Value] = {"filters": other[0], "kernel": (1, 1)}
    how = ["1 × 1 convolution"]
    if one[1:] != other[1:]:
        # With a stride s, ceil(size / s) places are left.
        stride = tuple(-(-a // b) for a, b in zip(one[1:], other[1:], strict=True))
        if any(-(-a // s) != b for a, b, s in zip(one[1:], other[1:], stride, strict=True)):
            return
        params["stride"] = stride
        how.append(f"stride {stride[0]}")
    parts = [Part("conv2d", frozen(params))]
    if normed:
        how.append("batch norm")
        parts = [Part("conv2d", frozen({**params, "bias": False})), Part("batch_norm2d")]
    yield f"Project to {other[0]:,} channels ({', '.join(how)})", tuple(parts)


def shortcut_first(wires: tuple[Edge | None, ...], results: Mapping[str, NodeResult]) -> tuple[int, ...]:
    """The positions of wires, those first that come from further up on the way of another: shortcuts."""
    sources = {place: edge.source for place, edge in enumerate(wires) if edge is not None}
    before = {place: _before(source, results) for place, source in sources.items()}

    def rank(place: int) -> tuple[bool, int]:
        is_shortcut = any(sources[place] in seen for other, seen in before.items() if other != place)
        return not is_shortcut, -place

    return tuple(sorted(sources, key=rank))


def _before(source: str, results: Mapping[str, NodeResult]) -> frozenset[str]:
    """What a node depends on, as far as it is looked at."""
    found: set[str] = set()
    waiting = [source]
    while waiting and len(found) < FURTHEST:
        result = results.get(waiting.pop())
        for wire in () if result is None else result.wires:
            if wire is not None and wire.source not in found:
                found.add(wire.source)
                waiting.append(wire.source)
    return frozenset(found)
