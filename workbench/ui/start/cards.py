"""What the start page shows of a project: its name, its graph, a few words. Read in the background."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workbench.catalogue.networks import NETWORKS
from workbench.catalogue.networks.network import Network
from workbench.core.diagnostic import Problem
from workbench.core.words import compact
from workbench.document import storage
from workbench.document.graph import Graph
from workbench.session.templates import templates


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """One card. `target` is a project folder, or a template's name.

    `note` stands small beside the title; `details` are told where the pointer rests.
    """

    title: str
    words: str
    graph: Graph
    target: str
    missing: bool = False
    note: str = ""
    details: str = ""


def recent_cards(folders: tuple[Path, ...]) -> tuple[ProjectCard, ...]:
    """Cards of recent projects, newest first; those that are gone or cannot be read say so and come last."""
    return tuple(sorted((_recent(folder) for folder in folders), key=lambda card: card.missing))


def sample_cards() -> tuple[ProjectCard, ...]:
    """Cards of the sample projects that ship with the program, in the order a beginner meets them."""
    cards = []
    for template in templates():
        if template.folder is None:
            continue
        graph = storage.load(template.folder).graph
        cards.append(ProjectCard(template.title, template.summary, graph, template.name))
    return tuple(cards)


def network_cards() -> tuple[ProjectCard, ...]:
    """Cards of the networks of the literature, those a person most likely wants first."""
    return tuple(_network(n) for n in NETWORKS.values())


def _network(network: Network) -> ProjectCard:
    details = f"{network.parameters:,} parameters ({network.cited})."
    note = compact(network.parameters)
    return ProjectCard(network.title, network.summary, network.graph(), network.id, note=note, details=details)


def _recent(folder: Path) -> ProjectCard:
    try:
        project = storage.load(folder)
    except Problem as problem:
        return ProjectCard(folder.name, problem.diagnostics[0].message, Graph(), str(folder), missing=True)
    accuracy = _last_accuracy(folder)
    words = f"{accuracy:.1%} validation accuracy" if accuracy is not None else "not trained yet"
    return ProjectCard(project.name, words.replace("%", " %"), project.graph, str(folder))


def _last_accuracy(folder: Path) -> float | None:
    from workbench.training.store import RunStore

    try:
        with closing(RunStore(folder)) as store:
            return next((row.best_val_accuracy for row in store.rows() if row.best_val_accuracy is not None), None)
    except Problem:
        return None  # a damaged record of runs is told when the project is open, not here
