from __future__ import annotations

import numpy as np
import pytest

from workbench.catalogue.registry import SCHEDULES
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.session.recipe.rate_curve import MOST_POINTS, rate_curve
from workbench.training.optimizing.rates import Rates


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_curve_is_what_a_run_will_do(name: str) -> None:
    recipe = Recipe(epochs=6, optimizer=Chosen("sgd", frozen({"lr": 0.3})), schedule=Chosen(name), accumulate=2)
    curve = rate_curve(recipe, 15)
    assert curve is not None
    rates = Rates(recipe, 6 * 8, 8)
    assert curve.epochs * 8 == pytest.approx(np.arange(48))
    assert curve.rates == pytest.approx([0.3 * rates.factor(step) for step in range(48)])
    assert curve.follows == rates.follows
    assert (curve.first, curve.last, curve.highest) == (curve.rates[0], curve.rates[-1], curve.rates.max())


def test_a_long_run_keeps_its_corners() -> None:
    recipe = Recipe(epochs=90, schedule=Chosen("multi_step", frozen({"milestones": (30, 60)})))
    curve = rate_curve(recipe, 5_000)
    assert curve is not None
    assert len(curve.epochs) <= 3 * MOST_POINTS
    before, after = curve.rates[curve.epochs < 30], curve.rates[(curve.epochs >= 30) & (curve.epochs < 60)]
    assert set(before) == {0.001}
    assert after == pytest.approx([0.0001] * len(after))
    assert curve.epochs[curve.epochs < 30].max() > 30 - 1 / 1000


def test_a_million_epochs_are_quickly_drawn() -> None:
    curve = rate_curve(Recipe(epochs=100_000), 1_000)
    assert curve is not None
    assert len(curve.epochs) <= 3 * MOST_POINTS


def test_nothing_is_drawn_of_what_is_unknown() -> None:
    assert rate_curve(Recipe(schedule=Chosen("moon"))) is None
    assert rate_curve(Recipe(optimizer=Chosen("lion"))) is None
    assert rate_curve(Recipe(epochs=0)) is None
