"""A series of runs, one after another, through the session's own training: begun, followed, ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.document.project import Project
from workbench.session.state import RunState
from workbench.training.messages import EpochEnd

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.training.storing.run_rows import RunRow


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a series: what it trains, what the table of runs calls it, and what it has in place of the project's
    settings. `resume` is the run it goes on with, where it was cut short before."""

    project: Project
    name: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    resume: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    """The run has its id."""

    run: str


@dataclass(frozen=True, slots=True)
class Over:
    """A run came to its end; `phase` is "done", "stopped" or "failed" (`reason` says why)."""

    run: str
    phase: str
    epochs: tuple[EpochEnd, ...]
    seconds: float
    reason: str = ""


Told = Began | EpochEnd | Over


class Series:
    """Carries out the runs of a series named `name`. At most one lives at a time; `poll` is called after training's."""

    def __init__(self, session: Session, name: str) -> None:
        self.name = name
        self._session = session
        self._live = False
        self._told: list[Told] = []
        self._run = ""
        self._epochs = 0
        self._began = 0.0
        self._before = 0.0

    @property
    def is_live(self) -> bool:
        """Whether a run is under way."""
        return self._live

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return self._before + time.monotonic() - self._began if self._live else 0.0

    def begin(self, member: Member) -> None:
        """Start a run, or go on with one that was cut short; what stands in its way is told as its end."""
        self._told, self._run, self._epochs = [], "", 0
        self._began, self._before = time.monotonic(), 0.0
        self._live = True
        try:
            if not (member.resume and self._went_on(member)):
                self._session.training.start(
                    variant=member.project,
                    series=self.name,
                    name=member.name,
                    values=member.values,
                    **member.overrides,
                )
        except Problem as problem:
            self._live = False
            self._told.append(Over("", "failed", (), 0.0, problem.diagnostics[0].message))

    def _went_on(self, member: Member) -> bool:
        """Go on with a run, or take what it came to; False where there is nothing left of it."""
        training = self._session.training
        row = self._row(member.resume)
        if row is None:
            return False
        self._before = row.seconds
        if row.state in ("done", "failed"):
            self._finish(row.id, row.state, training.epochs_of(row.id), row.seconds, row.message)
            return True
        try:
            training.start(resume=row.id, series=self.name)
        except Problem as problem:
            if problem.diagnostics[0].code == "training.finished":  # it died between its last epoch and its end
                self._finish(row.id, "done", training.epochs_of(row.id), row.seconds)
                return True
            self._before = 0.0
            return False
        return True

    def _row(self, run: str) -> RunRow | None:
        """The record of a run of this series; None where there is none any more."""
        with contextlib.suppress(Problem):
            row = self._session.training.open_store().row(run)
            return row if row.series == self.name and row.deleted is None else None
        return None

    def stop(self) -> None:
        """End the run under way, with a checkpoint."""
        if self._live:
            self._session.training.command("stop")

    def poll(self) -> Iterator[Told]:
        """What has happened since the last call, in order."""
        yield from self._news()
        told, self._told = self._told, []
        yield from told

    def _news(self) -> Iterator[Told]:
        state = self._session.run
        if not self._live or state is None:
            return
        if state.id and state.id != self._run:
            self._run = state.id
            yield Began(state.id)
        fresh = state.epochs_log[self._epochs :]
        self._epochs = len(state.epochs_log)
        yield from fresh
        if not state.is_live:
            self._finish(state.id, state.phase, state.epochs_log, self.seconds, _reason(state))

    def _finish(self, run: str, phase: str, epochs: tuple[EpochEnd, ...], seconds: float, reason: str = "") -> None:
        self._live = False
        self._told.append(Over(run, phase, epochs, seconds, reason))


def _reason(state: RunState) -> str:
    return state.diagnostic.message if state.diagnostic is not None else ""
