from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.words import compact, count, duration, file_size, number, rate


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (94602, "94,602"), (-1234, "-1,234"), (0.03125, "0.03125"), (2.0, "2"), (12345.678, "12,345.68"),
     (1e-7, "1e-07"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("n", "words", "text"),
    [(1, ("picture",), "1 picture"), (0, ("picture",), "0 pictures"), (3000, ("picture",), "3,000 pictures"),
     (2, ("class",), "2 classes"), (2, ("entry",), "2 entries"), (2, ("day",), "2 days"),
     (2, ("axis", "axes"), "2 axes")],
)  # fmt: skip
def test_count(n: int, words: tuple[str, ...], text: str) -> None:
    assert count(n, *words) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (812, "812"), (999, "999"), (999.7, "1 k"), (94602, "94.6 k"), (61_400_000, "61.4 M"), (1.1e9, "1.1 G"),
     (999_960, "1 M"), (-94602, "-94.6 k"), (math.nan, "–")],
)  # fmt: skip
def test_compact(value: float, text: str) -> None:
    assert compact(value) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (1_100_000_000, "1.1 GB"), (16_000, "16 kB"), (1e25, "10,000,000 EB")],
)
def test_file_size(size: float, text: str) -> None:
    assert file_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4, "0:04"), (3.6, "0:04"), (59.7, "1:00"), (750, "12:30"), (3723, "1:02:03"), (187_200, "2 d 4:00:00"),
     (-5, "0:00"), (math.inf, "–")],
)  # fmt: skip
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1540.4, "1,540 pictures/s"), (3.21, "3.2 pictures/s"), (9.96, "10 pictures/s"), (math.nan, "– pictures/s")],
)
def test_rate(value: float, text: str) -> None:
    assert rate(value, "pictures") == text


@given(st.floats(min_value=0, max_value=1e20))
def test_compact_never_shows_more_than_four_digits(value: float) -> None:
    assert sum(c.isdigit() for c in compact(value)) <= 4
