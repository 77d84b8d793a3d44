"""Layers as text for the clipboard: the same JSON as in a project file, so that it can be read, mailed and pasted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.json_text import parse, render
from workbench.document.block_edits import add_block
from workbench.document.blocks import needed, used_in
from workbench.document.edits import add
from workbench.document.edits import title as title_of
from workbench.document.fields import Fields
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, BLOCK_PREFIX, Edge, Graph, Node
from workbench.document.graph_format import read_edge, read_graph, write_edge, write_graph
from workbench.document.ids import new_ids
from workbench.document.migrations import VERSION, migrate
from workbench.document.rules import MOST_EDGES, whole_pixels


def copy(graph: Graph, ids: Iterable[str]) -> str:
    """The chosen nodes, the wires among them and the blocks they use as text; empty when none is in the graph.

    The text also tells what the chosen nodes were fed by from outside, for `paste` with `keep_wires`.
    """
    chosen = set(ids)
    nodes = {i: node for i, node in graph.nodes.items() if i in chosen}
    if not nodes:
        return ""
    blocks = {i: graph.blocks[i] for i in needed(graph.blocks, used_in(nodes.values()))}
    part = Graph(nodes, frozenset(e for e in graph.edges if e.source in nodes and e.target in nodes), blocks)
    fed = [write_edge(e) for e in sorted(graph.edges) if e.target in nodes and e.source not in nodes]
    return render({"version": VERSION, **write_graph(part), **({"fed": fed} if fed else {})}).decode()


def paste(
    graph: Graph, text: str, x: float, y: float, *, keep_wires: bool = False, in_block: bool = False
) -> tuple[Graph, tuple[str, ...]] | Diagnostic:
    """Puts copied layers on the canvas, the top left corner of all of them at (x, y); gives the graph and the new ids.

    Blocks they use come along; an equal one that is there is shared. With `keep_wires` the copies are also fed by what
    fed the originals, where the graph still has it. A block's ports are pasted only `in_block`. The text of a whole
    project file is taken too. Nothing else is: the clipboard is as little trusted as a file.
    """
    try:
        copied = _read(text)
    except Problem as problem:
        return Diagnostic(
            "clipboard.damaged",
            "The layers on the clipboard cannot be pasted: the text is damaged or of a newer version of Workbench. "
            "Copy the layers again.",
            details=str(problem),
        )
    if copied is None or not copied.graph.nodes:
        return Diagnostic(
            "clipboard.no_layers", "There are no layers on the clipboard. Select some and copy them first."
        )
    port = next((n for n in copied.graph if n.layer in (BLOCK_INPUT, BLOCK_OUTPUT)), None)
    if port is not None and not in_block:
        return Diagnostic(
            "clipboard.port",
            f"“{title_of(port)}” on the clipboard is a port of a block and has no meaning outside of one. Go into a "
            "block to paste it, or copy the layers without it.",
        )
    brought = _with_blocks(graph, copied.graph)
    if isinstance(brought, Diagnostic):
        return brought
    base, layers = brought
    new = dict(zip(copied.graph.nodes, new_ids(layers.values(), graph.nodes.keys()), strict=True))
    left, top = min(n.x for n in copied.graph), min(n.y for n in copied.graph)
    nodes = [_moved(n, new[n.id], layers[n.id], x - left, y - top) for n in copied.graph]
    edges = [replace(e, source=new[e.source], target=new[e.target]) for e in copied.graph.edges]
    if keep_wires:
        edges += [replace(e, target=new[e.target]) for e in copied.fed if e.source in graph.nodes]
    result = add(base, *nodes, edges=edges)
    return result if isinstance(result, Diagnostic) else (result, tuple(new.values()))


@dataclass(frozen=True, slots=True)
class _Copied:
    """What a text holds: layers with the blocks they use, and what fed them where they were copied."""

    graph: Graph
    fed: tuple[Edge, ...] = ()


def _moved(node: Node, new_id: str, layer: str, dx: float, dy: float) -> Node:
    x, y = whole_pixels(node.x + dx, node.y + dy)
    return replace(node, id=new_id, layer=layer, x=x, y=y)


def _with_blocks(graph: Graph, copied: Graph) -> tuple[Graph, Mapping[str, str]] | Diagnostic:
    """The graph with the blocks that arrive, and the layer each copied node has there."""
    names: dict[str, str] = {}
    for block_id in used_in(copied):
        if block_id in copied.blocks:
            inside = [copied.blocks[i] for i in needed(copied.blocks, [block_id])]
            brought = add_block(graph, copied.blocks[block_id], inside)
            if isinstance(brought, Diagnostic):
                return brought
            graph, names[block_id] = brought
    layers = {n.id: n.layer if n.block not in names else BLOCK_PREFIX + names[n.block] for n in copied}
    return graph, layers


def _read(text: str) -> _Copied | None:
    """The layers in a text; None when the text is something else altogether."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    document = parse(text.encode("utf-8", "replace"), "clipboard")
    if not isinstance(document, Mapping) or "version" not in document or "nodes" not in document:
        return None
    version = Fields(document, "the clipboard").whole("version", VERSION, low=-(2**63))
    fields = Fields(migrate(document, version), "the clipboard")
    graph = read_graph(fields)
    fed = tuple(read_edge(value) for value in fields.items("fed", MOST_EDGES))
    return _Copied(graph, tuple(e for e in fed if e.target in graph.nodes and e.source not in graph.nodes))
