"""Several labels in one cell, with ";" or "|" between them. Samples with the same ones together are one class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from workbench.data.index import natural

NONE = "(none)"
"""The class of the samples that have no label at all."""

_PARTING = re.compile(r"[;|]")


def labels_in(cell: str) -> tuple[str, ...]:
    """The labels in a cell, each once, in natural order; none for an empty cell."""
    names = (" ".join(part.split()) for part in _PARTING.split(cell))
    return tuple(sorted({name for name in names if name and name != NONE}, key=natural))


def together(cell: str) -> str:
    """A cell as the name of a class: its labels with "; " between them, whatever order they stand in."""
    return "; ".join(labels_in(cell)) or NONE


def label_names(classes: Iterable[str]) -> tuple[str, ...]:
    """All labels that any of the classes has, in natural order."""
    return tuple(sorted({name for words in classes for name in labels_in(words)}, key=natural))


def label_table(classes: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.float32]:
    """For each class its labels as a row of 0 and 1, float32 classes × names; names it does not know are passed
    over."""
    place = {name: k for k, name in enumerate(names)}
    table = np.zeros((len(classes), len(names)), np.float32)
    for row, words in zip(table, classes, strict=True):
        row[[place[name] for name in labels_in(words) if name in place]] = 1
    return table
