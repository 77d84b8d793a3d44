"""What the list of classes shows of each: its name, its pictures by split, and a few of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

SHOWN = 4  # pictures of a class


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class: its name, its pictures by split (train, validation, test), and a few of them to show."""

    name: str
    train: int
    val: int
    test: int
    samples: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.train + self.val + self.test

    @property
    def words(self) -> str:
        parts = [f"{self.train:,} training"]
        if self.val:
            parts.append(f"{self.val:,} validation")
        if self.test:
            parts.append(f"{self.test:,} test")
        return ", ".join(parts)


def class_rows(dataset: Dataset) -> tuple[ClassRow, ...]:
    """Each class with its numbers by split and a few pictures, spread over the class."""
    index, splits = dataset.index, dataset.splits
    by_split = [index.class_counts(np.asarray(part)) for part in (splits.train, splits.val, splits.test)]
    order = np.argsort(index.labels, kind="stable")
    ends = np.cumsum(index.class_counts())
    rows = []
    for label, name in enumerate(index.classes):
        members = order[ends[label] - index.class_counts()[label] : ends[label]]
        picks = members[np.linspace(0, len(members) - 1, min(SHOWN, len(members))).astype(int)] if len(members) else []
        train, val, test = (int(counts[label]) for counts in by_split)
        rows.append(ClassRow(name, train, val, test, tuple(int(p) for p in picks)))
    return tuple(rows)
