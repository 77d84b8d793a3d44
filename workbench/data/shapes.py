"""How large the pictures are and of which shape, in bins that people know."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Sides = npt.NDArray[np.int32]

STEPS = np.array([k << n for n in range(16) for k in (2, 3)], np.int64)
"""2, 3, 4, 6, 8, 12, … pixels: each about 1.4 times the one before."""

RATIOS = (
    ("taller", 0.40),
    ("1:2", 1 / 2),
    ("9:16", 9 / 16),
    ("2:3", 2 / 3),
    ("3:4", 3 / 4),
    ("4:5", 4 / 5),
    ("1:1", 1.0),
    ("5:4", 5 / 4),
    ("4:3", 4 / 3),
    ("3:2", 3 / 2),
    ("16:9", 16 / 9),
    ("2:1", 2.0),
    ("wider", 2.5),
)
"""Width to height, as photographs and screens have it; a picture counts to the nearest."""


def longer_sides(heights: Sides, widths: Sides) -> list[tuple[int, int, int]]:
    """(from, to, how many) pictures by the longer side in pixels, from the first bin that has any to the last."""
    longer = np.maximum(heights, widths).astype(np.int64)
    counts = np.bincount(np.clip(np.searchsorted(STEPS, longer, side="right") - 1, 0, None), minlength=len(STEPS))
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    ends = np.append(STEPS[1:], STEPS[-1] * 2) - 1
    return [(int(STEPS[k]), int(ends[k]), int(counts[k])) for k in range(filled[0], filled[-1] + 1)]


def aspect_ratios(heights: Sides, widths: Sides) -> dict[str, int]:
    """How many pictures are nearest to each ratio of width to height, of those that have any."""
    middles = np.log([value for _name, value in RATIOS])
    ratio = np.log(np.maximum(widths, 1) / np.maximum(heights, 1))
    counts = np.bincount(np.searchsorted((middles[1:] + middles[:-1]) / 2, ratio), minlength=len(RATIOS)).tolist()
    return {name: n for (name, _value), n in zip(RATIOS, counts, strict=True) if n}
