"""The smoothed line, round ticks, and the ranges that end on them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.ui.plots.smoothing import Smoother
from workbench.ui.plots.ticks import log_range, log_ticks, nice_ticks, percent, plain, x_end, y_range

floats = st.floats(-1e6, 1e6, width=32)


@given(
    y=arrays(np.float64, st.integers(1, 900), elements=floats | st.just(np.nan)),
    keep=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 0.999]),
    cut=st.integers(0, 900),
)
def test_smoothing_is_the_weighted_mean_of_what_came(y: np.ndarray, keep: float, cut: int) -> None:
    smoother = Smoother(keep)
    cut = min(cut, len(y))
    smooth = np.concatenate([smoother.feed(y[:cut]), smoother.feed(y[cut:])])
    seen: list[float] = []
    for value, shown in zip(y, smooth, strict=True):
        if not math.isfinite(value):
            assert math.isnan(shown)
            continue
        seen.append(value)
        weights = np.array([keep**age for age in range(len(seen) - 1, -1, -1)])
        expected = float(np.dot(weights, seen) / weights.sum())
        assert shown == pytest.approx(expected, rel=1e-6, abs=1e-6 * max(map(abs, seen)) + 1e-9)


def test_smoothing_refuses_to_keep_all() -> None:
    with pytest.raises(ValueError, match="below 1"):
        Smoother(1.0)


@given(low=st.floats(-1e5, 1e5), span=st.floats(1e-4, 1e6), count=st.integers(1, 12))
def test_ticks_are_round_few_and_inside(low: float, span: float, count: int) -> None:
    step, ticks = nice_ticks(low, low + span, count)
    assert len(ticks) <= count + 1
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(lead - nice) for nice in (1.0, 2.0, 2.5, 5.0, 10.0)) < 1e-6
    assert all(low - 1e-5 * step <= t <= low + span + 1e-5 * step for t in ticks)


@given(low=st.floats(-1e4, 1e4), span=st.floats(0, 1e5))
def test_a_range_holds_its_data(low: float, span: float) -> None:
    bottom, top = y_range(low, low + span)
    slack = 1e-6 * (top - bottom)
    assert bottom - slack <= low
    assert top + slack >= low + span
    assert top > bottom


def test_a_range_near_zero_begins_at_zero_and_one_far_away_does_not() -> None:
    assert y_range(0.15, 2.31) == (0.0, 2.5)
    assert y_range(0.92, 0.98)[0] >= 0.9


@given(low=st.floats(1e-12, 1e6), factor=st.floats(1, 1e6))
def test_a_log_range_holds_its_data(low: float, factor: float) -> None:
    bottom, top = log_range(low, low * factor)
    assert 0 < bottom <= low
    assert top >= low * factor
    assert top / bottom >= 1.99


def test_log_ticks_are_few_and_inside() -> None:
    for low, high in ((-3.0, 1.0), (0.1, 0.6), (-12.0, 6.0)):
        ticks = log_ticks(low, high, 6)
        assert ticks == sorted(ticks)
        assert len(ticks) <= 6
        assert all(low - 1e-9 <= t <= high + 1e-9 for t in ticks)
    assert 0.0 in log_ticks(-3.0, 1.0, 6)


def test_the_axis_leaves_room_ahead_in_jumps() -> None:
    ends = [x_end(last, 40.0) for last in np.linspace(0.1, 40, 2000)]
    assert all(end >= last for end, last in zip(ends, np.linspace(0.1, 40, 2000), strict=True))
    assert len(set(ends[:-1])) < 15
    assert ends[-1] == 40.0
    assert x_end(7.5, None) == 7.5


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [(0.5, 0.5, "0.5"), (1.0, 0.25, "1.00"), (1200, 200, "1,200"), (0.0, 1.0, "0"), (0.003, 0.001, "0.003")],
)
def test_ticks_have_the_decimals_they_need(value: float, step: float, words: str) -> None:
    assert plain(value, step) == words


def test_shares_are_per_cent() -> None:
    assert percent(0.75, 0.25) == "75 %"
    assert percent(0.975, 0.005) == "97.5 %"


def test_small_ticks_keep_the_digits_that_part_them() -> None:
    assert [plain(value, 2.5e-7) for value in (0.0, 2.5e-7, 5e-7, 7.5e-7)] == ["0", "2.5e-7", "5e-7", "7.5e-7"]
    assert plain(2e6, 1e6) == "2e6"
    assert plain(0.0, 0.5) == "0.0"
