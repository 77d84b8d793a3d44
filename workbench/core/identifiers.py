"""Fresh node ids: the layer's name and a number, as a person would count them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_LONGEST_STEM = 48  # leaves room for the number in the 64 characters a node id may have
_NUMBER = re.compile(r"[0-9]{1,9}\Z", re.ASCII)


def fresh_id(layer_id: str, taken: Collection[str]) -> str:
    """A new id for a node of a layer: ``fresh_id("conv2d", {"conv2d_1", "conv2d_2"})`` gives ``"conv2d_3"``.

    The number is one above the highest in use, so ids ascend in the order of creation. Any text is taken for a
    layer id (an unknown layer may have any name); the result is always an ASCII identifier.
    """
    return fresh_ids((layer_id,), taken)[0]


def fresh_ids(layer_ids: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """One fresh id for each layer id, all different; one pass over `taken` for each distinct layer."""
    highest: dict[str, int] = {}
    result = []
    for layer_id in layer_ids:
        stem = _stem(layer_id)
        if stem not in highest:
            highest[stem] = _highest(stem, taken)
        highest[stem] += 1
        result.append(f"{stem}_{highest[stem]}")
    return tuple(result)


def _stem(layer_id: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", layer_id.lower()[:_LONGEST_STEM]).strip("_")
    if not stem:
        return "layer"
    return stem if stem[0].isalpha() else f"layer_{stem}"


def _highest(stem: str, taken: Collection[str]) -> int:
    prefix, cut = f"{stem}_", len(stem) + 1
    return max((int(i[cut:]) for i in taken if i.startswith(prefix) and _NUMBER.match(i, cut)), default=0)
