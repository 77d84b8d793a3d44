"""The tokens a network knows, each with its number, measured from the training texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.data.kinds.tokenising import TOKENISERS, characters, interned, normalised, words

PAD, UNKNOWN = 0, 1
RESERVED = ("<pad>", "<unknown>")
"""What fills up a short text, and what stands for every token that is not in the vocabulary."""

MOST_COUNTED = 2_000_000
"""Different tokens counted at once; beyond it those seen once so far are forgotten, so that memory stays bounded."""

FEWEST_BYTE_PAIRS = 256 + len(RESERVED)
"""Byte pairs begin with the 256 bytes, of which every text is made."""

_PIECES: Mapping[str, Callable[[str], Iterator[str]]] = {"characters": characters, "words": words}


class Vocabulary(Protocol):
    """Numbers tokens. `pieces[0]` fills up, `pieces[1]` stands for the unknown."""

    @property
    def pieces(self) -> tuple[str, ...]: ...

    def ids(self, text: str, most: int) -> list[int]:
        """The numbers of the first `most` tokens of a text."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, which `vocabulary_from` takes back."""


@dataclass(frozen=True)
class ListedVocabulary:
    """Characters or words, the most frequent first."""

    tokeniser: str
    lowercase: bool
    pieces: tuple[str, ...]

    @classmethod
    def measured(cls, texts: Iterable[str], tokeniser: str, lowercase: bool, most: int) -> ListedVocabulary:
        """The `most` - 2 most frequent tokens of the texts; equally frequent ones in the order of their code points."""
        cut = _PIECES[tokeniser]
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(interned(cut(normalised(text, lowercase))))
            if len(counts) > MOST_COUNTED:
                counts = Counter({piece: n for piece, n in counts.items() if n > 1})
        ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))
        return cls(tokeniser, lowercase, (*RESERVED, *ranked[: max(0, most - len(RESERVED))]))

    def ids(self, text: str, most: int) -> list[int]:
        pieces = islice(_PIECES[self.tokeniser](normalised(text, self.lowercase)), most)
        numbers = self._numbers
        return [numbers.get(piece, UNKNOWN) for piece in pieces]

    def as_json(self) -> dict[str, Any]:
        return {"tokeniser": self.tokeniser, "lowercase": self.lowercase, "vocabulary": list(self.pieces)}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {piece: i for i, piece in enumerate(self.pieces) if i >= len(RESERVED)}


@dataclass(frozen=True)
class BytePairVocabulary:
    """Pieces of words: pairs of neighbours that are frequent become one, beginning with single bytes, so that every
    text can be written (Sennrich, Haddow and Birch 2016; on bytes as in Radford et al. 2019).

    `merges` are the pairs in the order they were joined. The `tokenizers` library learns and applies them.
    """

    lowercase: bool
    pieces: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    @classmethod
    def measured(cls, texts: Iterable[str], lowercase: bool, most: int) -> BytePairVocabulary:
        """Learned from the texts alone. Raises `Problem` where `most` has no room for the 256 bytes."""
        if most < FEWEST_BYTE_PAIRS:
            raise Problem.of(
                "data.vocabulary",
                f"Byte pairs need a vocabulary of at least {FEWEST_BYTE_PAIRS} (256 bytes, and two for filling up and "
                f"the unknown), this one has {number(most)}. Set Vocabulary of the Tokens layer to 1,000 or more, or "
                "cut into words.",
                param="vocabulary",
            )
        import json

        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        learner = Tokenizer(models.BPE())
        learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = trainers.BpeTrainer(
            vocab_size=most, initial_alphabet=alphabet, special_tokens=list(RESERVED), show_progress=False
        )
        learner.train_from_iterator((normalised(text, lowercase) for text in texts), trainer)
        learned = json.loads(learner.to_str())["model"]
        pieces = tuple(sorted(learned["vocab"], key=learned["vocab"].__getitem__))
        merges = tuple((str(a), str(b)) for a, b in (_pair(merge) for merge in learned["merges"]))
        return cls(lowercase, pieces, merges)

    def ids(self, text: str, most: int) -> list[int]:
        whole = normalised(text, self.lowercase)
        start = _beginning(whole, most * _CHARACTERS_A_TOKEN)
        found = self._encode(start)
        if len(found) < most and len(start) < len(whole):
            found = self._encode(whole)
        return found[:most]

    def _encode(self, text: str) -> list[int]:
        found: list[int] = self._encoder.encode(text, add_special_tokens=False).ids
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "tokeniser": "byte_pair",
            "lowercase": self.lowercase,
            "vocabulary": list(self.pieces),
            "merges": [list(pair) for pair in self.merges],
        }

    def text(self, ids: Iterable[int]) -> str:
        """The text that was written with these numbers (normalised)."""
        return str(self._encoder.decode([i for i in ids if i >= len(RESERVED)], skip_special_tokens=False))

    @cached_property
    def _encoder(self) -> Any:
        # Made anew from lists: in the learner's own, "<pad>" written in a text would count as filling.
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers

        numbers = {piece: i for i, piece in enumerate(self.pieces)}
        encoder = Tokenizer(models.BPE(vocab=numbers, merges=list(self.merges), unk_token=RESERVED[UNKNOWN]))
        encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        encoder.decoder = decoders.ByteLevel()
        return encoder


