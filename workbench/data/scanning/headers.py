"""Looking at a picture file without decoding it: its size as a person sees it, and whether the file is whole."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.data.decoding import jpeg
from workbench.data.decoding.decode import decode_scaled, stored_orientation
from workbench.data.decoding.exif import swaps_sides
from workbench.data.decoding.formats import check_size, open_image, sniff
from workbench.data.unreadable import UnreadablePicture, open_regular, why_not_opened

_HEAD = 1 << 16
_TAIL = 64
_CUT_OFF = "The picture is cut off: the end of the file is missing."


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height as a person sees the picture; size in bytes and time of the last change of the file."""

    width: int
    height: int
    bytes: int
    mtime_ns: int


def read_header(path: str | Path) -> Header:
    """Checks one file. Raises `UnreadablePicture` for what is no picture, too large, or visibly not whole.

    Reads the beginning and the end of the file. Where the format does not show by that whether the file is whole, and
    where something looks odd, the picture is decoded to be sure. Damage in the middle of a large file shows when the
    picture is decoded for training; it is then reported and skipped.
    """
    descriptor, facts = open_regular(path)
    with open(descriptor, "rb", buffering=0) as file:
        try:
            width, height = size_of(file, facts.st_size)
        except OSError as error:
            raise UnreadablePicture(why_not_opened(error)) from error
    return Header(width, height, facts.st_size, facts.st_mtime_ns)


def size_of(file: BinaryIO, size: int) -> tuple[int, int]:
    """(width, height) of a picture in an open file of `size` bytes, checked as by `read_header`, which see."""
    head = file.read(_HEAD)
    kind = sniff(head[:32])
    if kind == "JPEG":
        return _jpeg_size(file, head, size)
    whole = _is_whole(kind, file, head, size)
    if whole is False:
        raise UnreadablePicture(_CUT_OFF)
    image = open_image(io.BytesIO(head) if len(head) == size else _from_start(file), kind)
    width, height = image.size
    if swaps_sides(stored_orientation(image)):
        width, height = height, width
    if whole is None:
        decode_scaled(_all(file), None)
    return width, height


def _jpeg_size(file: BinaryIO, head: bytes, size: int) -> tuple[int, int]:
    header = jpeg.read_header(head)
    data = head
    if header is None and len(head) < size:  # a large thumbnail or colour profile stands before the picture
        data = _all(file)
        header = jpeg.read_header(data)
    if header is None:
        raise UnreadablePicture(_CUT_OFF if len(data) < 1024 or not jpeg.ends_well(data) else "The picture is damaged.")
    width, height = header.width, header.height
    check_size(width, height)
    if swaps_sides(header.orientation):
        width, height = height, width
    if not (header.plain and jpeg.ends_well(_tail(file, head, size))):
        decode_scaled(_all(file), lambda _height, _width: (1, 1))
    return width, height


def _is_whole(kind: str, file: BinaryIO, head: bytes, size: int) -> bool | None:
    """Whether the file's own bookkeeping says that nothing is missing; None where only decoding can tell."""
    match kind:
        case "PNG":
            if len(head) == size:
                return _png_chunks_hold(head)
            return True if b"IEND\xae\x42\x60\x82" in _tail(file, head, size) else None
        case "WEBP":
            return int.from_bytes(head[4:8], "little") + 8 <= size
        case "AVIF":
            return _boxes_fit(file, size)
        case "GIF":
            return True if _tail(file, head, size).rstrip(b"\0").endswith(b";") else None
        case _:
            return None


def _png_chunks_hold(data: bytes) -> bool | None:
    """Whether a whole PNG's chunks carry their right checksums, to the last (PNG 1.2, section 3.2)."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            return False
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return None
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end + 4
    return False


def _boxes_fit(file: BinaryIO, size: int) -> bool:
    """Whether every top-level box of an ISO base media file ends within the file (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at < size:
        file.seek(at)
        box = file.read(16)
        length = int.from_bytes(box[:4], "big")
        if length == 0:  # to the end of the file
            return True
        if length == 1:
            length = int.from_bytes(box[8:16], "big")
        if length < 8:
            return False
        at += length
    return at == size


def _tail(file: BinaryIO, head: bytes, size: int) -> bytes:
    if len(head) == size:
        return head[-_TAIL:]
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def _all(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _from_start(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
