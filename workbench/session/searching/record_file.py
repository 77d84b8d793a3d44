"""``runs/searches.sqlite``: where Optuna keeps the searches of a project, opened so that nothing in it is trusted."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem
from workbench.core.files import explain

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

NAME = "searches.sqlite"


def record_of(project_folder: Path) -> Path:
    """Where a project's searches are recorded (the file may not be there yet)."""
    return project_folder / "runs" / NAME


@contextlib.contextmanager
def opened(path: Path, *, to_write: bool) -> Iterator[RDBStorage]:
    """The record, for the length of the block and in the thread that asks. Raises `Problem` where that fails.

    To be read alone it is copied into memory first, so that it can be looked at where nothing may be written, and
    beside a search that goes on.
    """
    with explaining(path):
        storage = _storage(path, to_write)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _storage(path: Path, to_write: bool) -> RDBStorage:
    import optuna
    from sqlalchemy.pool import StaticPool

    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what a person should know, they are told here

    def connect() -> sqlite3.Connection:
        return _connected(path) if to_write else _copied(path)

    if to_write:
        path.parent.mkdir(parents=True, exist_ok=True)
    # The path is given to SQLite itself: in an URL a folder called "a?b" would be cut.
    return optuna.storages.RDBStorage("sqlite://", {"creator": connect, "poolclass": StaticPool})


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def _copied(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        with contextlib.closing(_to_read(path)) as db:
            db.backup(memory)
        memory.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        memory.close()
        raise
    return memory


def _to_read(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing; without the newest pages where even the index beside the file cannot be."""
    for more in ("", "&immutable=1"):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{more}", uri=True, timeout=5.0)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
            if more:
                raise
        except BaseException:
            db.close()
            raise
        else:
            return db
    raise AssertionError("one of the two was opened, or an error was raised")


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """What goes wrong with the record inside becomes a `Problem` with a sentence."""
    try:
        yield
    except Problem:
        raise
    except OSError as error:
        raise Problem(explain(error, path)) from error
    except Exception as error:
        # Optuna and SQLAlchemy wrap SQLite's errors in several classes of theirs; the innermost knows the reason
        code, sentence = _reason(_innermost(error))
        raise Problem.of(code, f"The record of searches “{path}” {sentence}", details=repr(error)) from error


def _innermost(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


_REASONS = (
    (("full",), "disk_full", "cannot be written: the disk is full. Make room, then go on with the search."),
    (("readonly", "read-only"), "read_only", "cannot be written: it is read-only. Save the project elsewhere."),
    (("locked", "busy"), "busy", "is held by another program. Close it, then go on with the search."),
    (("disk i/o",), "io", "cannot be read or written: the disk is full, or it fails. Make room, or check the drive."),
    (("unable to open",), "no_file", "cannot be opened. Check that the project's folder is there and yours to write."),
    (
        ("compatible", "upgrade"),
        "version",
        "was written by another version of Optuna. Move it away to begin a new one.",
    ),
)


def _reason(error: BaseException) -> tuple[str, str]:
    text = str(error).lower()
    for words, code, sentence in _REASONS:
        if any(word in text for word in words):
            return f"searches.{code}", sentence
    return "searches.damaged", "is damaged or holds what makes no sense. Move it away to begin a new one; runs stay."
