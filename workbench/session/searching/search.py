"""The search of a session: begun, stopped, gone on with, looked at later, and its best variant taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import number
from workbench.session.jobs import Job
from workbench.session.overrides import overridden
from workbench.session.searching import study as studies
from workbench.session.searching.carrying_out import (
    CarryingOut,
    EndEarly,
    EpochDone,
    RunBegan,
    RunEnded,
    Table,
    Talk,
    Train,
)
from workbench.session.searching.measure import measure_of
from workbench.session.searching.plan import MOST_TRIALS, Plan, checked
from workbench.session.searching.record_file import record_of
from workbench.session.searching.series import Began, Member, Over, Series
from workbench.session.searching.study import Proposal
from workbench.session.searching.trial import SearchState, Trial
from workbench.session.searching.variants import Axis, with_values
from workbench.training.messages import EpochEnd

if TYPE_CHECKING:
    from workbench.session.session import Session


class Search:
    """At most one search lives at a time. It trains through the session's own training, one variant after another.

    What it does is told by `Session.search_changed` with a `SearchState`. A search that was stopped, or whose process
    died, is in the record of the project (``runs/searches.sqlite``) and can be gone on with.
    """

    def __init__(self, session: Session) -> None:
        self.state = SearchState()
        self._session = session
        self._job: Job | None = None
        self._reading: Job | None = None
        self._talk = Talk()
        self._series: Series | None = None
        self._trial: Trial | None = None
        self._skipped = False

    # --- what a person does ------------------------------------------------------------------------------------------

    def plan(
        self,
        axes: Sequence[Axis],
        *,
        name: str = "",
        trials: int = 20,
        sampler: str = "tpe",
        pruner: str = "none",
        measure: str = "auto",
        search_seed: int = 0,
        **overrides: Any,
    ) -> Plan:
        """What a search of the project as it is now would do. Raises `Problem` with all that is wrong with it.

        `overrides` are those of `Session.start_training`, for all trials; without a `name` it gets a number.
        `search_seed` is for what is tried (`seed`, an override, is for weights and order).
        """
        project = overridden(self._session.project, overrides)
        return checked(
            Plan(
                name=name.strip()[:100],
                project=project,
                axes=tuple(axes),
                measure=measure_of(project, measure),
                trials=trials,
                sampler=sampler,
                pruner=pruner,
                seed=search_seed,
                overrides=MappingProxyType(overrides),
            )
        )

    def start(self, plan: Plan) -> None:
        """Begin a search in the background. Raises `Problem` where nothing can be trained."""
        self._require_ready()
        if not plan.project.data.source:
            raise Problem.of("data.none", "There are no samples to train on. Open a folder first, or use a sample.")
        path = record_of(self._session.folder)

        def work(job: Job) -> None:
            named = plan if plan.name else replace(plan, name=studies.free_name(studies.names(path)))
            with studies.begun(path, named) as study:
                CarryingOut(study, self._talk, job).all()

        self._begin(work, SearchState("starting", plan, known=self.state.known))

    def go_on(self, name: str | None = None, trials: int | None = None) -> None:
        """Go on with the newest search, or a named one, where it was; to so many trials in all, if that is said.

        Raises `Problem` where a run is going, or `trials` is no number of trials.
        """
        self._require_ready()
        if trials is not None and not 1 <= trials <= MOST_TRIALS:
            raise Problem.of(
                "search.trials",
                f"A search has 1 to {number(MOST_TRIALS)} trials, not {number(trials)}.",
                param="trials",
            )
        path = record_of(self._session.folder)

        def work(job: Job) -> None:
            with studies.reopened(path, self._named(name), to_write=True) as study:
                if trials is not None:
                    study.set_trials(trials)
                CarryingOut(study, self._talk, job).all()

        same = self.state.plan is not None and self.state.plan.name == name
        kept = self.state if same else SearchState(known=self.state.known)
        self._begin(work, replace(kept, phase="starting", diagnostics=()))

    def stop(self) -> None:
        """End the run under way with a checkpoint and leave the rest; `go_on` goes on exactly there."""
        if self.state.is_live:
            self._show(replace(self.state, phase="stopping"))
            if self._job is not None:
                self._job.cancel()
            if self._series is not None:
                self._series.stop()

    def skip(self) -> None:
        """End the trial under way (it counts as pruned) and go on with the next one."""
        if self.state.phase == "running" and self._series is not None and self._series.is_live:
            self._skipped = True
            self._series.stop()

    def look_at(self, name: str | None = None) -> Job:
        """Read an earlier search (None: the newest) and the names of all, in the background; not while one lives."""
        if self.state.is_live:
            raise Problem.of("search.live", "A search is going. Stop it, or let it finish, to look at another one.")
        path = record_of(self._session.folder)

        def work(_job: Job) -> SearchState:
            known = studies.names(path)
            if not known:
                return SearchState()
            with studies.reopened(path, name or known[0], to_write=False) as study:
                return SearchState("opened", study.plan, study.trials(), study.importance(), known)

        self._reading = self._session.jobs.start("Reading the searches", work, self._read)
        return self._reading

    def take_over(self, trial: int | None = None) -> Diagnostic | None:
        """Give the project the settings of the best trial, or of trial number `trial`, as one undo step.

        What else was edited since stays. Gives why not, where a setting is not there any more.
        """
        found = self.state.best if trial is None else next((t for t in self.state.trials if t.number == trial), None)
        if found is None:
            return self._refused(Diagnostic("search.no_trial", "No trial has a result yet. Wait for the first one."))
        try:
            project = with_values(self._session.project, found.values)
        except Problem as problem:
            return self._refused(problem.diagnostics[0])
        name = "" if self.state.plan is None else f" of {self.state.plan.name}"
        self._session.take(f"Take over trial {found.number}{name}", project)
        return None

    # --- following it ------------------------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        return self.state.is_live

    def pump(self) -> None:
        """Take in what the search says, and tell it of its run. Called after the training's."""
        for said in self._talk.said():
            match said:
                case Table(plan, trials, importance):
                    self._take(plan, trials, importance)
                case Train(proposal) if self.state.phase in ("starting", "running"):
                    self._train(proposal)
                case EndEarly(number) if self._trial is not None and self._trial.number == number:
                    if self._series is not None:
                        self._series.stop()
        if self._series is not None and self._trial is not None:
            self._follow(self._series)
        if self.state.phase == "stopping" and self._job is None and not self._is_training:
            self._show(replace(self.state, phase="stopped"))

    def moved(self) -> None:
        """The project was saved to another folder, which has no searches yet; one that lives is stopped."""
        self.stop()
        if not self.state.is_live:
            self._reading = None
            self._show(SearchState())

    def close(self) -> None:
        """The session ends; its jobs and its run are ended by those who have them."""
        self._job = self._reading = None

    def _begin(self, work: Any, state: SearchState) -> None:
        self._talk = Talk()
        self._series = self._trial = None
        self._reading = None
        self._job = self._session.jobs.start("Searching", work, self._ended)
        self._show(state)

    def _train(self, proposal: Proposal) -> None:
        assert proposal.project is not None
        assert self.state.plan is not None
        plan = self.state.plan
        if self._series is None:
            self._series = Series(self._session, plan.name)
        self._trial, self._skipped = proposal.trial, False
        self._series.begin(
            Member(
                project=proposal.project,
                name=f"{plan.name}, trial {proposal.trial.number}",
                values=MappingProxyType({**plan.overrides, **proposal.trial.values}),
                resume=proposal.run,
            )
        )

    def _follow(self, series: Series) -> None:
        plan = self.state.plan
        assert plan is not None
        for told in series.poll():
            match told:
                case Began(run):
                    self._talk.answer(RunBegan(run))
                case EpochEnd() as epoch:
                    value = plan.measure.of(epoch)
                    epochs = self._session.run.epochs if self._session.run is not None else 0
                    if value is not None:
                        self._talk.answer(EpochDone(epoch.epoch, value, epoch.epoch >= epochs))
                case Over() as over:
                    self._over(plan, over)

    def _over(self, plan: Plan, over: Over) -> None:
        self._trial = None
        values = {e.epoch: value for e in over.epochs if (value := plan.measure.of(e)) is not None}
        self._talk.answer(RunEnded(over.phase, values, over.seconds, over.reason, self._skipped))

    def _take(self, plan: Plan, trials: tuple[Trial, ...], importance: Mapping[str, float]) -> None:
        known = self.state.known if plan.name in self.state.known else (plan.name, *self.state.known)
        phase = "running" if self.state.phase == "starting" else self.state.phase
        left, rate = _pace(trials, plan.trials)
        self._show(replace(SearchState(phase, plan, trials, importance, known), seconds_left=left, per_hour=rate))

    def _ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self.pump()  # what it said last
        self._job = None
        trials = tuple(replace(t, state="interrupted") if t.state == "running" else t for t in self.state.trials)
        phase = {"done": "done", "failed": "failed"}.get(job.state, "stopping")
        if phase == "stopping" and self._series is not None:
            self._series.stop()
        self._show(
            replace(
                self.state, phase=phase, trials=trials, diagnostics=job.diagnostics, seconds_left=None, per_hour=0.0
            )
        )

    def _read(self, job: Job) -> None:
        if job is not self._reading:
            return
        self._reading = None
        if job.state == "done":
            self._show(job.result)
        elif job.state == "failed":
            self._show(replace(self.state, phase="failed", diagnostics=job.diagnostics))

    @property
    def _is_training(self) -> bool:
        run = self._session.run
        return run is not None and run.is_live

    def _require_ready(self) -> None:
        self._session.require_no_series()
        if self._is_training:
            raise Problem.of("training.live", "A run is going. Stop it, or let it finish, before the search begins.")
        if self._session.read_only:
            raise Problem.of(
                "project.read_only",
                f"{self._session.project.name} was opened to read only, so searches cannot be kept. Close the other "
                "window, or save the project under another name.",
            )

    def _named(self, name: str | None) -> str:
        """The search meant, in the thread that reads: the newest where none is named."""
        if name is not None:
            return name
        known = studies.names(record_of(self._session.folder))
        if not known:
            raise Problem.of("search.none", "This project has no search to go on with. Begin one first.")
        return known[0]

    def _refused(self, diagnostic: Diagnostic) -> Diagnostic:
        self._session.notice.emit(diagnostic)
        return diagnostic

    def _show(self, state: SearchState) -> None:
        if state != self.state:
            self.state = state
            self._session.search_changed.emit(state)


def _pace(trials: Sequence[Trial], total: int) -> tuple[float | None, float]:
    """(seconds left, trials an hour), from the trials that were trained; None and 0 before the first."""
    trained = [t.seconds for t in trials if t.is_finished and t.seconds > 0]
    if not trained:
        return None, 0.0
    each = sum(trained) / sum(t.is_finished for t in trials)
    left = total - sum(t.is_finished for t in trials)
    return left * each, 3600 / each if each > 0 else 0.0
