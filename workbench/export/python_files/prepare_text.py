"""From text files to what the network takes. Needs numpy and torch, and tokenizers for byte pairs."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

PAD, UNKNOWN, RESERVED = 0, 1, 2

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U000323af"


def samples(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of a file."""
    yield str(path), Path(path).read_bytes()


def decode(data: bytes) -> str:
    """Bytes as text: by their mark, else as UTF-8, else as Windows-1252; every line end as a line feed."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding)
            break
    else:
        for encoding in ("utf-8", "cp1252", "latin-1"):
            try:
                text = data.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normalised(text: str, lowercase: bool) -> str:
    """Unicode's composed form (NFC), in small letters if asked; halves of characters become "?"."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    return unicodedata.normalize("NFC", composed.lower()) if lowercase else composed


@lru_cache(maxsize=1)
def word() -> re.Pattern[str]:
    """What is a token where a text is cut into words."""
    marks = "".join(chr(code) for code in range(0x20000) if unicodedata.category(chr(code))[0] == "M")
    letter = rf"(?:(?![{IDEOGRAPHS}])\w|[{marks}\U000e0100-\U000e01ef])"
    return re.compile(rf"[{IDEOGRAPHS}]|{letter}+(?:['’\-]{letter}+)*|[^\w\s]")


@lru_cache(maxsize=1)
def numbers(pieces: tuple[str, ...]) -> dict[str, int]:
    return {piece: i for i, piece in enumerate(pieces) if i >= RESERVED}


_encoders: dict[int, Any] = {}


def byte_pairs(text: str, values: dict[str, Any]) -> list[int]:
    from tokenizers import Tokenizer, models, pre_tokenizers

    if id(values) not in _encoders:
        known = {piece: i for i, piece in enumerate(values["vocabulary"])}
        merges = [tuple(pair) for pair in values["merges"]]
        encoder = Tokenizer(models.BPE(vocab=known, merges=merges, unk_token=values["vocabulary"][UNKNOWN]))
        encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        _encoders[id(values)] = encoder
    found: list[int] = _encoders[id(values)].encode(text, add_special_tokens=False).ids
    return found


def tokens(text: str, facts: dict[str, Any]) -> list[int]:
    """The numbers of the first tokens of a text, as many as the network takes."""
    values, length = facts["values"], int(facts["params"]["length"])
    whole = normalised(text, values["lowercase"])
    if values["tokeniser"] == "byte_pair":
        return byte_pairs(whole, values)[:length]
    pieces = iter(whole) if values["tokeniser"] == "characters" else (m.group() for m in word().finditer(whole))
    known = numbers(tuple(values["vocabulary"]))
    return [known.get(piece, UNKNOWN) for piece in islice(pieces, length)]


def prepare(data: bytes, facts: dict[str, Any]) -> torch.Tensor:
    """The bytes of a text to the network's int64 1 × length, filled up at the beginning."""
    row = np.full(int(facts["params"]["length"]), PAD, np.int64)
    ids = tokens(decode(data), facts)
    if ids:
        row[len(row) - len(ids) :] = ids
    return torch.from_numpy(row)[None]
