"""How good a run's best weights are, asked for in the background and kept until it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job

if TYPE_CHECKING:
    from workbench.data.index import Index
    from workbench.session.session import Session
    from workbench.training.metrics.evaluation import Evaluation

SPLITS = ("train", "val", "test", "all")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """What came out for a `run`; `index` has the samples as the run knew them."""

    run: str
    evaluation: Evaluation
    index: Index

    def taken_for(self, true: int, answered: int, now: Index) -> tuple[int, ...]:
        """The samples of one class that were taken for another, as places in the data set's index of `now`; without
        those that are not in it any more."""
        found = (now.find(self.index.path(int(i))) for i in self.evaluation.taken_for(true, answered))
        return tuple(place for place in found if place is not None)


class Evaluating:
    """`job` is the evaluation under way (None: none is), `result` the last one that was done."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.job: Job | None = None
        self.result: Evaluated | None = None

    def start(self, run: str | None = None, split: str = "val") -> Job:
        """Judge the best weights of a run (the newest, if none is named) over a split of its own samples.

        One at a time: while one runs, that one is given. Raises `Problem` where nothing was trained yet.
        """
        session = self._session
        if self.job is not None:
            return self.job
        if not session.training.has_runs:
            raise Problem.of(
                "run.none", "Nothing was trained yet, so there is nothing to judge. Train the project first."
            )

        def work(job: Job) -> Evaluated:
            from workbench.training.priority import lower_priority

            lower_priority()
            return session.results.judged(run, split, progress=job.progress, cancelled=job.cancelled)

        self.job = session.jobs.start("Evaluating the network", work, self._ended)
        return self.job

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def _ended(self, job: Job) -> None:
        self.job = None
        if job.state == "done":
            self.result = job.result
        elif job.state == "failed" and job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)
        self._session.evaluated_changed.emit(self.result)
