"""Edits of blocks: making, taking apart, changing a definition and its parameters.

What a node is marked with (`workbench.document.marking`) is at hand here too.

Pure functions like those in `workbench.document.edits`. Definitions live in the outermost graph; a function given the
graph of a block (`Graph.inside`) sees them all, and `within` puts what it gives back where it belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.core.diagnostic import Diagnostic
from workbench.document.binding import expressions_of, rewritten
from workbench.document.block_rules import block_fault, blocks_refusal
from workbench.document.blocks import everywhere, needed, used, used_in
from workbench.document.diff import same_block
from workbench.document.dissolving import dissolve
from workbench.document.edits import title as title_of
from workbench.document.expressions import ExpressionError, names_in
from workbench.document.graph import (
    BLOCK_PREFIX,
    Block,
    Graph,
    Node,
    frozen,
)
from workbench.document.grouping import Loose, group
from workbench.document.ids import block_id, numbered
from workbench.document.marking import set_collapsed, set_colour, set_frozen, set_rate, set_state
from workbench.document.rules import one_line, plain_text

__all__ = [
    "Loose",
    "add_block",
    "dissolve",
    "drop_unused_blocks",
    "group",
    "make_unique",
    "rename_block_param",
    "set_block",
    "set_collapsed",
    "set_colour",
    "set_frozen",
    "set_rate",
    "set_state",
    "within",
]

GraphEdit = Callable[[Graph], Graph | Diagnostic]


def within(block: str, edit: GraphEdit) -> GraphEdit:
    """The edit of the whole that runs `edit` on a block's graph and puts the result back.

    Blocks made or changed inside land among those of the whole. Refuses a block that would contain itself.
    """

    def whole(graph: Graph) -> Graph | Diagnostic:
        if block not in graph.blocks:
            return _no_block(block)
        before = graph.inside(block)
        after = edit(before)
        if isinstance(after, Diagnostic) or after is before:
            return graph if after is before else after
        old = graph.blocks[block]
        own = replace(after.blocks.get(block, old), graph=_bare(after))
        if after.blocks is graph.blocks and used_in(after) == used_in(before):
            return replace(graph, blocks=MappingProxyType({**graph.blocks, block: own}))
        return _with_blocks(graph, {**after.blocks, block: own})

    return whole


def set_block(graph: Graph, block: Block) -> Graph | Diagnostic:
    """Gives a definition another title, summary, parameters or graph; its id says which.

    A parameter that something inside still refers to cannot go; the refusal names who does. What uses give for a
    parameter that goes is dropped.
    """
    old = graph.blocks.get(block.id)
    if old is None:
        return _no_block(block.id)
    params = tuple(replace(p, title=one_line(p.title), help=plain_text(p.help)) for p in block.params)
    title, summary = one_line(block.title), plain_text(block.summary)
    new = replace(block, title=title, summary=summary, params=params, graph=_bare(block.graph))
    if fault := block_fault(new):
        return Diagnostic("block.bad", f"The block “{old.title}” {fault}.")
    gone = {p.id for p in old.params} - {p.id for p in new.params}
    if gone and (refusal := _still_used(new, gone)):
        return refusal
    if same_block(old, new):
        return graph
    blocks = {**graph.blocks, block.id: new}
    result = _with_blocks(graph, blocks)
    if not gone or isinstance(result, Diagnostic):
        return result
    return _each_use(result, block.id, lambda node: _without(node, gone))


def rename_block_param(graph: Graph, block: str, old: str, new: str) -> Graph | Diagnostic:
    """Gives a parameter of a block another id; expressions inside and all uses follow."""
    found = graph.blocks.get(block)
    if found is None:
        return _no_block(block)
    if old == new:
        return graph
    if old not in {p.id for p in found.params}:
        return Diagnostic("block.no_param", f"The block “{found.title}” has no parameter “{old[:80]}” to rename.")
    params = tuple(replace(p, id=new) if p.id == old else p for p in found.params)
    nodes = {i: rewritten(node, {old: new}) for i, node in found.graph.nodes.items()}
    renamed = replace(found, params=params, graph=replace(found.graph, nodes=MappingProxyType(nodes)))
    if fault := block_fault(renamed):
        return Diagnostic("block.bad", f"The block “{found.title}” {fault}.")
    result = _with_blocks(graph, {**graph.blocks, block: renamed})
    if isinstance(result, Diagnostic):
        return result
    return _each_use(result, block, lambda node: _with_key(node, old, new))


def add_block(graph: Graph, block: Block, needed_blocks: Iterable[Block] = ()) -> tuple[Graph, str] | Diagnostic:
    """Brings a definition in, with the blocks it uses; gives the graph and the id it has there.

    One that is there already, word for word, is shared; a different one of the same id comes in under a new id.
    """
    arriving = {b.id: b for b in (*needed_blocks, block)}
    blocks = dict(graph.blocks)
    renamed: dict[str, str] = {}
    for one in _leaves_first(arriving, needed(arriving, [block.id])):
        if fault := block_fault(one):
            return Diagnostic("block.bad", f"The block “{one.title}” {fault}.")
        own = replace(one, graph=_rewired(_bare(one.graph), renamed))
        renamed[one.id] = _settle(blocks, own)
    if len(blocks) == len(graph.blocks):
        return graph, renamed[block.id]
    result = _with_blocks(graph, blocks)
    return result if isinstance(result, Diagnostic) else (result, renamed[block.id])


def make_unique(graph: Graph, node: str) -> Graph | Diagnostic:
    """Gives one use of a block a definition of its own, so that it can be changed apart from the others."""
    use = graph.nodes.get(node)
    block = graph.blocks.get(use.block) if use is not None and use.block is not None else None
    if use is None or block is None:
        shown = title_of(use) if use is not None else node[:80]
        return Diagnostic("block.not_one", f"“{shown}” is no block. Select a block to make it unique.")
    title = numbered(block.title, {b.title for b in graph.blocks.values()})
    own = block_id(title, graph.blocks.keys())
    result = _with_blocks(graph, {**graph.blocks, own: replace(block, id=own, title=title)})
    if isinstance(result, Diagnostic):
        return result
    nodes = {**graph.nodes, node: replace(use, layer=BLOCK_PREFIX + own)}
    return replace(result, nodes=MappingProxyType(nodes))


def drop_unused_blocks(graph: Graph) -> Graph:
    """The whole without the definitions that nothing in it uses. Only for the outermost graph."""
    kept = set(used(graph))
    if len(kept) == len(graph.blocks):
        return graph
    return replace(graph, blocks=MappingProxyType({i: b for i, b in graph.blocks.items() if i in kept}))


def _bare(graph: Graph) -> Graph:
    """A block's graph as it is kept: with no blocks of its own."""
    return replace(graph, blocks=MappingProxyType({})) if graph.blocks else graph


