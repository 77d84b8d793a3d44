"""Pictures moved, turned and stretched: uint8 N × H × W × C in and out, numpy alone.

Each picture is worked on by whole-array operations of its own, a handful of calls a picture and none a pixel, in
integers where rounding could depend on the batch: what comes out for a picture is the same whatever its companions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Numbers = NDArray[np.float64]

FILLS = (("reflect", "Mirror the picture"), ("edge", "Repeat the edge"))


def mirror(batch: Pictures, chosen: NDArray[np.bool_], axis: int) -> Pictures:
    """The chosen pictures turned over along `axis` (1: top and bottom, 2: left and right)."""
    out = batch.copy()
    out[chosen] = np.flip(batch[chosen], axis)
    return out


def quarter_turns(batch: Pictures, turns: NDArray[np.intp]) -> Pictures:
    """Each picture turned by that many quarter turns; an oblong takes only half turns, the others are left out."""
    out = batch.copy()
    square = batch.shape[1] == batch.shape[2]
    for k in (1, 2, 3) if square else (2,):
        chosen = turns == k
        out[chosen] = np.rot90(batch[chosen], k, axes=(1, 2))
    return out


def shift(batch: Pictures, down: NDArray[np.intp], right: NDArray[np.intp], fill: str) -> Pictures:
    """Each picture moved by whole pixels; what comes in at the edge is a mirror image or the edge itself."""
    _, h, w, _ = batch.shape
    rows, columns = int(np.abs(down).max(initial=0)), int(np.abs(right).max(initial=0))
    if rows == columns == 0:
        return batch.copy()
    around = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    wide = np.pad(batch, around, mode="edge") if fill == "edge" else np.pad(batch, around, mode="reflect")
    out = np.empty_like(batch)
    for i, (y, x) in enumerate(zip((rows - down).tolist(), (columns - right).tolist(), strict=True)):
        out[i] = wide[i, y : y + h, x : x + w]
    return out


def zoom(batch: Pictures, top: Numbers, left: Numbers, height: Numbers, width: Numbers) -> Pictures:
    """From each picture a rectangle (in shares of its sides) brought back to full size, bilinear."""
    _, h, w, _ = batch.shape
    out = np.empty_like(batch)
    for i, picture in enumerate(batch):
        rows = _centres(h, top[i] * h, height[i] * h)
        columns = _centres(w, left[i] * w, width[i] * w)
        tall = _blend(picture, rows, h, axis=0)
        out[i] = _blend(tall, columns, w, axis=1)
    return out


def transform(batch: Pictures, matrices: Numbers, fill: str) -> Pictures:
    """Each picture seen through a linear map about its centre, bilinear.

    `matrices` (N × 2 × 2) leads from an offset (x, y) in the result to the one in the source.
    """
    _, h, w, c = batch.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x -= (w - 1) / 2
    y -= (h - 1) / 2
    out = np.empty_like(batch)
    for i, ((a, b), (d, e)) in enumerate(matrices.astype(np.float32)):
        column, right, fx = _grid(a * x + b * y + np.float32((w - 1) / 2), w, fill)
        row, below, fy = _grid(d * x + e * y + np.float32((h - 1) / 2), h, fill)
        pixels = batch[i].reshape(h * w, c)
        row, below = row * w, below * w
        upper = _mix(pixels.take(row + column, 0), pixels.take(row + right, 0), fx[..., None])
        lower = _mix(pixels.take(below + column, 0), pixels.take(below + right, 0), fx[..., None])
        out[i] = _mix(upper, lower, fy[..., None])
    return out


def _centres(n: int, start: float, length: float) -> NDArray[np.float32]:
    """Where `n` pixel centres fall when they share [start, start + length)."""
    return ((np.arange(n) + 0.5) * (length / n) + start - 0.5).astype(np.float32)


def _grid(at: NDArray[np.float32], n: int, fill: str) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint16]]:
    """The two neighbours of each position and the weight of the second, of 256."""
    if fill == "reflect" and n > 1:
        at = np.abs(at)
        at = np.abs(at - (n - 1)) * -1 + (n - 1)
    at = np.clip(at, 0, n - 1)
    first = at.astype(np.intp)
    weight = ((at - first) * 256).astype(np.uint16)
    return first, np.minimum(first + 1, n - 1), weight


def _mix(a: Pictures, b: Pictures, weight: NDArray[np.uint16]) -> Pictures:
    """(256 - weight) parts of `a` and weight parts of `b`; 256 × 255 just fits 16 bits."""
    mixed = a * (256 - weight)
    mixed += b * weight
    mixed += 127
    mixed >>= 8
    return mixed.astype(np.uint8)


def _blend(picture: Pictures, at: NDArray[np.float32], n: int, axis: int) -> Pictures:
    first, second, weight = _grid(at, n, "edge")
    shaped = weight[:, None, None] if axis == 0 else weight[None, :, None]
    return _mix(picture.take(first, axis), picture.take(second, axis), shaped)
