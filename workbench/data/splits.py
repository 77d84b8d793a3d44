"""Which pictures teach, which choose the best epoch, and which are kept for the last word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import number
from workbench.data.chance import key
from workbench.data.index import SPLITS, Index
from workbench.document.project import DataSettings

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices into the index's items, ascending; every picture is in exactly one of them."""

    train: Indices
    val: Indices
    test: Indices

    def __getitem__(self, name: str) -> Indices:
        """ "train", "val", "test", or "all"; raises `Problem` for any other name."""
        if name == "all":
            return np.sort(np.concatenate([self.train, self.val, self.test]))
        if name not in SPLITS:
            raise Problem.of("data.split", f"There is no split “{name}”; use train, val, test or all.")
        chosen: Indices = getattr(self, name)
        return chosen

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(self[name]) for name in SPLITS}


def split(index: Index, settings: DataSettings) -> Splits:
    """Stratified and seeded: each class gives its share to validation and test.

    The shares are exact over the whole (fractions left over go to the classes they are largest in), except that every
    class with two pictures or more is in training and, if there is validation at all, in validation; with three or
    more also in the test split if there is one. Where the folder itself has val or test folders, those stand as they
    are and only a share the folder lacks is taken from its training pictures.

    A picture's place follows from the seed and its path, so adding or removing files moves few of the others.
    Raises `Problem` ("data.shares") where the shares leave nothing to train on.
    """
    check_shares(settings)
    place = np.maximum(index.split_codes, 0).astype(np.int64)
    validation = 0.0 if (place == 1).any() else settings.validation
    test = 0.0 if (place == 2).any() else settings.test
    order = _order(index, settings.seed)
    groups = [order[(index.labels[order] == label) & (place[order] == 0)] for label in range(len(index.classes))]
    sizes = [len(group) for group in groups]
    to_val = _apportion(sizes, validation, [1 if n >= 2 else 0 for n in sizes])
    to_test = _apportion(sizes, test, [1 if n >= 3 else 0 for n in sizes])
    for group, n_val, n_test in zip(groups, to_val, to_test, strict=True):
        n_test = min(n_test, max(0, len(group) - 1 - n_val))
        place[group[:n_val]] = 1
        place[group[n_val : n_val + n_test]] = 2
    return Splits(*(np.flatnonzero(place == k).astype(np.int64) for k in range(3)))


def check_shares(settings: DataSettings) -> None:
    """Raises `Problem` ("data.shares") unless 0 ≤ validation, 0 ≤ test and both together stay below 1."""
    problems = [
        Diagnostic(
            "data.shares",
            f"The share for {words} is {number(share)}; choose a number from 0 to below 1.",
            param=param,
        )
        for param, words, share in (("validation", "validation", settings.validation), ("test", "test", settings.test))
        if not (math.isfinite(share) and 0 <= share < 1)
    ]
    if not problems and settings.validation + settings.test >= 1:
        problems.append(
            Diagnostic(
                "data.shares",
                f"Validation ({number(settings.validation)}) and test ({number(settings.test)}) together take all "
                "pictures, so none are left to train on. Lower one of them.",
                param="validation",
            )
        )
    if problems:
        raise Problem(*problems)


def _order(index: Index, seed: int) -> Indices:
    """All items in an order drawn from the seed and each item's path."""
    drawn = np.array([key(seed, "split", path) for path in index.paths], dtype=np.uint64)
    return np.argsort(drawn, kind="stable").astype(np.int64)


def _apportion(sizes: list[int], share: float, least: list[int]) -> list[int]:
    """How many of each class: largest remainders, at least `least`, and one always left over for training."""
    if share <= 0:
        return [0] * len(sizes)
    quotas = [n * share for n in sizes]
    taken = [math.floor(q) for q in quotas]
    missing = round(sum(quotas)) - sum(taken)
    by_remainder = sorted(range(len(sizes)), key=lambda c: (-(quotas[c] - taken[c]), c))
    for c in by_remainder[:missing]:
        taken[c] += 1
    return [min(max(t, low), max(0, n - 1)) for t, low, n in zip(taken, least, sizes, strict=True)]
