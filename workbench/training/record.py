"""Keeps a run's record up to date while it trains; a record that cannot be written never stops the training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.training.messages import CheckpointSaved, Ended, EpochEnd, Event, Noticed, Started
from workbench.training.packing import CHUNK
from workbench.training.scalars import Rows, ScalarLog

if TYPE_CHECKING:
    from workbench.training.store import RunStore


class Record:
    """Writes one run, from the training thread, through a store of its own (made by `RunStore.begin` and `resume`).

    `scalars` and `epochs` hold what a resumed run recorded before; they are empty for a new one.
    """

    def __init__(
        self,
        store: RunStore,
        run: str,
        *,
        rows: Rows | None = None,
        epochs: tuple[EpochEnd, ...] = (),
        seconds: float = 0.0,
    ) -> None:
        self.run = run
        self.scalars = ScalarLog(rows)
        self.epochs = epochs
        self._store = store
        self._seconds_before = seconds
        self._began = time.monotonic()
        self._written = 0
        self._said = False

    def take(self, event: Event, scalars: ScalarLog) -> list[Noticed]:
        """Write down what an event tells; gives a notice, once, where that fails."""
        try:
            self._take(event, scalars)
        except Problem as problem:
            if self._said:
                return []
            self._said = True
            return [Noticed(_not_recorded(problem))]
        return []

    def _take(self, event: Event, scalars: ScalarLog) -> None:
        match event:
            case Started():
                self._began = time.monotonic()
                self._store.start(self.run, event, scalars.read())
                self._written = len(scalars)
            case EpochEnd():
                self._flush(scalars)
                self._store.add_epoch(self.run, event, seconds=self._seconds())
            case CheckpointSaved():
                self._flush(scalars)
            case Ended():
                try:
                    self._flush(scalars)
                    self._store.finish(self.run, event, seconds=self._seconds())
                finally:
                    self._store.close()

    def _flush(self, scalars: ScalarLog) -> None:
        """Write the rows since the last time, in whole pieces (the piece that was not full is written again)."""
        count = len(scalars)
        if count > self._written:
            start = self._written // CHUNK * CHUNK
            self._store.add_scalars(self.run, start, scalars.read(start, count))
            self._written = count

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._began


def _not_recorded(problem: Problem) -> Diagnostic:
    reason = problem.diagnostics[0]
    return Diagnostic(
        "training.not_recorded",
        f"The run's numbers cannot be recorded at the moment; training goes on. {reason.message}",
        Severity.WARNING,
        details=reason.details,
    )
