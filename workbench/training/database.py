"""The SQLite file under the run store: opened when first needed, transactions, and every failure as a sentence."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.files import explain
from workbench.core.processes import own, started

FORMAT = 1

_SCHEMA = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL,
    recipe TEXT NOT NULL, project TEXT NOT NULL, fingerprint TEXT NOT NULL, versions TEXT NOT NULL,
    overrides TEXT NOT NULL, device TEXT NOT NULL, parameters INTEGER NOT NULL, train INTEGER NOT NULL,
    val INTEGER NOT NULL, best_val_accuracy REAL, epochs INTEGER NOT NULL, steps INTEGER NOT NULL,
    seconds REAL NOT NULL, message TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT
);
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, epoch INTEGER NOT NULL, step INTEGER NOT NULL,
    train_loss REAL, train_accuracy REAL, val_loss REAL, val_accuracy REAL, images_per_second REAL, seconds REAL,
    validation_seconds REAL, is_best INTEGER NOT NULL, confusion BLOB, PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE scalars (
    run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, chunk INTEGER NOT NULL, count INTEGER NOT NULL,
    rows BLOB NOT NULL, PRIMARY KEY (run, chunk)
);
"""


class Database:
    """One connection to ``runs.sqlite``, for any thread; whole after a crash at any moment (WAL).

    The file comes with projects from anywhere: its schema is not trusted, and values are checked by whoever reads them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded."""
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return self._connection is not None
        except OSError:
            return True  # something that may not be looked at: opening it says what is wrong
        return True

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Raises `Problem` where the file cannot be read or holds values that make no sense."""
        with self._lock, self._explaining(), contextlib.ExitStack() as stack:
            try:
                db = self._open()
            except sqlite3.OperationalError as error:
                db = stack.enter_context(_copied(self.path, error))
            yield db

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, all of it or nothing. Raises `Problem` as `reading` does, and where it cannot be written."""
        with self._lock, self._explaining():
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled it back already
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if self.path.parent.parent.is_dir():
            self.path.parent.mkdir(exist_ok=True)
        db = sqlite3.connect(self.path, timeout=5.0, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA foreign_keys = ON")
            if _format(db) > FORMAT:
                raise Problem.of(
                    "runs.newer",
                    f"The record of runs “{self.path}” was written by a newer version of Workbench. Update Workbench "
                    "to see them.",
                )
            _prepare(db)
        except BaseException:
            db.close()
            raise
        self._connection = db
        return db

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Problem.of(*_reason(error, self.path), details=repr(error)) from error
        except OSError as error:
            raise Problem(explain(error, self.path)) from error
        except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
            raise Problem.of(
                "runs.damaged",
                f"The record of runs “{self.path}” holds values that make no sense. Move it away to begin a new one; "
                "the checkpoints beside it are not touched.",
                details=repr(error),
            ) from error


@contextlib.contextmanager
def _copied(path: Path, error: sqlite3.OperationalError) -> Iterator[sqlite3.Connection]:
    """The record as it stands, in memory: SQLite cannot even read one where it cannot write beside it.

    Raises the `error` of opening it again where another program holds it, or where it may not be read either.
    """
    if any(words in str(error).lower() for words in ("locked", "busy")):
        raise error
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as memory:
        memory.row_factory = sqlite3.Row
        with tempfile.TemporaryDirectory(prefix="workbench-runs-") as place:
            try:
                for name in (path.name, f"{path.name}-wal"):  # the second holds what was recorded last, if it is there
                    if os.path.isfile(path.with_name(name)):
                        shutil.copyfile(path.with_name(name), os.path.join(place, name))
            except OSError:
                raise error from None
            with contextlib.closing(sqlite3.connect(os.path.join(place, path.name), isolation_level=None)) as copy:
                copy.row_factory = sqlite3.Row
                copy.execute("PRAGMA trusted_schema = OFF")
                if _format(copy) != FORMAT:
                    raise error
                _mark_interrupted(copy)
                copy.backup(memory)
        memory.execute("PRAGMA trusted_schema = OFF")
        yield memory


def _format(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new file (once, even if two programs start at once) and look for runs that died."""
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if _format(db) < FORMAT:
            db.execute("BEGIN IMMEDIATE")
            if _format(db) < FORMAT:
                for statement in _SCHEMA.split(";")[:-1]:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute("COMMIT")
        _mark_interrupted(db)
    except sqlite3.OperationalError:
        if _format(db) < FORMAT:
            raise  # else it is read-only, and can still be read


def _mark_interrupted(db: sqlite3.Connection) -> None:
    """Runs whose process died without a word (kill -9, a power cut) are running no more."""
    live = db.execute(
        "SELECT number, pid, started FROM runs WHERE state = 'running' AND host = ?", (socket.gethostname(),)
    )
    for row in live.fetchall():
        if (row["pid"], row["started"]) != own() and started(int(row["pid"])) != row["started"]:
            db.execute("UPDATE runs SET state = 'interrupted' WHERE number = ?", (row["number"],))


_REASONS = (
    (
        ("not a database", "malformed", "no such table", "no such column"),
        "damaged",
        "is damaged or no record of runs. Move it away to begin a new one; the checkpoints beside it are not touched.",
    ),
    (("full",), "disk_full", "cannot be written: the disk is full. Make room; nothing recorded so far is lost."),
    (("readonly", "read-only"), "read_only", "cannot be written: it is read-only. Save the project elsewhere."),
    (("disk i/o",), "io", "cannot be read or written: the disk is full, or it fails. Make room, or check the drive."),
    (("locked", "busy"), "busy", "is held by another program. Close it and try again."),
    (("unable to open",), "no_file", "cannot be opened. Check that the project's folder is there and yours to write."),
)


def _reason(error: sqlite3.Error, path: Path) -> tuple[str, str]:
    text = str(error).lower()
    for words, code, sentence in _REASONS:
        if any(word in text for word in words):
            return f"runs.{code}", f"The record of runs “{path}” {sentence}"
    return (
        "runs.failed",
        f"The record of runs “{path}” failed ({error}). Try again, or move it away to begin a new one.",
    )
