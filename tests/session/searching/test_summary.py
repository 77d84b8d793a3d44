"""Mean and deviation of several runs."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.session.searching.summary import Spread, spreads


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_mean_and_deviation_are_those_of_a_sample(values: list[float]) -> None:
    found = Spread.of(values)
    assert found is not None
    assert found.count == len(values)
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert found.deviation == pytest.approx(statistics.stdev(values), abs=1e-6, rel=1e-6)


def test_one_run_deviates_by_nothing_and_what_is_no_number_does_not_count() -> None:
    assert Spread.of([0.5]) == Spread(0.5, 0.0, 1)
    assert Spread.of([]) is None
    assert Spread.of([float("nan")]) is None
    found = spreads([{"val_loss": 1.0, "val_f1": 0.5}, {"val_loss": 3.0}])
    assert (found["val_loss"].mean, found["val_loss"].count) == (2.0, 2)
    assert found["val_f1"].count == 1
