"""A card in words, for screen readers: everything that is painted on it, as one sentence."""

from __future__ import annotations

from workbench.catalogue.blocks import layer_of
from workbench.core.words import number
from workbench.session.session import Session
from workbench.ui.canvas.card import display_title, shape_words


def spoken(session: Session, identity: str) -> str:
    """What a node of the graph in view is, gives, is fed by and costs; and its first problem.

    "Edges, Conv 2D, gives 12 × 12 × 4, fed by Pictures, 112 parameters".
    """
    graph = session.graph
    node = graph.nodes[identity]
    layer = layer_of(graph, node.layer)
    shape = shape_words(layer, session.inferred, identity) if layer is not None else "?"
    kind = layer.title if layer is not None else f"unknown ({node.layer})"
    parts = [display_title(node, graph), kind]
    if node.state:
        parts.append(node.state if not node.state.startswith("=") else f"bypassed where {node.state[1:].strip()}")
    if node.frozen:
        parts.append("frozen")
    if node.rate != 1.0:
        parts.append(f"learns at {node.rate:g} times the rate")
    parts.append(f"gives {shape}")
    sources = [display_title(graph.nodes[e.source], graph) for e in graph.incoming(identity)]
    parts.append(f"fed by {' and '.join(sources)}" if sources else "nothing feeds it")
    if weights := session.inferred.weights.get(identity, 0):
        parts.append(f"{number(weights)} parameters")
    problem = next((d.message for d in session.problems_here if d.node == identity), "")
    return ", ".join(parts) + (f". {problem}" if problem else "")
