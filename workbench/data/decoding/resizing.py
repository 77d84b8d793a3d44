"""Resizing with an antialiased bilinear filter: by Pillow, or quicker by torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, fractions allowed."""


def by_pillow(picture: Pixels | Image.Image, size: tuple[int, int], box: Box) -> Pixels:
    """What lies in the box at `size` (height, width), uint8 h × w × 3 (Pillow's BILINEAR)."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box))


def by_torch(picture: Pixels | Image.Image, size: tuple[int, int]) -> Pixels:
    """The whole picture at `size`, uint8 h × w × 3, three to eight times as quick as `by_pillow` for a photograph.

    A few in a thousand values differ from Pillow's, by one level. It takes one thread (no OpenMP) and lets go of the
    interpreter meanwhile.
    """
    import torch

    pixels = np.array(picture) if isinstance(picture, Image.Image) else np.ascontiguousarray(picture)
    planes = torch.from_numpy(pixels[None]).permute(0, 3, 1, 2)
    resized = torch.nn.functional.interpolate(planes, size, mode="bilinear", antialias=True)
    return np.asarray(resized[0].permute(1, 2, 0).contiguous().numpy(), np.uint8)
