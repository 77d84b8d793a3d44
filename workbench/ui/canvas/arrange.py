"""Auto-layout: left to right in layers, wrapped into rows as text is, so that a deep network stays readable; or from
top to bottom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.document.graph import Graph
from workbench.ui.canvas.geometry import GRID
from workbench.ui.canvas.layering import Place, layered
from workbench.ui.canvas.placing import COLUMN_GAP, ROW_GAP

LANE_GAP = 32  # between two cards above each other in one row
_CUT = 0.35  # what it costs to break a row where more than one wire passes, in shares of a row's width
Size = tuple[int, int]


def arrange(graph: Graph, sizes: Mapping[str, Size], width: float, *, down: bool = False) -> dict[str, tuple[int, int]]:
    """Top left corners for all nodes, rows no wider than `width` scene pixels where that is possible.

    Parts that hang together are laid out one below the other, the largest first; layers without wires come last, side
    by side. `sizes` are the cards' widths and heights. Everything stands on the grid. With `down` the layers follow
    each other from top to bottom, parts stand side by side, and nothing is wrapped (`width` does not count).
    """
    if down:  # the same drawing, reflected at its diagonal
        lying = _arranged(graph, {n: (high, wide) for n, (wide, high) in sizes.items()}, math.inf, ROW_GAP)
        return {node: (x, y) for node, (y, x) in lying.items()}
    return _arranged(graph, sizes, width, COLUMN_GAP)


def _arranged(graph: Graph, sizes: Mapping[str, Size], width: float, gap: int) -> dict[str, tuple[int, int]]:
    """`gap` is what lies between two columns."""
    places: dict[str, tuple[int, int]] = {}
    top = 0
    parts = _parts(graph)
    for part in [p for p in parts if len(p) > 1]:
        inside = set(part)
        edges = [(e.source, e.target) for e in sorted(graph.edges) if e.source in inside and e.target in inside]
        top = _lay_out(part, edges, sizes, width, gap, top, places) + ROW_GAP
    single = [p[0] for p in parts if len(p) == 1]
    _side_by_side(single, sizes, width, top, places)
    return {node: places[node] for node in graph.nodes}


def _parts(graph: Graph) -> list[list[str]]:
    """Nodes that hang together, in order of creation within a part; the largest part first."""
    near: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.source in near and edge.target in near:
            near[edge.source].append(edge.target)
            near[edge.target].append(edge.source)
    part_of: dict[str, int] = {}
    for start in graph.nodes:
        if start in part_of:
            continue
        part_of[start] = len(part_of)
        waiting = [start]
        while waiting:
            for other in near[waiting.pop()]:
                if other not in part_of:
                    part_of[other] = part_of[start]
                    waiting.append(other)
    parts: dict[int, list[str]] = {}
    for node in graph.nodes:
        parts.setdefault(part_of[node], []).append(node)
    return sorted(parts.values(), key=len, reverse=True)


def _lay_out(
    nodes: Sequence[str],
    edges: Sequence[tuple[str, str]],
    sizes: Mapping[str, Size],
    width: float,
    gap: int,
    top: int,
    places: dict[str, tuple[int, int]],
) -> int:
    """Place one connected part from `top` down; gives the height where it ends."""
    at = layered(nodes, edges)
    columns: list[list[str]] = [[] for _ in range(max(p.rank for p in at.values()) + 1)]
    for node in nodes:
        columns[at[node].rank].append(node)
    columns = [column for column in columns if column]
    widths = [max(sizes[n][0] for n in column) for column in columns]
    for first, last in _rows(widths, _passing(columns, edges), width, gap):
        top = _row(columns[first:last], widths[first:last], at, sizes, gap, top, places) + ROW_GAP
    return top - ROW_GAP


def _row(
    columns: Sequence[Sequence[str]],
    widths: Sequence[int],
    at: Mapping[str, Place],
    sizes: Mapping[str, Size],
    gap: int,
    top: int,
    places: dict[str, tuple[int, int]],
) -> int:
    """Place one row of columns; gives its bottom. Lanes are as high as the highest card of the row."""
    nodes = [n for column in columns for n in column]
    lowest = min(at[n].lane for n in nodes)
    pitch = max(sizes[n][1] for n in nodes) + LANE_GAP
    x = 0
    for column, wide in zip(columns, widths, strict=True):
        for node in column:
            places[node] = (x, _grid(top + (at[node].lane - lowest) * pitch))
        x = _grid(x + wide + gap)
    return max(places[n][1] + sizes[n][1] for n in nodes)


def _passing(columns: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]) -> list[int]:
    """How many different nodes send a wire past the gap before each column (the first has none)."""
    column_of = {node: i for i, column in enumerate(columns) for node in column}
    farthest: dict[str, int] = {}
    for a, b in edges:
        farthest[a] = max(farthest.get(a, 0), column_of[b])
    passing = [0] * (len(columns) + 1)
    for node, last in farthest.items():
        for gap in range(column_of[node] + 1, last + 1):
            passing[gap] += 1
    return passing


def _rows(widths: Sequence[int], passing: Sequence[int], width: float, gap: int) -> list[tuple[int, int]]:
    """Break columns into rows (first, past the last): evenly filled, and not in the middle of a branch."""
    count = len(widths)
    if sum(widths) + gap * (count - 1) <= width:
        return [(0, count)]
    best = [0.0] + [float("inf")] * count  # cost of laying out the first n columns
    came = [0] * (count + 1)
    for end in range(1, count + 1):
        used = 0.0
        for first in range(end - 1, -1, -1):
            used += widths[first] + (gap if first < end - 1 else 0)
            if used > width and first < end - 1:
                break
            slack = max(0.0, 1 - used / width)
            # The last row may be short, like the last line of a paragraph.
            cost = best[first] + 0.05 + (slack * slack if end < count else 0.1 * slack)
            cost += _CUT * max(0, passing[end] - 1) if end < count else 0.0
            if cost < best[end]:
                best[end], came[end] = cost, first
    rows = []
    end = count
    while end:
        rows.append((came[end], end))
        end = came[end]
    return rows[::-1]


def _side_by_side(
    nodes: Sequence[str], sizes: Mapping[str, Size], width: float, top: int, places: dict[str, tuple[int, int]]
) -> None:
    x, height = 0, 0
    for node in nodes:
        wide, high = sizes[node]
        if x and x + wide > width:
            x, top, height = 0, _grid(top + height + LANE_GAP), 0
        places[node] = (x, top)
        x, height = _grid(x + wide + COLUMN_GAP), max(height, high)


def _grid(value: float) -> int:
    """Up to the next line of the grid, so that nothing comes closer than asked."""
    return -(-round(value) // GRID) * GRID
