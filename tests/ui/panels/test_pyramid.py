"""Decimation: nothing that matters is lost, little is drawn, and the drawing holds still while the curve grows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.ui.plots.pyramid import Pyramid

values = arrays(
    np.float64, st.integers(1, 3000), elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf])
)


def pyramid_of(y: np.ndarray, *cuts: int) -> Pyramid:
    """The curve y over 0, 1, 2, …, appended in pieces."""
    made = Pyramid()
    edges = sorted({0, len(y), *(c % (len(y) + 1) for c in cuts)})
    for start, stop in pairwise(edges):
        made.append(np.arange(start, stop), y[start:stop])
    return made


@given(y=values, cuts=st.lists(st.integers(0, 10_000), max_size=8), pixels=st.integers(1, 400))
def test_reading_keeps_every_extreme_with_two_points_a_pixel(y: np.ndarray, cuts: list[int], pixels: int) -> None:
    x, drawn = pyramid_of(y, *cuts).read(pixels)
    finite = y[np.isfinite(y)]
    assert len(x) == len(drawn) <= 2 * pixels + 2
    assert np.all(np.diff(x) >= 0)
    if finite.size:
        assert np.nanmin(drawn) == finite.min()
        assert np.nanmax(drawn) == finite.max()
    else:
        assert np.isnan(drawn).all()


@given(y=values, cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_pieces_make_the_same_curve_as_the_whole(y: np.ndarray, cuts: list[int]) -> None:
    whole, pieces = pyramid_of(y), pyramid_of(y, *cuts)
    for pixels in (3, 50, 700):
        for a, b in zip(whole.read(pixels), pieces.read(pixels), strict=True):
            np.testing.assert_array_equal(a, b)
    assert whole.bounds() == pieces.bounds()


@given(y=values, start=st.integers(0, 3000), length=st.integers(0, 3000), pixels=st.integers(1, 300))
def test_a_stretch_holds_its_own_extremes(y: np.ndarray, start: int, length: int, pixels: int) -> None:
    curve = pyramid_of(y)
    inside = y[start : start + length + 1]
    inside = inside[np.isfinite(inside)]
    x, drawn = curve.read(pixels, start, start + length)
    assert len(x) <= 2 * pixels + 6
    if inside.size:
        assert np.nanmin(drawn) <= inside.min()
        assert np.nanmax(drawn) >= inside.max()


def test_buckets_hold_still_while_the_curve_grows() -> None:
    y = np.random.default_rng(0).normal(size=20_000)
    before_x, before = pyramid_of(y[:18_000]).read(400)
    after_x, after = pyramid_of(y[:18_050]).read(400)
    whole_buckets = len(before) - 2
    np.testing.assert_array_equal(before[:whole_buckets], after[:whole_buckets])
    np.testing.assert_array_equal(before_x[:whole_buckets], after_x[:whole_buckets])


def test_a_million_points_are_read_from_a_few() -> None:
    curve = pyramid_of(np.random.default_rng(0).normal(size=1_000_000))
    x, y = curve.read(800)
    assert 800 <= len(x) <= 1600
    assert len(y) == len(x)


def test_few_points_come_as_they_are() -> None:
    curve = pyramid_of(np.array([3.0, np.nan, 1.0]))
    x, y = curve.read(100)
    np.testing.assert_array_equal(x, [0, 1, 2])
    np.testing.assert_array_equal(y, [3.0, np.nan, 1.0])
    assert curve.at(1.9) == (2.0, 1.0)
    assert curve.span() == (0.0, 2.0)
    assert Pyramid().at(0.0) is None
    assert Pyramid().bounds() is None


def test_x_never_runs_backwards() -> None:
    curve = pyramid_of(np.arange(5.0))
    with pytest.raises(ValueError, match="backwards"):
        curve.append([3.0], [1.0])
    with pytest.raises(ValueError, match="as many"):
        curve.append([5.0, 6.0], [1.0])
    assert len(curve) == 5
