"""What the project's run store knows, as the runs table and the plots take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.training.messages import EpochEnd
from workbench.ui.bridge import Bridge
from workbench.ui.training.runs_table import RunLine

if TYPE_CHECKING:
    from workbench.session.session import Session


class RunHistory:
    """Reads the session's runs when asked; the store is small and local. A store that cannot be read is told once."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._session: Session | None = None
        self._told: Diagnostic | None = None

    def follow(self, session: Session | None) -> None:
        self._session, self._told = session, None

    def lines(self) -> tuple[RunLine, ...]:
        """Every run, newest first."""
        if self._session is None:
            return ()
        try:
            rows = self._session.runs()
        except Problem as problem:
            self._tell(problem)
            return ()
        return tuple(
            RunLine(
                row.id, row.name or row.id.replace("-", " "), row.state, row.best_val_accuracy, row.epochs, row.created
            )
            for row in rows
        )

    def epochs(self, run: str) -> tuple[EpochEnd, ...]:
        """The epochs of an earlier run."""
        if self._session is None:
            return ()
        try:
            return self._session.training.epochs_of(run)
        except Problem as problem:
            self._tell(problem)
            return ()

    def _tell(self, problem: Problem) -> None:
        if problem.diagnostics[0] != self._told:
            self._told = problem.diagnostics[0]
            self._bridge.notify(self._told)
