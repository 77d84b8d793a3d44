"""Clusters of samples that belong together, in columns, and how pairs grow into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE = -1
"""The code of a sample that does not count."""


@dataclass(frozen=True, eq=False)
class Clusters(Sequence[tuple[int, ...]]):
    """`members` holds all groups one behind the other, each ascending; group g begins at `starts[g]` (int64 G + 1)."""

    members: Indices
    starts: Indices

    @classmethod
    def none(cls) -> Clusters:
        return cls(np.empty(0, np.int64), np.zeros(1, np.int64))

    @classmethod
    def by(cls, keys: npt.NDArray[np.generic], members: Indices) -> Clusters:
        """Members with equal keys, where there are two at least; groups in the order of their first member."""
        if not len(members):
            return cls.none()
        order = np.lexsort((members, keys))
        sorted_keys, ordered = keys[order], members[order]
        heads = np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))
        return cls(ordered, np.append(heads, len(ordered)))._whole()._in_order()

    def fits(self, n: int) -> bool:
        """Whether these are groups of two or more of n samples (they may have been read from a file)."""
        whole = all(column.ndim == 1 and column.dtype == np.int64 for column in (self.members, self.starts))
        return bool(
            whole
            and len(self.starts)
            and self.starts[0] == 0
            and self.starts[-1] == len(self.members)
            and (self.sizes >= 2).all()
            and (not len(self.members) or (self.members.min() >= 0 and self.members.max() < n))
        )

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, g: int) -> tuple[int, ...]: ...
    @overload
    def __getitem__(self, g: slice) -> tuple[tuple[int, ...], ...]: ...
    def __getitem__(self, g: int | slice) -> tuple[int, ...] | tuple[tuple[int, ...], ...]:
        if isinstance(g, slice):
            return tuple(self[k] for k in range(*g.indices(len(self))))
        if g < 0:
            g += len(self)
        if not 0 <= g < len(self):
            raise IndexError(g)
        return tuple(self.members[self.starts[g] : self.starts[g + 1]].tolist())

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return (self[g] for g in range(len(self)))

    @property
    def sizes(self) -> Indices:
        return np.diff(self.starts)

    def take(self, which: Indices | Flags) -> Clusters:
        """Some of the groups, in the order given."""
        chosen = np.flatnonzero(which) if which.dtype == np.bool_ else which
        sizes = self.sizes[chosen]
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        within = np.arange(int(starts[-1])) - np.repeat(starts[:-1], sizes)
        return Clusters(self.members[np.repeat(self.starts[:-1][chosen], sizes) + within], starts)

    def without(self, left_out: Flags) -> Clusters:
        """The groups with some samples (a flag for each of the index) left out, where two at least remain."""
        kept = ~left_out[self.members]
        return Clusters(
            self.members[kept], np.concatenate(([0], np.cumsum(kept)))[self.starts].astype(np.int64)
        )._whole()

    def differ(self, codes: npt.NDArray[np.integer]) -> Flags:
        """For each group, whether its members have different codes (a code for each sample; `NONE` does not count)."""
        if not len(self):
            return np.zeros(0, np.bool_)
        mine = codes[self.members].astype(np.int64)
        least = np.minimum.reduceat(np.where(mine == NONE, np.iinfo(np.int64).max, mine), self.starts[:-1])
        most = np.maximum.reduceat(mine, self.starts[:-1])
        return np.asarray((most != NONE) & (least < most))

    def have(self, flags: Flags) -> Flags:
        """For each group, whether one of its members is flagged (a flag for each sample)."""
        if not len(self):
            return np.zeros(0, np.bool_)
        return np.asarray(np.logical_or.reduceat(flags[self.members], self.starts[:-1]))

    def _whole(self) -> Clusters:
        return self.take(self.sizes >= 2)

    def _in_order(self) -> Clusters:
        return self.take(np.argsort(self.members[self.starts[:-1]], kind="stable"))


class Merging:
    """Samples 0 … n-1, each by itself at first, that pairs bring together (union by the lower number)."""

    def __init__(self, n: int) -> None:
        self._above = np.arange(n, dtype=np.int64)

    def roots(self) -> Indices:
        """The lowest member of each sample's group."""
        while True:
            higher = self._above[self._above]
            if np.array_equal(higher, self._above):
                return self._above.copy()
            self._above = higher

    def unite(self, first: Indices, second: Indices) -> None:
        """Bring each pair's groups together."""
        above = self._above
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            while above[a] != a:
                above[a] = a = int(above[above[a]])
            while above[b] != b:
                above[b] = b = int(above[above[b]])
            above[max(a, b)] = min(a, b)

    def groups(self) -> Clusters:
        """All that are not alone."""
        roots = self.roots()
        return Clusters.by(roots, np.arange(len(roots), dtype=np.int64))
