"""Feature maps as small pictures for the cards: the strongest four, in viridis, one image each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from PySide6.QtGui import QImage

from workbench.ui.canvas.geometry import THUMBS

Array = np.ndarray[Any, Any]

# Anchors of the viridis map (Smith and van der Walt, 2015; CC0), straight lines between them.
_VIRIDIS = (
    (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137),
    (53, 183, 121), (110, 206, 88), (181, 222, 43), (253, 231, 37),
)  # fmt: skip


@cache
def viridis() -> Array:
    """256 × 3 uint8."""
    anchors = np.array(_VIRIDIS, dtype=np.float64)
    at = np.linspace(0, len(anchors) - 1, 256)
    return np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)], axis=1).astype(np.uint8)


def thumbnails(maps: Array, most: int = THUMBS) -> tuple[QImage, ...]:
    """Up to `most` of the strongest maps (by the mean of their magnitudes), strongest first.

    `maps` is C × H × W. All share one scale, so that brightness compares between them. Sequences and plain numbers
    give no pictures.
    """
    if maps.ndim != 3 or 0 in maps.shape:
        return ()
    finite = np.nan_to_num(maps.astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
    strength = np.abs(finite).mean(axis=(1, 2))
    chosen = finite[np.argsort(-strength, kind="stable")[:most]]
    low, high = float(chosen.min()), float(chosen.max())
    scaled = (chosen - low) * (255.0 / (high - low)) if high > low else np.zeros_like(chosen)
    coloured = viridis()[scaled.astype(np.uint8)]
    return tuple(_image(picture) for picture in coloured)


def picture_image(picture: Array) -> QImage | None:
    """The chosen picture (uint8 H × W × C, one or three channels) as an image; None for anything else."""
    if picture.ndim != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        return None
    return _image(np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[:, :, :3])


def all_thumbnails(maps: Mapping[str, Array]) -> dict[str, tuple[QImage, ...]]:
    """Thumbnails of every node that has maps."""
    return {node: made for node, array in maps.items() if (made := thumbnails(array))}


def _image(picture: Array) -> QImage:
    height, width, _ = picture.shape
    whole = np.ascontiguousarray(picture)
    # copy(): the image must not refer to memory that NumPy may free.
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
