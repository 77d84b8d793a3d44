"""Samples that are there twice: in two classes they contradict, in two splits they flatter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.data.alike.clusters import NONE, Clusters, Merging
from workbench.data.alike.near import ALIKE, DOING, near
from workbench.data.alike.prints import Prints, prints_of, recall, remember
from workbench.data.crew import Progress, cancellation
from workbench.data.index import Index, printable
from workbench.data.splitting.splits import Splits

Flags = npt.NDArray[np.bool_]

FEW_PIXELS = 32
ALIKE_OF_FEW_PIXELS = 0.995
"""Pictures with a side below `FEW_PIXELS` have too little in them to be told apart loosely. Of the sample's 1,797
digits, 8 × 8 pixels, each written by hand, 319 pairs reach 0.98, and none 0.995 (`tests.benchmarks.alike`)."""


@dataclass(frozen=True, eq=False)
class Duplicates:
    """`exact`: groups of samples whose bytes are equal. `alike`: these, and with them pictures that are nearly the same
    as one of them or as each other; where no looks were compared, the same as `exact`.

    For each member of `alike`, `distance` tells in how many of 64 bits its look differs from the nearest of its group,
    and `mirrored` whether it is only another's mirror image.
    """

    exact: Clusters
    alike: Clusters
    distance: npt.NDArray[np.uint8]
    mirrored: Flags
    looked: bool = False
    """Whether looks were compared."""
    complete: bool = True
    """False: there were too many pictures alike to compare each pair."""

    @classmethod
    def none(cls) -> Duplicates:
        return cls.of(Clusters.none())

    @classmethod
    def of(cls, exact: Clusters) -> Duplicates:
        """Without a look at pictures."""
        n = len(exact.members)
        return cls(exact, exact, np.zeros(n, np.uint8), np.zeros(n, np.bool_))

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The exact ones, each group ascending."""
        return tuple(self.exact)

    def are_exact(self, groups: Clusters) -> Flags:
        """For each group, whether all its members are equal byte by byte."""
        if not len(groups):
            return np.zeros(0, np.bool_)
        group = np.full(int(max(groups.members.max(), self.exact.members.max(initial=0))) + 1, NONE, np.int64)
        group[self.exact.members] = np.repeat(np.arange(len(self.exact)), self.exact.sizes)
        return ~groups.have(group == NONE) & ~groups.differ(group)

    def are_mirrored(self, groups: Clusters) -> Flags:
        """For each group, whether one of its members is only another's mirror image."""
        if not len(groups):
            return np.zeros(0, np.bool_)
        mirrored = np.zeros(int(max(groups.members.max(), self.alike.members.max(initial=0))) + 1, np.bool_)
        mirrored[self.alike.members] = self.mirrored
        return groups.have(mirrored)

    def across_classes(self, index: Index) -> Clusters:
        """The exact groups that stand in more than one class."""
        return self.exact.take(self.exact.differ(index.labels))

    def facts(self, index: Index, splits: Splits) -> dict[str, list[list[str]] | None]:
        """Plain JSON values, groups of paths: "duplicates" are equal byte by byte, "near_duplicates" only nearly the
        same (None where no looks were compared); "across_splits" and "across_classes" those of both in several.
        """
        nearly = self.alike.take(~self.are_exact(self.alike)) if self.looked else None
        in_splits = self.alike.differ(split_codes(splits, len(index)))
        return {
            "duplicates": _paths(index, self.exact),
            "near_duplicates": None if nearly is None else _paths(index, nearly),
            "across_splits": _paths(index, self.alike.take(in_splits)),
            "across_classes": _paths(index, self.alike.take(self.alike.differ(index.labels))),
        }


def duplicates(
    index: Index,
    *,
    looks: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Duplicates:
    """Compares samples of equal size by their SHA-256; with `looks`, and where they are pictures, their looks too.

    What was found is kept by the index's contents. `progress` counts files, and then steps of comparing them, from 0
    again. Rows of a table are equal where their whole text is. Raises `Problem` ("data.cancelled").
    """
    if cancelled is not None and cancelled():
        raise cancellation(DOING)
    looks = looks and index.kind == "pictures"
    known = _recall(index, looks)
    if known is not None:
        return known
    prints = prints_of(index, looks=looks, threads=threads, progress=progress, cancelled=cancelled)
    exact = _exact(prints)
    found = _with_looks(index, prints, exact, progress, cancelled) if looks else Duplicates.of(exact)
    if prints.read.all() or not looks:  # else a file could not be read that may be there again the next time
        _remember(index, found)
    return found


def _exact(prints: Prints) -> Clusters:
    rows = np.flatnonzero(prints.read)
    _digests, which = np.unique(prints.digests[rows], axis=0, return_inverse=True)
    return Clusters.by(which.reshape(-1), rows)


def _with_looks(
    index: Index,
    prints: Prints,
    exact: Clusters,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Duplicates:
    small = np.minimum(index.heights, index.widths) < FEW_PIXELS
    found = near(
        prints.hashes,
        prints.mirrored,
        prints.small,
        prints.seen,
        least=np.where(small, np.float32(ALIKE_OF_FEW_PIXELS), np.float32(ALIKE)),
        progress=progress,
        cancelled=cancelled,
    )
    n = len(index)
    merging = Merging(n)
    for groups in (exact, found.groups):
        merging.unite(np.repeat(groups.members[groups.starts[:-1]], groups.sizes), groups.members)
    alike = merging.groups()
    distance, mirrored = np.zeros(n, np.uint8), np.zeros(n, np.bool_)
    distance[found.groups.members], mirrored[found.groups.members] = found.distance, found.mirrored
    distance[exact.members] = 0
    mirrored[exact.members] = False
    return Duplicates(exact, alike, distance[alike.members], mirrored[alike.members], True, found.complete)


def _paths(index: Index, groups: Clusters) -> list[list[str]]:
    return [[printable(index.path(i)) for i in group] for group in groups]


def _remember(index: Index, found: Duplicates) -> None:
    remember(
        index,
        "looks" if found.looked else "bytes",
        {
            "exact": found.exact.members,
            "exact_starts": found.exact.starts,
            "alike": found.alike.members,
            "alike_starts": found.alike.starts,
            "distance": found.distance,
            "mirrored": found.mirrored,
            "complete": np.array(found.complete),
        },
    )


def _recall(index: Index, looks: bool) -> Duplicates | None:
    kept = recall(index, "looks" if looks else "bytes")
    if kept is None:
        return None
    try:
        exact = Clusters(kept["exact"], kept["exact_starts"])
        alike = Clusters(kept["alike"], kept["alike_starts"])
        found = Duplicates(exact, alike, kept["distance"], kept["mirrored"], looks, bool(kept["complete"]))
    except KeyError:
        return None
    sound = all(groups.fits(len(index)) for groups in (exact, alike))
    return found if sound and len(found.distance) == len(found.mirrored) == len(alike.members) else None


def split_codes(splits: Splits, n: int) -> npt.NDArray[np.int8]:
    """For each sample 0, 1 or 2 for training, validation or test; `NONE` where it is left out."""
    codes = np.full(n, NONE, np.int8)
    for code, part in enumerate((splits.train, splits.val, splits.test)):
        codes[part] = code
    return codes
