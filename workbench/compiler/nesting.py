"""Which blocks a block uses, how deep they nest, and which change when one of them is edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.compiler.binding import names_used
from workbench.document.graph import Block

DEEPEST = 32
"""How many blocks may stand inside each other."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """By block id: `uses` are the blocks whose definitions stand inside, at any depth, the block itself among them.

    `circular` blocks are used by themselves, at some depth; `depth` is 1 for them and for blocks of layers alone.
    `names` are those that expressions directly inside read.
    """

    uses: Mapping[str, frozenset[str]]
    circular: frozenset[str]
    depth: Mapping[str, int]
    names: Mapping[str, frozenset[str]]


def nesting(blocks: Mapping[str, Block]) -> Nesting:
    """How blocks use each other; names of blocks that are not there are left out. Never raises."""
    direct = {
        block_id: frozenset(used for node in block.graph if (used := node.block) is not None and used in blocks)
        for block_id, block in blocks.items()
    }
    uses = {block_id: _reached(block_id, direct) for block_id in blocks}
    circular = frozenset(b for b in blocks if any(b in uses[used] for used in direct[b]))
    depth = dict.fromkeys(circular, 1)
    for block_id in sorted(blocks.keys() - circular, key=lambda b: len(uses[b])):  # those inside come first
        depth[block_id] = 1 + max((depth[used] for used in direct[block_id]), default=0)
    return Nesting(uses, circular, depth, {block_id: names_used(block.graph) for block_id, block in blocks.items()})


def changed_blocks(before: Mapping[str, Block], after: Mapping[str, Block], nested: Nesting) -> frozenset[str]:
    """The blocks of `after` that, or some block inside which, are not what they were in `before`."""
    if before is after:
        return frozenset()
    edited = frozenset(b for b, block in after.items() if before.get(b) is not block)
    gone = before.keys() - after.keys()
    direct = {b for b, block in after.items() if gone and any(node.block in gone for node in block.graph)}
    return frozenset(b for b in after if nested.uses[b] & (edited | direct)) if edited or direct else frozenset()


def _reached(start: str, direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, waiting = {start}, [start]
    while waiting:
        for used in direct[waiting.pop()]:
            if used not in found:
                found.add(used)
                waiting.append(used)
    return frozenset(found)
