"""What the viewers say: the layer's name, what is shown of it, why there is nothing, and the network's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.catalogue.blocks import layer_of
from workbench.session.state import Views
from workbench.ui import scopes

if TYPE_CHECKING:
    from workbench.session.session import Session


def noun(session: Session | None) -> str:
    """What one sample is called: "picture", "text", "sound", "row" — of the data, else of what the network takes."""
    return "picture" if session is None else session.samples_kind.one


def file_filter(session: Session | None) -> str:
    """What a file dialog offers for one sample."""
    from workbench.session.incoming import TABLES

    if session is None:
        return "All files (*)"
    kind = session.samples_kind
    patterns = " ".join(f"*{extension}" for extension in sorted(kind.extensions or TABLES))
    return f"{kind.title} ({patterns});;All files (*)"


def layer_name(session: Session, path_id: str) -> str:
    """What a person calls a node anywhere in the network: its own name, else its layer's title; "Stage 1 › ReLU"."""
    root = session.project.graph
    path, identity = scopes.split(path_id)
    graph = scopes.graph_at(root, path)
    node = graph.nodes.get(identity) if graph is not None else None
    if graph is None or node is None:
        return path_id
    layer = layer_of(graph, node.layer)
    own = node.name or (layer.title if layer is not None else node.layer)
    return scopes.STEP.join((*scopes.titles(root, path), own))


def what_is_shown(session: Session, views: Views | None, node: str, *, filters: bool) -> str:
    """ "feature maps, live", "values, before training", "filters": what stands beside the layer's name."""
    values = None if views is None else views.maps.get(node)
    shapes = {1: "values", 2: "sequence"}
    what = "filters" if filters else "feature maps" if values is None else shapes.get(values.ndim, "feature maps")
    if views is not None and views.live and session.run is not None and session.run.is_live:
        return f"{what}, live"
    return f"{what}, before training" if views is not None and not views.trained else what


def why_nothing(session: Session | None, node: str | None) -> str:
    """What stands in place of the maps while there are none: what is missing, and what to do."""
    if session is None or node is None:
        return f"Select a layer on the canvas to see what it makes of this {noun(session)}."
    if any(d.is_error for d in session.whole.diagnostics):
        return f"Mend the problems on the canvas first; then the layers show what they make of this {noun(session)}."
    if session.data.phase == "working":
        return "Reading the data…"
    if session.data.phase == "failed":
        return "The data could not be read; see Data."
    return "Looking…"


def verdict(views: Views) -> str:
    """The answer in words, as far as there is one: what it is labelled, and whether the network agrees."""
    labelled = f"labelled “{views.label}”" if views.label is not None else ""
    if not views.scores:
        return labelled
    if not views.trained:
        return f"{labelled}, nothing learned yet" if labelled else "nothing learned yet"
    best = max(range(len(views.scores)), key=views.scores.__getitem__)
    answer = views.classes[best]
    if views.label is None:
        return f"taken for “{answer}”"
    return f"{labelled}, recognised" if answer == views.label else f"{labelled}, taken for “{answer}”"
