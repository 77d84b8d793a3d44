from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.training.advice.trend import MOST, Trend


@given(st.lists(st.floats(-1e3, 1e3), max_size=6000), st.integers(1, 700))
def test_means_of_equal_stretches(values: list[float], piece: int) -> None:
    """However the values come, each stretch has the mean of as many of them, in their order."""
    trend = Trend()
    for start in range(0, len(values), piece):
        trend.add(np.array(values[start : start + piece]))
    assert len(trend.means) <= MOST
    whole = len(values) // trend.length * trend.length
    assert trend.count == whole
    expected = np.array(values[:whole]).reshape(-1, trend.length).mean(1)
    assert trend.means == pytest.approx(expected, abs=1e-6)


def test_a_million_steps_are_a_few_hundred_means() -> None:
    trend = Trend()
    for part in np.array_split(np.linspace(2.0, 1.0, 1_000_000), 50):
        trend.add(part)
    assert MOST // 2 <= len(trend.means) <= MOST
    assert np.all(np.diff(trend.means) < 0)
    assert trend.means[0] == pytest.approx(2.0, abs=0.01)


def test_what_is_no_number_is_left_out() -> None:
    trend = Trend(2)
    trend.add(np.array([1.0, np.nan, 3.0, np.inf, 5.0, 7.0]))
    assert trend.means.tolist() == [2.0, 6.0]
