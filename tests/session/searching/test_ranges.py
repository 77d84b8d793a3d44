"""Ranges and lists of values as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.session.searching.ranges import (
    Range,
    Values,
    checked,
    from_json,
    grid,
    plain,
    read_range,
    spelled,
    tidy,
    to_json,
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1e-4..1e-1:log", Range(1e-4, 1e-1, log=True)),
        (" 16 .. 64 :step=16 ", Range(16, 64, step=16)),
        ("0..0.5:points=3", Range(0, 0.5, points=3)),
        ("-1..1", Range(-1, 1)),
        ("16, 32", None),
        ("adam", None),
        ("", None),
    ],
)
def test_a_range_is_what_has_two_dots(text: str, meant: Range | None) -> None:
    assert read_range(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2..1", "1 is not above 2"),
        ("0..1:log", "begins above 0"),
        ("1..2:step=5", "a step of 5 does not fit"),
        ("1..2:log:step=0.5", "no equal steps"),
        ("1..2:points=1", "2 to 64 points"),
        ("a..2", "“a” is no number"),
        ("nan..2", "“nan” is no number"),
        ("1..2:lag", "“lag” is no part"),
    ],
)
def test_what_is_no_range_is_told_with_what_is(text: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        read_range(text)
    assert said in refused.value.diagnostics[0].message
    assert "1e-4..1e-1:log" in refused.value.diagnostics[0].message


positive = st.floats(1e-8, 1e8).filter(lambda v: v > 0)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = sorted((draw(positive), draw(positive)))
    if low == high:
        high = low * 2
    return Range(low, high, draw(st.booleans()), points=draw(st.sampled_from((0, 2, 5, 64))))


@given(ranges())
def test_a_range_survives_typing_and_storing(wanted: Range) -> None:
    assert read_range(wanted.words) == wanted
    assert from_json(to_json(wanted)) == wanted


@given(ranges(), st.booleans())
def test_the_points_of_a_grid_lie_in_the_range_and_reach_its_ends(wanted: Range, whole: bool) -> None:
    if whole:
        wanted = Range(round(wanted.low) + 1, round(wanted.high) + 3, wanted.log, points=wanted.points)
    found = grid(wanted, whole)
    assert found[0] == wanted.low
    assert found[-1] == wanted.high
    assert all(isinstance(v, int) for v in found) or not whole
    assert all(wanted.low <= float(v) <= wanted.high for v in found if isinstance(v, int | float))
    assert len(set(found)) == len(found)


def test_a_grid_goes_in_equal_steps_and_in_equal_ratios() -> None:
    assert grid(Range(16, 64, step=16), whole=True) == (16, 32, 48, 64)
    assert grid(Range(1e-4, 1e-1, log=True), whole=False) == (1e-4, 1e-3, 1e-2, 1e-1)
    assert grid(Range(0, 1, points=3), whole=False) == (0, 0.5, 1)
    assert grid(Values(("a", "b")), whole=False) == ("a", "b")


@given(ranges(), st.floats(0, 1))
def test_a_tidied_number_stays_in_its_range_and_near_what_it_was(wanted: Range, share: float) -> None:
    value = wanted.low + (wanted.high - wanted.low) * share
    found = tidy(value, wanted)
    assert wanted.low <= found <= wanted.high
    assert abs(found - value) <= 6e-4 * abs(value)
    assert tidy(found, wanted) == found


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(value: float) -> None:
    assert float(plain(value)) == value


def test_values_are_spelled_as_they_are_typed() -> None:
    assert [spelled(v) for v in (True, None, 3, 0.1, (3, 5), "same")] == ["on", "none", "3", "0.1", "3x5", "same"]
    assert Values((16, 32)).words == "16, 32"
    assert from_json(to_json(Values(((3, 3), "same", None)))) == Values(((3, 3), "same", None))


@pytest.mark.parametrize("data", [3, {}, {"low": 1}, {"values": []}, {"values": [[["x"]]]}, {"low": 1, "high": "nan"}])
def test_what_no_search_has_written_is_refused(data: object) -> None:
    with pytest.raises((ValueError, TypeError, Problem)):
        from_json(data)
    with pytest.raises(Problem):
        checked(Range(1, 1))
