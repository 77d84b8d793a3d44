"""What a run may be asked for on top of the project's recipe, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import number
from workbench.data.source import SAMPLE, chosen_folder
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import Project

RECIPE = ("epochs", "batch_size", "device", "seed", "threads")
"""Overrides that replace a field of the recipe; "data" and "image_size" change the data settings and the input."""

RANGES = {
    "epochs": ("Epochs", 1, 100_000),
    "batch_size": ("The batch size", 1, 65_536),
    "image_size": ("The image size", 1, 4_096),
    "seed": ("The seed", 0, 2**32 - 1),
    "threads": ("Threads", 0, 1_024),
}
"""What each number is called, and its least and largest value."""


def overridden(project: Project, overrides: Mapping[str, Any]) -> Project:
    """The project with a run's overrides in it. Raises `Problem` for all that are unknown or out of range."""
    problems = [
        Diagnostic("training.override", f"A run has no setting “{name}”. It has: {', '.join((*RECIPE, 'data'))}.")
        for name in sorted(set(overrides) - {*RECIPE, "data", "image_size"})
    ]
    for name, (words, least, most) in RANGES.items():
        value = overrides.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            seen = number(value) if isinstance(value, int | float) else f"“{str(value)[:40]}”"
            problems.append(
                Diagnostic(
                    "training.override",
                    f"{words} cannot be {seen}. Choose a whole number from {number(least)} to {number(most)}.",
                    param=name,
                )
            )
    if problems:
        raise Problem(*problems)
    recipe = replace(project.recipe, **{name: overrides[name] for name in RECIPE if name in overrides})
    data, graph = project.data, project.graph
    if "data" in overrides:
        source = str(overrides["data"])
        data = replace(data, source=source if source.startswith(SAMPLE) else str(chosen_folder(source)))
    if "image_size" in overrides:
        graph = resized(graph, overrides["image_size"])
    return replace(project, recipe=recipe, data=data, graph=graph)


def resized(graph: Graph, edge: int) -> Graph:
    """The graph with square pictures of `edge` pixels at its input."""
    for node in tuple(graph):
        if node.layer == "pictures":
            changed = set_param(graph, node.id, "size", (edge, edge))
            if isinstance(changed, Graph):
                graph = changed
    return graph
