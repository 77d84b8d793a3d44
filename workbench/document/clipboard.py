"""Layers as text for the clipboard: the same JSON as in a project file, so that it can be read, mailed and pasted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.identifiers import fresh_ids
from workbench.core.json_text import parse, render
from workbench.document.edits import add
from workbench.document.fields import Fields
from workbench.document.format import read_graph, write_graph
from workbench.document.graph import Graph
from workbench.document.migrations import VERSION, migrate
from workbench.document.rules import whole_pixels


def copy(graph: Graph, ids: Iterable[str]) -> str:
    """The chosen nodes and the wires among them as text; empty when none of them is in the graph."""
    chosen = set(ids)
    part = Graph(
        {i: node for i, node in graph.nodes.items() if i in chosen},
        frozenset(e for e in graph.edges if e.source in chosen and e.target in chosen),
    )
    return render({"version": VERSION, **write_graph(part)}).decode() if part.nodes else ""


def paste(graph: Graph, text: str, x: float, y: float) -> tuple[Graph, tuple[str, ...]] | Diagnostic:
    """Puts copied layers on the canvas, the top left corner of all of them at (x, y); gives the graph and the new ids.

    The text of a whole project file is taken too. Nothing else is: the clipboard is as little trusted as a file.
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
    if copied is None or not copied.nodes:
        return Diagnostic(
            "clipboard.no_layers", "There are no layers on the clipboard. Select some and copy them first."
        )
    left, top = min(n.x for n in copied), min(n.y for n in copied)
    new = dict(zip(copied.nodes, fresh_ids((n.layer for n in copied), graph.nodes.keys()), strict=True))
    nodes = []
    for node in copied:
        at = whole_pixels(x + node.x - left, y + node.y - top)
        nodes.append(replace(node, id=new[node.id], x=at[0], y=at[1]))
    result = add(graph, *nodes, edges=[replace(e, source=new[e.source], target=new[e.target]) for e in copied.edges])
    return result if isinstance(result, Diagnostic) else (result, tuple(new.values()))


def _read(text: str) -> Graph | None:
    """The graph in a text; None when the text is something else altogether."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    document = parse(text.encode("utf-8", "replace"), "clipboard")
    if not isinstance(document, Mapping) or "version" not in document or "nodes" not in document:
        return None
    version = Fields(document, "the clipboard").whole("version", VERSION, low=-(2**63))
    return read_graph(Fields(migrate(document, version), "the clipboard"))
