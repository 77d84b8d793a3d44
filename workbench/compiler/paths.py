"""Nodes by path: "conv2d_1" at the root, "stage_1/conv2d_1" in a block, "stage_1:2/conv2d_1" in its third copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.compiler.inferred import Inferred, NodeResult
from workbench.compiler.naming import display_name


@dataclass(frozen=True, slots=True)
class Place:
    """A node somewhere in a network: its path id, and the level it stands on."""

    path: str
    node: str
    level: Inferred

    @property
    def result(self) -> NodeResult:
        return self.level.results[self.node]


def step(node: str, repetition: int = 0) -> str:
    """A block node as a part of a path: repetition 0 is the node alone."""
    return f"{node}:{repetition}" if repetition else node


def parted(path: str) -> tuple[tuple[str, ...], str]:
    """A path id as the block nodes to go through, as in `Diagnostic.path`, and the node at its end."""
    *through, node = path.split("/")
    return tuple(through), node


def joined(through: Sequence[str], node: str) -> str:
    """The path id of a node within block nodes; `parted` takes it apart."""
    return "/".join((*through, node))


def outermost(path: str) -> str:
    """The node of the network itself that a path begins with."""
    return path.partition("/")[0].partition(":")[0]


def repetition(part: str) -> tuple[str, int] | None:
    """A part of a path as a block node and a repetition; None if it is neither."""
    node, colon, number = part.partition(":")
    if colon and not (number.isascii() and number.isdecimal() and len(number) < 6):
        return None
    return node, int(number or 0)


def find(inferred: Inferred, path: str) -> Place | None:
    """The place of a path id; None if there is no such node. A repetition at its end is left out."""
    through, last = parted(path)
    level = inferred
    for part in through:
        inner = _entered(level, part)
        if inner is None:
            return None
        level = inner
    end = repetition(last)
    if end is None or end[0] not in level.results or end[1] >= max(1, len(level.results[end[0]].inside)):
        return None
    return Place(path, end[0], level)


def takes_part(inferred: Inferred, path: str) -> bool:
    """Whether a node is computed when the network runs: it reaches an output, and so do all blocks it stands in."""
    through, last = parted(path)
    level = inferred
    for part in through:
        inner = _entered(level, part)
        node = part.partition(":")[0]
        if inner is None or node not in level.live or level.results[node].state:
            return False
        level = inner
    return find(inferred, path) is not None and last.partition(":")[0] in level.live


def canonical(inferred: Inferred, path: str) -> str:
    """The one spelling of a path: repetition 0 is left out, but at the end of a block that is repeated."""
    through, last = parted(path)
    place = find(inferred, path)
    node, number = repetition(last) or (last, 0)
    alone = place is None or len(place.result.inside) < 2
    ending = node if alone and number == 0 else last
    return joined([step(*found) if (found := repetition(part)) else part for part in through], ending)


def opened_for(paths: Iterable[str]) -> frozenset[str]:
    """The uses of blocks, and the repetitions of them, that must be opened to reach nodes; paths are canonical."""
    found: set[str] = set()
    for path in paths:
        through, last = parted(path)
        for depth in range(1, len(through) + 1):
            here = "/".join(through[:depth])
            found |= {here, here.rpartition("/")[0] + "/" * (depth > 1) + through[depth - 1].partition(":")[0]}
        if ":" in last:
            found.add(joined(through, last.partition(":")[0]))
    return frozenset(found)


def walk(inferred: Inferred, prefix: str = "") -> Iterator[Place]:
    """All nodes that are computed, in order, those inside of a block before the block itself."""
    for node in inferred.order:
        if node in inferred.live:
            result = inferred.results[node]
            if not result.state:
                for number, inner in enumerate(result.inside):
                    yield from walk(inner, f"{prefix}{step(node, number)}/")
            yield Place(prefix + node, node, inferred)


def leaves(inferred: Inferred) -> Iterator[Place]:
    """All layers that are computed, in order: what blocks are made of, in place of the blocks."""
    return (place for place in walk(inferred) if not place.result.inside or place.result.state)


def path_name(inferred: Inferred, path: str) -> str:
    """A node for people, with the blocks it stands in: "Stage 1 › Conv 2D 1"; repetitions are counted from 1."""
    through, last = parted(path)
    names, level = [], inferred
    for part in (*through, last):
        node, number = repetition(part) or (part, 0)
        name = display_name(level.graph, node)
        several = node in level.results and len(level.results[node].inside) > 1
        names.append(f"{name} ({number + 1})" if several and (part is not last or ":" in part) else name)
        level = _entered(level, part) or level
    return " › ".join(names)


def _entered(level: Inferred, part: str) -> Inferred | None:
    """The inside of a use of a block."""
    found = repetition(part)
    if found is None or found[0] not in level.results:
        return None
    inside = level.results[found[0]].inside
    return inside[found[1]] if found[1] < len(inside) else None
