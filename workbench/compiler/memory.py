"""How much memory this process may still take, whoever set the limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

CGROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)
"""Where a Linux container keeps its limit and what it uses (version 2 and 1)."""


def available_memory() -> int:
    """Bytes that can be had now: free in the machine, and within the limits of the container and the process."""
    import psutil

    return max(0, min(int(psutil.virtual_memory().available), *_limits()))


def _limits() -> Iterator[int]:
    yield sys.maxsize
    for limit, used in CGROUPS:
        most, now = _number(limit), _number(used)
        if most is not None and now is not None:
            yield most - now
    address_space = _address_space()
    if address_space is not None:
        yield address_space


def _number(file: Path) -> int | None:
    """The number in a file of one line; None if there is no such file, or it says "max"."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdecimal() else None


def _address_space() -> int | None:
    """What is left of the process's address space where that is limited (`ulimit -v`); None elsewhere."""
    if sys.platform == "win32":
        return None
    import resource

    import psutil

    soft, _hard = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft - int(psutil.Process().memory_info().vms)
