"""Older checkpoints of a run that stay beside its newest: ``step-<total>.json``, a copy of what ``last.json`` was.

A copy shares its tensor files with nobody but those that hold the same numbers; what no manifest names is swept.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.training.manifest import LAST, MANIFEST_LIMIT, plain_bytes, read_content

_NAME = re.compile(r"step-(0|[1-9][0-9]{0,17})\.json\Z", re.ASCII)


def names(folder: Path) -> tuple[str, ...]:
    """The older checkpoints by name ("step-1200"), the newest first; none where the folder cannot be read."""
    try:
        found = [match for match in map(_NAME.match, os.listdir(folder)) if match]
    except OSError:
        return ()
    return tuple(f"step-{match[1]}" for match in sorted(found, key=lambda match: -int(match[1])))


def set_aside(folder: Path, keep: int, total: int) -> None:
    """Before the newest checkpoint is replaced by that of step `total`: keep it under its step, if `keep` is above 1.

    Raises `Problem` where that cannot be written. One that cannot be read is not kept.
    """
    if keep < 2:
        return
    try:
        raw = plain_bytes(folder / f"{LAST}.json", MANIFEST_LIMIT)
        now = read_content(folder, LAST).position.total
    except Problem:
        return
    if now != total:
        write_atomic(folder / f"step-{now}.json", raw)


def thin(folder: Path, keep: int, total: int) -> None:
    """Remove all but the newest `keep` - 1, and those of later steps, which a run that went on from here outdates."""
    stay = 0
    for name in names(folder):
        stay += int(name.removeprefix("step-")) < total
        if stay >= keep or int(name.removeprefix("step-")) >= total:
            with contextlib.suppress(OSError):  # a folder that is gone or read-only: nothing to tidy
                (folder / f"{name}.json").unlink(missing_ok=True)
