"""k-fold cross-validation: one run for each fold of the data, and the mean and deviation of what they reach.

Every sample validates exactly one of the runs, so that the mean says more than one run can, and the deviation how much
of a difference between two networks is chance (Hastie, Tibshirani and Friedman 2009, section 7.10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job
from workbench.session.overrides import overridden
from workbench.session.preparing import resumed_project
from workbench.session.searching.measure import Measure, measure_of
from workbench.session.searching.series import Began, Member, Over, Series
from workbench.session.searching.summary import Spread, spreads

if TYPE_CHECKING:
    from workbench.document.project import Project
    from workbench.session.session import Session
    from workbench.training.messages import EpochEnd
    from workbench.training.storing.run_rows import RunRow

ACCURACY = Measure("val_accuracy")
_NAME = re.compile(r"folds-([1-9][0-9]{0,8})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class FoldRun:
    """The run of one fold (from 0). `state` is "waiting", "running", "interrupted", "stopped", "done" or "failed"
    (`reason` says why); `figures` are those of its best epoch by key ("val_loss", "val_f1")."""

    fold: int
    state: str = "waiting"
    run: str = ""
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """A row of `workbench train --all-folds --json`; folds are counted from 1."""
        return {
            "fold": self.fold + 1,
            "state": self.state,
            "run": self.run or None,
            "figures": dict(self.figures),
            "seconds": round(self.seconds, 3),
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class FoldsState:
    """The folds that are trained, or were last. `phase` is "none", "running", "stopping", "done" or "stopped"."""

    phase: str = "none"
    name: str = ""
    measure: Measure = ACCURACY
    runs: tuple[FoldRun, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.phase in ("running", "stopping")

    @property
    def done(self) -> int:
        return sum(run.state in ("done", "failed") for run in self.runs)

    @property
    def may_go_on(self) -> bool:
        return not self.is_live and self.done < len(self.runs)

    @property
    def spreads(self) -> dict[str, Spread]:
        """Mean and deviation of every figure over the folds that are done, what is watched first."""
        found = spreads(run.figures for run in self.runs if run.state == "done")
        return dict(sorted(found.items(), key=lambda pair: (pair[0] != self.measure.key, pair[0].startswith("train_"))))

    @property
    def seconds_left(self) -> float | None:
        """None while no fold is done."""
        took = [run.seconds for run in self.runs if run.state == "done"]
        left = len(self.runs) - self.done
        return None if not took or not self.is_live else left * sum(took) / len(took)


class Folds:
    """Trains the folds of the data one after another; `Session.folds_changed` tells of it with a `FoldsState`.

    What there is of a series is in the table of runs: its name in `series`, which fold in `fold`.
    """

    def __init__(self, session: Session) -> None:
        self.state = FoldsState()
        self.known: tuple[str, ...] = ()
        """The series of folds there are, newest first, as they were last read."""
        self._session = session
        self._series: Series | None = None
        self._project: Project | None = None
        self._overrides: Mapping[str, Any] = MappingProxyType({})
        self._fold: int | None = None

    @property
    def is_live(self) -> bool:
        return self.state.is_live

    def start(self, folds: int, **overrides: Any) -> None:
        """Train on all of `folds` folds, one run each; `overrides` are those of `Session.start_training`.

        Raises `Problem` where there cannot be so many folds, or nothing can be trained.
        """
        self._require_ready()
        session = self._session
        overrides = {**overrides, "folds": folds}
        overrides.pop("fold", None)
        project = overridden(session.project, {**overrides, "fold": 0})
        if not project.data.source:
            raise Problem.of("data.none", "There are no samples to train on. Open a folder first, or use a sample.")
        if session.errors:
            raise Problem(*session.errors)
        self._project, self._overrides = session.project, MappingProxyType(overrides)
        taken = [int(found[1]) for row in session.training.rows() if (found := _NAME.match(row.series))]
        name = f"folds-{max(taken, default=0) + 1}"
        self._begin(FoldsState("running", name, measure_of(project), tuple(FoldRun(i) for i in range(folds))))

    def go_on(self, name: str | None = None) -> None:
        """Go on with a series of folds (None: the newest) where it was: with the run that was cut short, then with
        the folds that are missing, all of the project as it was. Raises `Problem` where there is none."""
        self._require_ready()
        rows = self._rows_of(name)
        _run, folder = self._session.training.run_folder(next((r.id for r in rows if r.state == "done"), rows[0].id))
        began_with, _preparation = resumed_project(folder)
        data = replace(began_with.data, fold=0)
        self._project = replace(began_with, data=data)
        self._overrides = MappingProxyType({})
        state = _state_of(rows, data.folds, measure_of(began_with))
        if state.done == len(state.runs):
            raise Problem.of("folds.done", f"All folds of {state.name} have been trained. Begin a new series.")
        self._begin(replace(state, phase="running"))

    def look_at(self, name: str | None = None) -> Job:
        """Read a series of folds (None: the newest) and the names of all from the table of runs, in the background."""

        def work(_job: Job) -> tuple[FoldsState, tuple[str, ...]]:
            rows = [row for row in self._session.training.rows() if _NAME.match(row.series) and row.deleted is None]
            known = tuple(dict.fromkeys(row.series for row in rows))
            if not known:
                return FoldsState(), ()
            found = self._rows_of(name)
            folds = max(int(row.overrides.get("folds", 0) or 0) for row in found)
            folds = max(folds, 1 + max(row.fold or 0 for row in found))
            return _state_of(found, folds, measure_of(self._session.project)), known

        return self._session.jobs.start("Reading the folds", work, self._read)

    def _read(self, job: Job) -> None:
        if job.state == "done" and not self.is_live:
            state, self.known = job.result
            self._show(state)
        elif job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)

    def stop(self) -> None:
        """End the run under way with a checkpoint and leave the rest; `go_on` goes on exactly there."""
        if self.state.is_live:
            self._show(replace(self.state, phase="stopping"))
            if self._series is not None:
                self._series.stop()

    def moved(self) -> None:
        """The project was saved to another folder, which has no runs yet; a series that lives is stopped."""
        self.stop()
        if not self.state.is_live:
            self._show(FoldsState())

    def close(self) -> None:
        """The session ends; the run is ended by who has it."""
        self._series = None

    def pump(self) -> None:
        """Follow the run under way, and begin the next one. Called after the training's."""
        if not self.state.is_live or self._series is None:
            return
        for told in self._series.poll():
            match told:
                case Began(run):
                    self._note(state="running", run=run)
                case Over() as over:
                    self._over(over)
        if self._fold is None and self.state.is_live:
            self._next()

    # --- one fold after another --------------------------------------------------------------------------------------

    def _begin(self, state: FoldsState) -> None:
        self._series, self._fold = Series(self._session, state.name), None
        if state.name not in self.known:
            self.known = (state.name, *self.known)
        self._show(state)
        self._next()

    def _next(self) -> None:
        waiting = [run for run in self.state.runs if run.state not in ("done", "failed")]
        if self.state.phase == "stopping" or not waiting:
            self._show(replace(self.state, phase="done" if not waiting else "stopped"))
            return
        assert self._series is not None
        assert self._project is not None
        run = min(waiting, key=lambda run: (not run.run, run.fold))
        self._fold = run.fold
        self._note(state="running")
        name = f"{self.state.name}, fold {run.fold + 1} of {len(self.state.runs)}"
        overrides = {**self._overrides, "folds": len(self.state.runs), "fold": run.fold}
        self._series.begin(Member(self._project, name, overrides=overrides, resume=run.run))

    def _over(self, over: Over) -> None:
        kept = [epoch for epoch in over.epochs if epoch.is_best] or list(over.epochs)[-1:]
        figures = _figures(kept[-1]) if kept else {}
        self._note(state=over.phase, run=over.run, figures=MappingProxyType(figures), seconds=over.seconds)
        if over.reason:
            self._note(reason=over.reason)
        self._fold = None
        if over.phase == "stopped":  # by a person, here or in the run itself
            self._show(replace(self.state, phase="stopping"))

    def _note(self, **changes: Any) -> None:
        runs = tuple(replace(run, **changes) if run.fold == self._fold else run for run in self.state.runs)
        self._show(replace(self.state, runs=runs))

    def _rows_of(self, name: str | None) -> list[RunRow]:
        """The runs of a series, oldest first; of each fold the newest. Raises `Problem` where there are none."""
        rows = [row for row in self._session.training.rows() if _NAME.match(row.series) and row.deleted is None]
        wanted = name if name is not None else rows[0].series if rows else ""
        found = {row.fold: row for row in reversed(rows) if row.series == wanted and row.fold is not None}
        if not found:
            known = ", ".join(dict.fromkeys(row.series for row in rows)) or "none yet"
            raise Problem.of("folds.none", f"There is no series of folds “{wanted[:60]}”. There are: {known}.")
        return list(found.values())

    def _require_ready(self) -> None:
        session = self._session
        session.require_no_series()
        if session.run is not None and session.run.is_live:
            raise Problem.of("training.live", "A run is going. Stop it, or let it finish, before the folds begin.")
        if session.read_only:
            raise Problem.of(
                "project.read_only",
                f"{session.project.name} was opened to read only, so runs cannot be kept. Close the other window, or "
                "save the project under another name.",
            )

    def _show(self, state: FoldsState) -> None:
        if state != self.state:
            self.state = state
            self._session.folds_changed.emit(state)


def _figures(epoch: EpochEnd) -> dict[str, float]:
    from workbench.training.store import figures

    return figures(epoch)


def _state_of(rows: list[RunRow], folds: int, measure: Measure) -> FoldsState:
    by_fold = {row.fold: row for row in rows}
    runs = []
    for fold in range(folds):
        row = by_fold.get(fold)
        if row is None:
            runs.append(FoldRun(fold))
        else:
            runs.append(FoldRun(fold, row.state, row.id, row.metrics, row.seconds, row.message))
    phase = "done" if all(run.state in ("done", "failed") for run in runs) else "stopped"
    return FoldsState(phase, rows[0].series, measure, tuple(runs))
