"""Every way Pillow stores pixels, as the RGB a person sees."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageCms

from workbench.data.decoding.profiles import to_srgb


def to_rgb(image: Image.Image) -> Image.Image:
    """An RGB picture: 16 bits scaled (never clipped), transparency laid on white, CMYK, palettes, grey and 1-bit.

    A colour profile in the file is followed. Of an animation this is the first frame.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "CMYK" and profile:
        seen = to_srgb(image, profile)
        return seen if seen.mode == "RGB" else seen.convert("RGB")
    rgb = _as_stored(image)
    return to_srgb(rgb, profile) if profile else rgb


def _as_stored(image: Image.Image) -> Image.Image:
    """RGB by the numbers alone."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        return _deep_grey(image)
    if image.mode in ("RGBA", "LA", "La", "RGBa", "PA") or "transparency" in image.info:
        return _on_white(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        return converted if converted is not None else image.convert("RGB")
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Composited on white: dropping the alpha channel would uncover whatever colour hides under it."""
    seen = image.convert("RGBA")
    ground = Image.new("RGBA", seen.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, seen).convert("RGB")


def _deep_grey(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits, scaled to 8 (Pillow's own conversion clips).

    Whole numbers: 0 is black and 65,535 white. Fractions: 0 to 1, or 0 to 255. What lies outside these ranges, as in
    scientific files, states no range of its own, so the picture's darkest and brightest become black and white.
    """
    values = np.asarray(image).astype(np.float64)
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    for white in (1.0, 255.0) if image.mode == "F" else (65535.0,):
        if low >= 0 and high <= white:
            low, high = 0.0, white
            break
    values = np.clip(np.where(finite, values, low), low, high)
    grey = np.rint((values - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")
