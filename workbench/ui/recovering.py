"""Unsaved changes that a crash left behind: what is said about them, and how they come back into a project."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Fix, Severity

if TYPE_CHECKING:
    from workbench.document.autosave import Recovery
    from workbench.document.graph import Graph
    from workbench.session.session import Session

RESTORE, DISCARD = "restore_recovery", "discard_recovery"
_LABEL = "Restore unsaved changes"


def sentence(recovery: Recovery) -> str:
    """What there is, in words: "…Scenes has unsaved changes from 14:05 on 3 March."."""
    when = recovery.saved_at.astimezone()
    return (
        f"The program ended without a word last time. {recovery.project.name} has unsaved changes from "
        f"{when:%H:%M} on {when.day} {when:%B}."
    )


def offer(recovery: Recovery) -> Diagnostic:
    """The same as a notice over the open project, with both answers as remedies."""
    arguments = {"recovery": str(recovery.path)}
    fixes = (Fix("Restore", RESTORE, arguments), Fix("Discard", DISCARD, arguments))
    return Diagnostic("project.recovery", sentence(recovery), Severity.WARNING, fixes=fixes)


def restore(recovery: Recovery, session: Session) -> None:
    """Put the unsaved changes into the open project as one undo step. The recovery stays until it is discarded."""
    wanted = recovery.project
    session.apply_to_whole(_LABEL, partial(_instead, wanted.graph), gesture=_LABEL)
    session.change(_LABEL, data=wanted.data, recipe=wanted.recipe, name=wanted.name, notes=wanted.notes, gesture=_LABEL)


def _instead(graph: Graph, _old: Graph) -> Graph:
    return graph
