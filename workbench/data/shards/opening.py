"""From a source to an index: of all its samples where they are moderately many, else of some, beside a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.crew import Progress
from workbench.data.index import Index
from workbench.data.shards import scanning
from workbench.data.shards.parting import Parting
from workbench.data.shards.scanning import Found, each_by_threads, find, index_of
from workbench.data.shards.streaming import Stream
from workbench.document.project import DataSettings

Numbers = npt.NDArray[np.int64]

SHOWN = 10_000
"""Of streamed training samples, as many are indexed too: to look at, and to measure on."""


def open_shards(
    source: Path,
    settings: DataSettings,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    rank: int = 0,
    ranks: int = 1,
) -> Index:
    """The index of the shards of a source.

    Up to `scanning.MOST_INDEXED` samples it holds all of them, and everything works as with files. Beyond that, and
    where the samples are split between `ranks` processes, it holds the samples kept aside and `SHOWN` others, and
    `Index.stream` gives the training samples. `progress` counts shards. Raises `Problem`.
    """
    found = find(source, kind=settings.kind, progress=progress, cancelled=cancelled)
    if len(found) <= scanning.MOST_INDEXED and ranks == 1:
        return index_of(found, progress=progress, cancelled=cancelled)
    if settings.folds:
        raise Problem.of(
            "shards.folds",
            f"{len(found):,} samples are streamed, and folds need all of them in one place. Set the folds to 0.",
            param="folds",
        )
    parting = Parting.of(found.shards, len(found), settings.seed, settings.validation, settings.test)
    return _streamed(found, parting, cancelled, rank, ranks)


def _streamed(found: Found, parting: Parting, cancelled: Callable[[], bool] | None, rank: int, ranks: int) -> Index:
    counts: list[int] = []
    totals = np.zeros(len(found.classes), np.int64)
    rows: list[Numbers] = []
    codes: list[npt.NDArray[np.int8]] = []
    each, every = max(1, SHOWN // len(found.shards)), max(1, len(found.shards) // SHOWN)

    def parted(k: int) -> tuple[int, Numbers, Numbers, npt.NDArray[np.int8]]:
        table = found.table(k)
        places = parting.places(found.shards[k], table)
        training = np.flatnonzero(places == 0)
        by_class = np.bincount(found.labels(table)[training], minlength=len(found.classes))
        shown = training[:each] if k % every == 0 else training[:0]
        indexed = np.sort(np.concatenate([shown, np.flatnonzero(places)]))
        return len(training), by_class, indexed, places[indexed]

    for n, by_class, indexed, places in each_by_threads(range(len(found.shards)), parted, cancelled):
        counts.append(n)
        totals += by_class
        rows.append(indexed)
        codes.append(places)
    stream = Stream(found, parting, tuple(counts), tuple(totals.tolist()), rank, ranks)
    _ = stream.order(0).shards  # raises where a rank would have none
    index = index_of(found, rows, codes, cancelled=cancelled)
    return replace(index, stream=stream)
