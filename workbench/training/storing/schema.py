"""The tables of ``runs.sqlite``, and how a file of an earlier format becomes one of this."""

from __future__ import annotations

import json
import sqlite3

FORMAT = 2
"""1 knew neither marks by people (tags, notes, stars, deleted runs that may come back) nor metrics, layers and notices,
and held the text of the project beside each row, which made a long table slow to read."""

_RUNS = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL,
    recipe TEXT NOT NULL, fingerprint TEXT NOT NULL, versions TEXT NOT NULL, overrides TEXT NOT NULL,
    device TEXT NOT NULL, parameters INTEGER NOT NULL, train INTEGER NOT NULL, val INTEGER NOT NULL,
    best_val_accuracy REAL, epochs INTEGER NOT NULL, steps INTEGER NOT NULL, seconds REAL NOT NULL,
    message TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT,
    tags TEXT NOT NULL DEFAULT '[]', note TEXT NOT NULL DEFAULT '', starred INTEGER NOT NULL DEFAULT 0,
    deleted REAL, series TEXT NOT NULL DEFAULT '', fold INTEGER, best_epoch INTEGER,
    metrics TEXT NOT NULL DEFAULT '{}'
)"""
_EPOCHS = """
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, epoch INTEGER NOT NULL, step INTEGER NOT NULL,
    train_loss REAL, train_accuracy REAL, val_loss REAL, val_accuracy REAL, images_per_second REAL, seconds REAL,
    validation_seconds REAL, is_best INTEGER NOT NULL, confusion BLOB, metrics TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID"""
_SCALARS = """
CREATE TABLE scalars (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, chunk INTEGER NOT NULL, count INTEGER NOT NULL,
    rows BLOB NOT NULL, PRIMARY KEY (run, chunk)
)"""
_SINCE_2 = (
    """
CREATE TABLE details (
    run INTEGER PRIMARY KEY REFERENCES runs(number) ON DELETE CASCADE, project TEXT NOT NULL,
    promise TEXT NOT NULL DEFAULT '{}', threads TEXT NOT NULL DEFAULT '[]', advice TEXT NOT NULL DEFAULT '[]'
)""",
    """
CREATE TABLE validations (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, step INTEGER NOT NULL, epoch INTEGER NOT NULL,
    loss REAL, accuracy REAL, metrics TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (run, step)
) WITHOUT ROWID""",
    """
CREATE TABLE layers (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, chunk INTEGER NOT NULL, names TEXT NOT NULL,
    count INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (run, chunk)
)""",
    """
CREATE TABLE talk (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE,
    kind TEXT NOT NULL, text TEXT NOT NULL
)""",
)
_KEPT_FROM_1 = (
    "number, name, created, state, recipe, fingerprint, versions, overrides, device, parameters, train, val, "
    "best_val_accuracy, epochs, steps, seconds, message, host, pid, started"
)


def format_of(db: sqlite3.Connection) -> int:
    """The format a file was written in; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables of a new file, or bring those of an earlier format to this one; all of it or nothing.

    Foreign keys must be off (a table that is replaced would take along what refers to it). Two programs may begin at
    once: one of them does it. Raises `sqlite3.Error`, and `ValueError` where an old file holds what makes no sense.
    """
    if format_of(db) >= FORMAT:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        found = format_of(db)
        if found == 0:
            for statement in (_RUNS, _EPOCHS, _SCALARS, *_SINCE_2):
                db.execute(statement)
        elif found == 1:
            _from_1(db)
        db.execute(f"PRAGMA user_version = {FORMAT}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has rolled it back already
            db.execute("ROLLBACK")
        raise


def _from_1(db: sqlite3.Connection) -> None:
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'runs'").fetchone()
    for statement in _SINCE_2:
        db.execute(statement)
    db.execute("INSERT INTO details (run, project) SELECT number, project FROM runs")
    db.execute(_RUNS.replace("TABLE runs", "TABLE runs_2"))
    db.execute(f"INSERT INTO runs_2 ({_KEPT_FROM_1}) SELECT {_KEPT_FROM_1} FROM runs")
    db.execute("DROP TABLE runs")
    db.execute("ALTER TABLE runs_2 RENAME TO runs")
    if last is not None:  # the numbers of deleted runs are not used again
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'runs'")
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", (int(last[0]),))
    db.execute("ALTER TABLE epochs ADD COLUMN metrics TEXT NOT NULL DEFAULT '{}'")
    best = db.execute(
        "SELECT run, epoch, train_loss, train_accuracy, val_loss, val_accuracy FROM epochs WHERE is_best ORDER BY epoch"
    )
    for run, epoch, *values in best.fetchall():
        named = zip(("train_loss", "train_accuracy", "val_loss", "val_accuracy"), values, strict=True)
        metrics = json.dumps({name: float(value) for name, value in named if value is not None})
        db.execute("UPDATE runs SET best_epoch = ?, metrics = ? WHERE number = ?", (epoch, metrics, run))
