"""Records of runs that somebody edited by hand: each command answers in a sentence, and the project stays (row 6)."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from pathlib import Path

import pytest

from .conftest import Call

FORGED = (
    "UPDATE runs SET created = 1e300",
    "UPDATE runs SET created = -1e300",
    "UPDATE runs SET seconds = 1e300",
    "UPDATE runs SET seconds = -9e999",
    "UPDATE runs SET best_val_accuracy = 9e999",
    "UPDATE runs SET recipe = '" + "[" * 100_000 + "'",
    "UPDATE runs SET number = -number",
    "UPDATE runs SET name = char(27) || '[31m' || char(10) || x'ff'",
    "UPDATE runs SET state = 'dancing', epochs = 'many'",
    "UPDATE runs SET project = zeroblob(1000)",
    "CREATE TRIGGER t BEFORE UPDATE ON runs BEGIN SELECT raise(ABORT, 'no'); END",
    "ALTER TABLE runs DROP COLUMN message",
    "DROP TABLE epochs",
    "UPDATE epochs SET train_loss = 'x'",
    "PRAGMA user_version = 9",
)


def holds(call: Call, project: Path, picture: Path) -> None:
    """Every command that looks at runs ends in order, with one sentence where it fails."""
    for words in (
        ("runs", project),
        ("runs", project, "--json"),
        ("predict", project, picture),
        ("train", project, "--resume", "--epochs", "3", "--threads", "1"),
        ("train", project, "--epochs", "1", "--threads", "1", "--json"),
    ):
        answer = call(*words)
        assert answer.status in (0, 1)
        assert answer.status == 0 or answer.err.splitlines()[-1].endswith(".")
        assert "\x1b" not in answer.out
        assert all(len(line) < 1_000 for line in answer.out.splitlines())
    assert call("check", project).status == 0


@pytest.mark.parametrize("statement", FORGED, ids=lambda s: s[:40])
def test_values_and_tables_that_make_no_sense(
    call: Call, trained: Path, trained_pictures: Path, statement: str
) -> None:
    with contextlib.closing(sqlite3.connect(trained / "runs" / "runs.sqlite")) as db:
        with contextlib.suppress(sqlite3.Error):
            db.execute(statement)
        db.commit()
    holds(call, trained, trained_pictures / "top" / "1.png")


@pytest.mark.faults
def test_bytes_changed_at_random(call: Call, trained: Path, trained_pictures: Path) -> None:
    record = trained / "runs" / "runs.sqlite"
    whole, dice = record.read_bytes(), random.Random(9)
    for size in (*range(0, len(whole), len(whole) // 12), None):
        for beside in ("-wal", "-shm"):
            record.with_name(record.name + beside).unlink(missing_ok=True)
        data = bytearray(whole[:size])
        for _ in range(0 if size is not None else 200):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        record.write_bytes(data)
        holds(call, trained, trained_pictures / "top" / "1.png")
    assert os.path.exists(trained / "project.json")
