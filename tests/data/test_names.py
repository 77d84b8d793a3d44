"""Class names that are nearly alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Severity
from workbench.data.names import MOST_TOLD, alike, name_notes


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Cat", "cat", "differ only in capital letters"),
        ("ice cream", "ice_cream", "differ only in spaces and signs"),
        ("ice cream", "icecream ", "differ only in spaces and signs"),
        ("cafe", "café", "differ only in accents"),
        ("caf\u00e9", "cafe\u0301", "differ only in accents"),
        ("zero\u200bwidth", "zerowidth", "differ only in spaces and signs"),
        ("Ice-Cream", "ice cream", "differ only in capital letters and spaces and signs"),
        ("Crème brûlée", "creme_brulee", "differ only in capital letters, accents, spaces and signs"),
        ("cat", "cats", "are singular and plural of one word"),
        ("red berry", "red berries", "are singular and plural of one word"),
        ("glass", "glasses", "are singular and plural of one word"),
        ("elephant", "elefant", ""),
        ("elephant", "elephnt", "differ by one letter only"),
        ("giraffe", "giarffe", "differ by one letter only"),
        ("big giraffe", "big girafhe", "differ by one letter only"),
        ("house", "mouse", ""),
        ("cat", "bat", ""),
        ("type a", "type b", ""),
        ("sign 1", "sign 2", ""),
        ("v1.5", "v15", ""),
        ("n01440764", "n01440765", ""),
        ("c+", "c-", ""),
        ("ab", "ab-", ""),
        ("glass", "glas", ""),
        ("+", "-", ""),
    ],
)
def test_pairs(one: str, other: str, how: str) -> None:
    assert [pair.how for pair in alike((one, other))] == ([how] if how else [])
    assert [pair.how for pair in alike((other, one))] == ([how] if how else [])


def test_the_smaller_goes_into_the_larger() -> None:
    (note,) = name_notes(["Cat", "dog", "cat"], [3, 100, 1_200])
    assert note.code == "data.class_names_alike"
    assert note.severity is Severity.WARNING
    assert "“Cat” (3 pictures) and “cat” (1,200 pictures) differ only in capital letters." in note.message
    assert note.fixes[0].label == "Put “Cat” into “cat”"
    assert note.fixes[0].arguments == {"from": "Cat", "into": "cat"}
    (note,) = name_notes(["cat", "cats"], [3, 2], "text")
    assert (note.code, note.severity) == ("data.class_names_near", Severity.INFO)
    assert "(3 texts)" in note.message
    assert note.fixes[0].arguments == {"from": "cats", "into": "cat"}


def test_names_no_list_could_show_are_shown() -> None:
    notes = name_notes(["a\nb" * 100, "A\nb" * 100], [1, 2])
    assert all("\n" not in note.message and len(note.message) < 400 for note in notes)
    assert notes[0].fixes[0].arguments["from"] == "a\nb" * 100


def test_so_many_are_told_of() -> None:
    names = [f"{word} {k}" for k in range(60) for word in ("Class", "class")]
    notes = name_notes(names, [1] * len(names))
    assert len(notes) == MOST_TOLD + 1
    assert notes[-1].message.startswith("10 more pairs")


@given(st.lists(st.text(max_size=12), max_size=12, unique=True))
def test_any_names_can_be_compared(names: list[str]) -> None:
    pairs = alike(tuple(names))
    assert len({(pair.first, pair.second) for pair in pairs}) == len(pairs)
    assert all(0 <= pair.first < pair.second < len(names) for pair in pairs)


def test_thousands_of_names_take_no_time() -> None:
    names = tuple(f"{chr(97 + k % 26)}{chr(97 + k // 26 % 26)}{chr(97 + k // 676)}nimal kingdom" for k in range(4_000))
    assert len(alike(names)) > 1000
