"""The one thing that matters here in a photograph's EXIF block: which way is up."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

_ORIENTATION = 0x0112


def orientation(block: bytes) -> int:
    """The orientation (1 to 8) of an EXIF block, with or without its "Exif" prefix; 1 where it says none.

    Read by hand: Pillow's reader warns about odd blocks, and the tag stands in the first directory
    (TIFF 6.0, section 2; EXIF 2.3, tag 274).
    """
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (entries,) = struct.unpack_from(f"{order}H", block, start)
        for entry in range(entries):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def upright(pixels: npt.NDArray[np.uint8], turned: int) -> npt.NDArray[np.uint8]:
    """H × W × C as a person sees it: undoes the orientation (1 to 8) a camera stored the picture in."""
    match turned:
        case 2:
            pixels = pixels[:, ::-1]
        case 3:
            pixels = pixels[::-1, ::-1]
        case 4:
            pixels = pixels[::-1]
        case 5:
            pixels = pixels.transpose(1, 0, 2)
        case 6:
            pixels = pixels[::-1].transpose(1, 0, 2)
        case 7:
            pixels = pixels[::-1, ::-1].transpose(1, 0, 2)
        case 8:
            pixels = pixels[:, ::-1].transpose(1, 0, 2)
    return np.ascontiguousarray(pixels)


def reversed_axes(turned: int) -> tuple[bool, bool]:
    """Whether height and width of the upright picture run against the stored picture's."""
    return turned in (3, 4, 7, 8), turned in (2, 3, 6, 7)


def swaps_sides(turned: int) -> bool:
    """Whether height and width change places when the picture is put upright."""
    return turned >= 5
