"""Cutting a text into tokens: characters, words, or pieces of words.

All ways begin with the same normalisation, so that letters that look alike are alike. Nothing here knows numbers; those
are given by `vocabulary.py`.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

TOKENISERS = {"characters": "Characters", "words": "Words", "byte_pair": "Byte pairs"}
"""What a text can be cut into, with the words for people."""

_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U000323af"
"""The blocks of Chinese characters, which are written without spaces (Unicode 15, chapter 18)."""

_LAST_MARK = 0x1FFFF
_SELECTORS = "\U000e0100-\U000e01ef"
"""Marks beyond `_LAST_MARK`; nothing else is assigned there."""


def normalised(text: str, lowercase: bool) -> str:
    """The text in Unicode's composed form (NFC), in small letters if asked; halves of characters become "?"."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    composed = unicodedata.normalize("NFC", whole)
    # Some small letters fall apart ("İ"), so they are composed once more.
    return unicodedata.normalize("NFC", composed.lower()) if lowercase else composed


def characters(text: str) -> Iterator[str]:
    """Every character, spaces and line ends too."""
    return iter(text)


def words(text: str) -> Iterator[str]:
    """Words and signs; spaces part them and are left out.

    A word is a run of letters, digits and the marks on them, in any script; apostrophes and hyphens between letters
    belong to it ("don't", "so-called"). Every other sign is a token, and so is every Chinese character, for those are
    written without spaces.
    """
    return (match.group() for match in _word_pattern().finditer(text))


@lru_cache(maxsize=1)
def _word_pattern() -> re.Pattern[str]:
    letter = rf"(?:(?![{_IDEOGRAPHS}])\w|[{_marks()}])"
    return re.compile(rf"[{_IDEOGRAPHS}]|{letter}+(?:['’\-]{letter}+)*|[^\w\s]")


def _marks() -> str:
    """All combining marks as ranges of a character class: Python's \\w leaves them out, but Hindi is made of them."""
    ranges: list[tuple[int, int]] = []
    for code in range(_LAST_MARK + 1):
        if unicodedata.category(chr(code))[0] != "M":
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + _SELECTORS


def interned(pieces: Iterator[str]) -> Iterator[str]:
    """The same tokens, equal ones as one object: counting many texts would keep each anew."""
    return map(sys.intern, pieces)
