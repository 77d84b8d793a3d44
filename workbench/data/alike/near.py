"""Pictures that look the same: all pairs of hashes that differ in few bits, without comparing each with each.

Multi-index hashing (Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", 2012): hashes
are cut into parts; two that differ in few bits agree in some part but for a bit or two, and parts are looked up in
tables. Each pair found is then held against the pictures themselves, small and grey (`hashes.likeness`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
import numpy.typing as npt

from workbench.data.alike.clusters import Clusters, Merging
from workbench.data.alike.hashes import BITS, Hashes, Pixels, flat, likeness, popcount, roughly_alike
from workbench.data.crew import Progress, cancellation

Indices = npt.NDArray[np.int64]
Distances = npt.NDArray[np.uint8]

WITHIN, MIRRORED_WITHIN = 11, 8
"""Bits in which two hashes may differ; for mirror images fewer, because that search costs more."""

ALIKE = 0.98
"""The `likeness` from which two pictures count as nearly the same."""

# Both were measured by `python -m tests.benchmarks.alike FOLDER` on 2,062 photographs of hand signs, 2.1 million pairs,
# many of them of people who make the same sign before the same wall. The likest pair of different photographs reaches
# 0.977, the next 0.972. Of 400 of them saved again as JPEG of quality 20 or WebP, at a third or twice the size, 10 %
# brighter or darker, in grey, or without 1 % at each side, all stay within 8 bits and above 0.995; without 2 % at each
# side or at one, within 11 bits and above 0.981. Distances are even but for ties, half of the bits being set. Whoever
# changes the limits raises `prints.LAYOUT`, so that what was found by the old ones is not taken for new.

DOING = "Looking for duplicates"

MOST_PAIRS = 2_000_000
"""Pairs held against the pictures at most; a still camera's hundred thousand frames would be billions."""

_AT_ONCE = 1 << 21
_COMPARED_AT_ONCE = 512
"""Pairs held against each other in one go: few enough that the interpreter is free again after milliseconds."""


@dataclass(frozen=True, eq=False)
class Near:
    """Pictures that are nearly the same, in groups. For each member `distance` tells how many bits lie between its hash
    and the nearest of its group, and `mirrored` whether it was found only as another's mirror image. Where it is not
    `complete` there were too many pairs to compare."""

    groups: Clusters
    distance: Distances
    mirrored: npt.NDArray[np.bool_]
    complete: bool = True


def pairs_within(
    hashes: Hashes, within: int, others: Hashes | None = None, progress: Progress | None = None
) -> Iterator[tuple[Indices, Indices, Distances]]:
    """Blocks of (i, j, distance) for all i < j whose hashes differ in at most `within` bits, each pair once.

    With `others` (as many as the hashes): all i ≠ j where `others[i]` and `hashes[j]` differ so little. `progress`
    counts the times that every hash is looked up.
    """
    n = len(hashes)
    if n < 2:
        return
    queries = hashes if others is None else others
    cuts = _cuts(n)
    masks = [np.uint64((1 << (end - start)) - 1) << np.uint64(start) for start, end in cuts]
    radii = _radii(within, len(cuts))
    done, total = 0, _lookups(n, within)
    for part, ((start, end), radius) in enumerate(zip(cuts, radii, strict=True)):
        if radius < 0:
            continue
        table = _Table(_part(hashes, start, end), end - start)
        asked = _part(queries, start, end)
        for flips in _flips(end - start, radius):
            done += 1
            if progress is not None:
                progress(done, total)
            sought = asked ^ np.int64(flips)
            # among the hashes themselves a pair that differs by these bits is met from both of its sides: one is enough
            who = np.flatnonzero(asked < sought) if others is None and flips else None
            for i, j in table.matches(sought, who):
                right = i < j if others is None else i != j
                if who is None:
                    i, j = i[right], j[right]
                else:
                    i, j = np.where(right, i, j), np.where(right, j, i)
                differing = queries[i] ^ hashes[j]
                apart = popcount(differing)
                close = apart <= within
                i, j, differing, apart = i[close], j[close], differing[close], apart[close]
                new = np.ones(len(i), np.bool_)
                for before in range(part):  # found there already
                    new &= popcount(differing & masks[before]) > radii[before]
                if new.any():
                    yield i[new], j[new], apart[new]


