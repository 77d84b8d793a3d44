"""Which slot of a store each picture has. A slot is given out once, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.data.caching.rows import PIXELS, RECORD, TABLE

Indices = npt.NDArray[np.int64]


def give_slots(
    folder: Path,
    identities: npt.NDArray[np.uint64],
    row_bytes: int,
    *,
    alone: bool,
    make_room: Callable[[int], None],
) -> Indices:
    """The slot of each picture, int64 N: the one it has in the store, or one that it is given now.

    New pictures get new slots at the end, so that whoever reads the store meanwhile finds every picture where it was;
    where we are `alone` with it, they first get those of pictures that are not among ours. Nobody else may give slots
    out at the same time. `make_room(bytes)` is called before the store grows, and raises `OSError` if it must not.
    """
    records = _records(folder, row_bytes)
    slots = _found(records["identity"], identities)
    missing = np.flatnonzero(slots < 0)
    if not len(missing):
        return slots
    free = np.empty(0, np.int64)
    if alone:
        unused = np.ones(len(records), np.bool_)
        unused[slots[slots >= 0]] = False
        free = np.flatnonzero(unused)[: len(missing)]
    before, more = len(records), len(missing) - len(free)
    if more:
        make_room(more * (row_bytes + RECORD.itemsize))
    given = np.concatenate([free, np.arange(before, before + more)])
    slots[missing] = given
    added = np.zeros(len(missing), RECORD)
    added["identity"] = identities[missing]
    if len(free):  # before a new picture stands there, so that it is never taken for the one before
        records[free] = added[: len(free)]
        with open(folder / TABLE, "r+b") as table:
            table.write(records.tobytes())
    if more:
        _grow(folder, before, more, row_bytes, added[len(free) :].tobytes())
    return slots


def _records(folder: Path, row_bytes: int) -> npt.NDArray[np.void]:
    """The table, as far as there are pixels for it."""
    records = np.fromfile(folder / TABLE, RECORD)
    return records[: (folder / PIXELS).stat().st_size // row_bytes]


def _found(stored: npt.NDArray[np.uint64], identities: npt.NDArray[np.uint64]) -> Indices:
    """Where each identity stands among those stored; -1 where it does not."""
    if not len(stored):
        return np.full(len(identities), -1, np.int64)
    order = np.argsort(stored, kind="stable")
    ordered = stored[order]
    place = np.minimum(np.searchsorted(ordered, identities), len(stored) - 1)
    return np.where(ordered[place] == identities, order[place], -1).astype(np.int64)


def _grow(folder: Path, before: int, more: int, row_bytes: int, records: bytes) -> None:
    """Adds slots, their room on the disk taken now where the system allows it: first pixels, then records.

    The table is written out in any case: it is read where nothing was stored yet, and reading a hole through a mapping
    can need room too (tmpfs), which would kill the process. Raises `OSError` when there is no room.
    """
    with open(folder / PIXELS, "r+b") as pixels:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(pixels.fileno(), before * row_bytes, more * row_bytes)
        else:
            pixels.truncate((before + more) * row_bytes)
    with open(folder / TABLE, "r+b") as table:
        table.seek(before * RECORD.itemsize)  # over what a crash may have left half written
        table.write(records)
