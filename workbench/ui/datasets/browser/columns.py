"""What is known of every sample as columns of numbers, so that a hundred thousand are sifted in milliseconds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS
from workbench.data.scanning.packed import Packed

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.scores import Scores

SPLIT_NAMES = (*SPLITS, "excluded")
SPLIT_TITLES = ("Training", "Validation", "Test", "Excluded")
EXCLUDED = SPLIT_NAMES.index("excluded")

_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[ord("A") : ord("Z") + 1] += ord("a") - ord("A")


class Names:
    """The paths of all samples, searched as one piece of memory. Upper and lower case are the same for A to Z."""

    def __init__(self, paths: Packed) -> None:
        self._paths = paths

    def __getitem__(self, number: int) -> str:
        return self._paths[number]

    @cached_property
    def _text(self) -> NDArray[np.uint8]:
        return _LOWER[self._paths.bytes_only]

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """Where each name ends, counted from the first byte of the first."""
        return np.asarray(self._paths.offsets[1:] - self._paths.offsets[0])

    def containing(self, words: str) -> NDArray[np.bool_]:
        """Which names have these characters in them, one truth value a sample."""
        found = np.zeros(len(self._paths), np.bool_)
        wanted = _LOWER[np.frombuffer(os.fsencode(words), np.uint8)]
        text = self._text
        if not len(wanted):
            return ~found
        last = len(text) - len(wanted) + 1
        if last > 0:
            at = np.flatnonzero(text[:last] == wanted[0])
            for place, byte in enumerate(wanted[1:].tolist(), 1):
                at = at[text[at + place] == byte]
            names = np.searchsorted(self._ends, at, side="right")
            whole = at + len(wanted) <= self._ends[names]  # not the end of one and the beginning of the next
            found[names[whole]] = True
        return found

    def beginning(self, words: str, numbers: NDArray[np.int64]) -> int | None:
        """The place in `numbers` of the first whose file name begins so; None where none does."""
        low = words.casefold()
        candidates = self.containing(words)[numbers]
        for place in np.flatnonzero(candidates).tolist():
            if self._paths[int(numbers[place])].rpartition("/")[2].casefold().startswith(low):
                return int(place)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One row a sample, N in all: `labels` int64, `splits` int8 (places in `SPLIT_NAMES`), `shapes` int32 N × 2 (width
    and height in pixels, 0 for what is no picture), `bytes` int64, `loss` and `confidence` float32 (NaN where unknown),
    `predicted` int32 (a class, -1 where unknown)."""

    classes: tuple[str, ...]
    names: Names
    labels: NDArray[np.int64]
    splits: NDArray[np.int8]
    shapes: NDArray[np.int32]
    bytes: NDArray[np.int64]
    loss: NDArray[np.float32]
    confidence: NDArray[np.float32]
    predicted: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Width times height."""
        return np.asarray(self.shapes[:, 0].astype(np.int64) * self.shapes[:, 1])

    @property
    def shorter(self) -> NDArray[np.int32]:
        """Pixels of the shorter side."""
        return np.asarray(self.shapes.min(1))

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which samples the network answered wrongly; False where it was not asked."""
        return (self.predicted >= 0) & (self.predicted != self.labels)

    @property
    def is_scored(self) -> bool:
        return bool((self.predicted >= 0).any())


def columns_of(dataset: Dataset, scores: Scores | None = None, names: Names | None = None) -> Columns:
    """The columns of a data set, with the network's answers where there are any for it.

    `names` of an earlier call for the same files are used again: they keep what searching made.
    """
    index, count = dataset.index, len(dataset.index)
    splits = np.full(count, EXCLUDED, np.int8)
    for code, name in enumerate(SPLIT_NAMES[:EXCLUDED]):
        splits[dataset.splits[name]] = code
    if scores is not None and len(scores.labels) == count:
        loss, confidence, predicted = scores.counted_as(index.classes, index.labels)
    else:
        loss = confidence = np.full(count, np.nan, np.float32)
        predicted = np.full(count, -1, np.int32)
    return Columns(
        classes=tuple(index.classes),
        names=names if names is not None else Names(index.paths),
        labels=index.labels,
        splits=splits,
        shapes=np.stack([index.widths, index.heights], 1),
        bytes=index.bytes,
        loss=loss,
        confidence=confidence,
        predicted=predicted,
    )
