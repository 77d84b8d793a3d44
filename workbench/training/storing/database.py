"""The SQLite file under the run store: opened when first needed, transactions, and every failure as a sentence."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.files import explain
from workbench.training.storing.copying import Copy
from workbench.training.storing.interrupted import mark_interrupted
from workbench.training.storing.schema import FORMAT, bring_up_to_date, format_of


class Database:
    """One connection to ``runs.sqlite``, for any thread; whole after a crash at any moment (WAL).

    The file comes with projects from anywhere: its schema is not trusted, and values are checked by whoever reads them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._copy = Copy(path)

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
        with self._lock, self._explaining():
            try:
                db = self._open()
            except sqlite3.OperationalError as error:
                db = self._copy.taken(error)
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

    def version(self) -> tuple[int, ...]:
        """Another value whenever anything was written since, by anybody; cheap to ask. Raises as `reading` does."""
        with self.reading() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0]), db.total_changes, id(db)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            self._copy.close()
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
            if format_of(db) > FORMAT:
                raise Problem.of(
                    "runs.newer",
                    f"The record of runs “{self.path}” was written by a newer version of Workbench. Update Workbench "
                    "to see them.",
                )
            _prepare(db)
            db.execute("PRAGMA foreign_keys = ON")
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


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new file or of an older one those of this version, and look for runs that died."""
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        bring_up_to_date(db)
        mark_interrupted(db)
    except sqlite3.OperationalError:
        if format_of(db) < FORMAT:
            raise  # else it is read-only, and can still be read


_REASONS = (
    (
        ("not a database", "malformed", "no such table", "no such column", "no column named"),
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
