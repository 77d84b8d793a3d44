"""The session's labelled data: opened in the background, and settled anew at once where settings change no sample.

A folder is scanned once. What else is to be read of it (another size, another tokeniser) is opened without a scan, and
other splits, groups and classes are worked out on the spot; measuring on the new training samples follows behind.
"""

from __future__ import annotations

import os
import queue
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.catalogue.losses import named_columns
from workbench.catalogue.registry import LAYERS, LOSSES
from workbench.compiler.wiring import wire
from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import count
from workbench.data.depends import reading_of
from workbench.data.inputs import Input, Target
from workbench.document.graph import Graph, Node
from workbench.document.project import DataSettings
from workbench.session.jobs import Job
from workbench.session.remedies import complete
from workbench.session.state import DataState

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.data.index import Bad
    from workbench.session.session import Session

UNREADABLE = "data.unreadable"

SETTLE_SECONDS = 0.25
"""A slider that is still being dragged must not start a scan at every value."""


def network_input(graph: Graph) -> Input:
    """What the network takes: its input layers with complete parameters, pictures of 64 × 64 where it has none; and
    what its outputs are held against."""
    nodes = input_nodes(graph)
    if not nodes:
        return replace(Input.pictures(), targets=_targets(graph))
    first, *others = (_input_at(graph, node) for node in nodes)
    return replace(first, more=tuple(others), targets=_targets(graph))


def input_nodes(graph: Graph) -> tuple[str, ...]:
    """The input layers that reach an output, in the order the network takes them; where none does, the first."""
    found = tuple(node.id for node in graph if node.layer in LAYERS and LAYERS[node.layer].is_input)
    if len(found) < 2:
        return found
    live = wire(graph).live
    return tuple(node for node in found if node in live) or found[:1]


def _input_at(graph: Graph, node: str) -> Input:
    declaration = LAYERS[graph.nodes[node].layer]
    values = complete(declaration, graph.nodes[node].params)
    return Input(declaration.id, MappingProxyType({p.id: values[p.id] for p in declaration.params}))


def _targets(graph: Graph) -> tuple[Target, ...]:
    found = tuple(target_at(node) for node in graph if node.layer in LAYERS and LAYERS[node.layer].is_output)
    return () if found in ((), (Target(),)) else found


def target_at(node: Node) -> Target:
    """What an output is held against."""
    values = complete(LAYERS[node.layer], node.params)
    columns = named_columns(str(values["columns"])) if values["target"] == "columns" else ()
    return Target(LOSSES[str(values["objective"])].kind, str(values["target"]), columns)


def picture_input(graph: Graph) -> tuple[tuple[int, int], int]:
    """((height, width), channels) of the first pictures input; ((64, 64), 3) where the graph has none yet."""
    for node in graph:
        declaration = LAYERS.get(node.layer)
        if declaration is not None and declaration.id == "pictures":
            values = complete(declaration, node.params)
            size = values["size"]
            return (int(size[0]), int(size[-1])), int(values["channels"])
    return (64, 64), 3


