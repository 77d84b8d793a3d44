"""What is read of the runs of a project."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.training.messages import EpochEnd, Validated
from workbench.training.packing import CHUNK, unpack_rows
from workbench.training.scalars import COLUMNS, Rows
from workbench.training.storing.database import Database
from workbench.training.storing.layer_pieces import LayerRows, unpack_layers
from workbench.training.storing.run_rows import RunDetails, RunRow, epoch_end, run_details, run_row, validated
from workbench.training.storing.talk import Talk

RUN_ID = re.compile(r"run-([1-9][0-9]{0,8})\Z", re.ASCII)


class Reading:
    """The runs of one project folder, read. Nothing is made on the disk.

    Every method may be called from any thread, and raises `Problem` with a sentence where the file cannot be read or
    there is no such run.
    """

    def __init__(self, project_folder: Path) -> None:
        self.project_folder = Path(project_folder)
        self._runs = self.project_folder / "runs"
        self._database = Database(self._runs / "runs.sqlite")
        self._known: dict[int, tuple[tuple[Any, ...], RunRow]] = {}  # rows as they were read last

    def rows(self, *, deleted: bool = False) -> tuple[RunRow, ...]:
        """All runs, the newest first; or those that were deleted and may still come back, the last deleted first.

        A run of which nothing has changed is the same object as the last time: a long table is read again in
        milliseconds, and views see what is new by identity.
        """
        if not self._database.exists:
            return ()
        chosen = "NOT NULL ORDER BY deleted DESC, number DESC" if deleted else "NULL ORDER BY number DESC"
        with self._database.reading() as db:
            return tuple(self._row(found) for found in db.execute(f"SELECT * FROM runs WHERE deleted IS {chosen}"))

    def _row(self, found: sqlite3.Row) -> RunRow:
        """A row, made only where it is not the one that was made last time (under the database's lock)."""
        raw = tuple(found)
        known = self._known.get(found["number"])
        if known is None or known[0] != raw:
            known = self._known[found["number"]] = (raw, run_row(found))
        return known[1]

    def row(self, run: str) -> RunRow:
        """One run, deleted or not."""
        number = number_of(run)
        if self._database.exists:
            with self._database.reading() as db:
                found = db.execute("SELECT * FROM runs WHERE number = ?", (number,)).fetchone()
                if found is not None:
                    return run_row(found)
        raise Problem.of("runs.unknown", f"There is no run “{run}” in this project. Choose one of its table of runs.")

    def details(self, run: str) -> RunDetails:
        """What is looked at of one run: its project as it was trained, its promise, threads and notices."""
        self.row(run)
        with self._database.reading() as db:
            found = db.execute("SELECT * FROM details WHERE run = ?", (number_of(run),)).fetchone()
            if found is None:
                raise ValueError(f"nothing more is known of {run}")
            return run_details(found)

    def folder(self, run: str) -> Path:
        """Where a run's checkpoints are (it may not be there yet)."""
        return self._runs / f"run-{number_of(run)}"

    def epochs(self, run: str, after: int = 0) -> tuple[EpochEnd, ...]:
        """The epochs of a run after the given one, in order."""
        with self._database.reading() as db:
            found = db.execute(
                "SELECT * FROM epochs WHERE run = ? AND epoch > ? ORDER BY epoch", (number_of(run), after)
            )
            return tuple(epoch_end(row) for row in found)

    def validations(self, run: str) -> tuple[Validated, ...]:
        """What validations somebody asked for in between found, in order."""
        with self._database.reading() as db:
            found = db.execute("SELECT * FROM validations WHERE run = ? ORDER BY step", (number_of(run),))
            return tuple(validated(row) for row in found)

    def scalars(self, run: str, start: int = 0) -> Rows:
        """The rows of a run's scalar log from position `start` on: n × len(COLUMNS) float64."""
        first = start // CHUNK
        with self._database.reading() as db:
            found = db.execute(
                "SELECT count, rows FROM scalars WHERE run = ? AND chunk >= ? ORDER BY chunk", (number_of(run), first)
            )
            pieces = [unpack_rows(row["rows"], int(row["count"])) for row in found]
        return np.concatenate(pieces)[start - first * CHUNK :] if pieces else np.empty((0, len(COLUMNS)))

    def layers(self, run: str) -> LayerRows:
        """What was measured of a run's layers."""
        with self._database.reading() as db:
            found = db.execute("SELECT * FROM layers WHERE run = ? ORDER BY chunk", (number_of(run),))
            pieces = [unpack_layers(row["names"], int(row["count"]), row["rows"]) for row in found]
        if not pieces:
            return LayerRows.none()
        alike = [piece for piece in pieces if piece.names == pieces[-1].names]
        return LayerRows(
            alike[-1].names,
            np.concatenate([piece.steps for piece in alike]),
            np.concatenate([piece.values for piece in alike]),
        )

    def talk(self, run: str) -> Talk:
        """What a run in other processes and those who follow it say to each other."""
        return Talk(self._database, number_of(run))

    def version(self) -> tuple[int, ...]:
        """Another value whenever anything of the record was written since, by any process; cheap to ask."""
        return self._database.version() if self._database.exists else ()

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        self._database.close()


def number_of(run: str) -> int:
    """The number in "run-7". A run's id becomes a folder's name, so nothing else is let through."""
    match = RUN_ID.match(run)
    if match is None:
        raise Problem.of(
            "runs.unknown", f"“{run[:40]}” is not the name of a run. Runs are called run-1, run-2 and so on."
        )
    return int(match[1])
