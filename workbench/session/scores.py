"""What the network says of every sample: asked for in the background, kept until it is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph
from workbench.session.jobs import Job

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.data.index import Index
    from workbench.session.session import Session
    from workbench.training.weights import Weights

BATCH = 128


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One row for each of the data set's N samples: `loss` and `confidence` (the probability of the answer) float32,
    NaN where unknown; `predicted` int32, a place in `classes`, -1 where unknown. `labels` int64 are the classes the
    losses were measured against.

    `outdated`: the network, its weights or the files have changed since.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    loss: NDArray[np.float32]
    confidence: NDArray[np.float32]
    predicted: NDArray[np.int32]
    outdated: bool = False

    @property
    def known(self) -> int:
        """How many samples have an answer."""
        return int((self.predicted >= 0).sum())

    def counted_as(
        self, classes: Sequence[str], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
        """(loss, confidence, predicted) with `predicted` a place in `classes`: relabelling moves the places.

        The loss of a sample that has another class now (`labels`) is unknown until the network is asked again.
        """
        place = {name: number for number, name in enumerate(classes)}
        moved = np.array([*(place.get(name, -1) for name in self.classes), -1], np.int32)  # -1 stays -1
        loss = np.where(moved[self.labels] == labels, self.loss, np.float32(np.nan))
        return loss, self.confidence, moved[self.predicted]


class Scoring:
    """Holds `scores`, None before they were first asked for; tells of new or outdated ones by `scores_changed`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.scores: Scores | None = None
        self.job: Job | None = None
        self._index: Index | None = None  # what the rows of `scores` are
        self._seen: Index | None = None  # the newest that was held against it
        self._weights: Weights | None = None
        self._graph: Graph | None = None  # that was asked
        self._same_as: Graph | None = None  # the newest graph known to compute the same

    def start(self) -> Job:
        """Ask the network of the project, with its newest weights, about all samples, the excluded ones too.

        One job at a time: while one runs, that one is given. Raises `Problem` where there are no samples or nothing was
        trained yet.
        """
        session = self._session
        if self.job is not None:
            return self.job
        dataset = session.data.dataset
        if dataset is None:
            raise Problem.of("data.none", "There are no samples to ask the network about. Open a folder first.")
        known = session.looking.trained
        if known is None and not session.training.has_runs:
            raise Problem.of("run.none", "Nothing was trained yet, so there are no answers. Train the project first.")
        graph, recipe, name = session.project.graph, session.project.recipe, session.project.name

        def work(job: Job) -> tuple[Scores, Index, Weights, Graph]:
            from workbench.training.weights import Weights

            weights = known
            if weights is None:
                found = session.results.trained()
                weights = Weights(found.state, found.compiled)
            return _asked(job, dataset, graph, weights, recipe.device, name), dataset.index, weights, graph

        self.job = session.jobs.start("Asking the network about every sample", work, self._ended)
        session.scores_changed.emit(self.scores)
        return self.job

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def _ended(self, job: Job) -> None:
        self.job = None
        if job.state == "done":
            self.scores, self._index, self._weights, self._graph = job.result
            self._seen, self._same_as = self._index, self._graph
        elif job.state == "failed" and job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)
        self._session.scores_changed.emit(self.scores)

    def pump(self) -> None:
        """Notice what has changed since; cheap when nothing has."""
        scores, dataset = self.scores, self._session.data.dataset
        if scores is None:
            return
        found = scores
        if dataset is not None and dataset.index is not self._seen and self._index is not None:
            self._seen = dataset.index
            found = carried(found, self._index, dataset.index)
            self._index = dataset.index
        if not found.outdated and self._has_moved():
            found = replace(found, outdated=True)
        if found is not scores:
            self.scores = found
            self._session.scores_changed.emit(found)

    def _has_moved(self) -> bool:
        """Whether the network or its weights are others than those that were asked."""
        from workbench.inspection.unchanged import same_function

        newest, graph = self._session.training.weights, self._session.project.graph
        if newest is not None and newest is not self._weights:
            return True
        if graph is not self._same_as:
            if self._graph is None or not same_function(self._graph, graph):
                return True
            self._same_as = graph
        return False


def _asked(job: Job, dataset: Dataset, graph: Graph, weights: Weights, device: str, name: str) -> Scores:
    """The work of the job. Raises `Problem` where the network cannot answer."""
    from workbench.compiler.build import compile as compile_graph
    from workbench.training.device import choose
    from workbench.training.objective import objective_of
    from workbench.training.priority import lower_priority
    from workbench.training.scoring import score, unknown
    from workbench.training.weights import module_with

    job.progress(0, len(dataset.index))
    compiled = compile_graph(graph, name=name)
    lower_priority()
    module, learned = module_with(compiled, weights, 0)
    if not learned:
        raise Problem.of(
            "scores.untrained",
            "None of what was trained fits the network as it is now, so its answers would be chance. Train it first.",
        )
    where, _notice = choose(device)
    module = module.to(where).eval()
    objective, answers, done = objective_of(graph, dataset), unknown(len(dataset.index)), 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        job.progress(done, len(dataset.index))

    for split in ("train", "val", "test", "excluded"):
        if len(dataset.splits[split]):
            with dataset.eval_batches(split, BATCH) as batches:
                score(module, objective, batches, len(dataset.classes), answers, device=where, progress=count)
    return Scores(tuple(dataset.classes), dataset.index.labels, *answers)


def carried(scores: Scores, old: Index, new: Index) -> Scores:
    """The scores in the order of another index, and outdated where the files are not the same."""
    if old.paths is not new.paths and old.paths != new.paths:
        return _reordered(scores, old, new)
    if np.array_equal(old.mtimes, new.mtimes) and np.array_equal(old.bytes, new.bytes):
        return scores
    return replace(scores, outdated=True)


def _reordered(scores: Scores, old: Index, new: Index) -> Scores:
    """Rows matched by the 64-bit hashes of their paths: files that are new have no answers."""
    order = np.argsort(old.paths.hashes, kind="stable")
    known = old.paths.hashes[order]
    at = np.minimum(np.searchsorted(known, new.paths.hashes), len(known) - 1)
    row = order[at]
    there = known[at] == new.paths.hashes
    return replace(
        scores,
        labels=np.where(there, scores.labels[row], np.int64(-1)),
        loss=np.where(there, scores.loss[row], np.float32(np.nan)),
        confidence=np.where(there, scores.confidence[row], np.float32(np.nan)),
        predicted=np.where(there, scores.predicted[row], np.int32(-1)),
        outdated=True,
    )
