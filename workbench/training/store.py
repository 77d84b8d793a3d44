"""The runs of a project and their numbers: ``runs/runs.sqlite``, with the checkpoints of run 7 in ``runs/run-7/``."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic
from workbench.core.processes import own
from workbench.document.format import encode
from workbench.document.project import Project
from workbench.training import checkpoint
from workbench.training.batches import training_samples
from workbench.training.messages import Ended, EpochEnd, Started, Validated
from workbench.training.packing import CHUNK, pack_confusion, pack_rows
from workbench.training.recipes import recipe_to_json
from workbench.training.record import Record
from workbench.training.scalars import Rows
from workbench.training.storing.layer_pieces import PIECE, LayerRows, pack_layers
from workbench.training.storing.marking import Marking
from workbench.training.storing.reading import RUN_ID, number_of
from workbench.training.storing.run_rows import appended, numbers_as_text
from workbench.training.versions import versions

if TYPE_CHECKING:
    from workbench.training.batches import Network, Pictures


class RunStore(Marking):
    """The runs of one project folder. Nothing is made on the disk before the first run is.

    Every method may be called from any thread, and raises `Problem` with a sentence where the file cannot be read or
    written or there is no such run. Several processes may write at once: each change is one short transaction.
    """

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def begin(
        self,
        project: Project,
        compiled: Network,
        dataset: Pictures,
        overrides: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        series: str = "",
        fold: int | None = None,
    ) -> Record:
        """A new run in state "running", under the next number (numbers are never used again), and its record.

        `project` is what is trained, overrides applied; `overrides` is only kept with it, for people. `series` names
        the search or the folds it is part of, `fold` which of these (from 0).
        """
        pid, began = own()
        with self._database.writing() as db:
            taken = [int(m[1]) for path in self._runs.iterdir() if (m := RUN_ID.match(path.name))]
            last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'runs'").fetchone()
            columns = {
                "number": max([int(last[0]) if last is not None else 0, *taken]) + 1,
                "name": name,
                "created": time.time(),
                "state": "running",
                "recipe": json.dumps(recipe_to_json(project.recipe)),
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
                "series": series,
                "fold": fold,
            }
            marks = ", ".join("?" * len(columns))
            db.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))
            db.execute(
                "INSERT INTO details (run, project) VALUES (?, ?)", (columns["number"], encode(project).decode())
            )
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
            layers=self.layers(run).until(position.total),
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
            db.execute("DELETE FROM epochs WHERE run = ? AND epoch > ?", (number_of(run), event.done_epochs))
            db.execute("DELETE FROM validations WHERE run = ? AND step > ?", (number_of(run), event.done_steps))
        self.add_scalars(run, 0, rows)

    def add_epoch(self, run: str, end: EpochEnd, *, seconds: float) -> None:
        """Record an epoch and where the run stands."""
        values = {
            "run": number_of(run),
            "epoch": end.epoch,
            "step": end.step,
            "train_loss": end.train_loss,
            "train_accuracy": end.train_accuracy,
            "val_loss": end.val_loss,
            "val_accuracy": end.val_accuracy,
            "images_per_second": end.images_per_second,
            "seconds": end.seconds,
            "validation_seconds": end.validation_seconds,
            "is_best": int(end.is_best),
            "confusion": None if end.confusion is None else pack_confusion(end.confusion),
            "metrics": numbers_as_text(end.metrics),
        }
        with self._database.writing() as db:
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT OR REPLACE INTO epochs ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
            best = db.execute("SELECT best_epoch FROM runs WHERE number = ?", (number_of(run),)).fetchone()
        changes: dict[str, Any] = {"epochs": end.epoch, "steps": end.step, "seconds": seconds}
        if end.is_best:
            changes |= {"best_val_accuracy": end.val_accuracy, "best_epoch": end.epoch}
        if end.is_best or best is None or best[0] is None:
            changes["metrics"] = numbers_as_text(figures(end))
        self._update(run, **changes)

    def add_validation(self, run: str, found: Validated) -> None:
        """Record a validation that somebody asked for between two epochs' ends."""
        values = (
            number_of(run),
            found.step,
            found.epoch,
            found.loss,
            found.accuracy,
            numbers_as_text(found.metrics),
        )
        with self._database.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO validations (run, step, epoch, loss, accuracy, metrics) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )

    def add_scalars(self, run: str, start: int, rows: Rows) -> None:
        """Replace a run's scalar log from position `start` (a multiple of `CHUNK`) on by these rows."""
        number, first = number_of(run), start // CHUNK
        with self._database.writing() as db:
            db.execute("DELETE FROM scalars WHERE run = ? AND chunk >= ?", (number, first))
            for begin in range(0, len(rows), CHUNK):
                piece = rows[begin : begin + CHUNK]
                values = (number, first + begin // CHUNK, len(piece), pack_rows(piece))
                db.execute("INSERT INTO scalars (run, chunk, count, rows) VALUES (?, ?, ?, ?)", values)

    def add_layers(self, run: str, start: int, rows: LayerRows) -> None:
        """Replace what was measured of a run's layers from position `start` (a multiple of `PIECE`) on."""
        number, first, names = number_of(run), start // PIECE, json.dumps(rows.names)
        with self._database.writing() as db:
            db.execute("DELETE FROM layers WHERE run = ? AND chunk >= ?", (number, first))
            for begin in range(0, len(rows.steps), PIECE):
                steps, values = rows.steps[begin : begin + PIECE], rows.values[begin : begin + PIECE]
                piece = (number, first + begin // PIECE, names, len(steps), pack_layers(steps, values))
                db.execute("INSERT INTO layers (run, chunk, names, count, rows) VALUES (?, ?, ?, ?, ?)", piece)

    def add_notice(self, run: str, step: int, notice: Diagnostic) -> None:
        """Keep what was told while a run trained: advice, a fallback, a checkpoint that could not be written."""
        self._append(
            run,
            "advice",
            {
                "step": step,
                "code": notice.code,
                "severity": str(notice.severity),
                "message": notice.message,
                "fixes": [
                    {"label": fix.label, "action": fix.action, "arguments": dict(fix.arguments)} for fix in notice.fixes
                ],
            },
        )

    def add_threads(self, run: str, step: int, threads: int, why: str) -> None:
        """Keep that a run went on with another number of threads from a step on."""
        self._append(run, "threads", {"step": step, "threads": threads, "why": why})

    def keep_promise(self, run: str, promise: Mapping[str, str]) -> None:
        """Keep what a run's exactness depends on (torch, processor, device, threads), by name."""
        with self._database.writing() as db:
            text = json.dumps({str(name): str(value) for name, value in promise.items()})
            db.execute("UPDATE details SET promise = ? WHERE run = ?", (text, number_of(run)))

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

    def _append(self, run: str, column: str, entry: Mapping[str, Any]) -> None:
        with self._database.writing() as db:  # the column's name is written in this file
            found = db.execute(f"SELECT {column} FROM details WHERE run = ?", (number_of(run),)).fetchone()
            if found is not None:
                text = appended(found[0], entry)
                db.execute(f"UPDATE details SET {column} = ? WHERE run = ?", (text, number_of(run)))

    def _update(self, run: str, **columns: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)  # written in this file, never read from anywhere
        with self._database.writing() as db:
            db.execute(f"UPDATE runs SET {names} WHERE number = ?", (*columns.values(), number_of(run)))


def figures(end: EpochEnd) -> dict[str, float]:
    """The figures of an epoch by key: "train_loss", "val_loss", …, and the recipe's further metrics."""
    plain = {
        "train_loss": end.train_loss,
        "train_accuracy": end.train_accuracy,
        "val_loss": end.val_loss,
        "val_accuracy": end.val_accuracy,
    }
    return {name: float(value) for name, value in (plain | dict(end.metrics)).items() if value is not None}
