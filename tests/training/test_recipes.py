from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.recipes import recipe_from_json, recipe_to_json


def test_a_recipe_comes_back_equal_through_json() -> None:
    recipe = Recipe(
        epochs=7,
        batch_size=3,
        optimizer=Chosen("sgd", frozen({"lr": 0.05, "nesterov": True, "betas": (0.9, 0.99)})),
        schedule=Chosen("cosine", frozen({"warmup": 1.0})),
        device="cuda",
        seed=11,
        threads=2,
        deterministic=True,
        clip=1.5,
        accumulate=4,
        average=0.99,
        patience=3,
        watch="val_f1",
        precision="auto",
        layout="plain",
        compile=True,
        initialisation=Chosen("he_normal"),
        metrics=("f1", "r2"),
        keep=2,
        processes=2,
        shard=True,
    )
    assert recipe_from_json(json.loads(json.dumps(recipe_to_json(recipe)))) == recipe


def test_records_from_before_decay_was_a_choice_pulled_at_all_weights() -> None:
    assert recipe_from_json({}).decay == "all"
    assert recipe_from_json({"decay": "weights", "clip": 1}) == Recipe(clip=1.0)


def test_missing_entries_take_the_defaults_and_unknown_ones_are_left_out() -> None:
    assert recipe_from_json({"epochs": 2, "from_the_future": 1}) == Recipe(epochs=2, decay="all")


@pytest.mark.parametrize(
    "data",
    [
        {"epochs": "many"},
        {"epochs": True},
        {"seed": 1.5},
        {"clip": "much"},
        {"clip": True},
        {"metrics": "f1"},
        {"metrics": [1]},
        {"initialisation": []},
        {"optimizer": "adam"},
        {"optimizer": {"id": 3}},
        {"optimizer": {"id": "adam", "params": []}},
        {"optimizer": {"id": "adam", "params": {"lr": {}}}},
        {"schedule": {"id": "step", "params": {"every": [[]]}}},
    ],
)
def test_what_is_no_recipe_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        recipe_from_json(data)
