"""What augmentation makes of one picture, time after time, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.augment import Augmenter
from workbench.data.chance import hashes, key
from workbench.document.project import Chosen

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

_TRIES = 4
"""Companions looked for where some cannot be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A picture as an epoch shows it, uint8 H × W × C; `other` is the index of the picture mixed in, None where none
    is, and `share` how much of its own label counts."""

    pixels: npt.NDArray[np.uint8]
    other: int | None = None
    share: float = 1.0


def variants(dataset: Dataset, chosen: Sequence[Chosen], i: int, seed: int, epochs: Sequence[int]) -> Iterator[Variant]:
    """The picture `i` as a run with this seed sees it in each of the epochs, under the augmentations `chosen`.

    What is done to the picture alone is the very same as in training. Whom it is mixed with is drawn from all training
    pictures, where training takes one from its batch. Raises `Problem` for augmentations that do not hold, and where
    the picture cannot be read.
    """
    augmenter = Augmenter.of(chosen)
    own = dataset.picture(i)[None]
    for epoch in epochs:
        pixels = augmenter.apply(own, _numbers(i), seed, epoch)
        companion = _companion(dataset, i, seed, epoch) if augmenter.mixers else None
        if companion is None:
            yield Variant(pixels[0])
            continue
        other, theirs = companion
        both = np.concatenate([pixels, augmenter.apply(theirs[None], _numbers(other), seed, epoch)])
        mixed = augmenter.mix(both, _numbers(i, other), seed, epoch)
        share = 1.0 if mixed is None else float(mixed.share[0])
        yield Variant(both[0] if mixed is None else mixed.pixels[0], other if share < 1 else None, share)


def _numbers(*indices: int) -> npt.NDArray[np.int64]:
    return np.array(indices, np.int64)


def _companion(dataset: Dataset, i: int, seed: int, epoch: int) -> tuple[int, npt.NDArray[np.uint8]] | None:
    """A training picture other than `i`, drawn for the epoch; None where none can be read."""
    train = dataset.splits.train
    for attempt in range(_TRIES):
        drawn = int(hashes(key(seed, epoch, "companion", attempt), _numbers(i))[0]) % max(1, len(train))
        other = int(train[drawn]) if len(train) else i
        if other == i:
            continue
        try:
            return other, dataset.picture(other)
        except Problem:
            continue
    return None
