"""Looking for samples that are there twice: in the background, by itself after a small data set was opened.

What was found is about the files. What of it matters changes with every edit (which are excluded, which split and
which class a sample is in), so that is worked out anew whenever the data are settled, in a few vector operations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.alike.clusters import NONE, Clusters
from workbench.data.alike.duplicates import Duplicates, duplicates, split_codes
from workbench.data.alike.prints import keep_meant, meant
from workbench.data.crew import give_way, usable_cores
from workbench.session.duplicate_notes import EXCLUDE_ALL, EXCLUDE_COPIES, MOVE, notes
from workbench.session.jobs import Job
from workbench.session.state import DataState, RunState

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.data.index import Index
    from workbench.session.session import Session

Flags = npt.NDArray[np.bool_]

BY_ITSELF = 20_000
"""The most samples among which duplicates are looked for without being asked."""

SETTLE_SECONDS = 1.0
"""First the window shows what was opened."""

TRAIN = 0
"""The code of the training split."""


@dataclass(frozen=True, eq=False)
class DuplicatesState:
    """Where the search stands, and what it found.

    `phase` is "none" (nobody looked), "waiting" (for a run to end), "working", "ready", "cancelled" or "failed";
    `doing` says in a word what goes on while it works. `groups` holds the duplicates that matter, indices into the data
    set: without samples that were excluded and groups that a person keeps (`set_aside` of them), what stands in several
    splits first, then what stands in several classes, then the rest in the data set's order. The flags have one entry a
    group. The words `looked` and `complete` are those of `Duplicates`.
    """

    phase: str = "none"
    doing: str = ""
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    seconds_left: float | None = None
    groups: Clusters = field(default_factory=Clusters.none)
    exact: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    mirrored: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    in_splits: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    in_classes: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    set_aside: int = 0
    looked: bool = False
    complete: bool = True
    diagnostic: Diagnostic | None = None

    @property
    def across_splits(self) -> Clusters:
        """The groups that stand in more than one split."""
        return self.groups.take(self.in_splits)

    @property
    def across_classes(self) -> Clusters:
        """The groups that stand in more than one class."""
        return self.groups.take(self.in_classes)


class DuplicateSearch:
    """Keeps `state` in step with the session's data."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.state = DuplicatesState()
        self.notes: tuple[Diagnostic, ...] = ()
        self._found: Duplicates | None = None
        self._index: Index | None = None
        """What `_found` is about."""
        self._settled: Dataset | None = None
        """What `state` was worked out for."""
        self._identities: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)
        """Of the members of all groups that were found."""
        self._meant: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)
        """Identities of samples whose groups a person keeps."""
        self._due: float | None = None
        self._job: Job | None = None
        self._asked = False
        """The job, or the one that waits, is a person's wish: it goes on beside a run."""
        self._comparing = False
        session.data_changed.connect(self._data_changed)
        session.run_changed.connect(self._run_changed)

    # --- looking ------------------------------------------------------------------------------------------------------

    def start(self) -> Job:
        """Look for duplicates now, beside a run too. Raises `Problem` where there are no samples."""
        dataset = self._session.data.dataset
        if dataset is None:
            raise Problem.of("data.none", "There are no samples to find duplicates among. Open a folder first.")
        if self._job is None or not self._asked:
            self._cancel_job()
            self._asked, self._due = True, None
            self._job = self._begin(dataset.index)
        return self._job

    def cancel(self) -> None:
        """Stop looking. What was read until then need not be read again."""
        self._due = None
        if self._job is not None or self.state.phase in ("working", "waiting"):
            self._cancel_job()
            self._show(DuplicatesState("cancelled"))

    def pump(self) -> None:
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._begin_by_itself()
        job = self._job
        if job is not None and (job.done, job.total) != (self.state.done, self.state.total):
            self._show(self._progress(job))

    def _progress(self, job: Job) -> DuplicatesState:
        doing = "Comparing" if self._comparing else "Reading"
        left = None if self._comparing else job.seconds_left
        return DuplicatesState("working", doing, job.done, job.total, 0.0 if self._comparing else job.rate, left)

    def _begin_by_itself(self) -> None:
        dataset = self._session.data.dataset
        if dataset is None:
            return
        if self._is_running:
            self._show(DuplicatesState("waiting"))
        else:
            self._job = self._begin(dataset.index)

    def _begin(self, index: Index) -> Job:
        # beside a run, and unasked, half of the cores at most
        threads = usable_cores() if self._asked and not self._is_running else max(1, usable_cores() // 2)
        self._comparing = False

        def work(job: Job) -> tuple[Duplicates, npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
            give_way()

            def progress(done: int, total: int | None) -> None:
                self._comparing = self._comparing or done < job.done
                job.progress(done, total)

            found = duplicates(index, looks=True, threads=threads, progress=progress, cancelled=job.cancelled)
            return found, index.taken(found.alike.members).identities, meant(index)

        self._index = index
        job = self._session.jobs.start("Looking for duplicates", work, self._ended)
        self._show(DuplicatesState("working", "Reading"))
        return job

    def _ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job, self._asked = None, False
        if job.state == "done":
            self._found, self._identities, self._meant = job.result
            self._settle()
        elif job.state == "failed":
            self._show(DuplicatesState("failed", diagnostic=job.diagnostic))
        else:
            self._show(DuplicatesState("cancelled"))

    def _cancel_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job, self._asked = None, False

    @property
    def _is_running(self) -> bool:
        run = self._session.run
        return run is not None and run.is_live

    # --- following the session ----------------------------------------------------------------------------------------

    def _data_changed(self, data: DataState) -> None:
        dataset = data.dataset
        if dataset is None:
            if data.phase != "working":
                self._forget()
        elif self._index is not None and _same_files(dataset.index, self._index):
            self._index = dataset.index
            if self._found is not None and dataset is not self._settled:
                self._settle()
        elif data.phase == "ready":
            again = self._found is not None or self._asked
            self._forget()
            self._index = dataset.index
            if again or len(dataset.index) <= BY_ITSELF:
                self._due = time.monotonic() + SETTLE_SECONDS

    def _run_changed(self, _run: RunState | None) -> None:
        if self._is_running and self._job is not None and not self._asked:
            self._cancel_job()
            self._show(DuplicatesState("waiting"))
        elif not self._is_running and self.state.phase == "waiting":
            self._due = time.monotonic() + SETTLE_SECONDS

    def _forget(self) -> None:
        self._cancel_job()
        self._found, self._index, self._settled, self._due = None, None, None, None
        if self.state.phase != "none":
            self._show(DuplicatesState())

    def _settle(self) -> None:
        """What matters of what was found, by the present splits and classes."""
        dataset = self._session.data.dataset
        if dataset is None or self._found is None:
            return
        self._settled = dataset
        found, index = self._found, dataset.index
        codes = split_codes(dataset.splits, len(index))
        groups = found.alike.without(codes == NONE)
        aside = ~groups.have(~self._are_meant()) if len(groups) else np.zeros(0, np.bool_)
        groups = groups.take(~aside)
        in_splits, in_classes = groups.differ(codes), groups.differ(index.labels)
        order = np.lexsort((np.arange(len(groups)), ~in_classes, ~in_splits))
        groups = groups.take(order)
        self._show(
            DuplicatesState(
                "ready",
                groups=groups,
                exact=found.are_exact(groups),
                mirrored=found.are_mirrored(groups),
                in_splits=in_splits[order],
                in_classes=in_classes[order],
                set_aside=int(aside.sum()),
                looked=found.looked,
                complete=found.complete,
            )
        )

    def _show(self, state: DuplicatesState) -> None:
        self.state = state
        dataset = self._session.data.dataset
        before, self.notes = self.notes, notes(state, dataset) if dataset is not None else ()
        self._session.duplicates_changed.emit(state)
        if self.notes != before:
            self._session.recheck()

    def _are_meant(self) -> Flags:
        """For each sample up to the last that is in a group, whether a person wants it there."""
        assert self._found is not None
        members = self._found.alike.members
        flags = np.zeros(int(members.max(initial=0)) + 1, np.bool_)
        flags[members] = np.isin(self._identities, self._meant)
        return flags

    # --- what a person does about it ----------------------------------------------------------------------------------

    def keep_one(self, groups: Sequence[int]) -> Diagnostic | None:
        """Exclude all but one sample of each of these groups, in one step: of the training samples (where there is one)
        the largest stays. Groups are numbered as in `state.groups`."""
        dataset = self._dataset
        codes = split_codes(dataset.splits, len(dataset.index))
        leave: list[int] = []
        for group in groups:
            members = self.state.groups[group]
            best = min(members, key=lambda i: (codes[i] != TRAIN, -_size(dataset.index, i), i))
            leave += [i for i in members if i != best]
        return self._session.exclude(_paths(dataset, leave))

    def move_to_training(self, groups: Sequence[int]) -> Diagnostic | None:
        """Move all samples of these groups into training, in one step."""
        dataset = self._dataset
        codes = split_codes(dataset.splits, len(dataset.index))
        away = [i for group in groups for i in self.state.groups[group] if codes[i] != TRAIN]
        return self._session.move_to_split(_paths(dataset, away), "train")

    def resolve(self, how: str) -> Diagnostic | None:
        """A remedy of `duplicate_notes`, for all groups it is about. Raises KeyError for one that is not known."""
        across = np.flatnonzero(self.state.in_splits).tolist()
        remedies: dict[str, Callable[[], Diagnostic | None]] = {
            MOVE: partial(self.move_to_training, across),
            EXCLUDE_COPIES: self.exclude_copies,
            EXCLUDE_ALL: self.exclude_contradictions,
        }
        return remedies[how]()

    def exclude_copies(self) -> Diagnostic | None:
        """Exclude, in one step, what stands in validation or test and in training too."""
        dataset = self._dataset
        codes = split_codes(dataset.splits, len(dataset.index))
        copies: list[int] = []
        for members in self.state.across_splits:
            first = min(int(codes[i]) for i in members)
            copies += [i for i in members if codes[i] != first]
        return self._session.exclude(_paths(dataset, copies))

    def exclude_contradictions(self) -> Diagnostic | None:
        """Exclude, in one step, all samples that stand under several labels."""
        return self._session.exclude(_paths(self._dataset, self.state.across_classes.members.tolist()))

    def keep_all(self, groups: Sequence[int]) -> None:
        """Set groups aside that are meant to be as they are, on this machine, until `show_all` or until another sample
        joins them."""
        members = self.state.groups.take(np.array(groups, np.int64)).members
        self._mean(np.union1d(self._meant, self._dataset.index.taken(members).identities))

    def show_all(self) -> None:
        """Show again what was set aside."""
        self._mean(np.zeros(0, np.uint64))

    def _mean(self, identities: npt.NDArray[np.uint64]) -> None:
        self._meant = identities
        keep_meant(self._dataset.index, identities)
        self._settle()

    @property
    def _dataset(self) -> Dataset:
        dataset = self._session.data.dataset
        if dataset is None:
            raise KeyError("no data")
        return dataset

    def close(self) -> None:
        self._due = None
        self._session.data_changed.disconnect(self._data_changed, missing_ok=True)
        self._session.run_changed.disconnect(self._run_changed, missing_ok=True)


def _same_files(one: Index, other: Index) -> bool:
    """Whether two indices are of the same files as they were at the same scan (a person's edits share the columns)."""
    return one.paths is other.paths and one.bytes is other.bytes and one.mtimes is other.mtimes


def _size(index: Index, i: int) -> int:
    return int(index.heights[i]) * int(index.widths[i]) or int(index.bytes[i])


def _paths(dataset: Dataset, members: Sequence[int]) -> list[str]:
    return [dataset.index.path(i) for i in members]
