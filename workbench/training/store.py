"""The runs of a project and their numbers: ``runs/runs.sqlite``, with the checkpoints of run 7 in ``runs/run-7/``."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.core.processes import own
from workbench.document.format import encode
from workbench.document.project import Project
from workbench.training import checkpoint
from workbench.training.batches import training_samples
from workbench.training.database import Database
from workbench.training.messages import Ended, EpochEnd, Started
from workbench.training.packing import CHUNK, pack_confusion, pack_rows, unpack_rows
from workbench.training.recipes import recipe_to_json
from workbench.training.record import Record
from workbench.training.run_rows import RunRow, epoch_end, run_row
from workbench.training.scalars import COLUMNS, Rows
from workbench.training.versions import versions

if TYPE_CHECKING:
    from workbench.training.batches import Network, Pictures

_ID = re.compile(r"run-([1-9][0-9]{0,8})\Z", re.ASCII)


class RunStore:
    """The runs of one project folder. Nothing is made on the disk before the first run is.

    Every method may be called from any thread, and raises `Problem` with a sentence where the file cannot be read or
    written or there is no such run.
    """

    def __init__(self, project_folder: Path) -> None:
        self.project_folder = Path(project_folder)
        self._runs = self.project_folder / "runs"
        self._database = Database(self._runs / "runs.sqlite")

    # --- the table ---------------------------------------------------------------------------------------------------

    def rows(self) -> tuple[RunRow, ...]:
        """All runs, the newest first."""
        if not self._database.exists:
            return ()
        with self._database.reading() as db:
            return tuple(run_row(found) for found in db.execute("SELECT * FROM runs ORDER BY number DESC"))

    def row(self, run: str) -> RunRow:
        """One run."""
        number = _number(run)
        if self._database.exists:
            with self._database.reading() as db:
                found = db.execute("SELECT * FROM runs WHERE number = ?", (number,)).fetchone()
                if found is not None:
                    return run_row(found)
        raise Problem.of("runs.unknown", f"There is no run “{run}” in this project. Choose one of its table of runs.")

    def folder(self, run: str) -> Path:
        """Where a run's checkpoints are (it may not be there yet)."""
        return self._runs / f"run-{_number(run)}"

    def epochs(self, run: str) -> tuple[EpochEnd, ...]:
        """The epochs of a run, in order."""
        with self._database.reading() as db:
            found = db.execute("SELECT * FROM epochs WHERE run = ? ORDER BY epoch", (_number(run),))
            return tuple(epoch_end(row) for row in found)

    def scalars(self, run: str) -> Rows:
        """The rows of a run's scalar log: n × 5 float64."""
        with self._database.reading() as db:
            found = db.execute("SELECT count, rows FROM scalars WHERE run = ? ORDER BY chunk", (_number(run),))
            pieces = [unpack_rows(row["rows"], int(row["count"])) for row in found]
        return np.concatenate(pieces) if pieces else np.empty((0, len(COLUMNS)))

    def rename(self, run: str, name: str) -> None:
        """Give a run a name for people."""
        self.row(run)
        self._update(run, name=name.strip()[:200])

    def delete(self, run: str) -> None:
        """Remove a run, its numbers and its checkpoints; not while it is running."""
        if self.row(run).state == "running":
            raise Problem.of("runs.live", f"{run} is still running. Stop it first, then delete it.")
        with self._database.writing() as db:
            db.execute("DELETE FROM runs WHERE number = ?", (_number(run),))
        folder = self.folder(run)
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Problem.of(
                "runs.not_removed",
                f"{run} was deleted, but its folder “{folder}” could not be removed ({error.strerror or error}). "
                "Remove it by hand.",
                details=repr(error),
            ) from error

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        self._database.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- a run that trains -------------------------------------------------------------------------------------------

    def begin(
        self, project: Project, compiled: Network, dataset: Pictures, overrides: Mapping[str, Any] | None = None
    ) -> Record:
        """A new run in state "running", under the next number (numbers are never used again), and its record.

        `project` is what is trained, overrides applied; `overrides` is only kept with it, for people.
        """
        pid, began = own()
        with self._database.writing() as db:
            taken = [int(m[1]) for path in self._runs.iterdir() if (m := _ID.match(path.name))]
            last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'runs'").fetchone()
            columns = {
                "number": max([int(last[0]) if last is not None else 0, *taken]) + 1,
                "name": "",
                "created": time.time(),
                "state": "running",
                "recipe": json.dumps(recipe_to_json(project.recipe)),
                "project": encode(project).decode(),
                "fingerprint": dataset.fingerprint,
                "versions": json.dumps(versions()),
                "overrides": json.dumps(dict(overrides or {}), default=str),
                "device": "",
                "parameters": compiled.inferred.parameters,
                "train": training_samples(dataset),
                "val": len(dataset.splits.val),
                "epochs": 0,
                "steps": 0,
                "seconds": 0.0,
                "message": "",
                "host": socket.gethostname(),
                "pid": pid,
                "started": began,
            }
            marks = ", ".join("?" * len(columns))
            db.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))
        return Record(RunStore(self.project_folder), f"run-{columns['number']}")

    def resume(self, run: str) -> Record:
        """The record of a run that goes on from its last checkpoint, with what was recorded up to there."""
        position = checkpoint.position(self.folder(run))
        rows = self.scalars(run)
        return Record(
            RunStore(self.project_folder),
            run,
            rows=rows[rows[:, 0] <= position.total],
            epochs=tuple(e for e in self.epochs(run) if e.step <= position.total),
            seconds=self.row(run).seconds,
        )

    def start(self, run: str, event: Started, rows: Rows) -> None:
        """A run starts or goes on, as this process's; what was recorded after its beginning is dropped."""
        pid, began = own()
        self._update(
            run,
            state="running",
            message="",
            device=event.device,
            parameters=event.parameters,
            train=event.train,
            val=event.val,
            steps=event.done_steps,
            epochs=event.done_epochs,
            host=socket.gethostname(),
            pid=pid,
            started=began,
        )
        with self._database.writing() as db:
            db.execute("DELETE FROM epochs WHERE run = ? AND epoch > ?", (_number(run), event.done_epochs))
        self.add_scalars(run, 0, rows)

    def add_epoch(self, run: str, end: EpochEnd, *, seconds: float) -> None:
        """Record an epoch and where the run stands."""
        values = (
            _number(run),
            end.epoch,
            end.step,
            end.train_loss,
            end.train_accuracy,
            end.val_loss,
            end.val_accuracy,
            end.images_per_second,
            end.seconds,
            end.validation_seconds,
            int(end.is_best),
            None if end.confusion is None else pack_confusion(end.confusion),
        )
        with self._database.writing() as db:
            db.execute(f"INSERT OR REPLACE INTO epochs VALUES ({', '.join('?' * len(values))})", values)
        best = {"best_val_accuracy": end.val_accuracy} if end.is_best else {}
        self._update(run, epochs=end.epoch, steps=end.step, seconds=seconds, **best)

    def add_scalars(self, run: str, start: int, rows: Rows) -> None:
        """Replace a run's scalar log from position `start` (a multiple of `CHUNK`) on by these rows."""
        number, first = _number(run), start // CHUNK
        with self._database.writing() as db:
            db.execute("DELETE FROM scalars WHERE run = ? AND chunk >= ?", (number, first))
            for begin in range(0, len(rows), CHUNK):
                piece = rows[begin : begin + CHUNK]
                values = (number, first + begin // CHUNK, len(piece), pack_rows(piece))
                db.execute("INSERT INTO scalars VALUES (?, ?, ?, ?)", values)

    def finish(self, run: str, end: Ended, *, seconds: float) -> None:
        """A run ended."""
        message = end.diagnostic.message if end.diagnostic is not None else ""
        self._update(
            run,
            state=end.state,
            seconds=seconds,
            steps=end.step,
            epochs=end.epochs,
            best_val_accuracy=end.best_val_accuracy,
            message=message,
        )

    def _update(self, run: str, **columns: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)  # written in this file, never read from anywhere
        with self._database.writing() as db:
            db.execute(f"UPDATE runs SET {names} WHERE number = ?", (*columns.values(), _number(run)))


def _number(run: str) -> int:
    """The number in "run-7". A run's id becomes a folder's name, so nothing else is let through."""
    match = _ID.match(run)
    if match is None:
        raise Problem.of(
            "runs.unknown", f"“{run[:40]}” is not the name of a run. Runs are called run-1, run-2 and so on."
        )
    return int(match[1])
