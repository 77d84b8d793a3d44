"""The range test finds a rate that trains, says so in words, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.core.diagnostic import Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.engine import Engine
from workbench.training.messages import EpochEnd
from workbench.training.rate_finder import find_rate, judge, rounded, smooth


def with_rate(recipe: Recipe, rate: float) -> Recipe:
    return replace(recipe, optimizer=replace(recipe.optimizer, params=frozen({"lr": rate})))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_suggestion_trains(compiled: Compiled, dataset: Any, recipe: Recipe, optimizer: str) -> None:
    recipe = replace(recipe, optimizer=Chosen(optimizer), epochs=6, schedule=Chosen("constant"))
    found = find_rate(compiled, dataset, recipe)
    assert found.suggested is not None, found.reason
    assert found.fix is not None
    assert found.fix.arguments == {"value": found.suggested}
    losses = {}
    for factor in (1 / 300, 1.0):
        end = list(Engine(compiled, dataset, with_rate(recipe, found.suggested * factor)).events())
        losses[factor] = next(e.train_loss for e in reversed(end) if isinstance(e, EpochEnd))
    assert losses[1.0] < 0.7 * losses[1 / 300]


def test_nothing_stays(compiled: Compiled, dataset: Any, recipe: Recipe, bit_equal: Any) -> None:
    weights = {name: tensor.clone() for name, tensor in compiled.module(3).state_dict().items()}
    kept = {name: tensor.clone() for name, tensor in weights.items()}
    torch.manual_seed(7)
    random = torch.get_rng_state()
    find_rate(compiled, dataset, recipe, weights=weights, steps=30)
    assert bit_equal(weights, kept)
    assert torch.equal(torch.get_rng_state(), random)
    assert dataset.opened == dataset.closed


def test_it_is_repeated_to_the_bit(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    torch.manual_seed(0)
    first = find_rate(compiled, dataset, recipe, steps=20)
    torch.manual_seed(99)
    again = find_rate(compiled, dataset, recipe, steps=20)
    assert np.array_equal(first.losses, again.losses)


def test_it_begins_with_the_weights_it_is_given(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    engine = Engine(compiled, dataset, replace(recipe, epochs=6))
    list(engine.events())
    assert engine.module is not None
    learned = {name: tensor.clone() for name, tensor in engine.module.state_dict().items()}
    fresh, on = (
        find_rate(compiled, dataset, recipe, steps=8),
        find_rate(compiled, dataset, recipe, weights=learned, steps=8),
    )
    assert on.losses[0] < 0.7 * fresh.losses[0]


def test_it_tells_how_far_it_is_and_stops_when_asked(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    told: list[tuple[int, int | None]] = []
    points: list[tuple[float, float]] = []
    found = find_rate(
        compiled,
        dataset,
        recipe,
        steps=12,
        progress=lambda done, total: told.append((done, total)),
        seen=lambda rate, loss: points.append((rate, loss)),
    )
    assert [done for done, _total in told] == list(range(1, len(told) + 1))
    assert told[0][1] == 12
    assert points == list(zip(found.rates.tolist(), found.losses.tolist(), strict=True))
    with pytest.raises(Problem, match="cancelled"):
        find_rate(compiled, dataset, recipe, cancelled=lambda: True)
    assert dataset.opened == dataset.closed


def test_steps_of_several_batches(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    """48 samples in batches of 8, three batches a step: two steps an epoch."""
    batches: list[int] = []
    dataset.on_batch = batches.append
    found = find_rate(compiled, dataset, replace(recipe, accumulate=3), steps=4)
    assert len(found.rates) == 4
    assert batches[:6] == [0, 1, 2, 3, 4, 5]
    assert len(batches) >= 12


def test_it_ends_where_the_loss_breaks_down(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    plain = compile_graph(
        make.chain(
            make.node("pictures_1", "pictures", size=(8, 8)),
            make.node("flatten_1", "flatten"),
            make.node("linear_1", "linear", units=64),
            make.node("relu_1", "relu"),
            make.node("linear_2", "linear", units=3),
            make.node("output_1", "output"),
        )
    )
    hard = replace(dataset, pictures=dataset.pictures * np.float32(10), labels=np.arange(66) % 3)  # nothing to tell by
    found = find_rate(plain, hard, replace(recipe, optimizer=Chosen("sgd")))
    assert found.rates[-1] < 5
    assert found.highest is not None
    assert found.suggested is not None
    assert found.suggested < found.highest <= found.rates[-1]
    assert f"{found.highest:g}" in found.reason


def test_it_ends_where_there_is_nothing_left_to_learn(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    found = find_rate(compiled, dataset, recipe, steps=400)
    assert found.rates[-1] < 10
    assert found.highest is None
    assert found.suggested is not None
    assert "all but gone" in found.reason


def test_a_network_that_cannot_learn_gets_no_suggestion(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    blind = replace(dataset, pictures=np.zeros_like(dataset.pictures), labels=np.arange(66) % 3)
    plain = compile_graph(
        make.chain(
            make.node("pictures_1", "pictures", size=(8, 8)),
            make.node("flatten_1", "flatten"),
            make.node("linear_1", "linear", units=3),
            make.node("output_1", "output"),
        )
    )
    found = find_rate(plain, blind, replace(recipe, optimizer=Chosen("sgd")))
    assert found.suggested is None
    assert found.fix is None
    assert "did not fall noticeably" in found.reason


def test_losses_that_are_no_numbers_get_no_suggestion(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    found = find_rate(compiled, replace(dataset, pictures=dataset.pictures * np.float32(np.inf)), recipe)
    assert len(found.rates) == 0
    assert found.suggested is None
    assert "no number" in found.reason


def test_without_samples_there_is_nothing_to_find(compiled: Compiled, make: SimpleNamespace, recipe: Recipe) -> None:
    with pytest.raises(Problem, match="no pictures to train on"):
        find_rate(compiled, make.pictures(train=0), recipe)


@settings(max_examples=40)
@given(st.floats(-5, -3), st.floats(0.5, 2.5), st.floats(0.0, 0.05), st.integers(0, 99))
def test_the_best_rate_of_a_drawn_curve_is_found(middle: float, width: float, noise: float, seed: int) -> None:
    """A loss that falls around 10^middle and breaks down `width` decades later, with the noise of batches."""
    decades = np.linspace(-7, 1, 120)
    drawn = 2.3 - 2.0 / (1 + np.exp(-(decades - middle) * 4)) + np.exp((decades - middle - width - 1) * 5)
    losses = drawn + np.random.default_rng(seed).normal(0, noise, 120)
    found = judge(10**decades, losses)
    lowest = decades[drawn.argmin()]
    assert found.suggested is not None
    assert found.highest is not None
    chosen = np.log10(found.suggested)
    assert middle - 0.5 < chosen < lowest
    assert min(abs(chosen - middle), abs(chosen - lowest + 0.6)) < 0.4
    assert lowest - 0.2 < np.log10(found.highest) < lowest + 2.5


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=50), st.floats(-5, 5))
def test_smoothing_keeps_what_is_straight_and_stays_within(values: list[float], level: float) -> None:
    x, y = np.linspace(-7, 1, len(values)), np.array(values)
    smoothed = smooth(x, y)
    assert smoothed.min() >= y.min() - 1e-9
    assert smoothed.max() <= y.max() + 1e-9
    assert np.allclose(smooth(x, np.full_like(x, level)), level)


def test_a_rate_has_two_digits() -> None:
    assert rounded(0.0123456) == 0.012
    assert rounded(1.96e-5) == 2e-5
