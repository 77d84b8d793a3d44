"""What is in a data set, as plain JSON values: the answer of `workbench data`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.data.alike.duplicates import Duplicates
from workbench.data.index import Bad, BadFiles, Index, printable
from workbench.data.names import name_notes
from workbench.data.shapes import aspect_ratios, longer_sides
from workbench.data.splitting.splits import Splits


def describe(index: Index, splits: Splits, bad: Sequence[Bad], duplicates: Duplicates | None = None) -> dict[str, Any]:
    """Classes, counts, splits, sizes, formats, bad files with reasons; groups of equal files if they were looked for.

    `images` counts samples of any kind. Sizes of pictures are there for pictures only.
    """
    pictures = index.kind == "pictures" and len(index) > 0
    facts: dict[str, Any] = {
        "folder": printable(str(index.root)),
        "images": len(index),
        "classes": _by_class(index, index.class_counts().tolist()),
        "splits": splits.counts,
        "classes_by_split": {
            name: _by_class(index, index.class_counts(splits[name]).tolist()) for name in splits.counts
        },
        "sizes": _sizes(index) if pictures else {},
        "bytes": int(index.bytes.sum()),
        "bad": [{"path": printable(b.path), "reason": b.reason} for b in bad],
        "kind": index.kind,
        "folders": [printable(str(root)) for root in index.roots],
        "formats": formats(index),
        "file_sizes": _spread(index.bytes),
        "bad_by_reason": BadFiles.of(bad).by_reason,
    }
    if pictures:
        facts["longer_sides"] = [
            {"from": low, "to": high, "images": n} for low, high, n in longer_sides(index.heights, index.widths)
        ]
        facts["aspect_ratios"] = aspect_ratios(index.heights, index.widths)
    if duplicates is not None:
        facts |= duplicates.facts(index, splits)
    return facts


def formats(index: Index) -> dict[str, int]:
    """Samples by the extension of their files, in small letters without the point, the most frequent first."""
    rows = (path.rpartition(b"#")[0] for path in index.paths.each_bytes()) if index.offsets is not None else None
    names = rows if rows is not None else index.paths.each_bytes()
    counts = Counter(name.rpartition(b"/")[2].rpartition(b".")[2].lower() for name in names)
    return {printable(os.fsdecode(name)): n for name, n in counts.most_common()}


def _spread(values: npt.NDArray[np.int64]) -> dict[str, int]:
    """The smallest, the middle and the largest."""
    if not len(values):
        return {}
    ordered = np.sort(values)
    return {"smallest": int(ordered[0]), "median": int(ordered[len(ordered) // 2]), "largest": int(ordered[-1])}


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
