"""Edits of frames: titled areas behind nodes. Pure functions like those in `workbench.document.edits`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Diagnostic
from workbench.core.identifiers import fresh_id
from workbench.document.block_rules import MOST_FRAMES, frame_fault
from workbench.document.edits import move
from workbench.document.graph import Frame, Graph
from workbench.document.rules import one_line, plain_text, whole_pixels

CARD = (184, 56)
"""The size of a card whose size nobody told, in pixels."""

_CHANGEABLE = frozenset(("title", "note", "x", "y", "width", "height", "colour"))


def new_frame_id(graph: Graph) -> str:
    """A frame id that is free in the graph."""
    return fresh_id("frame", graph.frames.keys())


def add_frame(graph: Graph, frame: Frame) -> Graph | Diagnostic:
    """Puts a new frame behind the nodes; refuses an id in use and what no file can hold."""
    if frame.id in graph.frames:
        return Diagnostic("frame.id_taken", f"There already is a frame “{frame.id}”; choose another id.")
    if len(graph.frames) >= MOST_FRAMES:
        return Diagnostic("frame.too_many", f"A graph holds at most {MOST_FRAMES:,} frames. Remove some.")
    return _put(graph, frame)


def change_frame(graph: Graph, frame: str, **changes: Any) -> Graph | Diagnostic:
    """Gives a frame another title, note, place, size or colour (fields of `Frame`); sizes are whole pixels."""
    old = graph.frames.get(frame)
    if old is None:
        return _no_frame(frame)
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"a frame has no {', '.join(sorted(unknown))} to change")
    if "title" in changes:
        changes["title"] = one_line(str(changes["title"]))
    if "note" in changes:
        changes["note"] = plain_text(str(changes["note"]))
    for one, other in (("x", "y"), ("width", "height")):
        pixels = whole_pixels(changes.get(one, getattr(old, one)), changes.get(other, getattr(old, other)))
        changes[one], changes[other] = pixels
    return _put(graph, replace(old, **changes))


def remove_frames(graph: Graph, ids: Iterable[str]) -> Graph | Diagnostic:
    """Takes frames away; what lies on them stays."""
    gone = set(ids)
    if missing := next((i for i in gone if i not in graph.frames), None):
        return _no_frame(missing)
    if not gone:
        return graph
    left = {i: f for i, f in graph.frames.items() if i not in gone}
    return replace(graph, frames=MappingProxyType(left))


def move_frames(
    graph: Graph,
    positions: Mapping[str, tuple[float, float]],
    sizes: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> Graph | Diagnostic:
    """Puts frames' top left corners at canvas positions; nodes and frames wholly within go with them.

    `sizes` are the cards' widths and heights in pixels by node id; `CARD` counts for those not told.
    """
    if missing := next((i for i in positions if i not in graph.frames), None):
        return _no_frame(missing)
    frames = dict(graph.frames)
    nodes: dict[str, tuple[float, float]] = {}
    moved = set(positions)
    for frame_id, (x, y) in positions.items():
        old = graph.frames[frame_id]
        at = whole_pixels(x, y)
        dx, dy = at[0] - old.x, at[1] - old.y
        frames[frame_id] = replace(old, x=at[0], y=at[1])
        for inner in frames_within(graph, frame_id):
            if inner not in moved:
                moved.add(inner)
                frame = graph.frames[inner]
                there = whole_pixels(frame.x + dx, frame.y + dy)
                frames[inner] = replace(frame, x=there[0], y=there[1])
        for node_id in nodes_within(graph, frame_id, sizes):
            node = graph.nodes[node_id]
            nodes.setdefault(node_id, (node.x + dx, node.y + dy))
    result = move(graph, nodes)
    if isinstance(result, Diagnostic) or all(frames[i] == graph.frames[i] for i in moved):
        return result
    return replace(result, frames=MappingProxyType(frames))


def nodes_within(
    graph: Graph, frame: str, sizes: Mapping[str, tuple[float, float]] = MappingProxyType({})
) -> tuple[str, ...]:
    """The nodes whose whole card lies on a frame."""
    area = graph.frames[frame]
    return tuple(node.id for node in graph if _holds(area, node.x, node.y, *sizes.get(node.id, CARD)))


def frames_within(graph: Graph, frame: str) -> tuple[str, ...]:
    """The other frames that lie wholly on a frame."""
    area = graph.frames[frame]
    return tuple(f.id for f in graph.frames.values() if f is not area and _holds(area, f.x, f.y, f.width, f.height))


def _holds(area: Frame, x: float, y: float, width: float, height: float) -> bool:
    return area.x <= x and area.y <= y and x + width <= area.x + area.width and y + height <= area.y + area.height


def _put(graph: Graph, frame: Frame) -> Graph | Diagnostic:
    if fault := frame_fault(frame):
        return Diagnostic("frame.bad", f"The frame “{frame.title or frame.id}” {fault}.")
    if graph.frames.get(frame.id) == frame:
        return graph
    return replace(graph, frames=MappingProxyType({**graph.frames, frame.id: frame}))


def _no_frame(frame: str) -> Diagnostic:
    return Diagnostic("frame.none", f"There is no frame “{frame[:80]}” in this graph; it may have been removed.")
