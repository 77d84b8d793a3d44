"""Blocks seen by algorithms: which use which, what is needed, what would contain itself. Plain functions of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, Graph, Node

Blocks = Mapping[str, Block]


def used_in(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The ids of the blocks that nodes use directly, each once, in order of creation."""
    return tuple(dict.fromkeys(block for node in nodes if (block := node.block) is not None))


def needed(blocks: Blocks, ids: Iterable[str]) -> tuple[str, ...]:
    """The given blocks and all they use, directly or not, as far as they exist."""
    found: dict[str, None] = {}
    waiting = list(reversed(tuple(ids)))
    while waiting:
        block = waiting.pop()
        if block in blocks and block not in found:
            found[block] = None
            waiting.extend(reversed(used_in(blocks[block].graph)))
    return tuple(found)


def used(graph: Graph) -> tuple[str, ...]:
    """The blocks a graph needs: those its nodes use, and what those use."""
    return needed(graph.blocks, used_in(graph))


def users(graph: Graph, block: str) -> tuple[tuple[str | None, Node], ...]:
    """Every node that uses a block, with the id of the block it stands in (None: in the graph itself)."""
    return tuple((place, node) for place, node in everywhere(graph) if node.block == block)


def everywhere(graph: Graph) -> Iterator[tuple[str | None, Node]]:
    """All nodes of a graph and of its blocks, with the id of the block each stands in."""
    for node in graph:
        yield None, node
    for block in graph.blocks.values():
        for node in block.graph:
            yield block.id, node


def ports(block: Block) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The nodes that are a block's inputs and its outputs, in order."""
    return (
        tuple(node for node in block.graph if node.layer == BLOCK_INPUT),
        tuple(node for node in block.graph if node.layer == BLOCK_OUTPUT),
    )


def recursion(blocks: Blocks) -> tuple[str, ...]:
    """Blocks that use each other in a circle, in order of use; empty when there is none."""
    return _levels(blocks)[1]


def depth(blocks: Blocks) -> int:
    """How many blocks stand within each other at most: 1 where none uses another. Only where there is no recursion."""
    return max(_levels(blocks)[0].values(), default=0)


def _levels(blocks: Blocks) -> tuple[dict[str, int], tuple[str, ...]]:
    """(depth of each block, ()) or (those found so far, the circle); without recursion of our own."""
    uses = {i: tuple(u for u in used_in(block.graph) if u in blocks) for i, block in blocks.items()}
    levels: dict[str, int] = {}
    for start in blocks:
        path: list[tuple[str, Iterator[str]]] = []
        on_path: dict[str, None] = {}
        if start not in levels:
            path.append((start, iter(uses[start])))
            on_path[start] = None
        while path:
            block, rest = path[-1]
            following = next((u for u in rest if u not in levels), None)
            if following is None:
                levels[block] = 1 + max((levels[u] for u in uses[block]), default=0)
                path.pop()
                del on_path[block]
            elif following in on_path:
                walk = list(on_path)
                return levels, tuple(walk[walk.index(following) :])
            else:
                path.append((following, iter(uses[following])))
                on_path[following] = None
    return levels, ()
