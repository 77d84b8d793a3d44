"""How large the pictures of a shard are, and which are visibly no pictures: their headers, read once and kept."""

from __future__ import annotations

import contextlib
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from workbench.data.bad import Bad
from workbench.data.scanning.headers import size_of
from workbench.data.shards.kept import load, place_of, save
from workbench.data.shards.members import Part, open_shard
from workbench.data.shards.names import Shard
from workbench.data.shards.table import Table
from workbench.data.unreadable import UnreadablePicture, why_not_opened

Sizes = npt.NDArray[np.int32]


def sizes_of(shard: Shard, table: Table, rows: npt.NDArray[np.int64] | None = None) -> tuple[Sizes, tuple[Bad, ...]]:
    """int32 N × 2, (height, width) of each sample as a person sees it, 0 × 0 for the bad ones, which are told too.

    Of those `rows` of the table only, or of all: then it is kept for the next time.
    """
    place = place_of("sizes", shard, table.facts) if rows is None else None
    kept = load(place)
    if kept is not None:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            sizes = kept.columns["sizes"].astype(np.int32)
            if sizes.shape == (len(table), 2):
                return sizes, tuple(Bad(path, reason) for path, reason in kept.said["bad"])
    chosen = np.arange(len(table)) if rows is None else rows
    sizes, bad = np.zeros((len(chosen), 2), np.int32), []
    if not len(chosen):
        return sizes, ()
    try:
        file, _facts = open_shard(shard.path)
    except UnreadablePicture as refused:
        return sizes, (Bad(shard.name, refused.reason),)
    members = table.members
    with file:
        for at, row in enumerate(chosen.tolist()):
            offset, size = int(table.offsets[row]), int(table.sizes[row])
            try:
                width, height = size_of(cast(BinaryIO, Part(file, offset, size)), size)
                sizes[at] = height, width
            except UnreadablePicture as refused:
                bad.append(Bad(f"{shard.name}#{members[row]}", refused.reason))
            except OSError as error:
                bad.append(Bad(f"{shard.name}#{members[row]}", why_not_opened(error)))
    save(place, {"sizes": sizes}, {"bad": [(b.path, b.reason) for b in bad]})
    return sizes, tuple(bad)
