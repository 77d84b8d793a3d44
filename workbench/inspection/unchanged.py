"""Which layers of an edited network still compute what they did: what feeds them, and they themselves, are the same."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.document.graph import BLOCK_INPUT, Edge, Graph, Node


def same_function(old: Graph, new: Graph) -> bool:
    """Whether two graphs compute the same: names, places, colours and frames do not matter."""
    if old is new:
        return True
    if len(old) != len(new) or (old.edges is not new.edges and old.edges != new.edges):
        return False
    known: dict[tuple[str, str], bool] = {}
    for node in new:
        was = old.nodes.get(node.id)
        if was is None or not _alike(was, node):
            return False
        if node.block is not None and not _same_block(old, new, was.block or "", node.block, known):
            return False
    return True


def unchanged(old: Graph, new: Graph, scope: tuple[str, ...] = ()) -> frozenset[str]:
    """The nodes that give the same value in both graphs, given the same pictures and weights.

    `scope` goes into blocks, by the path ids of their uses from the root ("stage_1", or "stage_1:2" for the third
    repetition); the nodes are then those inside. Takes time in proportion to nodes and wires.
    """
    same_ports = True
    found = _same_nodes(old, new, same_ports)
    for part in scope:
        use, _, repetition = part.partition(":")
        before, after = old.nodes.get(use), new.nodes.get(use)
        if before is None or after is None or before.block is None or after.block is None:
            return frozenset()
        if before.block not in old.blocks or after.block not in new.blocks:
            return frozenset()
        fed_alike = _feeding(old).get(use) == _feeding(new).get(use) and all(
            edge.source in found for edge in _feeding(new).get(use, ())
        )
        if int(repetition or 0):
            same_ports = use in found  # what arrives went through the whole block before
        else:
            same_ports = fed_alike and _alike(before, after)
        old, new = old.inside(before.block), new.inside(after.block)
        found = _same_nodes(old, new, same_ports)
    return found


def _same_nodes(old: Graph, new: Graph, same_ports: bool) -> frozenset[str]:
    if old is new and same_ports:
        return frozenset(new.nodes)
    before, after = _feeding(old), _feeding(new)
    known: dict[tuple[str, str], bool] = {}
    found: set[str] = set()
    waiting: dict[str, int] = {}  # how many of its wires are still to be shown to carry the same
    readers: dict[str, list[str]] = {}
    ready: list[str] = []
    for node in new:
        was = old.nodes.get(node.id)
        if was is None or not _alike(was, node) or before.get(node.id) != after.get(node.id):
            continue
        if node.layer == BLOCK_INPUT and not same_ports:
            continue
        if node.block is not None and not _same_block(old, new, was.block or "", node.block, known):
            continue
        feeding = after.get(node.id, ())
        waiting[node.id] = len(feeding)
        for edge in feeding:
            readers.setdefault(edge.source, []).append(node.id)
        if not feeding:
            ready.append(node.id)
    while ready:
        done = ready.pop()
        found.add(done)
        for reader in readers.get(done, ()):
            waiting[reader] -= 1
            if waiting[reader] == 0:
                ready.append(reader)
    return frozenset(found)


def _alike(before: Node, after: Node) -> bool:
    return before is after or (
        before.layer == after.layer and before.state == after.state and dict(before.params) == dict(after.params)
    )


def _same_block(old: Graph, new: Graph, before: str, after: str, known: dict[tuple[str, str], bool]) -> bool:
    """Whether two definitions compute the same, the definitions they use included."""
    key = (before, after)
    if before == after and old.blocks is new.blocks:
        return True
    if key not in known:
        known[key] = False  # a block that uses itself is refused elsewhere; here it must only not go on for ever
        one, other = old.blocks.get(before), new.blocks.get(after)
        if one is not None and other is not None:
            inside_old, inside_new = old.inside(before), new.inside(after)
            same_params = one is other or [(p.id, p.default) for p in one.params] == [
                (p.id, p.default) for p in other.params
            ]
            known[key] = same_params and same_function(inside_old, inside_new)
    return known[key]


def _feeding(graph: Graph) -> Mapping[str, tuple[Edge, ...]]:
    """The wires into each node that has some, sorted."""
    found: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        found.setdefault(edge.target, []).append(edge)
    return {node: tuple(sorted(edges)) for node, edges in found.items()}
