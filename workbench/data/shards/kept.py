"""What was found out about a shard, kept for as long as the file stays as it is: one small file in the user's cache."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.core.paths import user_dir
from workbench.data.chance import key
from workbench.data.shards.names import Shard

LAYOUT = 1
"""Raised when anything is written or worked out differently, so that older files are made again."""

MOST_KEPT = 2 * 10**9
"""Bytes all of them together take at most; those unused for longest go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Columns of numbers, and JSON values."""

    columns: Mapping[str, npt.NDArray[Any]]
    said: Mapping[str, Any]


def place_of(what: str, shard: Shard, facts: tuple[int, int], *more: str) -> Path | None:
    """Where this is kept for this very file (its size and time of change are `facts`); None where there is no place."""
    with contextlib.suppress(Problem):
        name = key(LAYOUT, what, str(shard.path), shard.name, *facts, *more)
        return user_dir("cache") / "shards" / f"{name:016x}.npz"
    return None


def load(place: Path | None) -> Kept | None:
    """What is kept there; None where there is nothing, or nothing that can be read."""
    if place is None:
        return None
    try:
        with np.load(io.BytesIO(place.read_bytes()), allow_pickle=False) as kept:
            columns = {name: kept[name] for name in kept.files if name != "said"}
            said = json.loads(bytes(kept["said"]))
        os.utime(place)
        return Kept(columns, said) if isinstance(said, dict) else None
    except Exception:  # a zip archive that was damaged raises anything; it is then made again
        return None


def save(place: Path | None, columns: Mapping[str, npt.NDArray[Any]], said: Mapping[str, Any]) -> None:
    """For the next time. On a disk that is full or not ours it is worked out again then."""
    if place is None:
        return
    into = io.BytesIO()
    words = np.frombuffer(json.dumps(said).encode(), np.uint8)
    np.savez(into, said=words, **columns)  # type: ignore[arg-type]
    with contextlib.suppress(OSError, Problem):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, into.getvalue())


def make_room(most: int = MOST_KEPT) -> None:
    """Lets go what was unused for longest, where all together take more than `most` bytes."""
    with contextlib.suppress(OSError, Problem):
        entries = [(entry.stat(), entry.path) for entry in os.scandir(user_dir("cache") / "shards")]
        total = sum(facts.st_size for facts, _path in entries)
        for facts, path in sorted(entries, key=lambda pair: pair[0].st_mtime_ns):
            if total <= most:
                break
            os.unlink(path)
            total -= facts.st_size
