"""Pictures moved, turned and stretched: uint8 N × H × W × C in and out, numpy alone.

Whole numbers where rounding could depend on the batch: what comes out for a picture is the same whatever its
companions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.sampling import Floats, Pictures, sample, sample_along

Numbers = NDArray[np.float64]


def mirror(batch: Pictures, axis: int) -> Pictures:
    """Pictures turned over along `axis` (1: top and bottom, 2: left and right)."""
    return np.flip(batch, axis).copy()


def quarter_turns(batch: Pictures, turns: NDArray[np.intp]) -> Pictures:
    """Each picture turned by that many quarter turns; an oblong takes only half turns, the others are left out."""
    out = batch.copy()
    square = batch.shape[1] == batch.shape[2]
    for k in (1, 2, 3) if square else (2,):
        chosen = turns == k
        out[chosen] = np.rot90(batch[chosen], k, axes=(1, 2))
    return out


def shift(batch: Pictures, down: NDArray[np.intp], right: NDArray[np.intp], fill: str) -> Pictures:
    """Each picture moved by whole pixels; at the edge comes in a mirror image, the edge itself, or black."""
    _, h, w, _ = batch.shape
    rows, columns = int(np.abs(down).max(initial=0)), int(np.abs(right).max(initial=0))
    if rows == columns == 0:
        return batch.copy()
    around = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    if fill == "black":
        wide = np.pad(batch, around)
    else:
        wide = np.pad(batch, around, mode="edge") if fill == "edge" else np.pad(batch, around, mode="reflect")
    out = np.empty_like(batch)
    for i, (y, x) in enumerate(zip((rows - down).tolist(), (columns - right).tolist(), strict=True)):
        out[i] = wide[i, y : y + h, x : x + w]
    return out


def zoom(batch: Pictures, top: Numbers, left: Numbers, height: Numbers, width: Numbers) -> Pictures:
    """From each picture a rectangle (in shares of its sides) brought back to full size, bilinear."""
    _, h, w, _ = batch.shape
    return sample_along(batch, _centres(h, top * h, height * h), _centres(w, left * w, width * w))


def transform(batch: Pictures, matrices: Numbers, fill: str, offsets: Numbers | None = None) -> Pictures:
    """Each picture seen through a linear map about its centre, bilinear.

    `matrices` (N × 2 × 2) leads from an offset (x, y) in the result to the one in the source; `offsets` (N × 2), in
    pixels of the source, is added to it.
    """
    _, h, w, _ = batch.shape
    x, y = _places(h, w)
    x, y = x - (w - 1) / np.float32(2), y - (h - 1) / np.float32(2)
    m = matrices.astype(np.float32)[..., None, None]
    moved = np.zeros((len(batch), 2)) if offsets is None else offsets
    to_x, to_y = ((moved[:, k] + (n - 1) / 2).astype(np.float32)[:, None, None] for k, n in enumerate((w, h)))

    def where(pictures: slice, rows: slice) -> tuple[Floats, Floats]:
        a, b, d, e = (m[pictures, i, k] for i, k in ((0, 0), (0, 1), (1, 0), (1, 1)))
        return a * x + b * y[rows] + to_x[pictures], d * x + e * y[rows] + to_y[pictures]

    return sample(batch, where, fill)


def perspective(batch: Pictures, corners: Numbers, fill: str) -> Pictures:
    """Each picture seen at a slant, bilinear.

    `corners` (N × 4 × 2) is where the corners of the result (top left, top right, bottom right, bottom left) lie in
    the source, (x, y) in pixels (whole pixels apart from the middle of the first, so that corners that do not move lie
    at -0.5 and W - 0.5); straight lines stay straight (a homography, from its four pairs of points).
    """
    n, h, w, _ = batch.shape
    x, y = _places(h, w)
    own = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64) - 0.5  # the outer corners: a pixel wide is enough
    system = np.zeros((n, 8, 8))
    for k, (a, b) in enumerate(own):
        u, v = corners[:, k, 0], corners[:, k, 1]
        system[:, 2 * k, :3] = system[:, 2 * k + 1, 3:6] = (a, b, 1)
        system[:, 2 * k, 6:] = np.stack([-a * u, -b * u], -1)
        system[:, 2 * k + 1, 6:] = np.stack([-a * v, -b * v], -1)
    solved = np.linalg.solve(system, corners.reshape(n, 8, 1))[..., 0]
    m = solved.astype(np.float32)[..., None, None]

    def where(pictures: slice, rows: slice) -> tuple[Floats, Floats]:
        a, b, c, d, e, f, g, i = (m[pictures, k] for k in range(8))
        away: Floats = g * x + i * y[rows] + 1
        return (a * x + b * y[rows] + c) / away, (d * x + e * y[rows] + f) / away

    return sample(batch, where, fill)


def _places(h: int, w: int) -> tuple[Floats, Floats]:
    """x (1 × W) and y (H × 1) of every pixel."""
    return np.arange(w, dtype=np.float32)[None, :], np.arange(h, dtype=np.float32)[:, None]


def _centres(n: int, start: Numbers, length: Numbers) -> Floats:
    """Where `n` pixel centres fall when they share [start, start + length), for each picture: N × n."""
    return ((np.arange(n) + 0.5) * (length / n)[:, None] + start[:, None] - 0.5).astype(np.float32)
