"""Ranks and lanes for a layered drawing: which column a node stands in, and at which height, in lanes.

`fast_sugiyama` does it where it is installed (3,000 nodes in 0.06 s); a plain version in Python stands in for it.
Both follow Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981):
ranks, virtual nodes on long edges, few crossings, straight lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 6
_VIRTUAL = 0.5  # lanes a wire needs that passes a rank
_SPACING = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A node's column, from 0, and its height in lanes (not necessarily whole, never closer than one to another)."""

    rank: int
    lane: float


def layered(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, Place]:
    """Places for one connected, acyclic graph. The same graph always gets the same places."""
    try:
        return _fast(nodes, edges)
    except ImportError:
        return plain(nodes, edges)


def _fast(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, Place]:
    from fast_sugiyama import from_edges

    if not edges:
        return plain(nodes, edges)
    number = {node: i for i, node in enumerate(nodes)}
    pairs = sorted({(number[a], number[b]) for a, b in edges})
    [(positions, *_rest)] = from_edges(
        pairs, vertex_spacing=_SPACING, dummy_vertices=False, dummy_size=_VIRTUAL * _SPACING, check_layout=False
    )
    # It draws from the bottom up: sources stand highest.
    top = max(y for _, (_, y) in positions)
    raw = {nodes[i]: (round((top - y) / _SPACING), x / _SPACING) for i, (x, y) in positions}
    return _spread({node: Place(rank, lane) for node, (rank, lane) in raw.items()})


def _spread(places: Mapping[str, Place]) -> dict[str, Place]:
    """Keep at least a lane between nodes of one rank, and begin with lane 0."""
    lowest = min(p.lane for p in places.values())
    result: dict[str, Place] = {}
    last: dict[int, float] = {}
    for node in sorted(places, key=lambda n: (places[n].lane, n)):
        rank, lane = places[node].rank, places[node].lane - lowest
        lane = max(lane, last.get(rank, -1.0) + 1.0)
        last[rank] = lane
        result[node] = Place(rank, lane)
    return result


def plain(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, Place]:
    """The same in Python alone."""
    ranks = _ranks(nodes, edges)
    levels, before, after = _with_virtual(nodes, edges, ranks)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for rank in range(1, len(levels)) if down else range(len(levels) - 2, -1, -1):
            near = before if down else after
            levels[rank] = _untangled(levels[rank], levels[rank - 1 if down else rank + 1], near)
    lanes: dict[str | tuple[str, str, int], float] = {}
    for level in levels:
        last, room = -1.0, 0.0
        for node in level:
            half = 0.5 if isinstance(node, str) else _VIRTUAL / 2
            wanted = _mean([lanes[m] for m in before[node]], last + room + half)
            lanes[node] = max(wanted, last + room + half) if last >= 0 or room else wanted
            last, room = lanes[node], half
    lowest = min(lanes[node] for node in nodes)
    return _spread({node: Place(ranks[node], lanes[node] - lowest) for node in nodes})


def _ranks(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a source."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    waiting = dict.fromkeys(nodes, 0)
    for a, b in edges:
        after[a].append(b)
        waiting[b] += 1
    ranks = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if waiting[node] == 0]
    for node in ready:
        for follower in after[node]:
            ranks[follower] = max(ranks[follower], ranks[node] + 1)
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    # A source that feeds only late ranks stands just before them, not far off at the left.
    fed = {b for _, b in edges}
    for node in nodes:
        if after[node] and node not in fed:
            ranks[node] = min(ranks[f] for f in after[node]) - 1
    return ranks


_Point = str | tuple[str, str, int]


def _untangled(
    level: Sequence[_Point], neighbours: Sequence[_Point], near: Mapping[_Point, Sequence[_Point]]
) -> list[_Point]:
    """A level in the order of the middles of what each node is joined to in the neighbouring level."""
    at = {node: float(i) for i, node in enumerate(neighbours)}
    keys = {node: (_mean([at[m] for m in near[node]], i), i) for i, node in enumerate(level)}
    return sorted(level, key=keys.__getitem__)


def _with_virtual(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], ranks: Mapping[str, int]
) -> tuple[list[list[_Point]], dict[_Point, list[_Point]], dict[_Point, list[_Point]]]:
    """Levels with a virtual node wherever an edge passes a rank, and each node's neighbours before and after."""
    levels: list[list[_Point]] = [[] for _ in range(max(ranks.values()) + 1)]
    before: dict[_Point, list[_Point]] = {node: [] for node in nodes}
    after: dict[_Point, list[_Point]] = {node: [] for node in nodes}
    for node in nodes:
        levels[ranks[node]].append(node)
    for a, b in sorted(set(edges)):
        last: _Point = a
        for rank in range(ranks[a] + 1, ranks[b]):
            virtual = (a, b, rank)
            levels[rank].append(virtual)
            before[virtual], after[virtual] = [last], []
            after[last].append(virtual)
            last = virtual
        after[last].append(b)
        before[b].append(last)
    return levels, before, after


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
