"""What a run may be asked for on top of the project's recipe, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.catalogue.recipe import SETTINGS
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import number
from workbench.data.depends import of_other_source
from workbench.data.scanning.source import SAMPLE, chosen_folder
from workbench.data.splitting.splits import fold_problems
from workbench.document.data_format import MOST_FOLDS
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import BALANCES, DataSettings, Project
from workbench.session.recipe.layers import with_layer_setting
from workbench.session.recipe.settings import CATALOGUES, with_settings
from workbench.training.distributed.launching import MOST_PROCESSES

RECIPE = (*SETTINGS, *CATALOGUES, "metrics", "learning_rate")
"""Overrides that replace a setting of the recipe; "settings" holds any others by name (see `put`), "data" and
"image_size" change the data settings and the input."""

DATA = ("folds", "fold", "balance")
"""Overrides that replace a field of the data settings. A run that goes on keeps its own."""

RANGES = {
    "epochs": ("Epochs", 1, 100_000),
    "batch_size": ("The batch size", 1, 65_536),
    "image_size": ("The image size", 1, 4_096),
    "seed": ("The seed", 0, 2**32 - 1),
    "threads": ("Threads", 0, 1_024),
    "processes": ("Processes", 1, MOST_PROCESSES),
    "folds": ("Folds", 0, MOST_FOLDS),
}
"""What each number is called, and its least and largest value."""


def overridden(project: Project, overrides: Mapping[str, Any]) -> Project:
    """The project with a run's overrides in it. Raises `Problem` for all that are unknown or out of range."""
    problems = [
        Diagnostic(
            "training.override", f"A run has no setting “{name}”. It has: {', '.join((*RECIPE, 'data', *DATA))}."
        )
        for name in sorted(set(overrides) - {*RECIPE, *DATA, "data", "image_size", "settings"})
    ]
    balance = overrides.get("balance", BALANCES[0])
    if balance not in BALANCES:
        problems.append(
            Diagnostic(
                "training.override",
                f"Classes cannot be balanced by “{str(balance)[:40]}”. Choose one of: {', '.join(BALANCES)}.",
                param="balance",
            )
        )
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
    settings = {name: overrides[name] for name in RECIPE if name in overrides}
    project = put(project, {**settings, **overrides.get("settings", {})})
    data, graph = project.data, project.graph
    data = replace(data, **{name: overrides[name] for name in DATA if name in overrides})
    _require_fold(overrides, data)
    if "data" in overrides:
        source = str(overrides["data"])
        data = of_other_source(data, source if source.startswith(SAMPLE) else str(chosen_folder(source)), alike=True)
    if "image_size" in overrides:
        graph = resized(graph, overrides["image_size"])
    return replace(project, data=data, graph=graph)


def put(project: Project, settings: Mapping[str, Any]) -> Project:
    """The project with settings in it by name: of the recipe ("clip", "lr", "schedule.warmup") or of a layer
    ("conv2d_1.filters", "conv2d_1.frozen", "conv2d_1.rate"). Texts are read as a person types them. Raises `Problem`.
    """
    of_layers = {name: value for name, value in settings.items() if name.partition(".")[0] in project.graph.nodes}
    rest = {name: value for name, value in settings.items() if name not in of_layers}
    graph = project.graph
    for name, value in of_layers.items():
        graph = with_layer_setting(graph, name, value)
    return replace(project, graph=graph, recipe=with_settings(project.recipe, rest))


def _require_fold(overrides: Mapping[str, Any], data: DataSettings) -> None:
    """Raises `Problem` for a fold there is not; people count them from 1."""
    fold = overrides.get("fold", 0)
    if not isinstance(fold, int) or isinstance(fold, bool):
        raise Problem.of("training.override", f"“{str(fold)[:40]}” is no fold. Name it by its number.", param="fold")
    if "fold" in overrides and not data.folds:
        raise Problem.of(
            "training.override",
            f"Fold {fold + 1} is to validate, and nothing says how many folds there are. Give their number too (5 is "
            "usual).",
            param="folds",
        )
    if ("folds" in overrides or "fold" in overrides) and (faults := fold_problems(data)):
        raise Problem(*faults)


def require_own_splits(run: str, overrides: Mapping[str, Any]) -> None:
    """Raises `Problem` where a run that goes on is asked for other splits than it began with."""
    if asked := [name for name in DATA if name in overrides]:
        raise Problem.of(
            "training.override",
            f"{run} goes on with the splits and the balance it began with, and cannot be given another "
            f"“{asked[0]}”. Leave that out, or begin a new run.",
            param=asked[0],
        )


def resized(graph: Graph, edge: int) -> Graph:
    """The graph with square pictures of `edge` pixels at its input."""
    for node in tuple(graph):
        if node.layer == "pictures":
            changed = set_param(graph, node.id, "size", (edge, edge))
            if isinstance(changed, Graph):
                graph = changed
    return graph
