"""What is in a data set, as plain JSON values: the answer of `workbench data`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.data.duplicates import Duplicates
from workbench.data.index import Bad, Index, printable
from workbench.data.splits import Splits


def describe(
    index: Index, splits: Splits, bad: tuple[Bad, ...], duplicates: Duplicates | None = None
) -> dict[str, Any]:
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
        "bytes": sum(item.bytes for item in index.items),
        "bad": [{"path": printable(b.path), "reason": b.reason} for b in bad],
    }
    if duplicates is not None:
        facts["duplicates"] = [[printable(index.items[i].path) for i in group] for group in duplicates.groups]
    return facts


def _by_class(index: Index, counts: list[int]) -> dict[str, int]:
    return {printable(name): n for name, n in zip(index.classes, counts, strict=True)}


def _sizes(index: Index) -> dict[str, Any]:
    """The smallest, the middle and the largest picture by area, as [height, width], and the most frequent sizes."""
    by_area = sorted((item.width * item.height, item.height, item.width) for item in index.items)
    frequent: dict[tuple[int, int], int] = {}
    for _area, height, width in by_area:
        frequent[height, width] = frequent.get((height, width), 0) + 1
    most = sorted(frequent.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    return {
        "smallest": list(by_area[0][1:]),
        "median": list(by_area[len(by_area) // 2][1:]),
        "largest": list(by_area[-1][1:]),
        "most_frequent": [{"height": h, "width": w, "images": n} for (h, w), n in most],
    }


def oddities(index: Index, splits: Splits, validation: float) -> tuple[Diagnostic, ...]:
    """What a person should know of before training, as warnings: classes without training or validation pictures."""
    train, val = index.class_counts(splits.train), index.class_counts(splits.val)
    found = [_lacking(index, train == 0, "data.untaught", "training", "The network cannot learn them")]
    if validation > 0 or len(splits.val):
        lacking = (val == 0) & (train > 0)
        found.append(_lacking(index, lacking, "data.unchecked", "validation", "Progress on them cannot be measured"))
    return tuple(d for d in found if d is not None)


def _lacking(index: Index, classes: npt.NDArray[np.bool_], code: str, what: str, consequence: str) -> Diagnostic | None:
    names = [printable(index.classes[c]) for c in np.flatnonzero(classes)]
    if not names:
        return None
    shown = ", ".join(f"“{name}”" for name in names[:5]) + (" and others" if len(names) > 5 else "")
    text = f"{count(len(names), 'class')} without {what} pictures: {shown}. {consequence}; add pictures."
    return Diagnostic(code, text, Severity.WARNING)
