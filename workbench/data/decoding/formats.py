"""Which files count as pictures, and opening them with Pillow under limits."""

from __future__ import annotations

import warnings
from pathlib import PurePath
from typing import BinaryIO

from PIL import Image

from workbench.core.words import number
from workbench.data.unreadable import UnreadablePicture

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
"""All that is ever handed to Pillow: some of its other readers start programs (EPS starts Ghostscript)."""

EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".bmp", ".dib", ".gif", ".tif", ".tiff"}
)

MAX_PIXELS = 89_478_485
"""Larger pictures are refused before they are decoded: a quarter of a gibibyte as RGB, Pillow's own limit."""

_IGNORED = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin"})

# A "decompression bomb" is a warning by default, and the bomb would then be decoded.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# Remarks on odd metadata concern nobody here and would appear between the lines of the command line.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def is_ignored(name: str) -> bool:
    """Hidden files and what file managers leave behind: passed over without a word."""
    return name.startswith(".") or name.casefold() in _IGNORED


def has_picture_name(name: str) -> bool:
    """Whether the extension is one of a picture format that is read here."""
    return PurePath(name).suffix.casefold() in EXTENSIONS


def sniff(head: bytes) -> str:
    """The format ("JPEG", …) that a file's first 32 bytes announce; raises `UnreadablePicture` for all others."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head[4:8] == b"ftyp":
        if b"avif" in head[8:32] or b"avis" in head[8:32]:
            return "AVIF"
        if head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
            raise UnreadablePicture("It is a HEIC picture, which is not read here. Save it as JPEG or PNG.")
    if head.startswith(b"BM"):
        return "BMP"
    if not head:
        raise UnreadablePicture("The file is empty.")
    if head.startswith((b"%!PS", b"%PDF", b"\xc5\xd0\xd3\xc6")):
        raise UnreadablePicture("It is not a picture but a PostScript or PDF document.")
    if head.startswith((b"\x00\x00\x00\x0cjP", b"\xff\x4f\xff\x51")):
        raise UnreadablePicture("It is a JPEG 2000 picture, which is not read here. Save it as JPEG or PNG.")
    if all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        raise UnreadablePicture("It is not a picture: the file holds text.")
    raise UnreadablePicture(
        "It is not a picture, or of a kind that is not read here (JPEG, PNG, WebP, AVIF, BMP, GIF, TIFF)."
    )


def open_image(file: BinaryIO, kind: str) -> Image.Image:
    """The picture's header by Pillow, nothing decoded yet. Raises `UnreadablePicture`."""
    try:
        image = Image.open(file, formats=(kind,))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadablePicture(f"The picture has more than {number(MAX_PIXELS)} pixels. Make it smaller.") from None
    except Exception as error:  # hostile bytes make decoders raise anything
        raise UnreadablePicture(damaged(error)) from error
    check_size(*image.size)
    return image


def check_size(width: int, height: int) -> None:
    """Raises `UnreadablePicture` where a picture has no pixels or too many."""
    if width < 1 or height < 1:
        raise UnreadablePicture("The picture has no pixels.")
    if width * height > MAX_PIXELS:
        raise UnreadablePicture(
            f"The picture is too large ({number(width)} × {number(height)} pixels; "
            f"at most {number(MAX_PIXELS)} pixels are read). Make it smaller."
        )


def damaged(error: BaseException) -> str:
    """What a decoder's exception means to a person."""
    text = str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory to decode the picture."
    if isinstance(error, EOFError) or "truncated" in text or "cut" in text:
        return "The picture is cut off: the end of the file is missing."
    return "The picture is damaged and cannot be decoded."