class Pictures:
    """Keeps `state` in step with the project's data settings and the network's input."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.state = DataState()
        self._key: tuple[Any, ...] | None = None
        self._due: float | None = None
        self._last: Dataset | None = None
        """The newest data set, which the next ones are made of; `state` has none where the settings cannot be met."""
        self._job: Job | None = None
        self._settling: Job | None = None
        self._measuring: Job | None = None
        self._scan_again = False
        self._told: queue.SimpleQueue[Diagnostic] = queue.SimpleQueue()

    def listen(self, dataset: Dataset) -> None:
        """Hear of files that turn out unreadable while training, and of a full disk, from whichever thread meets it."""
        dataset.on_bad = self._found_bad
        dataset.on_notice = self._told.put

    def _found_bad(self, bad: Bad) -> None:
        self._told.put(
            Diagnostic(
                UNREADABLE,
                f"{bad.path} cannot be used any more and is skipped: {bad.reason}",
                Severity.WARNING,
            )
        )

    def follow(self, again: bool = False) -> None:
        """Called after every change of the project: settle the data anew, or open them, if they depend on it."""
        data, wanted = self._session.project.data, network_input(self._session.project.graph)
        key = self._depends_on(data, wanted)
        if key == self._key and not again:
            self._settle(data)
            return
        self._key = key
        for job in (self._job, self._settling):
            if job is not None:
                job.cancel()
        self._job = self._settling = None
        if not data.source:
            self._due = None
            self._replace(DataState())
            return
        self._scan_again = self._scan_again or again
        first = self.state.phase == "none"
        self._due = time.monotonic() + (0.0 if first or again else SETTLE_SECONDS)
        self._show(DataState("working", self.state.dataset))

    def _depends_on(self, data: DataSettings, wanted: Input) -> tuple[Any, ...]:
        """What the samples and their reading depend on: all but what is settled at once."""
        return (reading_of(data), str(self._session.folder), wanted)

    def _settle(self, data: DataSettings) -> None:
        """Other shares, groups, classes and the like: another data set of the same scan, at once."""
        before = self._last
        if before is None or self._job is not None or self._due is not None:
            return  # what is still being read is settled when it is there
        if before.settings == data:
            if self.state.dataset is not before:  # settings in between could not be met
                self._replace(DataState("ready", before))
            return
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if not before.settles_at_once(data):
            held, name = before, "Splitting the data"
            self._settling = self._session.jobs.start(name, partial(_resettled, held, data), self._settled)
            return
        try:
            self._use(before.resettled(data))
        except Problem as problem:
            self._replace(DataState("failed", diagnostic=problem.diagnostics[0]), keep=True)

    def _settled(self, job: Job) -> None:
        if job is not self._settling:  # a stale answer: the settings changed meanwhile
            if job.result is not None:
                job.result.close()
            return
        self._settling = None
        if job.state == "done":
            self._use(job.result)
        elif job.state == "failed":
            self._replace(DataState("failed", diagnostic=job.diagnostic), keep=True)

    def _use(self, settled: Dataset | None) -> None:
        if settled is not None:
            self._take(settled)

    def _take(self, dataset: Dataset) -> None:
        """From now on the session's data; measured behind it where its training samples are new."""
        self.listen(dataset)
        self._replace(DataState("ready", dataset))
        if self._measuring is not None:
            self._measuring.cancel()
        self._measuring = None
        if not dataset.is_measured:
            self._measuring = self._session.jobs.start("Measuring the data", partial(_measure, dataset), self._measured)

    def _measured(self, job: Job) -> None:
        """Whoever shows the data shows them as they are prepared now: they are another data set."""
        if job is not self._measuring:
            return
        self._measuring = None
        dataset = self.state.dataset
        if job.state == "done" and dataset is not None:
            self._use(dataset.resettled(dataset.settings))

    def pump(self) -> None:
        self._tell()
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._start()
        job = self._job
        if job is not None and job.state == "running":
            moved = DataState("working", self.state.dataset, None, job.done, job.total, job.rate, job.seconds_left)
            if (moved.done, moved.total) != (self.state.done, self.state.total):
                self.state = moved  # no problem depends on how far it is, so nothing is checked anew
                self._session.data_changed.emit(moved)

    def _tell(self) -> None:
        """Pass on what the data sets reported; a folder that vanishes at once is told once, not for every file."""
        told: list[Diagnostic] = []
        while not self._told.empty():
            told.append(self._told.get_nowait())
        run = self._session.run
        tells_itself = run is not None and run.is_live  # a run names the files it misses
        new = [d for d in told if not (tells_itself and d.code == UNREADABLE)]
        for diagnostic in new[:1]:
            more = f" ({count(len(new) - 1, 'more file')} after it)" if len(new) > 1 else ""
            self._session.notice.emit(replace(diagnostic, message=diagnostic.message + more))
        if told:
            self._session.data_changed.emit(self.state)
            self._session.recheck()

    def _start(self) -> None:
        from workbench.data.dataset import Dataset

        session = self._session
        data, folder = session.project.data, session.folder
        wanted = network_input(session.project.graph)
        before, self._scan_again = None if self._scan_again else self._last, False

        def work(job: Job) -> Dataset:
            if before is not None and (
                made := before.reopened(data, wanted, progress=job.progress, cancelled=job.cancelled)
            ):
                return made
            return Dataset.open(data, folder, input=wanted, progress=job.progress, cancelled=job.cancelled)

        self._job = session.jobs.start("Reading the folder of pictures", work, self._opened)

    def _opened(self, job: Job) -> None:
        if job is not self._job:  # a stale answer: the settings changed meanwhile
            if job.result is not None:
                job.result.close()
            return
        self._job = None
        if job.state == "done":
            self._take(job.result)
            self._settle(self._session.project.data)
        elif job.state == "cancelled":
            self._replace(
                DataState(
                    "failed",
                    diagnostic=Diagnostic(
                        "data.cancelled", "Reading the folder was cancelled. Choose it again, or press Read again."
                    ),
                )
            )
        else:
            self._replace(DataState("failed", diagnostic=job.diagnostic))

    @property
    def newest(self) -> Dataset | None:
        """The newest data set that could be made, also while the settings cannot be met."""
        return self._last

    def holds(self, dataset: Dataset) -> bool:
        """Whether this is the session's own data set, which it closes itself."""
        return dataset is self._last

    def cancel(self) -> None:
        """Stop reading the folder."""
        if self._job is not None:
            self._job.cancel()

    def _replace(self, state: DataState, keep: bool = False) -> None:
        """Show another state. With `keep` the data set before stays open: the next settings may fit it again."""
        before = self._last
        if not keep:
            self._last = state.dataset
        self._show(state)
        if not keep and before is not None and before is not state.dataset and not self._session.training.uses(before):
            before.close()
        self._session.looking.data_changed()

    def _show(self, state: DataState) -> None:
        self.state = state
        self._session.data_changed.emit(state)
        self._session.recheck()

    def rebased(self, folder: Path) -> DataSettings:
        """The data settings as they must read in another project folder: relative sources keep their targets."""
        data, here = self._session.project.data, self._session.folder
        return replace(
            data,
            source=_rebased(data.source, here, folder),
            more=tuple(_rebased(source, here, folder) for source in data.more),
        )

    def wait(self, timeout: float | None = None) -> DataState:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._due is not None or any((self._job, self._settling, self._measuring)):
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError("The pictures were not read in time.")
            self._session.pump()
            time.sleep(0.005)
        return self.state

    def close(self) -> None:
        self._due = None
        if self._last is not None:
            self._last.close()


def _measure(dataset: Dataset, job: Job) -> None:
    dataset.measure(job.progress, job.cancelled)


def _resettled(dataset: Dataset, data: DataSettings, job: Job) -> Dataset | None:
    return dataset.resettled(data)


def _rebased(source: str, before: Path, after: Path) -> str:
    """A source that counted from one project folder, as it reads from another."""
    if not source or source.startswith("sample:") or Path(source).is_absolute():
        return source
    target = (before / source).resolve()
    try:
        return Path(os.path.relpath(target, Path(after).resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return target.as_posix()