def _with_blocks(graph: Graph, blocks: dict[str, Block]) -> Graph | Diagnostic:
    return blocks_refusal(blocks) or replace(graph, blocks=MappingProxyType(blocks))


def _settle(blocks: dict[str, Block], block: Block) -> str:
    """Puts a definition among others, unless an equal one is there, and gives its id there."""
    if block.id not in blocks:
        blocks[block.id] = block
        return block.id
    stem = block.id
    for other in blocks.values():
        alike = other.id == stem or other.id.startswith(f"{stem}_")
        if alike and same_block(other, replace(block, id=other.id, title=other.title)):
            return other.id
    own = block_id(stem, blocks.keys())
    blocks[own] = replace(block, id=own, title=numbered(block.title, {b.title for b in blocks.values()}))
    return own


def _leaves_first(blocks: Mapping[str, Block], ids: tuple[str, ...]) -> list[Block]:
    """Blocks, each after those it uses; one that uses itself comes too, and is refused by who puts it in."""
    done: dict[str, Block] = {}
    left = list(ids)
    while left:
        ready = [i for i in left if all(u in done or u not in left for u in used_in(blocks[i].graph))] or left[:1]
        for i in ready:
            done[i] = blocks[i]
        left = [i for i in left if i not in done]
    return list(done.values())


def _rewired(graph: Graph, renamed: Mapping[str, str]) -> Graph:
    """The graph with the blocks it uses called by their new ids."""
    changed = {}
    for node in graph:
        block = node.block
        if block is not None and renamed.get(block, block) != block:
            changed[node.id] = replace(node, layer=BLOCK_PREFIX + renamed[block])
    return replace(graph, nodes=MappingProxyType({**graph.nodes, **changed})) if changed else graph


def _each_use(graph: Graph, block: str, change: Callable[[Node], Node]) -> Graph:
    """The whole with a change to every use of a block, wherever it stands."""

    def changed(inner: Graph) -> Graph:
        uses = {n.id: change(n) for n in inner if n.block == block}
        if all(uses[i] is inner.nodes[i] for i in uses):
            return inner
        return replace(inner, nodes=MappingProxyType({**inner.nodes, **uses}))

    blocks = {i: b if (g := changed(b.graph)) is b.graph else replace(b, graph=g) for i, b in graph.blocks.items()}
    return replace(changed(graph), blocks=MappingProxyType(blocks))


def _without(node: Node, params: set[str]) -> Node:
    kept = {p: v for p, v in node.params.items() if p not in params}
    return node if len(kept) == len(node.params) else replace(node, params=frozen(kept))


def _with_key(node: Node, old: str, new: str) -> Node:
    if old not in node.params:
        return node
    return replace(node, params=frozen({new if p == old else p: v for p, v in node.params.items()}))


def _still_used(block: Block, gone: set[str]) -> Diagnostic | None:
    for _place, node in everywhere(block.graph):
        for text in expressions_of(node):
            try:
                left = sorted(gone & names_in(text))
            except ExpressionError:
                continue
            if left:
                return Diagnostic(
                    "block.param_used",
                    f"“{left[0]}” cannot be removed: “{title_of(node)}” in the block “{block.title}” uses it "
                    f"({text[:60]}). Change that first.",
                    node=node.id,
                )
    return None


def _no_block(block: str) -> Diagnostic:
    return Diagnostic("block.none", f"There is no block “{block[:80]}” in this project; it may have been removed.")
