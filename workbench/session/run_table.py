"""The runs a project keeps: their rows, their epochs and the folders with their weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.training.messages import EpochEnd
    from workbench.training.store import RunStore
    from workbench.training.storing.run_rows import RunRow


class RunTable:
    """The runs of the open project, kept in its folder; the store is opened when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store: RunStore | None = None

    @property
    def has_runs(self) -> bool:
        """Whether the project has a run that may be gone on with."""
        return (self._session.folder / "runs").is_dir()

    def rows(self) -> tuple[RunRow, ...]:
        """All runs of the project, newest first."""
        if self._store is None and not self.has_runs:
            return ()
        return self.open_store().rows()

    def epochs_of(self, run: str) -> tuple[EpochEnd, ...]:
        """The epochs of a run, for its curves. Raises `Problem` for an unknown run or a store that cannot be read."""
        return self.open_store().epochs(run)

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
