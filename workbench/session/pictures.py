"""The session's labelled pictures: opened in the background, opened anew when the settings they depend on change."""

from __future__ import annotations

import os
import queue
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.document.graph import Graph
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
    """Keeps `state` in step with the project's data settings and the input layer's size."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.state = DataState()
        self._key: tuple[Any, ...] | None = None
        self._due: float | None = None
        self._job: Job | None = None
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
        """Called after every change of the project: if the pictures depend on what changed, open them anew."""
        data = self._session.project.data
        key = self._depends_on(data)
        if key == self._key and not again:
            if self.state.dataset is not None and self.state.dataset.settings != data:
                self.state.dataset.settings = data  # augmentations only: they act when batches are made
            return
        self._key = key
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if not data.source:
            self._due = None
            self._replace(DataState())
            return
        first = self.state.phase == "none"
        self._due = time.monotonic() + (0.0 if first or again else SETTLE_SECONDS)
        self._show(DataState("working", self.state.dataset))

    def _depends_on(self, data: DataSettings) -> tuple[Any, ...]:
        size, channels = picture_input(self._session.project.graph)
        own = replace(data, augmentations=())
        return (own, str(self._session.folder), size, channels)

    def pump(self) -> None:
        self._tell()
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._start()
        job = self._job
        if job is not None and job.state == "running":
            moved = DataState("working", self.state.dataset, None, job.done, job.total, job.rate, job.seconds_left)
            if (moved.done, moved.total) != (self.state.done, self.state.total):
                self._show(moved)

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
        data = session.project.data
        size, channels = picture_input(session.project.graph)
        folder = session.folder

        def work(job: Job) -> Dataset:
            return Dataset.open(
                data, folder, size=size, channels=channels, progress=job.progress, cancelled=job.cancelled
            )

        self._job = session.jobs.start("Reading the folder of pictures", work, self._opened)

    def _opened(self, job: Job) -> None:
        if job is not self._job:  # a stale answer: the settings changed meanwhile
            if job.result is not None:
                job.result.close()
            return
        self._job = None
        if job.state == "done":
            job.result.settings = self._session.project.data
            self.listen(job.result)
            self._replace(DataState("ready", job.result))
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

    def cancel(self) -> None:
        """Stop reading the folder."""
        if self._job is not None:
            self._job.cancel()

    def _replace(self, state: DataState) -> None:
        before = self.state.dataset
        self._show(state)
        if before is not None and before is not state.dataset and not self._session.training.uses(before):
            before.close()
        self._session.looking.data_changed()

    def _show(self, state: DataState) -> None:
        self.state = state
        self._session.data_changed.emit(state)
        self._session.recheck()

    def rebased(self, folder: Path) -> DataSettings:
        """The data settings as they must read in another project folder: a relative source keeps its target."""
        data = self._session.project.data
        if not data.source or data.source.startswith("sample:") or Path(data.source).is_absolute():
            return data
        target = (self._session.folder / data.source).resolve()
        try:
            source = os.path.relpath(target, Path(folder).resolve())
        except ValueError:  # another drive on Windows
            source = str(target)
        return replace(data, source=Path(source).as_posix())

    def wait(self, timeout: float | None = None) -> DataState:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._due is not None or self._job is not None:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError("The pictures were not read in time.")
            self._session.pump()
            time.sleep(0.005)
        return self.state

    def close(self) -> None:
        self._due = None
        if self.state.dataset is not None:
            self.state.dataset.close()
