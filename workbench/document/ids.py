"""Ids for what an edit adds: as `core.identifiers` counts them, with blocks and their ports called what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from workbench.core.identifiers import fresh_ids
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, BLOCK_PREFIX, ID_PATTERN

_PORTS = {BLOCK_INPUT: "in", BLOCK_OUTPUT: "out"}
_LONGEST = 48


def new_ids(layers: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """One free node id for each layer id, all different: "conv2d_2", for a use of the block "stage" "stage_1", and
    for a block's ports "in", "in_2", … (they are the names of the ports outside)."""
    wanted = tuple(layers)
    ordinary = iter(fresh_ids((w.removeprefix(BLOCK_PREFIX) for w in wanted if w not in _PORTS), taken))
    given: set[str] = set()
    result = []
    for layer in wanted:
        made = _counted(_PORTS[layer], (taken, given)) if layer in _PORTS else next(ordinary)
        given.add(made)
        result.append(made)
    return tuple(result)


def new_id(layer: str, taken: Collection[str]) -> str:
    """One free node id, as `new_ids` gives them."""
    return new_ids((layer,), taken)[0]


def block_id(title: str, taken: Collection[str]) -> str:
    """A free id for a block of this title: "stage", "stage_2", …; any text will do."""
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower()[:_LONGEST]).strip("_")
    return _counted(stem if ID_PATTERN.match(stem) else f"block_{stem}".strip("_"), (taken,))


def numbered(title: str, taken: Collection[str]) -> str:
    """A title nobody has yet: itself, or with the first free number behind it ("Stage 2")."""
    if title not in taken:
        return title
    stem = re.sub(r" [0-9]{1,6}\Z", "", title)
    number = 2
    while f"{stem} {number}" in taken:
        number += 1
    return f"{stem} {number}"


def _counted(stem: str, taken: Iterable[Collection[str]]) -> str:
    groups = tuple(taken)
    if all(stem not in group for group in groups):
        return stem
    number = 2
    while any(f"{stem}_{number}" in group for group in groups):
        number += 1
    return f"{stem}_{number}"
