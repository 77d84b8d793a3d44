"""Pictures looked up between their pixels: bilinear, uint8 N × H × W × C in and out, numpy alone.

A pixel's channels lie side by side in one machine word, 16 bits each, so that one gather and one multiplication do for
all of them; 256 × 255 and the rounding just fit 16 bits, and no lane carries into the next. Everything is worked out in
bands small enough for the processor's cache. Whole numbers only, after the positions: what comes out for a picture is
the same whatever its companions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Floats = NDArray[np.float32]
Words = NDArray[np.uint64] | NDArray[np.uint16]
Where = Callable[[slice, slice], tuple[Floats, Floats]]
"""For some pictures and some rows of the result: the source's x and y at each place (broadcast to k × rows × W)."""

FILLS = (("reflect", "Mirror the picture"), ("edge", "Repeat the edge"), ("black", "Black"))

_BAND = 32768
"""Places worked out at once."""

_HALF_AND_LOW: Mapping[np.dtype[Any], tuple[Any, Any]] = {
    np.dtype(np.uint16): (np.uint16(0x7F), np.uint16(0xFF)),
    np.dtype(np.uint64): (np.uint64(0x007F007F007F007F), np.uint64(0x00FF00FF00FF00FF)),
}
"""What rounds to the nearest 256th, and the low half of every lane."""


def bands(n: int, h: int, w: int) -> Iterator[tuple[slice, slice]]:
    """Pictures and rows in parts of about `_BAND` places: several small pictures, or some rows of a large one."""
    if h * w > _BAND:
        rows = max(1, _BAND // w)
        for i in range(n):
            for y in range(0, h, rows):
                yield slice(i, i + 1), slice(y, min(y + rows, h))
        return
    several = max(1, _BAND // max(1, h * w))
    for i in range(0, n, several):
        yield slice(i, min(i + several, n)), slice(0, h)


def sample(batch: Pictures, where: Where, fill: str) -> Pictures:
    """Each place of the result from the four pixels around its position in the source."""
    n, h, w, c = batch.shape
    if fill == "black":  # a black frame around the picture is what lies beyond its edges
        batch = np.pad(batch, ((0, 0), (1, 1), (1, 1), (0, 0)))
    tall, wide = batch.shape[1:3]
    source = _packed(batch, spare=wide + 1)
    size = n * tall * wide
    at, right, below, across = (source[k : k + size] for k in (0, 1, wide, wide + 1))
    out = np.empty((n, h, w), source.dtype)
    for pictures, rows in bands(n, h, w):
        x, y = where(pictures, rows)
        if fill == "black":
            x, y = x + np.float32(1), y + np.float32(1)
        column, fx = _grid(x, wide, fill, source.dtype)
        row, fy = _grid(y, tall, fill, source.dtype)
        first = np.arange(pictures.start * tall, pictures.stop * tall, tall, dtype=np.intp)[:, None, None]
        place = (row + first) * wide + column
        upper = _mix(_take(at, place), _take(right, place), fx)
        lower = _mix(_take(below, place), _take(across, place), fx)
        out[pictures, rows] = _mix(upper, lower, fy)
    return _unpacked(out, c)


def sample_along(batch: Pictures, rows: Floats, columns: Floats) -> Pictures:
    """Each picture at the crossings of its own rows (N × H) and columns (N × W); edges repeat."""
    n, h, w, c = batch.shape
    source = _packed(batch, spare=w)
    out = np.empty((n, h, w), source.dtype)
    for pictures, part in bands(n, h, w):
        row, fy = _grid(rows[pictures, part], h, "edge", source.dtype)
        column, fx = _grid(columns[pictures], w, "edge", source.dtype)
        line = row + np.arange(pictures.start * h, pictures.stop * h, h, dtype=np.intp)[:, None]
        upper = source[: n * h * w].reshape(-1, w).take(line.ravel(), 0)
        lower = source[w:].reshape(-1, w).take(line.ravel(), 0)
        k, r = row.shape
        tall = np.empty(k * r * w + 1, source.dtype)
        tall[:-1] = _mix(upper.reshape(k, r, w), lower.reshape(k, r, w), fy[:, :, None]).ravel()
        tall[-1] = 0
        place = np.arange(0, k * r * w, w, dtype=np.intp).reshape(k, r, 1) + column.astype(np.intp)[:, None, :]
        out[pictures, part] = _mix(_take(tall[:-1], place), _take(tall[1:], place), fx[:, None, :])
    return _unpacked(out, c)


def _grid(at: Floats, n: int, fill: str, word: np.dtype[np.generic]) -> tuple[NDArray[np.int32], Words]:
    """The first neighbour of each position along an axis of `n` pixels, and the weight of the second, of 256.

    The second is the next pixel; at the last one its weight is 0, and whatever lies behind does not count.
    """
    if fill == "reflect" and n > 1:
        at = np.abs(at)
        at -= n - 1
        np.abs(at, out=at)
        np.subtract(n - 1, at, out=at)
        np.maximum(at, 0, out=at)
    else:
        at = np.maximum(at, 0)
    np.minimum(at, n - 1, out=at)
    first = at.astype(np.int32)
    at -= first.astype(np.float32)
    at *= np.float32(256)
    return first, at.astype(word)


def _mix(a: Words, b: Words, weight: Words) -> Words:
    """(256 - weight) parts of `a` and weight parts of `b` in every lane, rounded. `a` is used up.

    As 256 a + (b - a) weight: the difference may borrow from the next lane, and what is added pays it back.
    """
    half, low = _HALF_AND_LOW[a.dtype]
    mixed = b - a
    mixed *= weight
    a <<= a.dtype.type(8)
    mixed += a
    mixed += half
    mixed >>= a.dtype.type(8)
    mixed &= low
    return mixed


def _take(source: Words, places: NDArray[np.intp]) -> Words:
    return source.take(places, mode="clip")  # they are within; "clip" spares numpy a buffer


def _packed(batch: Pictures, spare: int) -> Words:
    """N · H · W words in a row, a pixel each, and `spare` more that are 0."""
    n, h, w, c = batch.shape
    if c == 1:
        grey = np.zeros(n * h * w + spare, np.uint16)
        grey[: n * h * w] = batch.reshape(-1)
        return grey
    lanes = np.zeros((n * h * w + spare, 4), np.uint16)
    flat = batch.reshape(-1, c)
    for k in range(c):
        lanes[: n * h * w, k] = flat[:, k]
    return lanes.view(np.uint64)[:, 0]


def _unpacked(words: Words, channels: int) -> Pictures:
    if channels == 1:
        return words.astype(np.uint8)[..., None]
    out = np.empty((*words.shape, channels), np.uint8)
    lanes = words[..., None].view(np.uint16)
    for k in range(channels):
        out[..., k] = lanes[..., k]
    return out
