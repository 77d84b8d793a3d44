"""Runs side by side: what their recipes, data and networks have in common and what not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from workbench.document.format import decode
from workbench.document.graph import Graph
from workbench.document.project import DataSettings, Project
from workbench.session.runs.columns import STATES, percent, trained_words
from workbench.session.runs.graph_differences import GraphDifferences, graph_differences
from workbench.session.runs.recipe_words import completed, entries, figure_words, metric_title, value_words
from workbench.training.storing.run_rows import RunRow

if TYPE_CHECKING:
    from workbench.training.messages import EpochEnd
    from workbench.training.store import RunStore

_DATA_TITLES = {
    "source": "Samples from",
    "more": "Merged with",
    "fit": "Fit",
    "validation": "Validation share",
    "test": "Test share",
    "seed": "Split seed",
    "normalise": "Normalise",
    "augmentations": "Augmentations",
    "kind": "Kind of samples",
    "label_column": "Target column",
    "group_by": "Groups",
    "folds": "Folds",
    "fold": "Fold",
    "balance": "Balance of classes",
    "tokeniser": "Tokeniser",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about all the runs: `values` are in words, one a run, "" where a run has none."""

    group: str
    title: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the runs: its row, its network as it was trained, its epochs and the classes of its confusion matrix."""

    row: RunRow
    graph: Graph
    epochs: tuple[EpochEnd, ...]
    classes: tuple[str, ...]

    @property
    def best(self) -> EpochEnd | None:
        """The best epoch, or the last where none was."""
        best = next((e for e in self.epochs if e.epoch == self.row.best_epoch), None)
        return best or (self.epochs[-1] if self.epochs else None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs or more. `networks` tells each run's network from the first one's (the first from itself: nothing)."""

    runs: tuple[Compared, ...]
    lines: tuple[Line, ...]
    networks: tuple[GraphDifferences, ...]

    @property
    def differing(self) -> tuple[Line, ...]:
        """The lines that differ."""
        return tuple(line for line in self.lines if line.differs)


def compare(store: RunStore, runs: Sequence[str]) -> Comparison:
    """Put runs side by side. Raises `Problem` where one is not there or cannot be read."""
    found, projects = [], []
    for run in runs:
        row, project = store.row(run), decode(store.details(run).project.encode())
        projects.append(project)
        found.append(Compared(row, project.graph, store.epochs(run), classes_of(store, run)))
    rows = [one.row for one in found]
    lines = (*_results(rows), *_recipes(rows), *_data(rows, projects))
    networks = tuple(graph_differences(projects[0].graph, project.graph) for project in projects)
    return Comparison(tuple(found), lines, networks)


def classes_of(store: RunStore, run: str) -> tuple[str, ...]:
    """The classes a run learned, from its checkpoint; () where it has none."""
    from workbench.core.diagnostic import Problem
    from workbench.training.manifest import BEST, LAST, read_content

    for kind in (BEST, LAST):
        try:
            return tuple(read_content(store.folder(run), kind).classes)
        except Problem:
            continue
    return ()


def _results(rows: Sequence[RunRow]) -> list[Line]:
    keys = [key for key in dict.fromkeys(key for row in rows for key in row.metrics) if key != "val_accuracy"]
    lines = [
        Line("Results", "State", tuple(STATES.get(row.state, row.state) for row in rows)),
        Line("Results", "Best accuracy", tuple(percent(row.best_val_accuracy) for row in rows)),
        *(Line("Results", metric_title(k), tuple(figure_words(k, r.metrics.get(k)) for r in rows)) for k in keys),
        Line("Results", "Best epoch", tuple(str(row.best_epoch or "") for row in rows)),
        Line(
            "Results",
            "Trained for",
            tuple(map(trained_words, rows)),
        ),
        Line("Results", "Parameters", tuple(f"{row.parameters:,}" for row in rows)),
        Line("Results", "Ran on", tuple(row.device for row in rows)),
    ]
    versions = dict.fromkeys(name for row in rows for name in row.versions)
    lines += [Line("Versions", name, tuple(str(row.versions.get(name, "")) for row in rows)) for name in versions]
    return lines


def _recipes(rows: Sequence[RunRow]) -> list[Line]:
    said = [{entry.key: entry for entry in entries(completed(row.recipe))} for row in rows]
    keys = dict.fromkeys(key for one in said for key in one)
    lines = []
    for key in keys:
        title = next(one[key].title for one in said if key in one)
        lines.append(Line("Recipe", title, tuple(one[key].words if key in one else "" for one in said)))
    return lines


def _data(rows: Sequence[RunRow], projects: Sequence[Project]) -> list[Line]:
    lines = [
        Line("Data", "Training samples", tuple(f"{row.train:,}" for row in rows)),
        Line("Data", "Validation samples", tuple(f"{row.val:,}" for row in rows)),
        Line("Data", "Fingerprint", tuple(row.fingerprint[:12] for row in rows)),
    ]
    for field in fields(DataSettings):
        values = tuple(getattr(project.data, field.name) for project in projects)
        if field.name in _DATA_TITLES:
            lines.append(Line("Data", _DATA_TITLES[field.name], tuple(_data_words(value) for value in values)))
        elif len({repr(value) for value in values}) > 1:
            title = field.name.replace("_", " ").capitalize()
            lines.append(Line("Data", title, tuple(_data_words(value) for value in values)))
    return lines


def _data_words(value: Any) -> str:
    """A data setting in words; long ones as how many there are."""
    from workbench.catalogue.registry import AUGMENTATIONS
    from workbench.document.project import Chosen

    if isinstance(value, Mapping):
        return f"{len(value):,} set" if value else "none"
    if isinstance(value, tuple) and value and all(isinstance(v, Chosen) for v in value):
        return ", ".join(AUGMENTATIONS[v.id].title if v.id in AUGMENTATIONS else v.id for v in value)
    return value_words(value) or "none"
