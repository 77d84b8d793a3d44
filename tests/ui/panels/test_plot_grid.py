"""Plots beside and below each other, and rows averaged into bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.plots.bins import MOST, Bins
from workbench.ui.plots.grid import LOWEST, NARROWEST, PlotGrid, columns_for

BETWEEN = (24, 12)


@given(count=st.integers(1, 12), width=st.integers(100, 3000), height=st.integers(60, 2000))
def test_no_column_is_too_narrow_and_none_is_empty(count: int, width: int, height: int) -> None:
    columns = columns_for(count, width, height, BETWEEN)
    assert 1 <= columns <= count
    assert columns == 1 or (width - (columns - 1) * BETWEEN[0]) / columns >= NARROWEST


def test_what_is_wide_has_its_plots_beside_each_other_and_what_is_tall_below() -> None:
    assert columns_for(2, 900, 200, BETWEEN) == 2
    assert columns_for(2, 500, 800, BETWEEN) == 1
    assert columns_for(6, 620, 600, BETWEEN) == 2


@pytest.fixture
def grid(qtbot: QtBot) -> PlotGrid:
    made = PlotGrid()
    qtbot.addWidget(made)
    made.show()
    return made


def test_rows_fill_the_room_or_are_scrolled_to_whole(grid: PlotGrid) -> None:
    plots = [QWidget() for _ in range(5)]
    grid.resize(600, 700)
    grid.show_plots(plots)
    assert all(plot.isVisible() and not plot.visibleRegion().isEmpty() for plot in plots)
    assert not grid.verticalScrollBar().isVisible()
    assert plots[4].width() > plots[3].width(), "the last of an odd number has its row for itself"
    grid.resize(600, LOWEST + 30)
    seen = [plot for plot in plots if not plot.visibleRegion().isEmpty()]
    assert seen == plots[:2]
    assert all(plot.visibleRegion().boundingRect().height() == plot.height() for plot in seen)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().singleStep())
    assert [plot for plot in plots if not plot.visibleRegion().isEmpty()] == plots[2:4]


def test_plots_that_are_not_wanted_are_hidden(grid: PlotGrid) -> None:
    first, second = QWidget(), QWidget()
    grid.resize(700, 300)
    grid.show_plots([first, second])
    half = second.width()
    grid.show_plots([second])
    assert not first.isVisible()
    assert second.width() > half
    assert grid.shown == (second,)
    grid.show_plots([first, second])
    assert first.isVisible()


@given(
    pieces=st.lists(st.integers(0, 700), max_size=8),
    hole=st.integers(0, 3000),
)
def test_bins_hold_the_mean_of_what_was_added(pieces: list[int], hole: int) -> None:
    bins = Bins(2)
    total = sum(pieces)
    values = np.stack([np.arange(total, dtype=float), np.ones(total)], 1)
    values[hole : hole + 1, 1] = np.nan
    done = 0
    for piece in pieces:
        x = np.arange(done, done + piece, dtype=float)
        bins.append(x, values[done : done + piece])
        done += piece
    assert len(bins) <= MOST
    assert len(bins) == len(bins.x) == len(bins.means)
    if total:
        assert np.all(np.diff(bins.x) > 0)
        assert bins.means[:, 0] == pytest.approx(bins.x), "a value that is its own place has the mean of its places"
        known = np.isfinite(bins.means[:, 1])
        assert np.all(bins.means[known, 1] == 1.0), "what is not finite does not count"
        assert known.sum() >= len(bins) - 1


def test_a_million_rows_take_no_more_room_than_a_thousand() -> None:
    bins = Bins(3)
    for start in range(0, 1_000_000, 100_000):
        bins.append(np.arange(start, start + 100_000, dtype=float), np.ones((100_000, 3), np.float32))
    assert MOST // 2 <= len(bins) <= MOST
    assert bins.x[0] < bins.x[-1] < 1_000_000
