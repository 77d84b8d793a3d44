"""From a file to the pixels a person sees, at full size or no larger than the network needs."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.data.decoding import jpeg, png
from workbench.data.decoding.exif import orientation, reversed_axes, swaps_sides, upright
from workbench.data.decoding.fit import Frame, Pixels, Size, fit, needed, sides, to_channels
from workbench.data.decoding.formats import check_size, damaged, open_image, sniff
from workbench.data.decoding.modes import to_rgb
from workbench.data.decoding.profiles import in_srgb
from workbench.data.unreadable import UnreadablePicture, read_regular

__all__ = ["Decoded", "decode", "decode_bytes", "decode_scaled", "fit", "network_picture", "reduced_picture"]

WORTH_SCALING = 1 << 15
"""A JPEG with fewer pixels (as many as 181 × 181) is decoded in full: it takes no time worth saving."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Upright pixels (H × W × 3, or Pillow's RGB as it left the decoder), and where the true extent lies in them."""

    pixels: Pixels | Image.Image
    frame: Frame


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
    return np.asarray(decode_scaled(data, None).pixels)


def network_picture(data: bytes, size: Size, channels: int, mode: str, *, quick: bool = False) -> Pixels:
    """A file's bytes as the network takes them: uint8 h × w × channels. Raises `UnreadablePicture`.

    `quick` is as for `fit`, and meant for many pictures: torch is loaded where one is large.

    A large JPEG is decoded at a reduced scale, with some pixels to spare (`fit.SPARE`); against a full decode the
    result differs by less than one level of 255 on average.
    """
    decoded = decode_scaled(data, lambda height, width: needed(height, width, size, mode))
    fitted = fit(decoded.pixels, size, mode, decoded.frame, quick=quick)
    return to_channels(fitted, channels)


def reduced_picture(data: bytes, edge: int) -> Pixels:
    """The whole picture with its longer side brought down to `edge` pixels (never enlarged): uint8 h × w × 3."""

    def target(height: int, width: int) -> Size:
        share = min(1.0, edge / max(height, width))
        return max(1, round(height * share)), max(1, round(width * share))

    decoded = decode_scaled(data, lambda height, width: needed(height, width, target(height, width), "stretch"))
    return fit(decoded.pixels, target(*decoded.frame.full), "stretch", decoded.frame)


def decode_scaled(data: bytes, at_least: Callable[[int, int], Size] | None) -> Decoded:
    """Decodes; where the format allows it, no larger than `at_least(height, width)` of the upright picture asks for."""
    kind = sniff(data[:32])
    if kind == "JPEG":
        quick = _quick_jpeg(data, at_least)
        if quick is not None:
            return quick
    plain = png.read_plain(data) if kind == "PNG" else None
    if plain is not None:
        pixels = to_rgb(plain) if isinstance(plain, Image.Image) else plain
        return Decoded(pixels, Frame(sides(pixels)))
    image = open_image(io.BytesIO(data), kind)
    turned = stored_orientation(image)
    try:
        image.load()
        image = to_rgb(image)
    except Exception as error:  # hostile bytes make decoders raise anything
        raise UnreadablePicture(damaged(error)) from error
    if turned == 1:
        return Decoded(image, Frame(sides(image)))
    pixels = upright(np.asarray(image), turned)
    return Decoded(pixels, Frame(sides(pixels)))


def stored_orientation(image: Image.Image) -> int:
    """The orientation (1 to 8) that is still to be undone in an opened picture (Pillow turns TIFF by itself)."""
    block = image.info.get("exif", b"")
    return orientation(block) if isinstance(block, bytes) else 1


def _quick_jpeg(data: bytes, at_least: Callable[[int, int], Size] | None) -> Decoded | None:
    """By libjpeg-turbo, scaled while decoding; None where Pillow should decide."""
    header = jpeg.read_header(data)
    if header is not None and header.bits != 8:
        raise UnreadablePicture(
            f"It is a JPEG picture with {header.bits} bits a colour, which is not read here. Save it with 8 bits."
        )
    if header is None or not header.plain or header.components not in (1, 3):
        return None
    check_size(header.width, header.height)
    stored = (header.height, header.width)
    full = stored[::-1] if swaps_sides(header.orientation) else stored
    halvings = 0
    if at_least is not None and full[0] * full[1] >= WORTH_SCALING:
        height, width = at_least(*full)
        while halvings < 3 and full[0] >> (halvings + 1) >= height and full[1] >> (halvings + 1) >= width:
            halvings += 1
    pixels = jpeg.decode_rgb(data, header, halvings)
    if pixels is None:
        return None
    if header.profile:
        pixels = in_srgb(pixels, header.profile)
    pixels = upright(pixels, header.orientation)
    scale = 0.5**halvings
    # Decoding rounds sizes up, at the bottom and right as stored: turned, that fraction of a pixel may come first.
    top, left = (
        got - true * scale if backwards else 0.0
        for got, true, backwards in zip(pixels.shape[:2], full, reversed_axes(header.orientation), strict=True)
    )
    return Decoded(pixels, Frame(full, scale, (top, left)))
