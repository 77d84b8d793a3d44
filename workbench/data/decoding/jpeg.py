"""JPEG: the header by its markers, and decoding at the scale that is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import simplejpeg

from workbench.data.decoding.exif import orientation

_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TAIL = 64


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Width and height as stored (before turning), number of components, EXIF orientation (1 to 8).

    `bits` a sample; `profile` is the ICC profile, empty where there is none or it is not whole.
    """

    width: int
    height: int
    components: int
    orientation: int
    plain: bool  # 8 bits a sample, Huffman-coded baseline or progressive: what every decoder reads
    bits: int = 8
    profile: bytes = b""


def read_header(data: bytes) -> JpegHeader | None:
    """What the markers before the picture say; None while `data` ends before the frame header (or has none)."""
    turned = 1
    parts: list[bytes] = []
    for marker, start, end in _segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0":
            turned = orientation(data[start + 6 : end])
        elif marker == 0xE2 and data[start : start + 12] == b"ICC_PROFILE\0":
            parts.append(data[start + 12 : end])
        elif marker in _FRAMES:
            if end - start < 6:
                return None
            height = int.from_bytes(data[start + 1 : start + 3], "big")
            width = int.from_bytes(data[start + 3 : start + 5], "big")
            plain = data[start] == 8 and marker in (0xC0, 0xC1, 0xC2)
            return JpegHeader(width, height, data[start + 5], turned, plain, data[start], _joined(parts))
    return None


def _joined(parts: list[bytes]) -> bytes:
    """A profile from its parts, each with its number (from 1) and their count before it (ICC.1:2022, annex B.4)."""
    if not 0 < len(parts) < 256:
        return b""
    parts.sort()
    if [part[:2] for part in parts] != [bytes((k + 1, len(parts))) for k in range(len(parts))]:
        return b""
    return b"".join(part[2:] for part in parts)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment's content up to the start of the scan (ITU-T T.81, annex B)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # stray bytes between segments: look for the next marker, as decoders do
            at = data.find(b"\xff", at)
            if at < 0:
                return
            continue
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _STANDALONE or marker == 0:
            at += 2
        elif marker in (0xD9, 0xDA):
            return
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2 or at + 2 + length > len(data):
                return
            yield marker, at + 4, at + 2 + length
            at += 2 + length


def ends_well(tail: bytes) -> bool:
    """Whether the end-of-image marker stands at the end of the file (a few bytes of padding may follow)."""
    return b"\xff\xd9" in tail[-_TAIL:]


def decode_rgb(data: bytes, header: JpegHeader, halvings: int = 0) -> npt.NDArray[np.uint8] | None:
    """H × W × 3 as stored, with both sides halved 0 to 3 times while decoding (rounded up).

    Only halves: the decoder can scale by any n/8, but has no fast code for the others, and is then slower than at full
    size. None where it has doubts (damage, CMYK, odd codings): Pillow decides then.
    """
    height, width = -(-header.height >> halvings), -(-header.width >> halvings)
    try:
        if halvings:
            pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=height, min_width=width)
        else:
            pixels = simplejpeg.decode_jpeg(data, "RGB")
    except (ValueError, RuntimeError):
        return None
    return np.asarray(pixels, dtype=np.uint8) if pixels.shape == (height, width, 3) else None
