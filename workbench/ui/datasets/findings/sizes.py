"""How large the pictures are and of which shape, counted in bins that people know."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.core.words import count
from workbench.data.shapes import RATIOS

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

USUAL = 0.2
"""The share of all pictures from which their most frequent size is told."""

_STEPS = np.array([1, *(k << n for n in range(20) for k in (2, 3))], np.int64)
"""1, 2, 3, 4, 6, 8, 12, … pixels: each about 1.4 times the one before."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """`labels` stand under the bars, `words` in their tips; `of` (int64 M) is the bin of each sample of `members`."""

    labels: tuple[str, ...]
    words: tuple[str, ...]
    counts: NDArray[np.int64]
    of: NDArray[np.int64]
    members: NDArray[np.int64]

    def samples(self, place: int) -> NDArray[np.int64]:
        """The samples in a bin."""
        return self.members[self.of == place]


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """The pictures that are not excluded (`members`), their heights and widths."""

    members: NDArray[np.int64]
    heights: NDArray[np.int32]
    widths: NDArray[np.int32]

    @classmethod
    def of(cls, dataset: Dataset) -> Sizes:
        members = dataset.splits["all"]
        return cls(members, dataset.index.heights[members], dataset.index.widths[members])

    def longer_sides(self) -> Bins:
        """Bins by the longer side in pixels."""
        longer = np.maximum(self.heights, self.widths).astype(np.int64)
        place = np.searchsorted(_STEPS, longer, side="right") - 1
        first, last = (int(place.min()), int(place.max())) if len(place) else (0, 0)
        edges = _STEPS[first : last + 2]
        ends = [_from_to(low, high - 1) for low, high in pairwise(edges.tolist())]
        labels = tuple(f"{int(low):,}" for low in edges[:-1])
        return _binned(labels, tuple(ends), place - first, self.members)

    def ratios(self) -> Bins:
        """Bins by width to height."""
        ratio = np.log(self.widths / np.maximum(self.heights, 1))
        middles = np.log([value for _name, value in RATIOS])
        place = np.searchsorted((middles[1:] + middles[:-1]) / 2, ratio)
        first, last = (int(place.min()), int(place.max())) if len(place) else (6, 6)
        first, last = min(first, 5), max(last, 7)  # square and its neighbours are always there to compare with
        names = tuple(name for name, _value in RATIOS)[first : last + 1]
        words = tuple({"taller": "taller than 1:2", "wider": "wider than 2:1"}.get(n, f"about {n}") for n in names)
        return _binned(names, words, place - first, self.members)

    def sentence(self, wanted: tuple[int, int] | None) -> str:
        """The usual size, the smallest and the largest; how many are smaller than the network takes (height, width)."""
        if not len(self.members):
            return ""
        together = (self.heights.astype(np.int64) << 32) | self.widths  # one column is sorted much faster than two
        keys, counts = np.unique(together, return_counts=True)
        pairs = np.stack([keys >> 32, keys & 0xFFFFFFFF], 1)
        most = int(counts.argmax())
        if len(pairs) == 1:
            words = f"All pictures have {_size(pairs[0])} pixels."
        else:
            areas = pairs.prod(1)
            small, large = pairs[int(areas.argmin())], pairs[int(areas.argmax())]
            usual = f"{count(int(counts[most]), 'picture')} of {len(self.members):,} have {_size(pairs[most])} pixels"
            if counts[most] < USUAL * len(self.members):
                usual = f"The pictures have {len(pairs):,} different sizes"
            words = f"{usual}; the smallest has {_size(small)}, the largest {_size(large)}."
        if wanted is not None:
            less = int(((self.heights < wanted[0]) & (self.widths < wanted[1])).sum())
            if less:
                words += (
                    f" {count(less, 'picture')} {'is' if less == 1 else 'are'} smaller than the {_size(wanted)} the "
                    "network takes, and will be enlarged."
                )
        return words

    def in_short(self) -> str:
        """A line for the overview."""
        if not len(self.members):
            return "No pictures"
        low = int(min(self.heights.min(), self.widths.min()))
        high = int(max(self.heights.max(), self.widths.max()))
        same = bool((self.heights == self.heights[0]).all() and (self.widths == self.widths[0]).all())
        if same:
            return f"All {_size((self.heights[0], self.widths[0]))} pixels"
        return f"Sides of {low:,} to {high:,} pixels"


def _from_to(low: int, high: int) -> str:
    return count(low, "pixel") if low == high else f"{low:,} to {high:,} pixels"


def _size(pair: NDArray[np.int64] | tuple[int, int]) -> str:
    """(height, width) as people say it: width first."""
    return f"{int(pair[1]):,} × {int(pair[0]):,}"


def _binned(labels: tuple[str, ...], words: tuple[str, ...], of: NDArray[np.int64], members: NDArray[np.int64]) -> Bins:
    return Bins(labels, words, np.bincount(of, minlength=len(labels)).astype(np.int64), of, members)
