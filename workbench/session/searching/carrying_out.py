"""A search, trial by trial, in a thread of its own, which alone speaks to Optuna's storage while it goes on.

The thread says which variant to train and when to end one early; the session's thread trains it and tells what came.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from workbench.session.jobs import Cancelled, Job
from workbench.session.searching.plan import Plan
from workbench.session.searching.study import Proposal, Study
from workbench.session.searching.trial import Trial

LOOK_SECONDS = 0.05
SHARE_FOR_IMPORTANCE = 0.05
"""At most so much of the time goes into working out which settings matter."""

BY_HAND = "Ended by hand."

# --- what the search says --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """All trials as they stand."""

    plan: Plan
    trials: tuple[Trial, ...]
    importance: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Train:
    """This variant is to be trained now."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class EndEarly:
    """The run under way is not worth going on with."""

    number: int


Said = Table | Train | EndEarly

# --- what it is told -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunBegan:
    run: str


@dataclass(frozen=True, slots=True)
class EpochDone:
    """The measure after an epoch; `is_last` where none comes after it."""

    epoch: int
    value: float
    is_last: bool


@dataclass(frozen=True, slots=True)
class RunEnded:
    """`phase` is "done", "stopped" or "failed"; `values` the measure after each epoch; `skipped`: a person ended it."""

    phase: str
    values: Mapping[int, float]
    seconds: float
    reason: str = ""
    skipped: bool = False


Answer = RunBegan | EpochDone | RunEnded


class Talk:
    """The two queues between the search and the session."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def say(self, said: Said) -> None:
        self._said.put(said)

    def answer(self, answer: Answer) -> None:
        self._answers.put(answer)

    def said(self) -> Iterator[Said]:
        """What the search has said since the last time."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._said.get_nowait()

    def wait(self, job: Job) -> Answer:
        """The next answer. Raises `Cancelled` where the search is to end instead."""
        while True:
            if job.cancelled():
                raise Cancelled
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=LOOK_SECONDS)


class CarryingOut:
    """The loop over the trials of a study, for the thread of a job."""

    def __init__(self, study: Study, talk: Talk, job: Job) -> None:
        self._study = study
        self._talk = talk
        self._job = job
        self._trials = list(study.trials())
        self._importance: Mapping[str, float] = MappingProxyType({})
        self._counted_at, self._cost = 0.0, 0.0

    def all(self) -> None:
        """Every trial there is left. Raises `Cancelled` when it is to end before, and `Problem` where the record
        fails; what is under way then is gone on with the next time."""
        self._weigh(at_once=True)
        self._show()
        while True:
            self._job.progress(sum(t.is_finished for t in self._trials), self._study.plan.trials)
            proposal = self._study.next()
            if proposal is None:
                break
            self._note(proposal.trial)
            self._one(proposal)
            self._note(self._read(proposal.trial.number, current=None))
            self._weigh()
            self._show()
        self._weigh(at_once=True)
        self._show()

    def _one(self, proposal: Proposal) -> None:
        study, number = self._study, proposal.trial.number
        if proposal.project is None:
            study.note(number, reason=proposal.reason)
            study.tell(number, "failed")
            return
        same = study.same_before(proposal.trial)
        if same is not None:
            study.note(number, same_as=same.number, run=same.run)
            study.tell(number, "done", same.score)
            return
        self._show()
        self._talk.say(Train(proposal))
        self._follow(number)

    def _follow(self, number: int) -> None:
        """Hear of a run until its end."""
        study, asked = self._study, False
        while True:
            match self._talk.wait(self._job):
                case RunBegan(run):
                    study.note(number, run=run)
                case EpochDone(epoch, value, is_last):
                    study.report(number, epoch, value)
                    if not (asked or is_last) and study.should_prune(number):
                        asked = True
                        self._talk.say(EndEarly(number))
                case RunEnded() as end:
                    self._finish(number, end, asked)
                    return
            self._note(self._read(number, current=number))
            self._show()

    def _finish(self, number: int, end: RunEnded, asked: bool) -> None:
        study = self._study
        if end.phase == "stopped" and not (asked or end.skipped):
            raise Cancelled  # a person stopped the run; the trial is gone on with when the search is
        for epoch, value in end.values.items():
            study.report(number, epoch, value)
        study.note(number, seconds=end.seconds)
        score = study.plan.measure.best(end.values.values())
        if end.phase == "stopped":
            if end.skipped:
                study.note(number, reason=BY_HAND)
            study.tell(number, "pruned")
        elif end.phase == "failed" or score is None:
            nothing = f"The run gave no {study.plan.measure.title.lower()} to compare."
            study.note(number, reason=end.reason or nothing)
            study.tell(number, "failed")
        else:
            study.tell(number, "done", score)

    def _read(self, number: int, current: int | None) -> Trial:
        return self._study.trial(number, current)

    def _note(self, trial: Trial) -> None:
        if trial.number > len(self._trials):
            self._trials.append(trial)
        else:
            self._trials[trial.number - 1] = trial

    def _weigh(self, at_once: bool = False) -> None:
        """Work out which settings matter, where it is not out of proportion to what a trial takes."""
        now = time.monotonic()
        if at_once or now - self._counted_at >= self._cost / SHARE_FOR_IMPORTANCE:
            self._importance = self._study.importance()
            self._counted_at = time.monotonic()
            self._cost = self._counted_at - now

    def _show(self) -> None:
        self._talk.say(Table(self._study.plan, tuple(self._trials), self._importance))
