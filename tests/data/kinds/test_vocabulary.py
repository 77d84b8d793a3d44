"""Texts as token numbers: what a token is, which are known, and that nothing of a text is lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.kinds import vocabulary as counted
from workbench.data.kinds.tokenising import characters, normalised, words
from workbench.data.kinds.vocabulary import (
    FEWEST_BYTE_PAIRS,
    PAD,
    UNKNOWN,
    BytePairVocabulary,
    ListedVocabulary,
    measured_vocabulary,
    row_of,
    vocabulary_from,
)

TEXTS = ["the cat sat on the mat", "the dog sat", "a cat"]


def test_words_and_signs() -> None:
    assert list(words("Don't stop, so-called friends!")) == ["Don't", "stop", ",", "so-called", "friends", "!"]
    assert list(words("  two\n\nlines\t")) == ["two", "lines"]
    assert list(words("x2 = 3.5 %")) == ["x2", "=", "3", ".", "5", "%"]
    assert list(words("")) == []


def test_words_of_other_scripts_stay_whole() -> None:
    assert list(words("हिन्दी में")) == ["हिन्दी", "में"], "the vowel signs are marks, which belong to the word"
    assert list(words("café naïve Ärger")) == ["café", "naïve", "Ärger"]
    assert list(words("日本語です")) == ["日", "本", "語", "です"], "Chinese characters are written without spaces"


def test_letters_that_look_alike_are_alike() -> None:
    assert normalised("Cafe\u0301", lowercase=True) == "café"
    assert normalised("STRASSE", lowercase=False) == "STRASSE"
    assert normalised("\ud800x", lowercase=False) == "?x", "half a character cannot be written anywhere"


@given(st.text(), st.booleans())
def test_normalising_twice_changes_nothing(text: str, lowercase: bool) -> None:
    once = normalised(text, lowercase)
    assert normalised(once, lowercase) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_every_sign_is_in_exactly_one_word(text: str) -> None:
    pieces = list(words(text))
    assert "".join(pieces) == "".join(text.split())
    assert all(piece and not any(c.isspace() for c in piece) for piece in pieces)


@given(st.text())
def test_characters_are_the_text(text: str) -> None:
    assert "".join(characters(text)) == text


def test_the_most_frequent_come_first_and_ties_in_fixed_order() -> None:
    known = ListedVocabulary.measured(TEXTS, "words", True, 100)
    assert known.pieces == ("<pad>", "<unknown>", "the", "cat", "sat", "a", "dog", "mat", "on")
    assert known.ids("The cat barked", 9) == [2, 3, UNKNOWN]
    assert known.ids("the the the", 2) == [2, 2]
    assert ListedVocabulary.measured(reversed(TEXTS), "words", True, 100) == known


def test_the_vocabulary_has_no_more_than_it_may() -> None:
    assert ListedVocabulary.measured(TEXTS, "words", True, 4).pieces == ("<pad>", "<unknown>", "the", "cat")
    assert ListedVocabulary.measured(TEXTS, "words", True, 1).pieces == ("<pad>", "<unknown>")
    small = ListedVocabulary.measured(["aab"], "characters", False, 3)
    assert small.ids("ba", 9) == [UNKNOWN, 2]


def test_capitals_count_where_they_are_asked_for() -> None:
    assert ListedVocabulary.measured(["A a a"], "words", False, 9).pieces[2:] == ("a", "A")
    assert ListedVocabulary.measured(["A a a"], "words", True, 9).pieces[2:] == ("a",)


def test_rare_words_are_forgotten_before_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "MOST_COUNTED", 50)
    texts = [f"common word{k}" for k in range(500)]
    known = ListedVocabulary.measured(texts, "words", True, 3)
    assert known.pieces == ("<pad>", "<unknown>", "common")


def test_a_row_is_cut_at_its_end_and_filled_at_its_beginning() -> None:
    assert row_of([5, 6, 7], 5).tolist() == [PAD, PAD, 5, 6, 7]
    assert row_of([5, 6, 7], 2).tolist() == [5, 6]
    assert row_of([], 3).tolist() == [PAD] * 3
    assert row_of([5], 1).dtype == np.int32


@pytest.fixture(scope="module")
def pairs() -> BytePairVocabulary:
    return BytePairVocabulary.measured(["low lower lowest"] * 9 + ["new newer newest"] * 5, True, 300)


def test_byte_pairs_join_what_is_frequent(pairs: BytePairVocabulary) -> None:
    assert pairs.pieces[:2] == ("<pad>", "<unknown>")
    assert pairs.merges[0] == ("w", "e"), "28 times; the next, l and o, 27 times"
    assert len(pairs.ids("low", 9)) == 1
    assert len(pairs.ids("xyz", 9)) == 3
    assert len(pairs.pieces) <= 300


@settings(max_examples=200)
@given(st.text())
def test_byte_pairs_write_every_text(pairs: BytePairVocabulary, text: str) -> None:
    ids = pairs.ids(text, 10_000)
    assert pairs.text(ids) == normalised(text, True)
    assert not {PAD, UNKNOWN} & set(ids)


@settings(max_examples=100)
@given(st.text(alphabet="ab \n.", max_size=400), st.integers(1, 12))
def test_the_beginning_of_a_long_text_is_cut_as_in_the_whole(pairs: BytePairVocabulary, text: str, most: int) -> None:
    assert pairs.ids(text, most) == pairs.ids(text, 10_000)[:most]


def test_words_that_look_like_filling_are_words(pairs: BytePairVocabulary) -> None:
    assert PAD not in pairs.ids("<pad> and <unknown>", 99)
    listed = ListedVocabulary.measured(["<pad> <unknown>"], "words", True, 99)
    assert set(listed.ids("<pad>", 9)) & {PAD, UNKNOWN} == set()


def test_byte_pairs_need_room_for_the_bytes() -> None:
    with pytest.raises(Problem, match="at least 258"):
        measured_vocabulary(TEXTS, "byte_pair", True, FEWEST_BYTE_PAIRS - 1)
    assert len(measured_vocabulary(TEXTS, "byte_pair", True, FEWEST_BYTE_PAIRS).pieces) == FEWEST_BYTE_PAIRS


def test_an_unknown_way_to_cut_is_refused() -> None:
    with pytest.raises(Problem, match="characters, words, byte_pair"):
        measured_vocabulary(TEXTS, "syllables", True, 99)


LEARN = """
import json
from workbench.data.kinds.vocabulary import BytePairVocabulary
texts = [f"the {a} {b} of {a}s and {b}ers" for a in ("cat", "dog", "bird") for b in ("sing", "walk", "talk")]
print(json.dumps(BytePairVocabulary.measured(texts, True, 320).as_json()))
"""


def test_byte_pairs_are_learned_alike_in_every_process() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", LEARN], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(json.loads(runs[0])["merges"]) > 20


@pytest.mark.parametrize("tokeniser", ["characters", "words", "byte_pair"])
def test_a_vocabulary_comes_back_from_its_json(tokeniser: str) -> None:
    known = measured_vocabulary(TEXTS, tokeniser, True, 300)
    again = vocabulary_from(json.loads(json.dumps(known.as_json())), 300)
    assert again == known
    assert again.ids("the cat", 99) == known.ids("the cat", 99)


@pytest.mark.parametrize(
    "change",
    [
        {"tokeniser": "syllables"},
        {"lowercase": 1},
        {"vocabulary": None},
        {"vocabulary": ["a", "b"]},
        {"vocabulary": ["<pad>", "<unknown>", "a", "a"]},
        {"vocabulary": ["<pad>", "<unknown>", 7]},
        {"merges": [["a", "zz"]]},
        {"merges": ["ab"]},
        {"merges": [["a"]]},
        {"merges": None},
    ],
)
def test_a_damaged_vocabulary_is_refused(change: dict[str, object]) -> None:
    whole = measured_vocabulary(TEXTS, "byte_pair", True, 300).as_json()
    with pytest.raises(Problem, match="damaged"):
        vocabulary_from({**whole, **change}, 1000)


def test_a_vocabulary_too_large_for_the_network_is_refused() -> None:
    with pytest.raises(Problem, match="9 tokens, and the Tokens layer has room for 5"):
        vocabulary_from(measured_vocabulary(TEXTS, "words", True, 99).as_json(), 5)
