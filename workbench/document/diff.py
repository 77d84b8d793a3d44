"""What changed between two graphs, so that a view touches only those items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from workbench.document.graph import Block, Edge, Frame, Graph, Node
from workbench.document.project import DataSettings, Project

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """Ids and wires that differ, in the order of the graph they stand in (wires sorted).

    A node whose layer, name, parameters, state, colour or fold differ is in `nodes_changed`; one that lies elsewhere
    is in `nodes_moved`; it may be in both. `blocks_changed` are the definitions that were added, removed or changed.
    A diff is falsy when nothing differs.
    """

    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()
    nodes_changed: tuple[str, ...] = ()
    nodes_moved: tuple[str, ...] = ()
    edges_added: tuple[Edge, ...] = ()
    edges_removed: tuple[Edge, ...] = ()
    frames_added: tuple[str, ...] = ()
    frames_removed: tuple[str, ...] = ()
    frames_changed: tuple[str, ...] = ()
    blocks_changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.changes_function or bool(
            self.nodes_moved or self.frames_added or self.frames_removed or self.frames_changed
        )

    @property
    def changes_function(self) -> bool:
        """Whether anything but positions and frames differs (names count: they are shown and searched)."""
        return bool(
            self.nodes_added
            or self.nodes_removed
            or self.nodes_changed
            or self.edges_added
            or self.edges_removed
            or self.blocks_changed
        )


def diff(before: Graph, after: Graph) -> GraphDiff:
    """What leads from one graph to the other; nodes shared by both cost one look-up each."""
    if before is after:
        return GraphDiff()
    added, changed, moved = [], [], []
    old = before.nodes
    for node in after:
        was = old.get(node.id)
        if was is node:
            continue
        if was is None:
            added.append(node.id)
            continue
        if (was.x, was.y) != (node.x, node.y):
            moved.append(node.id)
        if not _same_node(replace(was, x=node.x, y=node.y), node):
            changed.append(node.id)
    removed = tuple(i for i in old if i not in after.nodes)
    wires = before.edges is not after.edges
    frames = _frames(before.frames, after.frames)
    return GraphDiff(
        tuple(added),
        removed,
        tuple(changed),
        tuple(moved),
        tuple(sorted(after.edges - before.edges)) if wires else (),
        tuple(sorted(before.edges - after.edges)) if wires else (),
        *frames,
        _blocks(before.blocks, after.blocks),
    )


def _frames(
    before: Mapping[str, Frame], after: Mapping[str, Frame]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    if before is after:
        return (), (), ()
    return (
        tuple(i for i in after if i not in before),
        tuple(i for i in before if i not in after),
        tuple(i for i, frame in after.items() if i in before and before[i] != frame),
    )


def _blocks(before: Mapping[str, Block], after: Mapping[str, Block]) -> tuple[str, ...]:
    if before is after:
        return ()
    changed = [i for i, block in after.items() if i not in before or not same_block(before[i], block)]
    return (*changed, *(i for i in before if i not in after))


def same(before: Project, after: Project) -> bool:
    """Whether two projects would be saved alike. Unlike `==` this tells 1 from 1.0 and from True."""
    if before is after:
        return True
    if before != after or repr((_few(before.data), before.recipe)) != repr((_few(after.data), after.recipe)):
        return False
    return same_graph(before.graph, after.graph)


def _few(data: DataSettings) -> DataSettings:
    """Without what is saved in sorted order and holds no numbers: there `==` is enough, and there may be very many."""
    return replace(data, changes=_NOTHING, columns=_NOTHING)


def same_graph(before: Graph, after: Graph) -> bool:
    """Whether two graphs would be saved alike, their blocks and frames included."""
    if before is after:
        return True
    old = before.nodes
    if before.edges != after.edges or list(old) != list(after.nodes):
        return False
    if not all(n is old[n.id] or _same_node(old[n.id], n) for n in after):
        return False
    if before.frames is not after.frames and list(before.frames.items()) != list(after.frames.items()):
        return False
    if before.blocks is after.blocks:
        return True
    return list(before.blocks) == list(after.blocks) and all(
        same_block(block, after.blocks[i]) for i, block in before.blocks.items()
    )


def same_block(before: Block, after: Block) -> bool:
    """Whether two definitions would be saved alike."""
    if before is after:
        return True
    own, other = replace(before, graph=after.graph), after
    return own == other and repr(own.params) == repr(other.params) and same_graph(before.graph, after.graph)


def _same_node(one: Node, other: Node) -> bool:
    return one == other and (
        one.params is other.params or all(repr(v) == repr(other.params[k]) for k, v in one.params.items())
    )
