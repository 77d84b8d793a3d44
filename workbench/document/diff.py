"""What changed between two graphs, so that a view touches only those items."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.document.graph import Edge, Graph, Node
from workbench.document.project import Project


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """Ids and wires that differ, in the order of the graph they stand in (wires sorted).

    A node whose layer, name or parameters differ is in `nodes_changed`; one that lies elsewhere is in
    `nodes_moved`; it may be in both. A diff is falsy when nothing differs.
    """

    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()
    nodes_changed: tuple[str, ...] = ()
    nodes_moved: tuple[str, ...] = ()
    edges_added: tuple[Edge, ...] = ()
    edges_removed: tuple[Edge, ...] = ()

    def __bool__(self) -> bool:
        return self.changes_function or bool(self.nodes_moved)

    @property
    def changes_function(self) -> bool:
        """Whether anything but positions differs (names count: they are shown and searched)."""
        return bool(
            self.nodes_added or self.nodes_removed or self.nodes_changed or self.edges_added or self.edges_removed
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
    if before.edges is after.edges:
        return GraphDiff(tuple(added), removed, tuple(changed), tuple(moved))
    return GraphDiff(
        tuple(added),
        removed,
        tuple(changed),
        tuple(moved),
        tuple(sorted(after.edges - before.edges)),
        tuple(sorted(before.edges - after.edges)),
    )


def same(before: Project, after: Project) -> bool:
    """Whether two projects would be saved alike. Unlike `==` this tells 1 from 1.0 and from True."""
    if before is after:
        return True
    if before != after or repr((before.data, before.recipe)) != repr((after.data, after.recipe)):
        return False
    if before.graph is after.graph:
        return True
    old = before.graph.nodes
    return list(old) == list(after.graph.nodes) and all(n is old[n.id] or _same_node(old[n.id], n) for n in after.graph)


def _same_node(one: Node, other: Node) -> bool:
    return one == other and (
        one.params is other.params or all(repr(v) == repr(other.params[k]) for k, v in one.params.items())
    )
