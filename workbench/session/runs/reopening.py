"""The exact network a run was trained with, brought back: into the open project, or as a project of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic
from workbench.document.format import decode
from workbench.document.graph import Graph
from workbench.document.project import DataSettings, Project

if TYPE_CHECKING:
    from workbench.session.session import Session

_gestures = itertools.count()


def project_of(session: Session, run: str) -> Project:
    """The project as a run was trained with it, overrides applied. Raises `Problem` where it cannot be read."""
    return decode(session.training.open_store().details(run).project.encode())


def reopen(session: Session, run: str, *, whole: bool = False) -> Diagnostic | None:
    """Bring a run's network back into the project, as one undo step; with `whole` its recipe and data settings too.

    Gives the reason where the edit was refused. Raises `Problem` where the run cannot be read.
    """
    then, row = project_of(session, run), session.training.open_store().row(run)
    label, gesture = f"Reopen {row.title}", f"reopen {run} {next(_gestures)}"
    refused = session.apply_to_whole(label, _replacing(then.graph), gesture)
    if refused is None and whole:
        session.change(label, recipe=then.recipe, data=then.data, gesture=gesture)
    return refused


def _replacing(graph: Graph) -> Callable[[Graph], Graph | Diagnostic]:
    def edit(_now: Graph) -> Graph | Diagnostic:
        return graph

    return edit


def reopen_as_project(session: Session, run: str, folder: Path) -> Path:
    """Write a run's network, recipe and data settings as a new project into an empty or new folder; gives it.

    The samples stay where they are: relative sources keep their targets. Raises `Problem` where the folder already
    holds a project or cannot be written.
    """
    from workbench.session.session import Session as Sessions

    then, title = project_of(session, run), session.training.open_store().row(run).title
    notes = f"{then.notes.rstrip()}\n\nReopened from {title} of {session.project.name}.".strip()
    made = replace(then, name=folder.name, notes=notes, data=_absolute(then.data, session.folder))
    Sessions.create(folder, made).close()
    return folder


def _absolute(data: DataSettings, here: Path) -> DataSettings:
    def moved(source: str) -> str:
        if not source or source.startswith("sample:") or Path(source).is_absolute():
            return source
        return (here / source).resolve().as_posix()

    return replace(data, source=moved(data.source), more=tuple(map(moved, data.more)))
