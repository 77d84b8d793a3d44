"""From a file to the pixels a person sees, at full size or no larger than the network needs."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.data import jpeg
from workbench.data.exif import orientation, swaps_sides, upright
from workbench.data.fit import Pixels, Size, fit, needed, to_channels
from workbench.data.formats import check_size, damaged, open_image, sniff
from workbench.data.modes import to_rgb
from workbench.data.unreadable import UnreadablePicture, read_regular

__all__ = ["Decoded", "decode", "decode_bytes", "decode_scaled", "fit", "network_picture", "reduced_picture"]

_ORIENTATION_TAG = 274


@dataclass(frozen=True, slots=True)
class Decoded:
    """Upright pixels, the picture's true (height, width), and the scale it was decoded at (1 or n/8)."""

    pixels: Pixels
    full: Size
    scale: float = 1.0


def decode(path: str | Path) -> Pixels:
    """The picture as a person sees it: uint8 H × W × 3, upright, transparency on white.

    Raises `UnreadablePicture` (a `Problem`) with the reason and the file's name.
    """
    try:
        return decode_bytes(read_regular(path))
    except UnreadablePicture as refused:
        raise UnreadablePicture(refused.reason, str(path)) from refused


def decode_bytes(data: bytes) -> Pixels:
    """`decode` for the bytes of a file. Raises `UnreadablePicture`."""
    return decode_scaled(data, None).pixels


def network_picture(data: bytes, size: Size, channels: int, mode: str) -> Pixels:
    """A file's bytes as the network takes them: uint8 h × w × channels. Raises `UnreadablePicture`.

    A large JPEG is decoded at a reduced scale, never below twice what is needed; against a full decode the result
    differs by about one level of 255 on average.
    """
    decoded = decode_scaled(data, lambda height, width: needed(height, width, size, mode))
    fitted = fit(decoded.pixels, size, mode, full=decoded.full, scale=decoded.scale)
    return to_channels(fitted, channels)


def reduced_picture(data: bytes, edge: int) -> Pixels:
    """The whole picture with its longer side brought down to `edge` pixels (never enlarged): uint8 h × w × 3."""

    def target(height: int, width: int) -> Size:
        share = min(1.0, edge / max(height, width))
        return max(1, round(height * share)), max(1, round(width * share))

    decoded = decode_scaled(data, lambda height, width: needed(height, width, target(height, width), "stretch"))
    return fit(decoded.pixels, target(*decoded.full), "stretch", full=decoded.full, scale=decoded.scale)


def decode_scaled(data: bytes, at_least: Callable[[int, int], Size] | None) -> Decoded:
    """Decodes; where the format allows it, no larger than `at_least(height, width)` of the upright picture asks for."""
    kind = sniff(data[:32])
    if kind == "JPEG":
        quick = _quick_jpeg(data, at_least)
        if quick is not None:
            return quick
    image = open_image(io.BytesIO(data), kind)
    turned = stored_orientation(image)
    try:
        image.load()
        pixels = np.asarray(to_rgb(image))
    except Exception as error:  # hostile bytes make decoders raise anything
        raise UnreadablePicture(damaged(error)) from error
    pixels = upright(pixels, turned)
    return Decoded(pixels, (pixels.shape[0], pixels.shape[1]))


def stored_orientation(image: Image.Image) -> int:
    """The orientation (1 to 8) an opened picture states, whatever its format."""
    if image.format == "TIFF":
        value = getattr(image, "tag_v2", {}).get(_ORIENTATION_TAG, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    block = image.info.get("exif", b"")
    return orientation(block) if isinstance(block, bytes) else 1


def _quick_jpeg(data: bytes, at_least: Callable[[int, int], Size] | None) -> Decoded | None:
    """By libjpeg-turbo, scaled while decoding; None where Pillow should decide."""
    header = jpeg.read_header(data)
    if header is None or not header.plain or header.components not in (1, 3):
        return None
    check_size(header.width, header.height)
    swapped = swaps_sides(header.orientation)
    full = (header.width, header.height) if swapped else (header.height, header.width)
    wanted = (0, 0)
    if at_least is not None:
        wanted = at_least(*full)
        if wanted[0] >= full[0] or wanted[1] >= full[1]:
            wanted = (0, 0)
        elif swapped:
            wanted = (wanted[1], wanted[0])
    pixels = jpeg.decode_rgb(data, wanted)
    if pixels is None:
        return None
    longest = max(full)
    eighths = round(8 * max(pixels.shape[:2]) / longest) if longest > 16 else 8
    return Decoded(upright(pixels, header.orientation), full, eighths / 8)