def measured_vocabulary(texts: Iterable[str], tokeniser: str, lowercase: bool, most: int) -> Vocabulary:
    """The vocabulary of some texts, `most` tokens at most with the two that are reserved. Raises `Problem`."""
    if tokeniser not in TOKENISERS:
        raise Problem.of(
            "data.tokeniser",
            f"“{tokeniser}” is no way to cut a text; use one of {', '.join(TOKENISERS)}.",
            param="tokeniser",
        )
    if tokeniser == "byte_pair":
        return BytePairVocabulary.measured(texts, lowercase, most)
    return ListedVocabulary.measured(texts, tokeniser, lowercase, most)


def vocabulary_from(values: Mapping[str, Any], most: int) -> Vocabulary:
    """What `as_json` wrote, from a file that anybody may have changed; `most` is what the network has room for.

    Raises `Problem` ("data.preparation").
    """
    tokeniser, lowercase = values.get("tokeniser"), values.get("lowercase")
    pieces, merges = _texts(values.get("vocabulary")), values.get("merges")
    if tokeniser not in TOKENISERS or not isinstance(lowercase, bool) or pieces is None:
        raise _damaged()
    if pieces[: len(RESERVED)] != RESERVED or len(set(pieces)) != len(pieces):
        raise _damaged()
    if len(pieces) > most:
        raise Problem.of(
            "data.preparation",
            f"The vocabulary kept with this run has {number(len(pieces))} tokens, and the Tokens layer has room for "
            f"{number(most)}. Set its vocabulary back, or train again.",
        )
    if tokeniser != "byte_pair":
        return ListedVocabulary(tokeniser, lowercase, pieces)
    known = set(pieces)
    pairs = [_texts(pair) for pair in merges] if isinstance(merges, (list, tuple)) else [None]
    held = tuple((p[0], p[1]) for p in pairs if p is not None and len(p) == 2 and known >= {*p, p[0] + p[1]})
    if len(held) != len(pairs):
        raise _damaged()
    return BytePairVocabulary(lowercase, pieces, held)


_CHARACTERS_A_TOKEN = 16
"""More than a token has as a rule: of a long text only as much is cut as is likely to be used."""


def _beginning(text: str, most: int) -> str:
    """The first characters, ending where a word ends and one space follows: there the cutter begins anew."""
    if len(text) <= most:
        return text
    for at in range(most - 1, 0, -1):
        if text[at] == " " and not text[at - 1].isspace() and not text[at + 1].isspace():
            return text[:at]
    return text


def row_of(ids: list[int], length: int) -> npt.NDArray[np.int32]:
    """int32 of `length`: what is too long loses its end; what is too short is filled up at its beginning.

    At the beginning, because a recurrent network's last step should be the end of the text and not filling.
    """
    row = np.full(length, PAD, np.int32)
    kept = ids[:length]
    if kept:
        row[length - len(kept) :] = kept
    return row


def _pair(merge: str | list[str]) -> tuple[str, str]:
    """A pair as the library writes it: older versions join the two by a space, which byte pairs never hold."""
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first, second


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return tuple(value)
    return None


def _damaged() -> Problem:
    return Problem.of(
        "data.preparation",
        "The vocabulary kept with this run is damaged, so texts cannot be prepared as in training. Train again.",
    )
