"""Thumbnails as values: the right channels in steady places, on a scale that means something."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.inspection.colours import LEVELS, NO_VALUE
from workbench.inspection.previews import (
    CLEARLY_STRONGER,
    LARGEST_MAP,
    TALLEST,
    WIDEST,
    binned,
    preview_of,
    previews,
    strongest,
)


def test_maps_are_those_that_show_most_strongest_first() -> None:
    maps = torch.zeros(6, 5, 5)
    for channel in range(6):
        maps[channel, 2, 2] = channel
    maps[0] = 50.0  # large everywhere, so it shows nothing
    made = preview_of(maps)
    assert made is not None
    assert made.kind == "maps"
    assert made.channels == (5, 4, 3, 2)
    assert made.shades.shape == (4, 5, 5)
    brightest = made.shades[:, 2, 2].astype(int)
    assert (np.diff(brightest) < 0).all(), "all share one scale"
    assert (made.shades[:, 0, 0] == 0).all()


def test_a_channel_keeps_its_place_until_another_is_clearly_stronger() -> None:
    assert strongest([4, 3, 2, 1, 0.9]) == (0, 1, 2, 3)
    assert strongest([1, 2, 3, 4, 0.9], (0, 1, 2, 3)) == (0, 1, 2, 3)
    assert strongest([4, 3, 2, 1, 1.4], (0, 1, 2, 3)) == (0, 1, 2, 3)
    assert strongest([4, 3, 2, 1, 1.6], (0, 1, 2, 3)) == (0, 1, 2, 4)
    assert strongest([1, 2], (0, 1, 2)) == (1, 0), "another number of channels begins anew"


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.data())
def test_what_is_kept_is_nowhere_clearly_beaten(strength: list[float], data: st.DataObject) -> None:
    channels = st.lists(st.integers(0, len(strength) - 1), min_size=1, max_size=4, unique=True)
    before = tuple(data.draw(channels))
    after = strongest(strength, before)
    assert len(after) == len(set(after)) == len(before)
    left_out = [s for channel, s in enumerate(strength) if channel not in after]
    weakest = min(strength[channel] for channel in after)
    assert all(s <= CLEARLY_STRONGER * weakest for s in left_out)
    assert all(was == now or strength[now] > strength[was] for was, now in zip(before, after, strict=True))
    assert strongest(strength, after) == after, "the same values again change nothing"


def test_large_values_become_small_ones_and_keep_their_proportions() -> None:
    made = preview_of(torch.rand(64, 224, 112))
    assert made is not None
    assert made.shades.shape == (4, LARGEST_MAP, LARGEST_MAP // 2)
    sequence = preview_of(torch.rand(300, 192))
    assert sequence is not None
    assert sequence.kind == "sequence"
    assert sequence.shades.shape == (1, TALLEST, WIDEST)
    short = preview_of(torch.arange(12.0).reshape(3, 4))
    assert short is not None
    assert short.shades.shape == (1, 4, 3), "steps from left to right, features from top to bottom"
    assert short.shades[0, 0, 2] > short.shades[0, 3, 1] > short.shades[0, 3, 0]


def test_numbers_are_bars_and_maps_of_one_pixel_are_numbers() -> None:
    made = preview_of(torch.tensor([0.5, -1.0, 0.25]))
    assert made is not None
    assert made.kind == "numbers"
    assert made.values is not None
    assert made.values.tolist() == [0.5, -1.0, 0.25]
    assert made.scale.signed
    pooled = preview_of(torch.arange(512.0).reshape(512, 1, 1))
    assert pooled is not None
    assert pooled.kind == "numbers"
    assert pooled.values is not None
    assert len(pooled.values) == WIDEST


@given(st.integers(1, 2000), st.integers(1, 200))
def test_a_bar_stands_for_the_largest_of_its_neighbours(count: int, most: int) -> None:
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    bars = binned(values, most)
    assert len(bars) == min(count, most)
    assert np.abs(bars).max() == np.abs(values).max()
    assert np.isin(bars, values).all()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_drawn_too(bad: float) -> None:
    for shape in ((3, 4, 4), (5, 6), (700,)):
        made = preview_of(torch.full(shape, bad))
        assert made is not None
        assert made.shades.size
    mixed = torch.zeros(2, 3, 3)
    mixed[1, 1, 1] = math.nan
    made = preview_of(mixed)
    assert made is not None
    assert (made.shades == NO_VALUE).sum() == 1


def test_nothing_gives_nothing() -> None:
    assert preview_of(torch.zeros(0, 3, 3)) is None
    assert preview_of(torch.tensor(1.0)) is None


def test_colours_mean_the_same_while_they_fit() -> None:
    first = preview_of(torch.full((1, 2, 2), 0.9).cumsum(1))
    assert first is not None
    assert first.scale.high == 2.0
    nearly = preview_of(torch.full((1, 2, 2), 0.6).cumsum(1), first)
    assert nearly is not None
    assert nearly.scale is first.scale
    faint = preview_of(torch.full((1, 2, 2), 0.01).cumsum(1), first)
    assert faint is not None
    assert faint.scale.high < 0.1, "between runs the scale follows down"
    live = preview_of(torch.full((1, 2, 2), 0.01).cumsum(1), first, live=True)
    assert live is not None
    assert live.scale is first.scale, "while it learns the scale does not shrink"
    assert live.shades.max() < LEVELS // 10


def test_previews_take_the_first_sample_and_remember_by_node() -> None:
    values = {"a": torch.rand(2, 8, 4, 4), "b": torch.rand(1, 7)}
    first = previews(values, {})
    again = previews(values, first)
    assert set(first) == {"a", "b"}
    assert again["a"].channels == first["a"].channels
    assert np.array_equal(again["a"].shades, first["a"].shades)
    other = previews({"a": torch.rand(1, 3, 4, 4)}, first)
    assert other["a"].shape == (3, 4, 4)
    assert len(other["a"].channels) == 3
