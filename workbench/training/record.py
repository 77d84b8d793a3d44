"""Keeps a run's record up to date while it trains; a record that cannot be written never stops the training."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.training.messages import (
    CheckpointSaved,
    Ended,
    EpochEnd,
    Event,
    Noticed,
    Started,
    ThreadsChanged,
    Validated,
)
from workbench.training.packing import CHUNK
from workbench.training.scalars import Rows, ScalarLog
from workbench.training.storing.layer_pieces import PIECE, LayerRows, LayerSource

if TYPE_CHECKING:
    from workbench.training.store import RunStore

_NOT_RECORDED = "training.not_recorded"

BEAT_SECONDS = 2.0
"""How far behind a run another process sees it at the most, where `beat` is called."""


class Record:
    """Writes one run, from the training thread, through a store of its own (made by `RunStore.begin` and `resume`).

    `scalars`, `epochs` and `layers` hold what a resumed run recorded before; they are empty for a new one. What cannot
    be written at the moment (a full disk, another program that holds the file) is written as soon as it can be.
    """

    def __init__(
        self,
        store: RunStore,
        run: str,
        *,
        rows: Rows | None = None,
        epochs: tuple[EpochEnd, ...] = (),
        layers: LayerRows | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.run = run
        self.scalars = ScalarLog(rows)
        self.epochs = epochs
        self.layers = layers if layers is not None else LayerRows.none()
        self._store = store
        self._seconds_before = seconds
        self._began = self._beaten = time.monotonic()
        self._written = 0
        self._layers_written = 0
        self._layer_names: tuple[str, ...] = ()
        self._step = 0
        self._waiting: deque[Callable[[], None]] = deque()  # what is still to be written, in order
        self._said = False

    def take(self, event: Event, scalars: ScalarLog, layers: LayerSource | None = None) -> list[Noticed]:
        """Write down what an event tells; gives a notice, once, where that fails."""
        try:
            self._take(event, scalars, layers)
        except Problem as problem:
            return self._tell(problem)
        return []

    def beat(
        self, scalars: ScalarLog, layers: LayerSource | None = None, *, every: float = BEAT_SECONDS
    ) -> list[Noticed]:
        """Write what is new after so many seconds, for those who follow the run from another process; else nothing."""
        now = time.monotonic()
        if now - self._beaten < every:
            return []
        self._beaten = now
        try:
            self._flush(scalars, layers)
        except Problem as problem:
            return self._tell(problem)
        return []

    def threads(self, step: int, threads: int, why: str) -> list[Noticed]:
        """Keep that the run goes on with another number of threads from a step on."""
        return self._later(partial(self._store.add_threads, self.run, step, threads, why))

    def promise(self, promise: Mapping[str, str]) -> list[Noticed]:
        """Keep what the run's exactness depends on."""
        return self._later(partial(self._store.keep_promise, self.run, dict(promise)))

    def _later(self, write: Callable[[], None]) -> list[Noticed]:
        self._waiting.append(write)
        try:
            self._write_waiting()
        except Problem as problem:
            return self._tell(problem)
        return []

    def _tell(self, problem: Problem) -> list[Noticed]:
        if self._said:
            return []
        self._said = True
        return [Noticed(_not_recorded(problem))]

    def _take(self, event: Event, scalars: ScalarLog, layers: LayerSource | None) -> None:
        store, run = self._store, self.run
        match event:
            case Started():
                self._began = time.monotonic()
                self._step = event.done_steps
                self._waiting.append(partial(store.start, run, event, scalars.read()))
                self._waiting.append(partial(store.keep_promise, run, dict(event.promise)))
                self._write_waiting()
                self._written = len(scalars)
                self._flush(scalars, layers)
            case EpochEnd():
                self._step = event.step
                self._waiting.append(partial(store.add_epoch, run, event, seconds=self._seconds()))
                self._flush(scalars, layers)
            case Validated():
                self._waiting.append(partial(store.add_validation, run, event))
                self._write_waiting()
            case Noticed():
                newest = scalars.last()
                step = self._step if newest is None else int(newest["step"])
                self._waiting.append(partial(store.add_notice, run, step, event.diagnostic))
                self._write_waiting()
            case ThreadsChanged(step=step, threads=threads, why=why):
                self._waiting.append(partial(store.add_threads, run, step, threads, why))
                self._write_waiting()
            case CheckpointSaved():
                self._flush(scalars, layers)
            case Ended():
                try:
                    if event.diagnostic is not None:
                        self._waiting.append(partial(store.add_notice, run, event.step, event.diagnostic))
                    self._waiting.append(partial(store.finish, run, event, seconds=self._seconds()))
                    self._flush(scalars, layers)
                finally:
                    store.close()

    def _flush(self, scalars: ScalarLog, layers: LayerSource | None) -> None:
        """Write all that is new; the logs in whole pieces (the piece that was not full is written again)."""
        self._write_waiting()
        count = len(scalars)
        if count > self._written:
            start = self._written // CHUNK * CHUNK
            self._store.add_scalars(self.run, start, scalars.read(start, count))
            self._written = count
        if layers is not None:
            if tuple(layers.names) != self._layer_names:  # those of other layers were let go
                self._layer_names, self._layers_written = tuple(layers.names), 0
            start = self._layers_written // PIECE * PIECE
            steps, values = layers.read(start)
            if start + len(steps) > self._layers_written:
                self._store.add_layers(self.run, start, LayerRows(tuple(layers.names), steps, values))
                self._layers_written = start + len(steps)

    def _write_waiting(self) -> None:
        while self._waiting:
            self._waiting[0]()
            self._waiting.popleft()

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._began


def _not_recorded(problem: Problem) -> Diagnostic:
    reason = problem.diagnostics[0]
    return Diagnostic(
        _NOT_RECORDED,
        f"The run's numbers cannot be recorded at the moment; training goes on. {reason.message}",
        Severity.WARNING,
        details=reason.details,
    )
