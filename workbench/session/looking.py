"""What the network makes of one picture: previews, feature maps and scores, live in a run and after every edit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Graph
from workbench.session.budget import LIVE_SECONDS, LONGEST_SHARE, Budget
from workbench.session.comparing import Comparing
from workbench.session.jobs import Job
from workbench.session.look import Request, look, softmax, wanted
from workbench.session.network_shown import Looked, NetworkShown
from workbench.session.pictures import network_input
from workbench.session.samples import Sample, Wanted, Which, sample_of
from workbench.session.state import Views

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled
    from workbench.inspection.previews import Preview
    from workbench.session.session import Session
    from workbench.training.weights import Weights

__all__ = ["LIVE_SECONDS", "LONGEST_SHARE", "Looking", "Request", "Sample", "look", "softmax"]

APART = 0.15
"""Seconds between the beginnings of two looks while edits follow each other."""

PATIENCE = 1.0
"""Seconds without a new look after which one is let finish although it is outdated: a slider drags on."""

DRAWN_AFTER = 1.5
"""Seconds a folder may be read before the drawn picture stands in for its pictures."""


class Looking:
    """Holds `views`, the newest look inside; computes it in the training thread or, between runs, in a job."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.views: Views | None = None
        self.obstacle: Diagnostic | None = None
        """Why the newest network is not looked at, for people; None while it is."""
        self._which: Which = None
        self._chosen = False  # by a person: another data set does not take a file away
        self._watched: dict[str, tuple[str, ...]] = {}  # by who watches them
        self._nodes: tuple[str, ...] = ()
        self._previews: tuple[str, ...] = ()
        self._seen: frozenset[str] | None = None
        self._sample: Sample | None = None
        self._sample_key: object = None
        self._sample_job: Job | None = None
        self._waiting_since: float | None = None
        self._network = NetworkShown(session)
        self.comparing = Comparing(session)
        self._stale = False
        self._job: Job | None = None
        self._job_graph: Graph | None = None
        self._began = self._shown = 0.0
        self._cost: float | None = None  # seconds the last look between runs took
        self._run_network: Compiled | None = None
        self._listed: tuple[object, object, tuple[int, ...]] | None = None  # of this data set, for this picture
        self._live: Request | None = None  # what the training thread looks at; its reader is made
        self._live_job: Job | None = None

    # --- what to show ------------------------------------------------------------

    def choose(self, which: int | str | Path) -> None:
        """The picture to look at: an index of the data set, or a file."""
        self._which = which if isinstance(which, int) else Path(which)
        self._chosen = True
        self._prepare(again=True)

    def step_picture(self, by: int) -> None:
        """The next picture (`by` 1) or the one before (-1) of those there are to choose from, round and round."""
        numbers = self.choices()
        if numbers:
            at = numbers.index(self._which) if self._which in numbers else (-1 if by > 0 else 0)
            self.choose(numbers[(at + by) % len(numbers)])

    def choices(self) -> tuple[int, ...]:
        """The pictures to step through: those of the split the present one is in, at first those of validation."""
        dataset, which = self._session.data.dataset, self._which
        if dataset is None:
            return ()
        if self._listed is None or self._listed[0] is not dataset or self._listed[1] != which:
            splits = [tuple(dataset.splits[name].tolist()) for name in ("val", "train", "test")]
            holding = [numbers for numbers in splits if which in numbers]
            self._listed = dataset, which, next(iter([*holding, *filter(None, splits)]), ())
        return self._listed[2]

    def watch(self, nodes: tuple[str, ...], by: str = "viewer") -> None:
        self._watched[by] = nodes
        nodes = tuple(dict.fromkeys(node for wanted in self._watched.values() for node in wanted))
        if nodes != self._nodes:
            self._nodes = nodes
            self._stale = True

    def preview(self, nodes: Iterable[str], seen: Iterable[str] | None = None) -> None:
        """The nodes (path ids) whose thumbnails the views hold; of these, those that are `seen` just now."""
        previews = tuple(nodes)
        self._seen = None if seen is None else frozenset(seen)
        if previews != self._previews:
            self._previews = previews
            self._stale = True

    def is_current(self, scope: tuple[str, ...] = ()) -> frozenset[str]:
        """The nodes in view whose preview in `views` is of the network as it is now, not as it was before an edit."""
        from workbench.inspection.unchanged import unchanged

        views, graph = self.views, self._session.project.graph
        if views is None or views.graph is None:
            return frozenset()
        return unchanged(views.graph, graph, scope)

    def graph_changed(self) -> None:
        """Called after every change of the project; what only moves or renames layers asks for no new look."""
        from workbench.inspection.unchanged import same_function

        graph = self._session.project.graph
        seen = self._job_graph if self._job is not None else self.views.graph if self.views is not None else None
        if seen is None or not same_function(seen, graph):
            self._stale = True
            if self._job is not None and time.monotonic() - self._shown < PATIENCE:
                self._job.cancel()
            self.comparing.changed()
        self._prepare()

    def data_changed(self) -> None:
        """The pictures are others now: keep a chosen file, else begin with the first validation picture."""
        data = self._session.data
        self._waiting_since = time.monotonic() if data.phase == "working" and self._sample is None else None
        if data.phase == "working":
            return
        dataset = data.dataset
        if not isinstance(self._which, Path):
            known = dataset is not None and self._which is not None and self._which < len(dataset.index)
            if not known:
                numbers = self.choices()
                self._which = numbers[0] if numbers else None
        self._prepare()

    def weights_changed(self) -> None:
        """New trained weights are there (a run ended, a checkpoint was loaded)."""
        self._stale = True
        self.comparing.changed()

    @property
    def sample(self) -> Sample | None:
        """The chosen picture, ready for the network; None until it is decoded."""
        return self._sample

    @property
    def trained(self) -> Weights | None:
        """The newest trained weights: of this session's last run, else of the project's newest."""
        return self._network.trained

    # --- the picture ------------------------------------------------------------

    def _prepare(self, again: bool = False) -> None:
        """Decode the chosen picture in the background, where it or what the network wants of it changed."""
        session = self._session
        dataset, which = session.data.dataset, self._which
        if session.data.phase == "working" and not (again or self._sample is not None):
            return
        wanted = Wanted(network_input(session.project.graph), session.project.data.fit)
        if dataset is not None and wanted.input.layer not in dataset.kind.layers:
            dataset, which = None, None  # the data do not enter this network: something made up does
        key = (which, id(dataset), wanted if dataset is None else None)
        if key == self._sample_key and not again:
            return
        if isinstance(which, int) and dataset is None:
            return
        self._sample_key = key

        def work(_job: Job) -> Sample:
            return sample_of(dataset, which, wanted)

        self._sample_job = session.jobs.start("Preparing the sample", work, self._prepared)

    def _prepared(self, job: Job) -> None:
        if job is not self._sample_job:
            return
        self._sample_job = None
        if job.state == "done":
            self._sample = job.result
            self._stale = True
            self.comparing.changed()
        elif job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)

    def _request(self) -> Request | None:
        sample = self._sample
        return None if sample is None else Request(sample, self._nodes, self._previews, self._seen)

    # --- between runs ------------------------------------------------------------

    def pump(self) -> None:
        if self._waiting_since is not None and time.monotonic() - self._waiting_since > DRAWN_AFTER:
            self._waiting_since = None
            self._prepare(again=True)
        self.comparing.pump()
        run = self._session.run
        if run is not None and run.is_live:
            self._ask_the_run()
            newest = self._session.training.newest_views()
            if newest is not None:
                self._show(newest)
        elif self._stale and self._job is None and time.monotonic() - self._began >= APART:
            self._look()

    def _look(self) -> None:
        request = self._request()
        if request is None:
            return
        self._stale = False
        self._began = time.monotonic()
        graph = self._job_graph = self._session.project.graph
        before = self.views.previews if self.views is not None else {}
        work = self._network.look_at(graph, replace(request, seen=None), before)
        self._job = self._session.jobs.start("Looking inside", work, self._looked)

    def _looked(self, job: Job) -> None:
        self._job = None
        if job.state == "done":
            looked: Looked | None = job.result
            self.obstacle = None
            if looked is not None:
                self._cost = looked.seconds
                self._network.keep(looked)
                self._show(looked.views)
                if looked.stored is not None:
                    self.comparing.changed()
        elif job.diagnostic is not None and not self._stale:
            self.obstacle = job.diagnostic
            self._session.views_changed.emit(self.views)

    def _show(self, views: Views) -> None:
        self._shown = time.monotonic()
        self.views = views
        self._session.views_changed.emit(views)

    # --- in a run ------------------------------------------------------------

    def hook(self, compiled: Compiled, publish: Callable[[Views], None]) -> Callable[[torch.nn.Module, int], None]:
        """The function the training thread calls between steps; it looks inside when a look is due.

        Called in the job that prepares a run: what the first look needs is made here, not between two steps.
        """
        budget = Budget(self._cost)
        before: dict[str, Preview] = {}
        self._run_network = compiled
        self._live = _readied(compiled, self._request())

        def between_steps(module: torch.nn.Module, step: int) -> None:
            request = self._live
            if not budget.is_due() or request is None:
                return
            began = time.monotonic()
            views = look(module, compiled, request, trained=True, live=True, step=step, before=before)
            before.clear()
            before.update(views.previews)
            publish(views)
            budget.spent(time.monotonic() - began)

        return between_steps

    def _ask_the_run(self) -> None:
        """Hand the live run what is wanted now; other nodes only once their reader was made, beside the training."""
        request, live, compiled = self._request(), self._live, self._run_network
        if request is None or compiled is None or self._live_job is not None:
            return
        if live is not None and (live.nodes, live.previews) == (request.nodes, request.previews):
            if live != request:
                self._live = request
            return

        def work(_job: Job) -> Request | None:
            return _readied(compiled, request)

        self._live_job = self._session.jobs.start("Looking inside", work, self._asked)

    def _asked(self, job: Job) -> None:
        self._live_job = None
        if job.state == "done":
            self._live = job.result

    def close(self) -> None:
        self._stale = False
        self._sample = self._live = self._listed = None
        self.comparing.close()


def _readied(compiled: Compiled, request: Request | None) -> Request | None:
    """The request, once what reads its nodes is compiled (and kept by the network)."""
    if request is not None:
        compiled.reader(wanted(compiled, request))
    return request
