"""Which process is which: numbers are used again, so a process is known by its number and when it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    import psutil

    try:
        return pid > 0 and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, OverflowError):
        return False
    except psutil.Error:
        return True  # there, though it may not be looked at


def started(pid: int) -> str | None:
    """When a process started, as text that is equal only for the same process; None when there is no such one.

    On Linux the boot and the clock ticks since then, which no change of the clock can shift; elsewhere the time.
    """
    import psutil

    if not is_alive(pid):
        return None
    ticks = _linux_ticks(pid)
    if ticks is not None:
        return f"{_boot()}/{ticks}"
    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except psutil.Error:
        return None


@lru_cache(maxsize=1)
def own() -> tuple[int, str | None]:
    """This process: its number and `started`."""
    return os.getpid(), started(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=own.cache_clear)


def start_group(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program that, with all it starts, hears no Ctrl+C meant for this one and can be ended as a whole
    (`end_group`). It reads nothing and writes to the end of the file `log`. Raises `OSError`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    detached = int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))  # where there are no sessions
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=os.name != "nt",
            creationflags=detached,
        )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started with `start_group`, and all it started, at once; waits until it is gone."""
    import psutil

    family = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    if os.name != "nt":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for member in family:  # those with a session of their own
        with contextlib.suppress(psutil.Error):
            member.kill()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()


def _linux_ticks(pid: int) -> str | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return line.rpartition(")")[2].split()[19]  # field 22 of proc(5); the name may hold spaces and brackets
    except (OSError, IndexError):
        return None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "boot"
