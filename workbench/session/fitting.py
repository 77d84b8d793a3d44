"""Fitting a project to a folder of pictures: its source, and one answer for each class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.catalogue.registry import LAYERS
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import Project


def fitted(project: Project, folder: Path) -> Project:
    """The project on the pictures of `folder`; the Linear layer before the output gets one unit for each class.

    Raises `Problem` if the folder holds no labelled pictures.
    """
    from workbench.data.scan import scan

    index = scan(folder)
    return replace(
        project,
        graph=with_classes(project.graph, len(index.classes)),
        data=replace(project.data, source=str(folder)),
    )


def with_classes(graph: Graph, classes: int) -> Graph:
    """The graph with `classes` units in each Linear layer that feeds an output directly."""
    for node in tuple(graph):
        declaration = LAYERS.get(node.layer)
        if declaration is None or not declaration.is_output:
            continue
        for wire in graph.incoming(node.id):
            if graph.nodes[wire.source].layer == "linear":
                changed = set_param(graph, wire.source, "units", classes)
                if isinstance(changed, Graph):
                    graph = changed
    return graph
