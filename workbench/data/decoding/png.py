"""PNG: the ordinary kinds without the cost of reading everything else that a file may say."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.data.decoding.formats import check_size

try:
    import pyspng
except ImportError:  # no build of it for this system: Pillow's decoder gives the same, more slowly
    pyspng = None

SMALL = 64 * 64
"""Pixels up to which a picture is left to libspng. It is 1.5 times as fast, but holds the interpreter meanwhile."""

_HEADER = struct.Struct(">4x4sIIBBBBB")
_CHUNK = struct.Struct(">I4s")
_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
_NEEDS_MORE = frozenset({b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"IHDR"})
_NO_MATTER = frozenset({b"PLTE", b"IEND"})
_PACKED_TEXTS = frozenset({b"zTXt", b"iTXt"})


def read_plain(data: bytes) -> Image.Image | npt.NDArray[np.uint8] | None:
    """An ordinary PNG (8 bits a channel, no palette, not interlaced), decoded: as Pillow has it, or as H × W × 3.

    None where Pillow should open it itself: where a chunk changes what a person sees (a transparent colour, a profile,
    a turned or moving picture), and where anything is odd or damaged. The pixels are the same as Pillow's; only the
    walk over the chunks is done here, which for a small picture takes longer than its pixels (PNG 1.2, sections 3 and
    4). Texts are never inflated. Raises `UnreadablePicture` for a picture that is too large.
    """
    try:
        kind, width, height, depth, colour, compression, filtering, interlace = _HEADER.unpack_from(data, 8)
        mode = _MODES.get(colour)
        if kind != b"IHDR" or depth != 8 or mode is None or compression or filtering or interlace:
            return None
        if data[8:12] != b"\0\0\0\r" or zlib.crc32(data[12:29]) != int.from_bytes(data[29:33], "big"):
            return None
        check_size(width, height)
        walked = _walked(data)
        if walked is None:
            return None
        parts, has_packed_text = walked
        if pyspng is not None and width * height <= SMALL and colour in (0, 2) and not has_packed_text:
            return np.asarray(pyspng.load(data, "RGB"), np.uint8)
        packed = parts[0] if len(parts) == 1 else b"".join(parts)
        return Image.frombytes(mode, (width, height), packed, "zip", mode, 0)
    except (struct.error, ValueError, MemoryError, OSError, RuntimeError):
        return None


def _walked(data: bytes) -> tuple[list[bytes], bool] | None:
    """What all IDAT chunks hold, which stand in a row and have the right checksums, and whether there is a compressed
    text; None where something is odd."""
    parts: list[bytes] = []
    at, done, has_packed_text = 33, False, False
    while True:
        length, kind = _CHUNK.unpack_from(data, at)
        end = at + 8 + length
        if kind == b"IDAT":
            if done or zlib.crc32(memoryview(data)[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
                return None
            parts.append(data[at + 8 : end])
        else:
            if kind in _NEEDS_MORE or not (kind[0] & 0x20 or kind in _NO_MATTER):  # a capital: it must be understood
                return None
            if kind == b"IEND":
                return parts, has_packed_text
            has_packed_text = has_packed_text or kind in _PACKED_TEXTS
            done = bool(parts)
        at = end + 4
