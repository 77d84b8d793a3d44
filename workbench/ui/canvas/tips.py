"""Tooltips: what was cut on a card, what is wrong with it, what a wire carries."""

from __future__ import annotations

from html import escape

from workbench.catalogue.registry import LAYERS
from workbench.ui.canvas.card import display_title
from workbench.ui.canvas.card_facts import flops
from workbench.ui.canvas.hits import Hit
from workbench.ui.canvas.scene import CanvasScene


def tip_for(canvas: CanvasScene, hit: Hit) -> str:
    """Rich text for what is under the pointer, "" for nothing."""
    if hit.edge is not None:
        nodes, inferred = canvas.graph.nodes, canvas.inferred
        carried = inferred.outputs.get(hit.edge.source) if inferred is not None else None
        source, target = (display_title(nodes[end], canvas.graph) for end in (hit.edge.source, hit.edge.target))
        ends = f"{source} to {target}"
        words = f"Carries {carried.words}" if carried is not None else "What it carries is not known yet"
        at_end = canvas.node(hit.edge.target)
        place = hit.edge.target_port
        wrong = [d.message for d in at_end.card.problems if d.port == place] if at_end is not None else []
        return _paragraphs(ends, words, *wrong)
    item = canvas.node(hit.node) if hit.node is not None else None
    if item is None:
        return ""
    card = item.card
    if hit.input is not None or hit.output is not None:
        ports = card.inputs if hit.input is not None else card.outputs
        port = next((p for p in ports if p.id in (hit.input, hit.output)), None)
        return _paragraphs(
            (port.title or port.id) if port is not None else "", card.shape if hit.output is not None else ""
        )
    if hit.fix is not None:
        return escape(hit.fix.label)
    layer = LAYERS.get(canvas.graph.nodes[card.id].layer)
    kind = layer.title if layer is not None and layer.title != card.title else ""
    facts = " · ".join(t for t in (kind, card.words, card.shape, f"{card.count} parameters" if card.count else "") if t)
    cost = canvas.inferred.flops.get(card.id, 0) if canvas.inferred is not None else 0
    seen = item.images.words if card.maps else ""
    spent = f"{flops(cost)} a picture" if cost else ""
    return _paragraphs(card.title, facts, spent, seen[:1].upper() + seen[1:], *(p.message for p in card.problems))


def _paragraphs(head: str, *rest: str) -> str:
    parts = [f"<b>{escape(head)}</b>"] if head else []
    return "<br>".join([*parts, *(escape(r) for r in rest if r)])
