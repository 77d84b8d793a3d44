"""Finding a learning rate for the open project, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.compiler.inference import infer
from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job
from workbench.session.overrides import overridden
from workbench.session.preparing import Order, require_no_errors, samples_for
from workbench.session.state import DataState

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.training.rate_finder import RateSweep

LET_GO_SECONDS = 60.0
"""How long a run that begins waits for a test under way to end (it ends after the batch it is at)."""


class RateFinding:
    """`job` is the test under way (None: none is), `sweep` what the last one found, `points` its (rate, loss) pairs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.job: Job | None = None
        self.sweep: RateSweep | None = None
        self.points: list[tuple[float, float]] = []
        """Grows in the job's thread while it runs; only read from elsewhere."""
        self._over = threading.Event()
        self._over.set()

    def start(self, *, keep_weights: bool = False, **overrides: Any) -> Job:
        """Begin; see `Session.find_learning_rate`. Raises `Problem` where nothing could be trained."""
        session = self._session
        if self.job is not None:
            return self.job
        if session.run is not None and session.run.is_live:
            raise Problem.of(
                "rate.live",
                "A run is going, and a search for a learning rate beside it would disturb it. Stop the run, or let it "
                "finish, before you search.",
            )
        project = overridden(session.project, overrides)
        if not overrides and session.errors:
            raise Problem(*session.errors)
        if not project.data.source:
            raise Problem.of(
                "data.none",
                "There are no pictures to learn from. Open a folder with one sub-folder for each class, or use a "
                "sample.",
            )
        own = session.data.dataset if session.data.phase == "ready" else None
        order = Order(project, overrides, own, weights=session.training.weights if keep_weights else None)
        points: list[tuple[float, float]] = []
        self.points, self.sweep = points, None
        over = self._over = threading.Event()

        def see(rate: float, loss: float) -> None:
            points.append((rate, loss))

        def work(job: Job) -> RateSweep:
            try:
                return _found(session, order, job, see)
            finally:
                over.set()

        self.job = session.jobs.start("Finding a learning rate", work, self._ended)
        return self.job

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def give_way(self) -> None:
        """A run begins: end the test, which would draw from the same random numbers, and wait until it has."""
        self.cancel()
        self._over.wait(LET_GO_SECONDS)

    def _ended(self, job: Job) -> None:
        self.job = None
        if job.state == "done":
            self.sweep = job.result
        elif job.state == "failed" and job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)


def _found(session: Session, order: Order, job: Job, see: Callable[[float, float], None]) -> RateSweep:
    """The work of the job: the samples and the network of a run, without a run."""
    from workbench.compiler.build import compile as compile_graph
    from workbench.training.priority import lower_priority
    from workbench.training.rate_finder import find_rate
    from workbench.training.weights import carried

    project = order.project
    inferred = infer(project.graph)
    require_no_errors(project, inferred, DataState())
    dataset, owns = samples_for(session, order, job)
    try:
        dataset.measure(job.progress, job.cancelled)
        require_no_errors(project, inferred, DataState("ready", dataset))
        compiled = compile_graph(project.graph, inferred, name=project.name)
        kept = carried(order.weights, compiled) if order.weights is not None else None
        lower_priority()
        return find_rate(compiled, dataset, project.recipe, weights=kept, progress=job.progress, seen=see)
    finally:
        if owns:
            dataset.close()
