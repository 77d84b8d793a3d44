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

_BAND = 16384
"""Places worked out at once."""

_HALF_AND_LOW: Mapping[np.dtype[Any], tuple[Any, Any]] = {
    np.dtype(np.uint16): (np.uint16(0x7F), np.uint16(0xFF)),
    np.dtype(np.uint64): (np.uint64(0x007F007F007F007F), np.uint64(0x00FF00FF00FF00FF)),
}
"""What rounds to the nearest 256th, and the low half of every lane."""


def bands(n: int, h: int, w: int) -> Iterator[tuple[slice, tuple[slice, ...]]]:
    """Pictures in groups, and the rows of each group, in parts of about `_BAND` places: several small pictures at once,
    or one large picture in several parts."""
    several, rows = max(1, _BAND // max(1, h * w)), max(1, _BAND // max(1, w))
    parts = tuple(slice(y, min(y + rows, h)) for y in range(0, h, rows)) if several == 1 else (slice(0, h),)
    for i in range(0, n, several):
        yield slice(i, min(i + several, n)), parts


def sample(batch: Pictures, where: Where, fill: str) -> Pictures:
    """Each place of the result from the four pixels around its position in the source."""
    n, h, w, _ = batch.shape
    out = np.empty_like(batch)
    for pictures, parts in bands(n, h, w):
        own = batch[pictures]
        if fill == "black":  # a black frame around the picture is what lies beyond its edges
            own = np.pad(own, ((0, 0), (1, 1), (1, 1), (0, 0)))
        k, tall, wide, _ = own.shape
        source = _packed(own, spare=wide + 1)
        at, right, below, across = (source[j : j + k * tall * wide] for j in (0, 1, wide, wide + 1))
        first = np.arange(0, k * tall, tall, dtype=np.intp)[:, None, None]
        for rows in parts:
            x, y = where(pictures, rows)
            if fill == "black":
                x, y = x + np.float32(1), y + np.float32(1)
            column, fx = _grid(x, wide, fill, source.dtype)
            row, fy = _grid(y, tall, fill, source.dtype)
            place = (row + first) * wide + column
            upper = _mix(_take(at, place), _take(right, place), fx)
            lower = _mix(_take(below, place), _take(across, place), fx)
            _unpack(_mix(upper, lower, fy), out[pictures, rows])
    return out


def sample_along(batch: Pictures, rows: Floats, columns: Floats) -> Pictures:
    """Each picture at the crossings of its own rows (N × H) and columns (N × W); edges repeat."""
    n, h, w, _ = batch.shape
    out = np.empty_like(batch)
    for pictures, parts in bands(n, h, w):
        source = _packed(batch[pictures], spare=w)
        lines, next_lines = source[:-w].reshape(-1, w), source[w:].reshape(-1, w)
        first = np.arange(0, len(lines), h, dtype=np.intp)[:, None]
        column, fx = _grid(columns[pictures], w, "edge", source.dtype)
        for part in parts:
            row, fy = _grid(rows[pictures, part], h, "edge", source.dtype)
            line = row + first
            tall = np.zeros(line.size * w + 1, source.dtype)  # one more, for the neighbour of the last
            mixed = _mix(lines.take(line, 0), next_lines.take(line, 0), fy[:, :, None])
            tall[:-1] = mixed.reshape(-1)
            place = np.arange(0, line.size * w, w, dtype=np.intp).reshape(*line.shape, 1) + column[:, None, :]
            _unpack(_mix(_take(tall[:-1], place), _take(tall[1:], place), fx[:, None, :]), out[pictures, part])
    return out


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


def _take(source: Words, places: NDArray[np.signedinteger[Any]]) -> Words:
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


def _unpack(words: Words, out: Pictures) -> None:
    """Each word's channels into `out` (… × C)."""
    if out.shape[-1] == 1:
        out[..., 0] = words
        return
    lanes = words[..., None].view(np.uint16)
    for k in range(out.shape[-1]):
        out[..., k] = lanes[..., k]
