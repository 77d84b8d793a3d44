"""Pictures made lighter, flatter, greyer, noisier: uint8 N × H × W × C in and out, numpy alone.

As in `warping`, sums are taken in integers, so that a picture comes out the same whatever its companions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.warping import Numbers, Pictures

_RAMP = np.arange(256, dtype=np.float64)
_GREY = np.array([77, 150, 29], dtype=np.uint16)
"""Rec. 601 luma weights in parts of 256: 256 × 255 just fits 16 bits."""

# FCC NTSC colour space: one axis of brightness, two of colour, in which turning the hue is a rotation.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)


def tables(batch: Pictures, values: Numbers) -> Pictures:
    """Each picture through its own table of 256 values (N × 256, clipped to 0 … 255)."""
    lookup = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    out = np.empty_like(batch)
    for picture, table, target in zip(batch, lookup, out, strict=True):
        np.take(table, picture, out=target, mode="clip")
    return out


def brightness(batch: Pictures, factors: Numbers) -> Pictures:
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
    red, green, blue = (batch[..., k] * _GREY[k] for k in range(3))
    weighed: NDArray[np.uint16] = (red + green + blue + np.uint16(127)) >> np.uint16(8)
    return weighed.astype(np.uint8)[..., None]


def grey(batch: Pictures, chosen: NDArray[np.bool_]) -> Pictures:
    out = batch.copy()
    out[chosen] = luma(batch[chosen])
    return out


def saturation(batch: Pictures, factors: Numbers) -> Pictures:
    """Colours pulled towards grey, or away from it; a grey picture stays."""
    if batch.shape[-1] != 3:
        return batch.copy()
    middle = luma(batch).astype(np.int32)
    parts = np.rint(factors * 256).astype(np.int32)[:, None, None, None]
    mixed = (batch - middle) * parts
    mixed += 128
    mixed >>= 8
    mixed += middle
    return np.clip(mixed, 0, 255, out=mixed).astype(np.uint8)


def hue(batch: Pictures, angles: Numbers) -> Pictures:
    """Colours turned around the colour wheel by an angle in radians; a grey picture stays."""
    if batch.shape[-1] != 3:
        return batch.copy()
    out = np.empty_like(batch)
    for i, angle in enumerate(angles.tolist()):
        cos, sin = np.cos(angle), np.sin(angle)
        turn = _FROM_YIQ @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _TO_YIQ
        red, green, blue = (batch[i, ..., k].astype(np.float32) for k in range(3))
        for k, (r, g, b) in enumerate(turn.astype(np.float32)):
            out[i, ..., k] = np.clip(np.rint(r * red + g * green + b * blue), 0, 255)
    return out


def noise(batch: Pictures, strength: float, seeds: NDArray[np.uint64]) -> Pictures:
    """Gaussian noise with a standard deviation of `strength` (of 255), each picture's from its own seed."""
    out = np.empty_like(batch)
    for i, seed in enumerate(seeds.tolist()):
        grains = np.random.Generator(np.random.SFC64(seed)).standard_normal(batch.shape[1:], dtype=np.float32)
        grains *= strength
        grains += batch[i]
        np.rint(grains, out=grains)
        out[i] = np.clip(grains, 0, 255, out=grains)
    return out


def blur(batch: Pictures, chosen: NDArray[np.bool_], passes: int) -> Pictures:
    """The chosen pictures smoothed by 1-2-1 along both axes, `passes` times: near a Gaussian of variance passes / 2."""
    out = batch.copy()
    soft = batch[chosen].astype(np.uint16)
    for _ in range(passes):
        for axis in (1, 2):
            soft = _smooth(soft, axis)
    out[chosen] = soft
    return out


def _smooth(pictures: NDArray[np.uint16], axis: int) -> NDArray[np.uint16]:
    around = [(0, 0)] * 4
    around[axis] = (1, 1)
    wide = np.pad(pictures, around, mode="edge")
    n = pictures.shape[axis]
    before, middle, after = (wide[(slice(None),) * axis + (slice(k, k + n),)] for k in range(3))
    smooth: NDArray[np.uint16] = before + 2 * middle + after + np.uint16(2)
    smooth >>= 2
    return smooth


def erase(batch: Pictures, boxes: NDArray[np.intp]) -> Pictures:
    """Each picture with a rectangle (top, left, bottom, right) in its mean colour; an empty one changes nothing."""
    out = batch.copy()
    pixels = batch.shape[1] * batch.shape[2]
    for i, (top, left, bottom, right) in enumerate(boxes.tolist()):
        if bottom > top and right > left:
            out[i, top:bottom, left:right] = batch[i].sum(axis=(0, 1), dtype=np.int64) // pixels
    return out
