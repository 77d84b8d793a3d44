"""From uint8 to the numbers a network takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_FLATTEST = 1 / 255
"""The least standard deviation divided by: pictures of one colour only must not become infinite."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """``(pixel / 255 - mean) / std`` for each channel; mean and std are given for pixels in 0..1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def unit(cls, channels: int) -> Scaling:
        """To 0..1."""
        return cls((0.0,) * channels, (1.0,) * channels)

    @classmethod
    def symmetric(cls, channels: int) -> Scaling:
        """To -1..1."""
        return cls((0.5,) * channels, (0.5,) * channels)

    @classmethod
    def measured(cls, batches: Iterable[Pixels], channels: int) -> Scaling:
        """To mean 0 and standard deviation 1 over all pixels of uint8 N × H × W × C arrays.

        Counts values rather than adding numbers, so the result is exact and knows no order. With no pixels: `unit`.
        """
        counts = np.zeros((channels, 256), np.int64)
        for batch in batches:
            for c in range(channels):
                counts[c] += np.bincount(batch[..., c].ravel(), minlength=256)
        if not counts.sum():
            return cls.unit(channels)
        levels = np.arange(256) / 255
        shares = counts / counts.sum(axis=1, keepdims=True)
        mean = shares @ levels
        std = np.sqrt((shares * (levels[None, :] - mean[:, None]) ** 2).sum(axis=1))
        return cls(tuple(mean.tolist()), tuple(np.maximum(std, _FLATTEST).tolist()))

    def apply(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """uint8 N × H × W × C to float32 N × C × H × W, channels last in memory.

        That layout is a view of what one pass over the pixels writes, and the one convolutions are fastest with.
        """
        n, h, w, c = pixels.shape
        factor = np.tile(np.array([1 / (255 * s) for s in self.std], np.float32), w)
        offset = np.tile(np.array([-m / s for m, s in zip(self.mean, self.std, strict=True)], np.float32), w)
        rows = np.empty((n * h, w * c), np.float32)
        flat = pixels.reshape(n * h, w * c)
        for k in range(0, n * h, _BLOCK):  # three passes over a block that stays in the processor's cache
            block = rows[k : k + _BLOCK]
            block[...] = flat[k : k + _BLOCK]
            block *= factor
            block += offset
        return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)


_BLOCK = 256
