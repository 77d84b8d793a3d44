"""From picture files to what the network takes. Needs numpy, torch and Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps


def samples(path: str | Path) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """The name and the picture of a file."""
    yield str(path), read(path)


def read(path: str | Path) -> np.ndarray[Any, Any]:
    """A picture file as uint8 height × width × 3: upright, on white where it is transparent, in sRGB."""
    with Image.open(path) as opened:
        profile = opened.info.get("icc_profile")
        picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):  # of 16 bits, which Pillow's own conversion would cut off
            levels = np.clip(np.asarray(picture).astype(np.float64), 0, 65535) / 257
            picture = Image.fromarray(np.rint(levels).astype(np.uint8))
        elif picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            picture = Image.alpha_composite(white, picture)
        if picture.mode != "CMYK":
            picture = picture.convert("RGB")
        return np.asarray((in_srgb(picture, profile) if profile else picture).convert("RGB"))


def in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture by its colour profile; as it is where the profile is broken or for another kind of picture."""
    try:
        seen = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return seen if seen is not None else picture


def prepare(picture: np.ndarray[Any, Any], facts: dict[str, Any]) -> torch.Tensor:
    """uint8 height × width × 3 to the network's float32 1 × C × h × w."""
    h, w = facts["size"]
    height, width = picture.shape[:2]
    image = Image.fromarray(picture)
    bilinear = Image.Resampling.BILINEAR
    if facts["fit"] == "crop":
        wide = max(1, min(width, (2 * height * w + h) // (2 * h)))
        high = max(1, min(height, (2 * width * h + w) // (2 * w)))
        left, top = (width - wide) // 2, (height - high) // 2
        image = image.crop((left, top, left + wide, top + high)).resize((w, h), bilinear)
    elif facts["fit"] == "pad":
        wide = max(1, min(w, (2 * width * h + height) // (2 * height)))
        high = max(1, min(h, (2 * height * w + width) // (2 * width)))
        small = image.resize((wide, high), bilinear)
        image = Image.new("RGB", (w, h))
        image.paste(small, ((w - wide) // 2, (h - high) // 2))
    else:
        image = image.resize((w, h), bilinear)
    if facts["channels"] == 1:
        image = image.convert("L")
    values = np.asarray(image, dtype=np.float32).reshape(h, w, -1).transpose(2, 0, 1) / np.float32(255)
    mean = np.array(facts["mean"], np.float32)[:, None, None]
    std = np.array(facts["std"], np.float32)[:, None, None]
    return torch.from_numpy((values - mean) / std)[None]
