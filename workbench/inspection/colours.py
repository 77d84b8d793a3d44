"""Colour tables for values: viridis for magnitudes, a diverging one around zero for signed values."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LEVELS = 254
"""Shades of a table; two entries of a picture's 256 are kept for "no value" and for the gap between maps."""
NO_VALUE = 254
GAP = 255

# Every eleventh entry of matplotlib's viridis (Nathaniel Smith and Stéfan van der Walt, CC0); between them the
# table is interpolated, which stays within three steps of 255 of the original.
_VIRIDIS = (
    (68, 1, 84), (71, 17, 100), (72, 32, 113), (71, 46, 124), (68, 59, 132), (63, 72, 137), (57, 85, 140),
    (52, 97, 141), (47, 108, 142), (42, 118, 142), (38, 129, 142), (34, 139, 141), (31, 149, 139),
    (31, 160, 136), (36, 170, 131), (47, 180, 124), (64, 189, 114), (86, 198, 103), (112, 207, 87),
    (139, 214, 70), (168, 219, 52), (197, 224, 33), (226, 228, 24), (253, 231, 37),
)  # fmt: skip
# Blue below zero, near-grey at zero, orange above: the two ends stay apart for every common colour blindness.
_DIVERGING = (
    (178, 226, 255), (102, 184, 255), (52, 134, 232), (44, 92, 170), (52, 58, 70), (152, 88, 34), (220, 124, 36),
    (255, 176, 84), (255, 226, 168),
)  # fmt: skip
_NO_VALUE_COLOUR = (210, 40, 120)


@cache
def table(signed: bool) -> NDArray[np.uint8]:
    """256 × 3 colours: `LEVELS` shades from low to high, then the "no value" colour, then black for the gap."""
    anchors = np.asarray(_DIVERGING if signed else _VIRIDIS, np.float64)
    at = np.linspace(0.0, len(anchors) - 1.0, LEVELS)
    shades = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)], axis=1)
    full = np.zeros((256, 3), np.uint8)
    full[:LEVELS] = np.round(shades).astype(np.uint8)
    full[NO_VALUE] = _NO_VALUE_COLOUR
    full.setflags(write=False)
    return full


@cache
def qt_table(signed: bool) -> tuple[int, ...]:
    """The same as `QImage.setColorTable` takes it (0xAARRGGBB); the gap is transparent."""
    shades = tuple(0xFF000000 | r << 16 | g << 8 | b for r, g, b in table(signed).astype(int).tolist())
    return (*shades[:GAP], 0)


def quantise(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """Each value's place in the table for a scale from `low` to `high` (beyond it, the end's); NaN is `NO_VALUE`."""
    width = high - low
    scaled = (values - low) * ((LEVELS - 1) / width if width > 0 else 0.0)
    with np.errstate(invalid="ignore"):
        places = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=LEVELS - 1, neginf=0), 0, LEVELS - 1)
        out = np.asarray(places + 0.5).astype(np.uint8)
    missing = np.isnan(values)
    if missing.any():
        out[missing] = NO_VALUE
    return out
