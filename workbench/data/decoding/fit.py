"""Bringing a picture to the network's size. The export writes the same geometry into the model it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.data.decoding.resizing import by_pillow, by_torch
from workbench.document.data_format import FITS

Pixels = npt.NDArray[np.uint8]
"""H × W × 3 (or × 1), uint8."""

Size = tuple[int, int]
"""Height, width."""

_WORTH_TORCH = 1 << 15


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a picture's true extent lies in pixels that were decoded at a reduced scale.

    `full` is its true (height, width); `scale` (1, 1/2, 1/4 or 1/8) that of the pixels; `origin` the (top, left) at
    which it begins, a fraction of a pixel where decoding rounded the size up at an edge that turning made the first.
    """

    full: Size
    scale: float = 1.0
    origin: tuple[float, float] = (0.0, 0.0)


SPARE = 1.45
"""A reduced picture keeps so many times the pixels that are asked for. On photographs it then differs from a full
decode by 0.7 levels of 255 on average (by 1.0 at this very ratio, by 1.2 at 1.33, by 2 with none to spare)."""


def crop_window(height: int, width: int, size: Size) -> tuple[int, int, int, int]:
    """(top, left, height, width) of the largest centred window that has the aspect of `size`, in whole pixels."""
    h, w = size
    if width * h > height * w:  # too wide
        kept = max(1, min(width, _divide(height * w, h)))
        return 0, (width - kept) // 2, height, kept
    kept = max(1, min(height, _divide(width * h, w)))
    return (height - kept) // 2, 0, kept, width


def padded_window(height: int, width: int, size: Size) -> tuple[int, int, int, int]:
    """(top, left, height, width) inside `size` that the whole picture fills with its aspect kept; the rest is black."""
    h, w = size
    if width * h > height * w:
        inner = max(1, min(h, _divide(height * w, width)))
        return (h - inner) // 2, 0, inner, w
    inner = max(1, min(w, _divide(width * h, height)))
    return 0, (w - inner) // 2, h, inner


def _divide(a: int, b: int) -> int:
    """a / b rounded, halves up."""
    return (2 * a + b) // (2 * b)


def fit(
    picture: Pixels | Image.Image, size: Size, mode: str = "crop", frame: Frame | None = None, *, quick: bool = False
) -> Pixels:
    """The picture (H × W × 3, or Pillow's RGB) at `size` (height, width), uint8 h × w × 3.

    "crop" cuts the centre to the aspect, "pad" adds black bars, "stretch" ignores the aspect. Resized with an
    antialiased bilinear filter (Pillow's BILINEAR, torch's ``interpolate(mode="bilinear", antialias=True)``).
    `frame` tells of a picture that was decoded smaller. Where it is to be `quick`, torch resizes large pictures, which
    changes a few in a thousand values by one level. Raises `Problem` for an unknown mode.
    """
    frame = frame or Frame(sides(picture))
    height, width = frame.full
    if mode == "crop":
        return _resize(picture, crop_window(height, width, size), size, frame, quick)
    whole = (0, 0, height, width)
    if mode == "stretch":
        return _resize(picture, whole, size, frame, quick)
    if mode == "pad":
        top, left, h, w = padded_window(height, width, size)
        canvas = np.zeros((*size, 3), np.uint8)
        canvas[top : top + h, left : left + w] = _resize(picture, whole, (h, w), frame, quick)
        return canvas
    raise Problem.of(
        "data.fit", f"There is no way “{mode}” to fit a picture; use one of {', '.join(FITS)}.", param="fit"
    )


def needed(height: int, width: int, size: Size, mode: str) -> Size:
    """The least (height, width) to decode a picture at, so that fitting it has `SPARE` times the pixels it gives."""
    if mode == "crop":
        _top, _left, h, w = crop_window(height, width, size)
        to_h, to_w = size
    else:
        h, w = height, width
        to_h, to_w = padded_window(height, width, size)[2:] if mode == "pad" else size
    return math.ceil(SPARE * to_h * height / h), math.ceil(SPARE * to_w * width / w)


def _resize(
    picture: Pixels | Image.Image, window: tuple[int, int, int, int], size: Size, frame: Frame, quick: bool
) -> Pixels:
    """A window (in full-size pixels) of a picture, resized; nothing outside it bleeds in."""
    top, left, h, w = window
    if frame.scale != 1.0:
        y0, x0 = frame.origin[0] + top * frame.scale, frame.origin[1] + left * frame.scale
        height, width = sides(picture)
        y1 = min(y0 + h * frame.scale, height)
        x1 = min(x0 + w * frame.scale, width)
        top, left = int(y0), int(x0)
        picture = _cut(picture, top, left, math.ceil(y1), math.ceil(x1))
        box = (x0 - left, y0 - top, x1 - left, y1 - top)
    else:
        picture = _cut(picture, top, left, top + h, left + w)
        box = (0.0, 0.0, float(w), float(h))
    if sides(picture) == size:
        return np.ascontiguousarray(picture)
    if quick and frame.scale == 1.0 and h * w >= _WORTH_TORCH:  # torch knows no fractions of a pixel at the edges
        return by_torch(picture, size)
    return by_pillow(picture, size, box)


def sides(picture: Pixels | Image.Image) -> Size:
    """Height and width."""
    if isinstance(picture, Image.Image):
        return picture.height, picture.width
    return picture.shape[0], picture.shape[1]


def _cut(picture: Pixels | Image.Image, top: int, left: int, bottom: int, right: int) -> Pixels | Image.Image:
    """The pixels inside of these edges, without copying where they are all."""
    if (top, left, bottom, right) == (0, 0, *sides(picture)):
        return picture
    if isinstance(picture, Image.Image):
        return picture.crop((left, top, right, bottom))
    return np.ascontiguousarray(picture[top:bottom, left:right])


def to_channels(picture: Pixels, channels: int) -> Pixels:
    """H × W × 3 as it is, or H × W × 1 as luma (ITU-R BT.601, in the whole numbers Pillow uses)."""
    if channels == 3:
        return picture
    r, g, b = (picture[..., c].astype(np.uint32) for c in range(3))
    return ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16).astype(np.uint8)[..., None]
