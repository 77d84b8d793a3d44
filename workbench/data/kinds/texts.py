"""Reading text files: which bytes are text, and in which letters they are written."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from workbench.core.words import file_size
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.scanning.headers import Header
from workbench.data.unreadable import open_regular, read_regular

EXTENSIONS = frozenset({".txt", ".text", ".md"})

MAX_TEXT_BYTES = 1 << 24
"""Sixteen mebibytes, some three thousand pages: what is longer is no single sample of text."""

_HEAD = 1 << 16

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHERS = (
    (b"%PDF", "It is a PDF document, not plain text. Save it as text."),
    (b"%!PS", "It is a PostScript document, not plain text. Save it as text."),
    (b"{\\rtf", "It is an RTF document, not plain text. Save it as text."),
    (b"PK\x03\x04", "It is a packed file, such as a Word document, not plain text. Save it as text."),
)
_NOT_TEXT = "It is not text: the file holds bytes that stand for no characters."
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")
_MOST_CONTROLS = 0.01


def read_header(path: str | Path) -> Header:
    """Checks one file by its beginning. Raises `UnreadablePicture` for what is no text, empty or too large."""
    descriptor, facts = open_regular(path)
    try:
        _check_size(facts.st_size)
        head = os.read(descriptor, _HEAD)
    except OSError as error:
        raise UnreadableFile.because(error) from error
    finally:
        os.close(descriptor)
    if not decode_text(head, cut=facts.st_size > len(head)).strip() and facts.st_size <= len(head):
        raise UnreadableFile("The file holds no words, only spaces and empty lines.")
    return Header(0, 0, facts.st_size, facts.st_mtime_ns)


def read_text(path: str | Path, expected: tuple[int, int] | None = None) -> str:
    """The whole text of a file. `expected` is as in `read_regular`. Raises `UnreadablePicture`."""
    data = read_regular(path, expected)
    _check_size(len(data))
    return decode_text(data)


def decode_text(data: bytes, *, cut: bool = False) -> str:
    """Bytes as text, with every line end as "\\n".

    By its mark where it has one (UTF-8, UTF-16 and UTF-32), else as UTF-8, else as Windows-1252, which holds Latin-1
    (and where even that has no letter, as Latin-1). `cut` says that it is a beginning only, which may end within a
    character. Raises `UnreadablePicture` for what is no text.
    """
    for begin, refusal in _OTHERS:
        if data.startswith(begin):
            raise UnreadableFile(refusal)
    text = _marked(data, cut)
    if text is None:
        _check_bytes(data)
        text = _unmarked(data, cut)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _marked(data: bytes, cut: bool) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = codecs.getincrementaldecoder(encoding)().decode(data[len(mark) :], final=not cut)
            except UnicodeDecodeError as error:
                raise UnreadableFile(
                    f"It is not text: it claims to be {encoding.upper().removesuffix('-LE').removesuffix('-BE')}, but "
                    f"byte {error.start + len(mark):,} is none of it."
                ) from error
            if "\0" in text:
                raise UnreadableFile(_NOT_TEXT)
            return text
    return None


def _unmarked(data: bytes, cut: bool) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=not cut)
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _check_bytes(data: bytes) -> None:
    if b"\0" in data:
        raise UnreadableFile(_NOT_TEXT)
    controls = len(data) - len(data.translate(None, bytes(_CONTROLS)))
    if controls > _MOST_CONTROLS * len(data):
        raise UnreadableFile(_NOT_TEXT)


def _check_size(size: int) -> None:
    if size > MAX_TEXT_BYTES:
        raise UnreadableFile(
            f"The file is too large for one text ({file_size(size)}; at most {file_size(MAX_TEXT_BYTES)} are read). "
            "Split it into several files."
        )
