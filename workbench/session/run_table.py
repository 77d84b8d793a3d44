"""The runs a project keeps: their rows, what they recorded, the marks people put on them, the folders of weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Fix, Problem, Severity
from workbench.core.words import count
from workbench.session.jobs import Job

if TYPE_CHECKING:
    from workbench.session.runs.comparing import Comparison
    from workbench.session.session import Session
    from workbench.training.messages import EpochEnd
    from workbench.training.store import RunStore
    from workbench.training.storing.run_rows import RunDetails, RunRow

KEPT_SECONDS = 7 * 86_400
"""How long deleted runs may come back; then they are removed when the project is next looked at."""


class RunTable:
    """The runs of the open project, kept in its folder; the store is opened when it is first needed.

    Whatever marks runs tells it by the session's `runs_changed`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store: RunStore | None = None
        self._swept = False

    # --- reading ------------------------------------------------------------

    @property
    def has_runs(self) -> bool:
        """Whether the project has a run that may be gone on with."""
        return (self._session.folder / "runs").is_dir()

    def rows(self) -> tuple[RunRow, ...]:
        """All runs of the project, newest first."""
        if self._store is None and not self.has_runs:
            return ()
        return self.open_store().rows()

    def deleted(self) -> tuple[RunRow, ...]:
        """The runs that were deleted and may still come back, the last deleted first."""
        return self.open_store().rows(deleted=True) if self.has_runs else ()

    def version(self) -> tuple[int, ...]:
        """Another value whenever anything was recorded or marked since, by any process; cheap to ask."""
        return self.open_store().version() if self._store is not None or self.has_runs else ()

    def details(self, run: str) -> RunDetails:
        """What is looked at of one run. Raises `Problem` for an unknown run or a store that cannot be read."""
        return self.open_store().details(run)

    def epochs_of(self, run: str) -> tuple[EpochEnd, ...]:
        """The epochs of a run, for its curves. Raises `Problem` for an unknown run or a store that cannot be read."""
        return self.open_store().epochs(run)

    def can_resume(self, run: str) -> bool:
        """Whether a run has a checkpoint to go on from."""
        from workbench.training import checkpoint

        return checkpoint.exists(self.open_store().folder(run))

    def compare(self, runs: Sequence[str]) -> Comparison:
        """Put runs side by side. Raises `Problem` where one cannot be read."""
        from workbench.session.runs.comparing import compare

        return compare(self.open_store(), runs)

    def run_folder(self, run: str | None) -> tuple[str, Path]:
        """(id, folder with checkpoints) of a run, or of the newest that has one. Raises `Problem`."""
        from workbench.training import checkpoint

        rows = self.rows()
        if run is not None and all(row.id != run for row in rows):
            known = ", ".join(row.id for row in rows[:8]) or "none yet"
            raise Problem.of("run.unknown", f"There is no run “{run}” in this project. Its runs are: {known}.")
        for row in rows:
            folder = self.open_store().folder(row.id)
            if run in (None, row.id) and checkpoint.exists(folder):
                return row.id, folder
        if run is not None:
            raise Problem.of("run.no_weights", f"{run} has no checkpoint, so there are no weights. Choose another run.")
        raise Problem.of("run.none", "Nothing was trained yet. Train the project first: workbench train PROJECT.")

    # --- marking ------------------------------------------------------------

    def rename_run(self, run: str, name: str) -> None:
        """Give a run a name. This and the other marks raise `Problem` where they cannot be kept."""
        self._marking()
        self.open_store().rename(run, name)
        self._marked()

    def tag_run(self, run: str, tags: Iterable[str]) -> None:
        """Replace a run's tags."""
        self._marking()
        self.open_store().tag(run, tags)
        self._marked()

    def note_run(self, run: str, text: str) -> None:
        """Replace a run's note."""
        self._marking()
        self.open_store().note(run, text)
        self._marked()

    def star_runs(self, runs: Iterable[str], starred: bool = True) -> None:
        """Mark runs as worth finding again, or take the mark away."""
        self._marking()
        for run in runs:
            self.open_store().star(run, starred)
        self._marked()

    def delete_runs(self, runs: Sequence[str]) -> None:
        """Throw runs away, all or (where one is still running) none; a notice offers to take it back."""
        self._marking()
        rows = [self.open_store().row(run) for run in runs]
        live = next((row for row in rows if row.state == "running"), None)
        if live is not None:
            raise Problem.of("runs.live", f"{live.title} is still running. Stop it first, then delete it.")
        for run in runs:
            self.open_store().delete(run)
        self._marked()
        self._session.notice.emit(_deleted(rows))

    def restore_runs(self, runs: Iterable[str]) -> None:
        """Bring deleted runs back."""
        self._marking()
        for run in runs:
            self.open_store().restore(run)
        self._marked()

    def remove_runs(self, runs: Sequence[str]) -> Job:
        """Remove deleted runs for good, in the background; the job's result is how many bytes were freed."""
        self._marking()
        store = self.open_store()

        def work(job: Job) -> int:
            freed = 0
            for done, run in enumerate(runs):
                job.progress(done, len(runs))
                freed += store.empty(run)
            return freed

        return self._session.jobs.start(f"Removing {count(len(runs), 'run')}", work, self._removed)

    def remove_old(self) -> None:
        """Remove, once a session, what was deleted longer than a week ago."""
        if self._swept or self._session.read_only or not self.has_runs:
            return
        self._swept = True
        limit = time.time() - KEPT_SECONDS
        old = [row.id for row in self.deleted() if row.deleted is not None and row.deleted < limit]
        if old:
            self.remove_runs(old)

    def _removed(self, job: Job) -> None:
        if job.diagnostic is not None:
            self._session.notice.emit(job.diagnostic)
        self._marked()

    def _marking(self) -> None:
        if self._session.read_only:
            raise Problem.of(
                "project.read_only",
                f"{self._session.project.name} was opened to read only, so its runs stay as they are.",
            )

    def _marked(self) -> None:
        self._session.runs_changed.emit()

    # --- taking them elsewhere ------------------------------------------------------------

    def export_runs(self, runs: Sequence[str], out: Path, kind: str, finished: Callable[[Job], None]) -> Job:
        """Write runs to CSV files (`kind` "csv": three tables in the folder `out`) or to TensorBoard event files
        ("tensorboard"), in the background. The job's result are the files or folders written."""
        from workbench.session.runs.csv_export import export_folder
        from workbench.session.runs.tensorboard_export import export_tensorboard

        store, write = self.open_store(), {"csv": export_folder, "tensorboard": export_tensorboard}[kind]

        def work(job: Job) -> tuple[Path, ...]:
            return write(store, runs, out, job.progress)

        return self._session.jobs.start(f"Exporting {count(len(runs), 'run')}", work, finished)

    # --- the store ------------------------------------------------------------

    def open_store(self) -> RunStore:
        """The store itself. Raises `Problem` where it cannot be read."""
        from workbench.training.store import RunStore

        if self._store is None:
            self._store = RunStore(self._session.folder)
        return self._store

    def store_moved(self) -> None:
        """The project was saved to another folder; its runs are those of that folder now."""
        if self._store is not None:
            self._store.close()
            self._store = None


def _deleted(rows: Sequence[RunRow]) -> Diagnostic:
    what = rows[0].title if len(rows) == 1 else count(len(rows), "run")
    return Diagnostic(
        "runs.deleted",
        f"{what[:1].upper()}{what[1:]} {'was' if len(rows) == 1 else 'were'} deleted.",
        Severity.INFO,
        fixes=(Fix("Undo", "restore_runs", {"runs": [row.id for row in rows]}),),
    )
