"""Auto-layout that keeps what lies on a frame together: a frame is laid out by itself and then placed as one card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from workbench.document.graph import Edge, Frame, Graph, Node
from workbench.document.projection import cycle
from workbench.ui.canvas.arrange import Size, arrange

PAD, HEAD = 24, 56
"""What a frame leaves around its content, in scene pixels; above it there is room for the title."""

Spot = tuple[int, int]
Area = tuple[int, int, int, int]
"""Left, top, width, height."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nodes (their top left corners) and frames go."""

    nodes: Mapping[str, Spot]
    frames: Mapping[str, Area]

    def shifted(self, dx: int, dy: int) -> Layout:
        return Layout(
            {i: (x + dx, y + dy) for i, (x, y) in self.nodes.items()},
            {i: (x + dx, y + dy, w, h) for i, (x, y, w, h) in self.frames.items()},
        )


@dataclass(slots=True)
class _Level:
    """What lies directly on a frame, or on no frame at all."""

    nodes: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)


def lay_out(graph: Graph, sizes: Mapping[str, Size], width: float, *, down: bool = False) -> Layout:
    """`arrange` for a graph with frames. A frame without content stays where it is.

    Where wires leave a frame and come back into it, it cannot be one card; its content is then laid out with the
    rest, and the frame is drawn around it.
    """
    levels = _levels(graph, sizes)
    nodes, frames, _ = _lay_level(graph, levels, None, sizes, width, down)
    for identity in sorted(graph.frames, key=lambda i: _surface(graph.frames[i])):  # inner ones first
        if identity not in frames and (area := _around(levels[identity], nodes, frames, sizes)) is not None:
            frames[identity] = area
    return Layout(nodes, frames)


def content(graph: Graph, sizes: Mapping[str, Size]) -> dict[str, frozenset[str]]:
    """For each frame the nodes that lie wholly on it, also on frames within it."""
    return {
        i: frozenset(n for n in graph.nodes if _on(f, _card(graph.nodes[n], sizes))) for i, f in graph.frames.items()
    }


def _levels(graph: Graph, sizes: Mapping[str, Size]) -> dict[str | None, _Level]:
    levels: dict[str | None, _Level] = {None: _Level(), **{i: _Level() for i in graph.frames}}
    by_size = sorted(graph.frames.values(), key=lambda f: (_surface(f), f.id))
    for node in graph:
        holder = next((f.id for f in by_size if _on(f, _card(node, sizes))), None)
        levels[holder].nodes.append(node.id)
    for place, frame in enumerate(by_size):
        area = (frame.x, frame.y, frame.width, frame.height)
        holder = next((f.id for f in by_size[place + 1 :] if _on(f, area)), None)
        levels[holder].frames.append(frame.id)
    return levels


def _lay_level(
    graph: Graph,
    levels: Mapping[str | None, _Level],
    at: str | None,
    sizes: Mapping[str, Size],
    width: float,
    down: bool,
) -> tuple[dict[str, Spot], dict[str, Area], Size]:
    """Places of everything on one level, from (0, 0) on, and how much room it takes."""
    nodes, compounds = list(levels[at].nodes), [f for f in levels[at].frames if _filled(levels, f)]
    while True:
        inner = {f: _lay_level(graph, levels, f, sizes, width, down) for f in compounds}
        cards = {n: sizes[n] for n in nodes}
        cards |= {_key(f): (w + 2 * PAD, h + HEAD + PAD) for f, (_, _, (w, h)) in inner.items()}
        outer = _outer(graph, nodes, {f: inner[f][0] for f in compounds})
        circle = cycle(outer)
        torn = [f for f in compounds if _key(f) in circle]
        if not torn:
            break
        for frame in torn:  # its content joins this level
            compounds.remove(frame)
            nodes += levels[frame].nodes
            compounds += [f for f in levels[frame].frames if _filled(levels, f)]
    spots = arrange(outer, cards, width, down=down)
    found: dict[str, Spot] = {n: spots[n] for n in nodes}
    areas: dict[str, Area] = {}
    for frame, (places, frames, _) in inner.items():
        x, y = spots[_key(frame)]
        layout = Layout(places, frames).shifted(x + PAD, y + HEAD)
        found |= layout.nodes
        areas |= layout.frames
        areas[frame] = (x, y, *cards[_key(frame)])
    right = max((x + cards[c][0] for c, (x, _) in spots.items()), default=0)
    bottom = max((y + cards[c][1] for c, (_, y) in spots.items()), default=0)
    return found, areas, (right, bottom)


def _outer(graph: Graph, nodes: Iterable[str], within: Mapping[str, Iterable[str]]) -> Graph:
    """The level as a graph in which each compound frame is one node."""
    owner = {n: n for n in nodes} | {n: _key(f) for f, inside in within.items() for n in inside}
    kept = dict.fromkeys(owner[n] for n in graph.nodes if n in owner)  # in order of creation
    edges = {
        Edge(owner[e.source], "out", owner[e.target], "in")
        for e in graph.edges
        if e.source in owner and e.target in owner and owner[e.source] != owner[e.target]
    }
    return Graph({i: Node(i, "") for i in kept}, frozenset(edges))


def _key(frame: str) -> str:
    return f"#{frame}"  # no node's id begins so


def _filled(levels: Mapping[str | None, _Level], frame: str) -> bool:
    return bool(levels[frame].nodes) or any(_filled(levels, f) for f in levels[frame].frames)


def _around(
    level: _Level, nodes: Mapping[str, Spot], frames: Mapping[str, Area], sizes: Mapping[str, Size]
) -> Area | None:
    areas = [(*nodes[n], *sizes[n]) for n in level.nodes] + [frames[f] for f in level.frames if f in frames]
    if not areas:
        return None
    left, top = min(a[0] for a in areas) - PAD, min(a[1] for a in areas) - HEAD
    right, bottom = max(a[0] + a[2] for a in areas) + PAD, max(a[1] + a[3] for a in areas) + PAD
    return left, top, right - left, bottom - top


def _card(node: Node, sizes: Mapping[str, Size]) -> Area:
    return (node.x, node.y, *sizes[node.id])


def _surface(frame: Frame) -> int:
    return frame.width * frame.height


def _on(frame: Frame, area: Area) -> bool:
    left, top, width, height = area
    return (
        frame.x <= left
        and frame.y <= top
        and left + width <= frame.x + frame.width
        and top + height <= frame.y + frame.height
    )


def put(graph: Graph, layout: Layout) -> Graph:
    """The graph with its frames where a layout has them."""
    changed = {
        i: replace(graph.frames[i], x=x, y=y, width=w, height=h)
        for i, (x, y, w, h) in layout.frames.items()
        if i in graph.frames
    }
    return replace(graph, frames=MappingProxyType({**graph.frames, **changed})) if changed else graph
