"""Pictures mixed with one another: uint8 N × H × W × C in and out, numpy alone; and how much of each.

Every mixture says its share in parts of 256 or of its pixels exactly, so that labels are mixed by what is in the
picture, not by what was drawn.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.sampling import Pictures
from workbench.catalogue.toning import few
from workbench.catalogue.warping import Numbers

Shares = NDArray[np.float32]

_STEPS = 4096


def symmetric_beta(alpha: float, uniform: Numbers) -> Numbers:
    """Beta(alpha, alpha) from uniform numbers in [0, 1), by the inverse of its distribution function.

    One number in, one out, so that a draw stays a function of its place (rejection would take as many as it likes).
    """
    quantiles, at = _lower_half(alpha)
    lower = np.minimum(uniform, 1 - uniform) * 2
    low: Numbers = np.interp(lower, quantiles, at)
    if alpha < 1:
        low = low ** (1 / alpha)
    return np.where(uniform < 0.5, low, 1 - low)


@lru_cache(maxsize=64)
def _lower_half(alpha: float) -> tuple[Numbers, Numbers]:
    """The distribution function on [0, 1/2], scaled to reach 1, and where it takes these values.

    Below 1 the density is infinite at 0; in v = x^alpha it is (1 - v^(1/alpha))^(alpha - 1), smooth up to the middle,
    and the places are given as v.
    """
    end = 0.5**alpha if alpha < 1 else 0.5
    at = np.linspace(0, end, _STEPS + 1)
    middle = (at[1:] + at[:-1]) / 2

    def density(v: Numbers) -> Numbers:
        return (1 - v ** (1 / alpha)) ** (alpha - 1) if alpha < 1 else (v * (1 - v)) ** (alpha - 1)

    simpson = density(at[:-1]) + 4 * density(middle) + density(at[1:])
    total = np.concatenate([[0.0], np.cumsum(simpson)])
    return total / total[-1], at


def mixup(batch: Pictures, others: Pictures, shares: Numbers) -> tuple[Pictures, Shares]:
    """Each picture shining through its other one (Zhang et al. 2018, "mixup", equation 1)."""
    parts = np.rint(shares * 256).astype(np.uint16)[:, None, None, None]
    out = np.empty_like(batch)
    for part in few(batch):
        mixed = batch[part] * parts[part]
        mixed += others[part] * (np.uint16(256) - parts[part])
        mixed += np.uint16(127)
        mixed >>= np.uint16(8)
        out[part] = mixed
    return out, (parts[:, 0, 0, 0] / np.float32(256)).astype(np.float32)


def cutmix(
    batch: Pictures, others: Pictures, shares: Numbers, middle_y: Numbers, middle_x: Numbers
) -> tuple[Pictures, Shares]:
    """Each picture with a rectangle of its other one pasted in (Yun et al. 2019, "CutMix", equations 1 and 2).

    The rectangle has the shape of the picture and an area of 1 - share; its middle is given in shares of the sides.
    What lies outside the picture is cut off, and the share that comes back counts what is left.
    """
    _, h, w, _ = batch.shape
    out = batch.copy()
    side = np.sqrt(1 - shares)
    ends = []
    for middle, n in ((middle_y, h), (middle_x, w)):
        half = side * n / 2
        ends += [np.clip(np.rint(middle * n + sign * half), 0, n).astype(np.intp) for sign in (-1, 1)]
    top, bottom, left, right = ends
    for i, (a, b, x, y) in enumerate(zip(top.tolist(), bottom.tolist(), left.tolist(), right.tolist(), strict=True)):
        out[i, a:b, x:y] = others[i, a:b, x:y]
    return out, (1 - (bottom - top) * (right - left) / (h * w)).astype(np.float32)
