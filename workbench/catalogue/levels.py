"""Pictures whose values are spread, counted, folded or sharpened: uint8 N × H × W × C in and out, numpy alone.

These are the operations that RandAugment and TrivialAugment draw from besides those in `toning` and `warping`; they
give what Pillow's `ImageOps` and `ImageEnhance` give, by which the papers define them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.sampling import Pictures
from workbench.catalogue.toning import few, tables
from workbench.catalogue.warping import Numbers


def autocontrast(batch: Pictures) -> Pictures:
    """Each channel of each picture spread so that its darkest value is 0 and its lightest 255."""
    if 0 in batch.shape:
        return batch.copy()
    low = batch.min(axis=1).min(axis=1).astype(np.float64)[..., None]  # rows first: several times faster
    high = batch.max(axis=1).max(axis=1).astype(np.float64)[..., None]
    wide = high > low
    scale = 255 / np.where(wide, high - low, 255)
    ramp = np.arange(256, dtype=np.float64)
    spread = np.clip(np.floor(ramp * scale - low * scale + 1e-9), 0, 255)
    return _by_channel(batch, np.where(wide, spread, ramp).astype(np.uint8))


def equalise(batch: Pictures) -> Pictures:
    """Each channel of each picture mapped so that all values are about equally frequent (histogram equalisation)."""
    counts = histograms(batch)
    total = counts.sum(-1)
    last = 255 - (counts[..., ::-1] > 0).argmax(-1)
    step = (total - np.take_along_axis(counts, last[..., None], -1)[..., 0]) // 255
    before = counts.cumsum(-1) - counts
    divisor = np.maximum(step, 1)[..., None]
    table = np.minimum((step[..., None] // 2 + before) // divisor, 255)
    return _by_channel(batch, np.where(step[..., None] > 0, table, np.arange(256)).astype(np.uint8))


def posterise(batch: Pictures, bits: NDArray[np.intp]) -> Pictures:
    """Each picture with that many bits of its values kept (0 to 8)."""
    masks = (0xFF00 >> bits & 0xFF).astype(np.uint8)
    return batch & masks[:, None, None, None]


def solarise(batch: Pictures, thresholds: Numbers) -> Pictures:
    """Values at or above the picture's threshold turned to their negative (256 leaves all as they are)."""
    ramp = np.arange(256, dtype=np.float64)
    return tables(batch, np.where(ramp >= thresholds[:, None], 255 - ramp, ramp))


def sharpen(batch: Pictures, factors: Numbers) -> Pictures:
    """Each picture drawn away from its smoothed self (factor above 1) or towards it; the outermost pixels stay."""
    out = batch.copy()
    if min(batch.shape[1:3]) < 3:
        return out
    parts = np.rint(factors * 256).astype(np.int32)[:, None, None, None]
    for part in few(batch):
        wide = batch[part].astype(np.int32)
        across = wide[:, :, :-2] + wide[:, :, 1:-1] + wide[:, :, 2:]
        inner = wide[:, 1:-1, 1:-1]
        smooth = across[:, :-2] + across[:, 1:-1] + across[:, 2:]
        smooth += 4 * inner
        smooth += 6
        smooth //= 13
        mixed = inner - smooth
        mixed *= parts[part]
        mixed += 128
        mixed >>= 8
        mixed += smooth
        out[part, 1:-1, 1:-1] = np.clip(mixed, 0, 255, out=mixed)
    return out


def histograms(batch: Pictures) -> NDArray[np.int64]:
    """How often each value occurs in each channel of each picture: N × C × 256."""
    n, _, _, c = batch.shape
    places = np.arange(n * c, dtype=np.int64).reshape(n, 1, 1, c) * 256
    return np.bincount((places + batch).ravel(), minlength=n * c * 256).reshape(n, c, 256)


def _by_channel(batch: Pictures, table: NDArray[np.uint8]) -> Pictures:
    """Each channel of each picture through a table of its own: N × C × 256."""
    out = np.empty_like(batch)
    for picture, lookups, target in zip(batch, table, out, strict=True):
        for k, lookup in enumerate(lookups):
            target[..., k] = np.take(lookup, picture[..., k], mode="clip")
    return out
