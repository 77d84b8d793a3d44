"""PNG: the ordinary kinds without the cost of reading everything else that a file may say."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

from workbench.data.formats import check_size

_HEADER = struct.Struct(">4x4sIIBBBBB")
_CHUNK = struct.Struct(">I4s")
_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
_NEEDS_MORE = frozenset({b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"IHDR"})
_NO_MATTER = frozenset({b"PLTE", b"IEND"})


def read_plain(data: bytes) -> Image.Image | None:
    """An ordinary PNG (8 bits a channel, no palette, not interlaced), decoded; None where Pillow should open it itself.

    That is where a chunk changes what a person sees (a transparent colour, a profile, a turned or moving picture), and
    where anything is odd or damaged. The pixels are inflated by Pillow's own decoder, so they are the same; only the
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
        packed = _packed_pixels(data)
        if packed is None:
            return None
        return Image.frombytes(mode, (width, height), packed, "zip", mode, 0)
    except (struct.error, ValueError, MemoryError, OSError):
        return None


def _packed_pixels(data: bytes) -> bytes | None:
    """The content of all IDAT chunks, which stand in a row, with right checksums; None where something is odd."""
    parts: list[bytes] = []
    at, done = 33, False
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
            done = bool(parts)
            if kind == b"IEND":
                return parts[0] if len(parts) == 1 else b"".join(parts)
        at = end + 4
