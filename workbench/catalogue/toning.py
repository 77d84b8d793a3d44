"""Pictures made lighter, flatter, greyer, noisier: uint8 N × H × W × C in and out, numpy alone.

As in `warping`, sums are taken in integers, so that a picture comes out the same whatever its companions; what needs
room for its sums goes through a few pictures at a time, which then stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.sampling import Pictures
from workbench.catalogue.warping import Numbers

_RAMP = np.arange(256, dtype=np.float64)
_GREY = np.array([77, 150, 29], dtype=np.uint16)
"""Rec. 601 luma weights in parts of 256: 256 × 255 just fits 16 bits."""

# FCC NTSC colour space: one axis of brightness, two of colour, in which turning the hue is a rotation.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)

_AT_ONCE = 1 << 15
"""Pixels worked on at once."""


def few(batch: Pictures) -> Iterator[slice]:
    """The batch in parts of about `_AT_ONCE` pixels, one picture at least."""
    several = max(1, _AT_ONCE // max(1, batch.shape[1] * batch.shape[2]))
    for k in range(0, len(batch), several):
        yield slice(k, k + several)


def tables(batch: Pictures, values: Numbers) -> Pictures:
    """Each picture through its own table of 256 values (N × 256, clipped to 0 … 255)."""
    lookup = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    out = np.empty_like(batch)
    for picture, table, target in zip(batch, lookup, out, strict=True):
        np.take(table, picture, out=target, mode="clip")
    return out


def brightness(batch: Pictures, factors: Numbers) -> Pictures:
    """Every value times the picture's factor."""
    return tables(batch, factors[:, None] * _RAMP)


def contrast(batch: Pictures, factors: Numbers) -> Pictures:
    """Values pulled towards the picture's own mean, or away from it."""
    sums = batch.sum(axis=(1, 2, 3), dtype=np.int64)
    means = sums / (batch[0].size if len(batch) else 1)
    return tables(batch, means[:, None] + factors[:, None] * (_RAMP - means[:, None]))


def gamma(batch: Pictures, exponents: Numbers) -> Pictures:
    """Mid tones lifted (exponent below 1) or lowered; black and white stay."""
    return tables(batch, 255 * (_RAMP / 255) ** exponents[:, None])


def luma(batch: Pictures) -> Pictures:
    """Brightness as the eye weighs the colours: N × H × W × 1; the batch itself when it is grey."""
    if batch.shape[-1] != 3:
        return batch
    out = np.empty((*batch.shape[:3], 1), np.uint8)
    for part in few(batch):
        weighed = batch[part, ..., 0] * _GREY[0]
        weighed += batch[part, ..., 1] * _GREY[1]
        weighed += batch[part, ..., 2] * _GREY[2]
        weighed += np.uint16(127)
        weighed >>= np.uint16(8)
        out[part, ..., 0] = weighed
    return out


def grey(batch: Pictures) -> Pictures:
    """Every colour by its brightness."""
    out = np.empty_like(batch)
    out[:] = luma(batch)
    return out


def saturation(batch: Pictures, factors: Numbers) -> Pictures:
    """Colours pulled towards grey, or away from it; a grey picture stays."""
    if batch.shape[-1] != 3:
        return batch.copy()
    middles = luma(batch)[..., 0]
    parts = np.rint(factors * 256).astype(np.int32)[:, None, None]
    out = np.empty_like(batch)
    for part in few(batch):
        middle = middles[part].astype(np.int32)
        for k in range(3):
            mixed = batch[part, ..., k] - middle
            mixed *= parts[part]
            mixed += 128
            mixed >>= 8
            mixed += middle
            out[part, ..., k] = np.clip(mixed, 0, 255, out=mixed)
    return out


def hue(batch: Pictures, angles: Numbers) -> Pictures:
    """Colours turned around the colour wheel by an angle in radians; a grey picture stays."""
    if batch.shape[-1] != 3:
        return batch.copy()
    cos, sin = np.cos(angles), np.sin(angles)
    turns = np.zeros((len(batch), 3, 3))
    turns[:, 0, 0], turns[:, 1, 1], turns[:, 1, 2], turns[:, 2, 1], turns[:, 2, 2] = 1, cos, -sin, sin, cos
    weights = np.stack([_FROM_YIQ @ turn @ _TO_YIQ for turn in turns]) if len(turns) else turns
    factors = weights.astype(np.float32)[..., None, None]
    out = np.empty_like(batch)
    for part in few(batch):
        red, green, blue = (batch[part, ..., k].astype(np.float32) for k in range(3))
        for k in range(3):
            turned = factors[part, k, 0] * red
            turned += factors[part, k, 1] * green
            turned += factors[part, k, 2] * blue
            np.rint(turned, out=turned)
            out[part, ..., k] = np.clip(turned, 0, 255, out=turned)
    return out


def noise(batch: Pictures, strength: float, seeds: NDArray[np.uint64]) -> Pictures:
    """Gaussian noise with a standard deviation of `strength` (of 255), each picture's from its own seed."""
    out = np.empty_like(batch)
    grains = np.empty(batch.shape[1:], np.float32)
    for i, seed in enumerate(seeds.tolist()):
        np.random.Generator(np.random.SFC64(seed)).standard_normal(dtype=np.float32, out=grains)
        grains *= strength
        grains += batch[i]
        np.rint(grains, out=grains)
        out[i] = np.clip(grains, 0, 255, out=grains)
    return out


def blur(batch: Pictures, passes: int) -> Pictures:
    """Pictures smoothed by 1-2-1 along both axes, `passes` times: near a Gaussian of variance passes / 2."""
    out = np.empty_like(batch)
    for part in few(batch):
        soft = batch[part].astype(np.uint16)
        for _ in range(passes):
            for axis in (1, 2):
                soft = _smooth(soft, axis)
        out[part] = soft
    return out


def _smooth(pictures: NDArray[np.uint16], axis: int) -> NDArray[np.uint16]:
    """1-2-1 along an axis, the edge repeated."""
    n = pictures.shape[axis]
    first, last, before, after = (
        (slice(None),) * axis + (slice(*ends),) for ends in ((0, 1), (n - 1, n), (0, n - 1), (1, n))
    )
    smooth = pictures << np.uint16(1)
    smooth += np.uint16(2)
    smooth[before] += pictures[after]
    smooth[after] += pictures[before]
    smooth[first] += pictures[first]
    smooth[last] += pictures[last]
    smooth >>= np.uint16(2)
    return smooth


def erase(batch: Pictures, boxes: NDArray[np.intp]) -> Pictures:
    """Each picture with a rectangle (top, left, bottom, right) in its mean colour; an empty one changes nothing."""
    out = batch.copy()
    pixels = batch.shape[1] * batch.shape[2]
    for i, (top, left, bottom, right) in enumerate(boxes.tolist()):
        if bottom > top and right > left:
            by_column = batch[i].sum(axis=0, dtype=np.uint32)  # rows first: several times faster than pixel by pixel
            out[i, top:bottom, left:right] = by_column.sum(axis=0, dtype=np.int64) // pixels
    return out
