"""The open project behind one object: what the window, the command line and scripts all use."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from psygnal import Signal

from workbench.core.collector import at_rest
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.kinds.kind import DataKind
from workbench.document import storage
from workbench.document.lock import Holder, Lock
from workbench.document.project import Project
from workbench.session import checks, data_edits, writing
from workbench.session.blocks import BlockEditing
from workbench.session.duplicates import DuplicateSearch, DuplicatesState
from workbench.session.editing import GraphEdit
from workbench.session.evaluating import Evaluating
from workbench.session.exporting import Exporting
from workbench.session.jobs import Job, Jobs
from workbench.session.keeping import Keeping
from workbench.session.looking import Looking
from workbench.session.pictures import Pictures
from workbench.session.processes.launching import Machines
from workbench.session.rate_finding import RateFinding
from workbench.session.results import Results
from workbench.session.scores import Scores, Scoring
from workbench.session.searching.folds import Folds, FoldsState
from workbench.session.searching.search import Search
from workbench.session.searching.trial import SearchState
from workbench.session.state import DataState, Prediction, RunState, Views
from workbench.session.training import Training

__all__ = ["GraphEdit", "Session"]

log = logging.getLogger(__name__)


class Session(BlockEditing):
    """One open project: its value and history, the place in view, its pictures, its runs, its views.

    Everything happens on the thread that owns the session; background work reports through queues that `pump()`
    drains (the window calls it at its display clock, scripts call `wait_for_data`, `wait_for_run` or `wait`).
    Signals are emitted on that thread. No method raises for a person's mistake: edits give a `Diagnostic`, background
    work sends one to `notice`; opening and creating raise `Problem`.

    Example::

        with Session.open("projects/digits-mlp") as session:
            session.start_training(epochs=3)
            session.wait_for_run()
            print(session.run.best_val_accuracy)
    """

    data_changed = Signal(DataState)
    run_changed = Signal(object)  # RunState | None
    runs_changed = Signal()  # runs were named, tagged, starred, deleted or brought back
    views_changed = Signal(object)  # Views | None
    jobs_changed = Signal(tuple)  # tuple[Job, ...]
    duplicates_changed = Signal(DuplicatesState)
    search_changed = Signal(SearchState)
    folds_changed = Signal(FoldsState)
    evaluated_changed = Signal(object)  # Evaluated | None, when an evaluation has ended
    scores_changed = Signal(object)  # Scores | None; also when asking for them begins and ends

    def __init__(self, project: Project, folder: Path, *, lock: Lock | None = None, read_only: bool = False) -> None:
        super().__init__(project)
        self.folder = folder
        self.read_only = read_only
        self._lock = lock
        self._had_lock = lock is not None and lock.is_held
        self.jobs = Jobs(self._jobs_moved)
        self.pictures = Pictures(self)
        self.looking = Looking(self)
        self.training = Training(self)
        self.search = Search(self)
        self.folds = Folds(self)
        self.results = Results(self)
        self.scoring = Scoring(self)
        self.evaluating = Evaluating(self)
        self.rate_finding = RateFinding(self)
        self.duplicate_search = DuplicateSearch(self)
        self.exporting = Exporting(self)
        self.keeping = Keeping(self)
        self._closed = False
        self.recheck()
        self.pictures.follow()

    # --- opening and closing ------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, *, take_over: bool = False, read_only: bool = False) -> Session:
        """Open a project folder (or its project.json). Raises `Problem` with a sentence if it cannot be read.

        A project that another window holds raises ``project.locked`` (its message names the holder); pass
        `read_only` to look at it, or `take_over` to become its holder.
        """
        with at_rest():
            return cls._opened(path, take_over, read_only)

    @classmethod
    def _opened(cls, path: str | Path, take_over: bool, read_only: bool) -> Session:
        project = storage.load(path)
        folder = storage.project_file(path).parent
        if read_only:
            return cls(project, folder, read_only=True)
        lock = Lock(folder)
        holder: Holder | None = lock.acquire()
        if holder is not None:
            if not (take_over or holder.stale):
                raise Problem.of(
                    "project.locked",
                    f"{project.name} is open in another window (process {holder.pid} on {holder.host}). Close it "
                    "there, open it here to read only, or take it over.",
                )
            lock.take_over()
        return cls(project, folder, lock=lock)

    @classmethod
    def create(cls, folder: str | Path, project: Project) -> Session:
        """Make a new project folder and open it. Raises `Problem` if one is there already or it cannot be written."""
        folder = Path(folder)
        if os.path.lexists(folder / storage.FILE_NAME):
            raise Problem.of(
                "project.exists",
                f"{folder} already holds a project. Open it, or choose another folder for the new one.",
            )
        _make(folder)
        storage.save(project, folder)
        return cls.open(folder)

    def close(self) -> None:
        """Stop what runs (with a checkpoint), end background work, release the lock. Unsaved edits are kept for
        recovery only if the program dies; ask before calling this."""
        if self._closed:
            return
        self._closed = True
        self.looking.close()
        self.duplicate_search.close()
        self.search.close()
        self.folds.close()
        self.jobs.close()  # before the runs: a run in preparation opens their table
        self.training.close()
        self.pictures.close()
        self.keeping.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- saving ------------------------------------------------------------

    def save(self) -> None:
        """Write project.json. Raises `Problem` if that fails; the old file stays and the work stays in memory."""
        if self.read_only:
            raise Problem.of(
                "project.read_only", f"{self.project.name} was opened to read only. Save it under another name instead."
            )
        if self._had_lock and self._lock is not None and not self._lock.is_held:
            raise Problem.of(
                "project.taken",
                f"Another window has taken over {self.project.name}, and saving here would overwrite its work. Save it "
                "under another name instead.",
            )
        storage.save(self.project, self.folder)
        self.history.mark_saved()
        self.keeping.forget()
        self.saved_changed.emit(True)

    def save_as(self, folder: str | Path) -> None:
        """Write the project to another folder and go on there (runs stay with the old folder)."""
        folder = Path(folder)
        if os.path.lexists(folder / storage.FILE_NAME) and folder.resolve() != self.folder.resolve():
            raise Problem.of("project.exists", f"{folder} already holds a project. Choose an empty or new folder.")
        absolute = replace(self.project, data=self.pictures.rebased(folder))
        _make(folder)
        storage.save(absolute, folder)
        lock = Lock(folder)
        lock.acquire()
        if self._lock is not None:
            self._lock.release()
        self._lock, self.folder, self.read_only = lock, folder, False
        self._had_lock = lock.is_held
        if absolute != self.project:
            self._push("Save as", absolute, None)
        self.history.mark_saved()
        self.keeping.forget()
        self.search.moved()
        self.folds.moved()
        self.training.store_moved()
        self.saved_changed.emit(True)

    # --- what follows from an edit ------------------------------------------------------------

    @property
    def _session(self) -> Session:
        return self

    def recheck(self) -> None:
        """Collect every diagnostic anew: graph, data, recipe."""
        problems = checks.collect(self.project, self.whole, self.data, self.duplicate_search.notes)
        if problems != self.problems:
            self.problems = problems
            self.problems_changed.emit(problems)

    def _followed(self, graph_changed: bool) -> None:
        self.keeping.edited()
        self.pictures.follow()
        self.looking.graph_changed()

    # --- pictures ------------------------------------------------------------

    @property
    def data(self) -> DataState:
        return self.pictures.state

    def use_folder(self, source: str | Path) -> None:
        """Take the labelled samples from a folder, a list or a table, or from a built-in sample ("sample:scenes").

        What was merged with the source before goes with it, and so does what was said of its columns and samples;
        except where that source is gone, so that this is where it was moved to.
        """
        text = str(source)
        if not text.startswith("sample:"):
            text = str(Path(os.path.expanduser(text)).absolute())
        self.change("Choose pictures", data=data_edits.with_source(self, text))

    def relabel(self, paths: Iterable[str], label: str) -> Diagnostic | None:
        """Put samples (paths as the index names them) into a class, as one undo step; gives why not, and tells it.

        Kept in the project: the files stay as they are.
        """
        return self._told(data_edits.relabel(self, paths, label))

    def move_to_split(self, paths: Iterable[str], split: str | None) -> Diagnostic | None:
        """Put samples into "train", "val" or "test"; None leaves them to the folder and the shares again."""
        return self._told(data_edits.move_to_split(self, paths, split))

    def exclude(self, paths: Iterable[str], excluded: bool = True) -> Diagnostic | None:
        """Leave samples out of every split, or take them back in."""
        return self._told(data_edits.exclude(self, paths, excluded))

    def write_to_folders(self, folder: str | Path, *, with_splits: bool = True) -> Job:
        """Copy the samples as they are sorted here to `folder`/split/class (or `folder`/class), in the background.

        The job's result is a `Written`. Only an empty or new folder is written to. Raises `Problem` where there are no
        samples.
        """
        return writing.start(self, Path(folder), with_splits)

    def _told(self, refused: Diagnostic | None) -> Diagnostic | None:
        return None if refused is None else self._refused(refused)

    def rescan(self) -> None:
        """Look at the folder again."""
        self.pictures.follow(again=True)

    # --- training ------------------------------------------------------------

    @property
    def run(self) -> RunState | None:
        return self.training.state

    def start_training(
        self,
        *,
        resume: str | bool = False,
        keep_weights: bool = False,
        machines: Machines | None = None,
        **overrides: Any,
    ) -> None:
        """Begin a run in the background. Raises `Problem` with every diagnostic if the project has errors.

        `overrides` change the recipe and the data for this run only and are recorded with it: epochs, batch_size,
        image_size, device, seed, threads, processes, shard, data (a folder), folds, fold (from 0), balance. `resume`
        goes on with the last run (True) or a named one exactly where it stopped. `keep_weights` begins from what the
        layers have learned so far. `machines` says which others take part in a run of several processes.
        """
        self.training.start(resume=resume, keep_weights=keep_weights, machines=machines, **overrides)

    def require_no_series(self) -> None:
        """Raises `Problem` while a search, or the folds of the data, train one run after another."""
        for series, what in ((self.search, "A search"), (self.folds, "A series of folds")):
            if series.is_live:
                raise Problem.of(
                    "training.live", f"{what} is going, one run after another. Stop it before another run begins."
                )

    def pause(self) -> None:
        self.training.command("pause")

    def resume(self) -> None:
        self.training.command("resume")

    def step_once(self) -> None:
        """One training step, then pause."""
        self.training.command("step")

    def stop(self) -> None:
        """Stop after the present step, with a checkpoint."""
        self.training.command("stop")

    def stop_after_epoch(self, on: bool = True) -> None:
        """End the run once the epoch under way is learned, validated and saved; `on` False takes that back."""
        self.training.stop_after_epoch(on)

    def validate_now(self) -> None:
        """Validate the network of the live run where it stands; `RunState.validated` gets what came out."""
        self.training.command("validate_now")

    def save_now(self) -> None:
        """Write a checkpoint of the live run now."""
        self.training.command("save_now")

    def set_learning_rate(self, rate: float) -> None:
        self.training.set_learning_rate(rate)

    def find_learning_rate(self, *, keep_weights: bool = False, **overrides: Any) -> Job:
        """Look for a good learning rate in the background; the job's result is a `RateSweep`.

        Nothing of the test stays: weights, statistics and random numbers are as before, the recipe too (apply the
        sweep's `fix`). `keep_weights` begins from what the layers have learned; overrides as for `start_training`.
        One job at a time. Raises `Problem` where nothing can be trained, or a run is going.
        """
        return self.rate_finding.start(keep_weights=keep_weights, **overrides)

    def runs(self) -> tuple[Any, ...]:
        """The table of runs, newest first."""
        return self.training.rows()

    # --- looking inside ------------------------------------------------------------

    @property
    def views(self) -> Views | None:
        return self.looking.views

    def choose_picture(self, which: int | str | Path) -> None:
        """The picture the views show: an index of the data set, or a file."""
        self.looking.choose(which)

    def watch(self, nodes: Iterable[str], *, by: str = "viewer") -> None:
        """The nodes whose feature maps the views hold; nothing is computed for others.

        Each watcher (`by`) has its own wish, and the views hold what any of them asked for.
        """
        self.looking.watch(tuple(nodes), by)

    @property
    def scores(self) -> Scores | None:
        """What the network said of every sample when it was last asked; None before."""
        return self.scoring.scores

    def score_samples(self) -> Job:
        """Ask the network about every sample in the background. Raises `Problem` where it cannot answer yet."""
        return self.scoring.start()

    @property
    def duplicates(self) -> DuplicatesState:
        """Where the search for duplicates stands, and what it found."""
        return self.duplicate_search.state

    def look_for_duplicates(self) -> Job:
        """Look for samples that are there twice, in the background. Raises `Problem` where there are no samples."""
        return self.duplicate_search.start()

    # --- using it ------------------------------------------------------------

    @property
    def samples_kind(self) -> DataKind:
        """The kind of samples there are: of the data, else of what the network takes."""
        from workbench.session.incoming import fed_by
        from workbench.session.pictures import network_input

        dataset = self.data.dataset
        return dataset.kind if dataset is not None else fed_by(network_input(self.project.graph).layer)

    def predict(self, path: str | Path) -> Prediction:
        """The answer for one sample's file, by the latest trained weights. Raises `Problem`."""
        return self.results.predict([Path(path)])[0]

    def export(self, format: str, out: str | Path, *, run: str | None = None) -> Job:
        """Write and check an export in the background; the job's result is an `ExportCheck`."""
        return self.exporting.start(format, Path(out), run)

    # --- the clock ------------------------------------------------------------

    def pump(self) -> None:
        """Take in what the background sent. Cheap when nothing did; call it about 30 times a second."""
        self.jobs.pump()
        self.pictures.pump()
        self.training.pump()
        self.search.pump()
        self.folds.pump()
        self.looking.pump()
        self.scoring.pump()
        self.duplicate_search.pump()
        self.keeping.pump()

    def _jobs_moved(self) -> None:
        self.jobs_changed.emit(self.jobs.running)

    def wait(self, job: Job, timeout: float | None = None) -> Job:
        return self.jobs.wait(job, timeout)

    def wait_for_data(self, timeout: float | None = None) -> DataState:
        """Block until the pictures are ready or failed (for scripts)."""
        return self.pictures.wait(timeout)

    def wait_for_run(self, timeout: float | None = None) -> RunState:
        """Block until the run has ended (for scripts)."""
        return self.training.wait(timeout)


def _make(folder: Path) -> None:
    """A new project's folder, with the folders above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem.of(
            "project.folder",
            f"The folder “{folder}” cannot be made ({error.strerror or error}). Choose another place.",
        ) from error
