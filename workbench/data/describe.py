"""What is in a data set, as plain JSON values: the answer of `workbench data`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.data.duplicates import Duplicates
from workbench.data.index import Bad, Index, printable
from workbench.data.names import name_notes
from workbench.data.splits import Splits


def describe(index: Index, splits: Splits, bad: Sequence[Bad], duplicates: Duplicates | None = None) -> dict[str, Any]:
    """Classes, counts, splits, picture sizes, bad files with reasons; groups of equal files if they were looked for."""
    facts: dict[str, Any] = {
        "folder": printable(str(index.root)),
        "images": len(index),
        "classes": _by_class(index, index.class_counts().tolist()),
        "splits": splits.counts,
        "classes_by_split": {
            name: _by_class(index, index.class_counts(splits[name]).tolist()) for name in splits.counts
        },
        "sizes": _sizes(index),
        "bytes": int(index.bytes.sum()),
        "bad": [{"path": printable(b.path), "reason": b.reason} for b in bad],
    }
    if duplicates is not None:
        facts |= duplicates.facts(index, splits)
    return facts


def _by_class(index: Index, counts: list[int]) -> dict[str, int]:
    return {printable(name): n for name, n in zip(index.classes, counts, strict=True)}


def _sizes(index: Index) -> dict[str, Any]:
    """The smallest, the middle and the largest picture by area, as [height, width], and the most frequent sizes."""
    sizes, counts = np.unique(np.stack([index.heights, index.widths], 1), axis=0, return_counts=True)
    by_area = np.lexsort((sizes[:, 1], sizes[:, 0], sizes.astype(np.int64).prod(axis=1)))
    sizes, counts = sizes[by_area], counts[by_area]
    median = sizes[np.searchsorted(np.cumsum(counts), len(index) // 2, side="right")]
    most = sorted(zip(counts.tolist(), sizes.tolist(), strict=True), key=lambda entry: (-entry[0], entry[1]))[:10]
    return {
        "smallest": sizes[0].tolist(),
        "median": median.tolist(),
        "largest": sizes[-1].tolist(),
        "most_frequent": [{"height": h, "width": w, "images": n} for n, (h, w) in most],
    }


def oddities(index: Index, splits: Splits, validation: float) -> tuple[Diagnostic, ...]:
    """What a person should know of before training: classes without training or validation samples, and classes whose
    names are nearly alike."""
    train, val = index.class_counts(splits.train), index.class_counts(splits.val)
    found: list[Diagnostic | None] = [
        *index.notes,
        _lacking(index, train == 0, "data.untaught", "training", "The network cannot learn them"),
    ]
    if validation > 0 or len(splits.val):
        lacking = (val == 0) & (train > 0)
        found.append(_lacking(index, lacking, "data.unchecked", "validation", "Progress on them cannot be measured"))
    from workbench.data.kinds import KINDS

    counts = index.class_counts().tolist()
    return (*(d for d in found if d is not None), *name_notes(index.classes, counts, KINDS[index.kind].one))


def _lacking(index: Index, classes: npt.NDArray[np.bool_], code: str, what: str, consequence: str) -> Diagnostic | None:
    names = [printable(index.classes[c]) for c in np.flatnonzero(classes)]
    if not names:
        return None
    shown = ", ".join(f"“{name}”" for name in names[:5]) + (" and others" if len(names) > 5 else "")
    text = f"{count(len(names), 'class')} without {what} pictures: {shown}. {consequence}; add pictures."
    return Diagnostic(code, text, Severity.WARNING)
