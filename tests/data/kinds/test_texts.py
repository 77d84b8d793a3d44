"""Text files: which bytes are text, and what is said of those that are none."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.kinds.texts import MAX_TEXT_BYTES, decode_text, read_header, read_text
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.unreadable import UnreadablePicture

PLAIN = "Grüße aus Łódź – “日本”\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_in_every_form(mark: bytes, encoding: str) -> None:
    assert decode_text(mark + PLAIN.encode(encoding)) == PLAIN


def test_bytes_that_are_no_unicode_are_taken_for_western_letters() -> None:
    assert decode_text("naïve café".encode("latin-1")) == "naïve café"
    assert decode_text("“quoted” – 5 €".encode("cp1252")) == "“quoted” – 5 €"
    assert decode_text(b"caf\xe9 \x81") == "café \x81", "Windows-1252 has no such letter, Latin-1 has"


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs", "Cc"))))
def test_whatever_is_written_as_unicode_is_read(text: str) -> None:
    refused = ("%PDF", "%!PS", "{\\rtf")
    if not text.startswith((*refused, "\ufeff")):
        assert decode_text(text.encode()) == text
    assert decode_text(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == text


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_text_or_refused_with_a_sentence(data: bytes, cut: bool) -> None:
    text, reason = "", "A sentence."
    try:
        text = decode_text(data, cut=cut)
    except UnreadablePicture as refused:
        reason = refused.reason
    assert reason[0].isupper()
    assert reason.endswith(".")
    assert not {"\0", "\r"} & set(text)


def test_line_ends_are_alike() -> None:
    assert decode_text(b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_beginning_may_end_within_a_character(encoding: str) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    data = mark + "日本".encode(encoding)
    assert decode_text(data[:-1], cut=True) == "日"


HOSTILE = {
    "empty.txt": (b"", "empty"),
    "spaces.txt": (b" \n\t\n", "no words"),
    "nul.txt": (b"some words\0and more", "no characters"),
    "noise.txt": (np.random.default_rng(0).bytes(4000), "no characters"),
    "controls.txt": (b"\x01\x02\x03 words", "no characters"),
    "paper.txt": (b"%PDF-1.7\n...", "PDF"),
    "letter.md": (b"{\\rtf1 hello}", "RTF"),
    "report.txt": (b"PK\x03\x04rest of a docx", "packed"),
    "wide.txt": (codecs.BOM_UTF16_LE + b"\x00\xd8\x41\x00", "UTF-16"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_text_says_why(name: str, tmp_path: Path) -> None:
    data, word = HOSTILE[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadablePicture) as refused:
        read_header(tmp_path / name)
    assert word in refused.value.reason
    assert refused.value.reason.endswith(".")


def test_a_file_too_large_for_a_text_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with open(path, "wb") as file:
        file.truncate(MAX_TEXT_BYTES + 1)
    for read in (read_header, read_text):
        with pytest.raises(UnreadablePicture, match=r"too large for one text \(16.8 MB"):
            read(path)


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders on Windows")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadablePicture, match="pipe"):
        read_header(tmp_path / "pipe.txt")


def test_a_header_says_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(PLAIN, encoding="utf-8")
    header = read_header(path)
    assert (header.bytes, header.mtime_ns) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert read_text(path) == PLAIN


def test_a_reason_stands_alone_and_with_the_name() -> None:
    refused = UnreadableFile("The file is empty.", "a/b.txt")
    assert refused.reason == "The file is empty."
    assert str(refused) == "“a/b.txt” cannot be used. The file is empty."
    assert refused.diagnostics[0].code == "data.file"
