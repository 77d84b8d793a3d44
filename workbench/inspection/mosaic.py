"""Many maps as ONE image: a mosaic is drawn some forty times faster than as many images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def grid(count: int, width: float, height: float) -> tuple[int, int]:
    """(columns, rows) that show `count` square tiles largest in a box of `width` × `height`."""
    if count <= 0:
        return 1, 1
    best, best_side = (count, 1), 0.0
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        side = min(width / columns, height / rows)
        if side > best_side + 1e-9:
            best, best_side = (columns, rows), side
    return best


def mosaic(maps: NDArray[np.float32], columns: int, gap: int = 1) -> NDArray[np.float32]:
    """N × H × W maps as one 2-d picture, `columns` tiles a row, `gap` pixels of NaN between the tiles.

    NaN stands for "nothing here" and is drawn transparent.
    """
    n, h, w = maps.shape
    columns = max(1, min(columns, n))
    rows = math.ceil(n / columns)
    out = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap), np.nan, np.float32)
    for i in range(n):
        y, x = (i // columns) * (h + gap), (i % columns) * (w + gap)
        out[y : y + h, x : x + w] = maps[i]
    return out


def strongest(maps: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Indices of the `count` maps with the largest standard deviation (those that show most), strongest first."""
    spread = np.nan_to_num(maps.reshape(len(maps), -1).astype(np.float64)).std(axis=1)
    return np.argsort(-spread, kind="stable")[:count].astype(np.int64)
