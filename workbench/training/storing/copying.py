"""A record of runs in a folder that may not be written: SQLite cannot even read one where it cannot write beside it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from workbench.training.storing.interrupted import mark_interrupted
from workbench.training.storing.schema import FORMAT, bring_up_to_date, format_of

_Stamp = tuple[tuple[int, int] | None, ...]


class Copy:
    """The record as it stands, in memory and in this version's format; taken anew when the files are others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memory: sqlite3.Connection | None = None
        self._stamp: _Stamp = ()

    def taken(self, error: sqlite3.OperationalError) -> sqlite3.Connection:
        """A connection to the copy.

        Raises the `error` of opening the record again where another program holds it, or where it may not be read
        either.
        """
        if any(words in str(error).lower() for words in ("locked", "busy")):
            raise error
        stamp = self._now()
        if self._memory is None or stamp != self._stamp:
            self.close()
            self._memory, self._stamp = _in_memory(self._files(), error), stamp
        return self._memory

    def close(self) -> None:
        """Let go of the copy."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _files(self) -> tuple[Path, Path]:
        """The record and its log, which holds what was recorded last where it is there."""
        return self._path, self._path.with_name(f"{self._path.name}-wal")

    def _now(self) -> _Stamp:
        found: list[tuple[int, int] | None] = []
        for file in self._files():
            try:
                state = file.stat()
                found.append((state.st_size, state.st_mtime_ns))
            except OSError:
                found.append(None)
        return tuple(found)


def _in_memory(files: tuple[Path, Path], error: sqlite3.OperationalError) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.row_factory = sqlite3.Row
    try:
        with tempfile.TemporaryDirectory(prefix="workbench-runs-") as place:
            try:
                for file in files:
                    if file.is_file():
                        shutil.copyfile(file, os.path.join(place, file.name))
            except OSError:
                raise error from None
            with contextlib.closing(sqlite3.connect(os.path.join(place, files[0].name), isolation_level=None)) as copy:
                copy.row_factory = sqlite3.Row
                copy.execute("PRAGMA trusted_schema = OFF")
                if not 0 < format_of(copy) <= FORMAT:
                    raise error
                bring_up_to_date(copy)
                mark_interrupted(copy)
                copy.backup(memory)
        memory.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        memory.close()
        raise
    return memory
