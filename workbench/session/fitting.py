"""Fitting a project to a folder of pictures: its source, and one answer for each class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.catalogue.registry import LAYERS
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import Project


def fitted(project: Project, folder: Path) -> Project:
    """The project on the pictures of `folder` (or of a list); the Linear layer before the output gets one unit for each
    class. Raises `Problem` if there are no labelled pictures.
    """
    from workbench.data.reading import read_index

    data = replace(project.data, source=str(folder), more=())
    index = read_index(data)
    return replace(project, graph=with_classes(project.graph, len(index.classes)), data=data)


def with_classes(graph: Graph, classes: int) -> Graph:
    """The graph with `classes` units (or filters) in the layer that makes each output's scores."""
    for node in tuple(graph):
        declaration = LAYERS.get(node.layer)
        if declaration is None or not declaration.is_output:
            continue
        found = scoring(graph, node.id)
        if found is not None:
            changed = set_param(graph, found, COUNTED[graph.nodes[found].layer], classes)
            if isinstance(changed, Graph):
                graph = changed
    return graph


def scoring(graph: Graph, output: str) -> str | None:
    """The layer whose units or filters are the scores at an output; None where layers between could change them."""
    for wire in graph.incoming(output):
        before = graph.nodes[wire.source]
        if before.layer in COUNTED:
            return before.id
        if before.layer in _KEEPING:
            return scoring(graph, before.id)
    return None


COUNTED = {"linear": "units", "conv2d": "filters"}
"""The layers that can make scores, and the parameter that says how many."""
_KEEPING = frozenset({"global_avg_pool2d", "global_max_pool2d", "dropout", "identity"})
"""Layers that give as many numbers as channels, or numbers, come in."""
