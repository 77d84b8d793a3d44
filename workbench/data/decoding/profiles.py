"""Colour profiles: files whose numbers mean other colours than those of sRGB, which screens and networks take."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

LARGEST = 4 << 20
"""Bytes. Larger profiles are ignored: the largest in use, those of printing presses, have about two million."""

ALIKE = 3
"""A profile that moves no colour by more levels of 255 than this is taken for sRGB, and costs nothing."""

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "LAB": "LAB"}


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The picture (RGB, L, CMYK or LAB) in RGB as a person sees it, if the profile says something else and fits it.

    The picture as it is where there is no profile, and where the profile is broken, for another kind of picture, or
    sRGB itself. `profile` are the bytes of an ICC file (ICC.1:2022). An RGB picture without colour may have one for L.
    """
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= LARGEST:
        return image
    found = _transform(profile)
    if found is None:
        return image
    mode, transform = found
    if image.mode == "RGB" and mode == "L":
        image = image.getchannel(0) if _is_grey(image) else image
    if image.mode != mode:
        return image
    try:
        seen = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, ValueError, TypeError):
        return image
    return seen if seen is not None else image


def in_srgb(pixels: npt.NDArray[np.uint8], profile: bytes) -> npt.NDArray[np.uint8]:
    """`to_srgb` for H × W × 3; copies nothing where there is nothing to do."""
    if not 128 <= len(profile) <= LARGEST or _transform(profile) is None:
        return pixels
    return np.asarray(to_srgb(Image.fromarray(pixels), profile))


@lru_cache(maxsize=32)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """The mode of the pictures a profile is for, and the way to sRGB; None where there is nothing to do."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(opened.profile.xcolor_space.strip().upper())
        if mode is None:
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if _changes_nothing(mode, transform) else (mode, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None


def _changes_nothing(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether colours all over the space stay where they are."""
    if mode not in ("RGB", "L"):
        return False
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    if mode == "L":
        before = levels[None, :]
    else:
        before = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(9, 81, 3)
    after = ImageCms.applyTransform(Image.fromarray(before), transform)
    expected = np.asarray(Image.fromarray(before).convert("RGB")).astype(np.int16)
    return bool(np.abs(np.asarray(after).astype(np.int16) - expected).max() <= ALIKE)


def _is_grey(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
