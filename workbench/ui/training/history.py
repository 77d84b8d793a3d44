"""What the project's run store knows, as the runs table and the plots take it.

The steps of long runs are read off the window's thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.training.messages import EpochEnd
from workbench.training.scalars import Rows
from workbench.ui.background import Background
from workbench.ui.bridge import Bridge
from workbench.ui.training.runs_table import RunLine

if TYPE_CHECKING:
    from workbench.session.session import Session


class RunHistory(QObject):
    """Reads the session's runs when asked; the store is small and local. A store that cannot be read is told once.

    `stepsRead(run, rows)` brings what `ask_for_steps` asked for.
    """

    stepsRead = Signal(str, object)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._session: Session | None = None
        self._told: Diagnostic | None = None
        self._asked: list[str] = []
        self._reading = Background("steps of a run", self)
        self._reading.done.connect(self._read)
        self._reading.failed.connect(self._not_read)

    def follow(self, session: Session | None) -> None:
        self._session, self._told = session, None
        self._asked.clear()
        self._reading.forget()

    def ask_for_steps(self, run: str) -> None:
        """Read what a run recorded step by step, in the background, one run after the other."""
        self._asked.append(run)
        if len(self._asked) == 1:
            self._read_next()

    def _read_next(self) -> None:
        if self._asked and self._session is not None:
            self._reading.start(partial(_steps, self._session, self._asked[0]))

    def _read(self, rows: object) -> None:
        if self._asked:
            self.stepsRead.emit(self._asked.pop(0), rows)
            self._read_next()

    def _not_read(self, problem: Diagnostic) -> None:
        self._say(problem)
        if self._asked:
            self._asked.pop(0)
            self._read_next()

    def lines(self) -> tuple[RunLine, ...]:
        """Every run, newest first."""
        if self._session is None:
            return ()
        try:
            rows = self._session.runs()
        except Problem as problem:
            self._say(problem.diagnostics[0])
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
            self._say(problem.diagnostics[0])
            return ()

    def _say(self, problem: Diagnostic) -> None:
        if problem != self._told:
            self._told = problem
            self._bridge.notify(problem)


def _steps(session: Session, run: str) -> Rows:
    return session.training.open_store().scalars(run)
