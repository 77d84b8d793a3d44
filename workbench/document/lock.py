"""Two windows on one project must not overwrite each other: a lock file says who has it open."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.files import open_regular, write_atomic
from workbench.core.json_text import parse, render
from workbench.core.processes import own, started
from workbench.document.fields import Fields

FILE_NAME = ".workbench.lock"
_MOST_BYTES = 4_096
_UNFINISHED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the project open. `stale`: certainly nobody any more, as that process of this machine is gone."""

    pid: int
    host: str
    since: datetime
    stale: bool


class Lock:
    """The lock of one project folder, for one open document.

    A lock of another machine is never taken for stale, since that cannot be known from here; a person decides.
    The lock is advice between windows, not a guard against other programs.
    """

    def __init__(self, folder: Path | str) -> None:
        self._file = Path(folder) / FILE_NAME
        self._token = uuid.uuid4().hex

    def acquire(self) -> Holder | None:
        """Takes the lock; gives None when it is ours, or who holds it when it is not.

        Where no lock file can be made (a read-only folder, a full disk) the answer is None too, since a person must
        be able to look into such a project; `is_held` is then False. A stale holder is reported, not evicted:
        call `take_over`.
        """
        for _ in range(20):
            try:
                handle = os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
            except FileExistsError:
                if self.is_held:
                    return None
                holder = self._holder()
                if holder is not None:
                    return holder
                time.sleep(0.02)  # being written, or removed, this very moment
                continue
            except OSError:
                return None
            self._fill(handle)
            return None
        return self._unreadable()

    def take_over(self) -> bool:
        """Takes the lock whoever holds it; gives whether it is ours now. The one who had it finds `is_held` False."""
        with contextlib.suppress(Problem):  # a folder that cannot be written: not locked, as in `acquire`
            write_atomic(self._file, self._content())
        return self.is_held

    def release(self) -> None:
        """Gives the lock back; does nothing when it is not ours (any more)."""
        if self.is_held:
            with contextlib.suppress(OSError):
                self._file.unlink()

    @property
    def is_held(self) -> bool:
        """Whether the lock file is ours at this moment (reads it: another window may have taken over)."""
        read = self._read()
        return read is not None and read[1] == self._token

    def _content(self) -> bytes:
        pid, start = own()
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return render({"pid": pid, "host": _host(), "process": start, "since": since, "token": self._token})

    def _fill(self, handle: int) -> None:
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._content())
        except OSError:
            with contextlib.suppress(OSError):
                self._file.unlink()

    def _holder(self) -> Holder | None:
        read = self._read()
        return read[0] if read else None

    def _read(self) -> tuple[Holder, str] | None:
        """What the lock file says, or None when it is not there, not whole or not readable."""
        try:
            with open_regular(self._file) as file:
                fields = Fields(parse(file.read(_MOST_BYTES), "lock"), "the lock")
            pid, host = fields.whole("pid", 0), fields.text("host", None, 300)
            process = fields.take("process", None)
            since = datetime.fromisoformat(fields.text("since", None, 40))
            token = fields.text("token", None, 100)
        except (OSError, Problem, ValueError):
            return None
        return Holder(pid, host, since, host == _host() and (process is None or started(pid) != process)), token

    def _unreadable(self) -> Holder:
        """A lock file nobody can read: its maker died while writing it, unless it is very new."""
        try:
            made = self._file.stat().st_mtime
        except OSError:
            made = 0.0
        return Holder(0, "unknown", datetime.fromtimestamp(made, UTC), time.time() - made > _UNFINISHED_SECONDS)


def _host() -> str:
    return socket.gethostname() or "unknown"
