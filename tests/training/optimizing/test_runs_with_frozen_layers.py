"""Whole runs: what is frozen stays to the bit through training and validation, and every choice of a recipe trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from workbench.catalogue.registry import INITIALISATIONS, OPTIMIZERS, SCHEDULES
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import Graph
from workbench.document.marking import set_frozen, set_rate
from workbench.document.project import Chosen, Recipe
from workbench.training.engine import Engine
from workbench.training.messages import Ended, EpochEnd

Make = Callable[..., Any]


def trained(graph: Graph, pictures: Any, recipe: Recipe) -> Engine:
    engine = Engine(compile_graph(graph), pictures, recipe)
    *_, end = engine.events()
    assert isinstance(end, Ended)
    assert end.state == "done", end.diagnostic
    return engine


def weights(engine: Engine) -> dict[str, torch.Tensor]:
    assert engine.module is not None
    return dict(engine.module.state_dict())


def test_a_frozen_layer_stays_to_the_bit(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    """Two epochs, so that training goes on after a validation: its statistics must stay then too."""
    graph = set_frozen(make.graph(), ["conv2d_1", "batch_norm2d_1"], True)
    assert isinstance(graph, Graph)
    fresh = compile_graph(graph).module(recipe.seed).state_dict()
    found = weights(trained(graph, dataset, replace(recipe, epochs=2)))
    still = {name for name in fresh if torch.equal(fresh[name], found[name])}
    assert still == {name for name in fresh if not name.startswith("linear")}


def test_a_slow_layer_moves_less(make: SimpleNamespace, recipe: Recipe) -> None:
    moved = {}
    for rate in (1.0, 1e-3):
        graph = set_rate(make.graph(), ["conv2d_1"], rate)
        assert isinstance(graph, Graph)
        fresh = compile_graph(graph).module(recipe.seed).state_dict()
        found = weights(trained(graph, make.pictures(), replace(recipe, epochs=1)))
        moved[rate] = float((found["conv2d_1.weight"] - fresh["conv2d_1.weight"]).norm())
    assert 0 < moved[1e-3] < 0.01 * moved[1.0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains(name: str, make: SimpleNamespace, recipe: Recipe) -> None:
    chosen = replace(recipe, epochs=1, optimizer=Chosen(name), decay="weights")
    engine = Engine(compile_graph(make.graph()), make.pictures(), chosen)
    ends = [event for event in engine.events() if isinstance(event, EpochEnd | Ended)]
    assert [type(end) for end in ends] == [EpochEnd, Ended]


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_trains(name: str, make: SimpleNamespace, recipe: Recipe) -> None:
    trained(make.graph(), make.pictures(), replace(recipe, epochs=2, schedule=Chosen(name)))


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_a_run_begins_with_what_is_chosen_and_learned_weights_stay(
    name: str, make: SimpleNamespace, recipe: Recipe
) -> None:
    chosen = replace(recipe, initialisation=Chosen(name), optimizer=Chosen("sgd", {"lr": 1e-8}), epochs=1)
    compiled = compile_graph(make.graph())
    learned = {"linear_1.weight": torch.full_like(compiled.module(0).get_parameter("linear_1.weight"), 0.25)}
    engine = Engine(compiled, make.pictures(), chosen, weights=learned)
    assert list(engine.events())
    found = weights(engine)
    torch.testing.assert_close(found["linear_1.weight"], learned["linear_1.weight"])
    fresh = compiled.module(recipe.seed).state_dict()["conv2d_1.weight"]
    assert torch.allclose(found["conv2d_1.weight"], fresh, atol=1e-5) == (name == "default")