def near(
    hashes: Hashes,
    mirrored: Hashes,
    small: Pixels,
    usable: npt.NDArray[np.bool_] | None = None,
    *,
    within: int = WITHIN,
    least: npt.NDArray[np.float32] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Near:
    """The pictures that are nearly the same, from their hashes, those of their mirror images, and thumbnails.

    `small` is uint8 N × 16 × 16; where `usable` is false a picture is passed over. Pictures of one colour are never
    alike. `least` is the likeness asked of each picture (`ALIKE`); a pair must have the higher of both. `progress`
    counts steps of about equal length. Raises `Problem` ("data.cancelled").
    """
    n = len(hashes)
    seen = ~flat(small) if usable is None else usable & ~flat(small)
    search = _Search(small, np.full(n, ALIKE, np.float32) if least is None else least, cancelled)
    leaders = search.same_hash(hashes, np.flatnonzero(seen).astype(np.int64))
    turns = ((None, within), (mirrored[leaders], min(within, MIRRORED_WITHIN)))
    total, before = sum(_lookups(len(leaders), most) for _others, most in turns), 0
    for others, most in turns:

        def step(done: int, _total: int | None, before: int = before) -> None:
            if progress is not None:
                progress(before + done, total)
            if cancelled is not None and cancelled():
                raise cancellation(DOING)

        for i, j, apart in pairs_within(hashes[leaders], most, others, step):
            search.compare(leaders[i], leaders[j], apart, mirror=others is not None)
        before += _lookups(len(leaders), most)
    return search.found()


class _Search:
    """Holds pairs against the pictures and brings together those that are alike."""

    def __init__(
        self,
        small: Pixels,
        least: npt.NDArray[np.float32],
        cancelled: Callable[[], bool] | None,
    ) -> None:
        n = len(small)
        self._small, self._least, self._cancelled = small, least, cancelled
        self._merging = Merging(n)
        self._distance = np.full(n, 255, np.uint8)
        self._upright = np.zeros(n, np.bool_)
        self.compared = 0
        self._complete = True

    def same_hash(self, hashes: Hashes, members: Indices) -> Indices:
        """Those that stand for all of the same hash; the others were like the first of them and are done with."""
        order = members[np.argsort(hashes[members], kind="stable")]
        if len(order) < 2:
            return order
        begins = np.concatenate(([True], hashes[order][1:] != hashes[order][:-1]))
        first = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
        later = ~begins
        alike = np.zeros(len(order), np.bool_)
        alike[later] = self.compare(first[later], order[later], np.zeros(int(later.sum()), np.uint8), mirror=False)
        return np.sort(order[~alike])

    def compare(self, i: Indices, j: Indices, apart: Distances, *, mirror: bool) -> npt.NDArray[np.bool_]:
        """Which of these pairs are alike; they are brought together."""
        alike = np.zeros(len(i), np.bool_)
        for k in range(0, len(i), _AT_ONCE >> 4):
            block = slice(k, k + (_AT_ONCE >> 4))
            alike[block] = self._compare_block(i[block], j[block], apart[block], mirror)
        return alike

    def _compare_block(self, i: Indices, j: Indices, apart: Distances, mirror: bool) -> npt.NDArray[np.bool_]:
        alike = np.zeros(len(i), np.bool_)
        for k in range(0, len(i), _COMPARED_AT_ONCE):
            if self._cancelled is not None and self._cancelled():
                raise cancellation(DOING)
            a, b = i[k : k + _COMPARED_AT_ONCE], j[k : k + _COMPARED_AT_ONCE]
            if self.compared >= MOST_PAIRS:
                self._complete = False
                return alike
            self.compared += len(a)
            left, right = self._small[a], self._small[b]
            if mirror:
                left = left[:, :, ::-1]
            rough = np.flatnonzero(roughly_alike(left, right))
            least = np.maximum(self._least[a], self._least[b])[rough]
            like = rough[likeness(left[rough], right[rough]) >= least]
            alike[k + like] = True
            self._take(a[like], b[like], apart[k + like], mirror)
        return alike

    def _take(self, i: Indices, j: Indices, apart: Distances, mirror: bool) -> None:
        self._merging.unite(i, j)
        for side in (i, j):
            np.minimum.at(self._distance, side, apart)
            if not mirror:
                self._upright[side] = True

    def found(self) -> Near:
        groups = self._merging.groups()
        return Near(groups, self._distance[groups.members], ~self._upright[groups.members], self._complete)


class _Table:
    """Which hashes have a part: looked up by the part's value."""

    def __init__(self, parts: Indices, bits: int) -> None:
        self._order = np.argsort(parts, kind="stable")
        self._starts = np.zeros((1 << bits) + 1, np.int64)
        np.cumsum(np.bincount(parts, minlength=1 << bits), out=self._starts[1:])

    def matches(self, asked: Indices, who: Indices | None = None) -> Iterator[tuple[Indices, Indices]]:
        """Blocks of (place in `asked`, hash that has this part), for all places or those in `who`."""
        chosen = asked if who is None else asked[who]
        first = self._starts[chosen]
        counts = self._starts[chosen + 1] - first
        hits = np.flatnonzero(counts)
        ends = np.cumsum(counts[hits])
        at = 0
        while at < len(hits):
            before = int(ends[at - 1]) if at else 0
            upto = max(int(np.searchsorted(ends, before + _AT_ONCE, side="right")), at + 1)
            some = hits[at:upto]
            sizes = counts[some]
            within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            places = np.repeat(some if who is None else who[some], sizes)
            yield places, self._order[np.repeat(first[some], sizes) + within]
            at = upto


def _cuts(n: int) -> list[tuple[int, int]]:
    """Parts of the 64 bits, as wide as the logarithm of the number of hashes: a row of a table then holds about one."""
    parts = max(3, round(BITS / max(np.log2(n), 4.0)))
    edges = [round(k * BITS / parts) for k in range(parts + 1)]
    return list(pairwise(edges))


def _radii(within: int, parts: int) -> list[int]:
    """How many bits each part may differ in, so that no pair is missed (Norouzi et al., proposition 2); -1: not asked.

    Were each of the first `within % parts` + 1 parts further apart than `within // parts`, and each other one as far as
    that, the whole would be further apart than `within`.
    """
    each, rest = divmod(within, parts)
    return [each if part <= rest else each - 1 for part in range(parts)]


def _lookups(n: int, within: int) -> int:
    """How often each of n hashes is looked up."""
    if n < 2:
        return 0
    cuts = _cuts(n)
    radii = _radii(within, len(cuts))
    return sum(
        comb(end - start, set_bits)
        for (start, end), radius in zip(cuts, radii, strict=True)
        for set_bits in range(radius + 1)
    )


def _flips(bits: int, radius: int) -> Iterator[int]:
    """All numbers of so many bits with at most `radius` of them set."""
    for set_bits in range(radius + 1):
        for places in combinations(range(bits), set_bits):
            yield sum(1 << place for place in places)


def _part(hashes: Hashes, start: int, end: int) -> Indices:
    return ((hashes >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)).astype(np.int64)
