"""Which samples are shown, and in which order: the filter bar's question and its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.ui.datasets.browser.columns import SPLIT_NAMES, SPLIT_TITLES, Columns

SORTS: tuple[tuple[str, str, bool], ...] = (
    ("class", "Class", False),
    ("name", "Name", False),
    ("split", "Split", False),
    ("pixels", "Size in pixels", False),
    ("bytes", "Size in bytes", False),
    ("loss", "Loss", True),
    ("confidence", "Confidence", False),
)
"""What can be sorted by: its name in a `Query`, its title, and whether the largest comes first unless asked."""

SCORED = frozenset({"loss", "confidence"})
"""Orders that need the network's answers."""


@dataclass(frozen=True, slots=True)
class Query:
    """The filters (each empty: all) and the order. All words of `text` must be in a sample's path or its class.

    `smallest` and `largest` bound the shorter side in pixels, 0: no bound. `sort` is a name of `SORTS`.
    """

    text: str = ""
    classes: frozenset[str] = frozenset()
    split: str = ""
    wrong: bool = False
    smallest: int = 0
    largest: int = 0
    sort: str = "class"
    descending: bool = False

    @property
    def filters(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text.strip() or self.classes or self.split or self.wrong or self.smallest or self.largest)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The samples that are shown, in order (int64). `starts` are the places where a group begins, and `titles` their
    headings; both are empty where there are no groups."""

    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    titles: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.numbers)


NOTHING = Found(np.zeros(0, np.int64), np.zeros(0, np.int64), ())


def find(columns: Columns, query: Query, among: NDArray[np.int64] | None = None) -> Found:
    """Sift and sort. `among` are the only samples to choose from; they keep their order.

    Samples without a value of the order stand at the end, whichever way it runs.
    """
    keep = _kept(columns, query)
    if among is not None:
        numbers = among[keep[among]]
        return Found(numbers, np.zeros(0, np.int64), ())
    numbers = np.flatnonzero(keep)
    by = _key(columns, query.sort)
    if by is None:
        return Found(numbers[::-1] if query.descending else numbers, np.zeros(0, np.int64), ())
    values = by[numbers]
    order = _ordered(values, query.descending)
    numbers = numbers[order]
    if query.sort == "class":
        return _grouped(numbers, values[order], columns.classes)
    if query.sort == "split":
        return _grouped(numbers, values[order], SPLIT_TITLES)
    return Found(numbers, np.zeros(0, np.int64), ())


def _kept(columns: Columns, query: Query) -> NDArray[np.bool_]:
    keep = np.ones(len(columns), np.bool_)
    if query.classes:
        chosen = np.array([name in query.classes for name in columns.classes], np.bool_)
        keep &= chosen[columns.labels] if len(chosen) else False
    if query.split:
        keep &= columns.splits == SPLIT_NAMES.index(query.split)
    if query.wrong:
        keep &= columns.wrong
    if query.smallest:
        keep &= columns.shorter >= query.smallest
    if query.largest:
        keep &= columns.shorter <= query.largest
    for word in query.text.split():
        low = word.casefold()
        named = np.array([low in name.casefold() for name in columns.classes], np.bool_)
        found = columns.names.containing(word)
        keep &= (found | named[columns.labels]) if named.any() else found
    return keep


def _key(columns: Columns, sort: str) -> NDArray[np.generic] | None:
    """What to sort by; None for the order of the names, which is the samples' own."""
    keys: dict[str, NDArray[np.generic]] = {
        "pixels": columns.pixels,
        "bytes": columns.bytes,
        "loss": columns.loss,
        "confidence": columns.confidence,
        "split": columns.splits,
    }
    if sort == "class":  # a narrow type is sorted by radix, ten times as fast
        return columns.labels.astype(np.uint16) if len(columns.classes) < 1 << 16 else columns.labels
    return keys.get(sort)


def _ordered(values: NDArray[np.generic], descending: bool) -> NDArray[np.int64]:
    """The order of the values, equal ones as they stood; what is not a number comes last either way."""
    if not descending:
        return np.argsort(values, kind="stable")
    if values.dtype.kind == "f":
        return np.argsort(-values.astype(np.float32), kind="stable")
    return (len(values) - 1 - np.argsort(values[::-1], kind="stable"))[::-1]


def _grouped(numbers: NDArray[np.int64], values: NDArray[np.generic], titles: tuple[str, ...]) -> Found:
    if not len(numbers):
        return NOTHING
    wide = values.astype(np.int64)
    starts = np.flatnonzero(np.concatenate(([True], wide[1:] != wide[:-1])))
    return Found(numbers, starts, tuple(titles[value] for value in wide[starts].tolist()))
