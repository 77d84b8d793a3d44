from __future__ import annotations

from typing import Any

import pytest

from workbench.catalogue.recipe import GROUPS, SETTINGS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Problem
from workbench.document.format import decode, encode
from workbench.document.graph import Graph, Node, frozen
from workbench.document.project import Chosen, Project, Recipe
from workbench.session.overrides import overridden, put
from workbench.session.recipe.settings import CATALOGUES, names_of, with_setting, with_settings


def test_every_plain_field_of_a_recipe_is_a_setting_with_its_default() -> None:
    recipe = Recipe()
    plain = {name for name in Recipe.__dataclass_fields__ if isinstance(getattr(recipe, name), int | float | str)}
    assert set(SETTINGS) == plain
    assert {name: getattr(recipe, name) for name in plain} == {name: p.default for name, p in SETTINGS.items()}


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_a_file_holds_all_that_fits_a_setting(end: str) -> None:
    ends = {p.id: getattr(p, end) for p in SETTINGS.values() if getattr(p, end) is not None}
    recipe = with_settings(Recipe(), ends)
    assert decode(encode(Project(recipe=recipe))).recipe == recipe
    for group in GROUPS:
        assert check(group, {p.id: getattr(recipe, p.id) for p in group.params})[1] == ()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("epochs", "12", Recipe(epochs=12)),
        ("clip", "1", Recipe(clip=1.0)),
        ("clip", " 0.5 ", Recipe(clip=0.5)),
        ("compile", "on", Recipe(compile=True)),
        ("compile", "false", Recipe()),
        ("device", "CPU", Recipe(device="cpu")),
        ("precision", "bfloat16", Recipe(precision="bf16")),
        ("precision", "bf16", Recipe(precision="bf16")),
        ("watch", "val_f1", Recipe(watch="val_f1")),
        ("metrics", "f1, roc_area,f1", Recipe(metrics=("f1", "roc_area"))),
        ("metrics", "", Recipe()),
        ("optimizer", "sgd", Recipe(optimizer=Chosen("sgd"))),
        ("initialisation", "orthogonal", Recipe(initialisation=Chosen("orthogonal"))),
        ("lr", "1e-2", Recipe(optimizer=Chosen("adam", frozen({"lr": 0.01})))),
        ("learning_rate", "0.01", Recipe(optimizer=Chosen("adam", frozen({"lr": 0.01})))),
        ("optimizer.beta1", "0.8", Recipe(optimizer=Chosen("adam", frozen({"beta1": 0.8})))),
        ("warmup", "2", Recipe(schedule=Chosen("constant", frozen({"warmup": 2.0})))),
        ("schedule.warmup", "2", Recipe(schedule=Chosen("constant", frozen({"warmup": 2.0})))),
    ],
)
def test_settings_are_read_as_a_person_types_them(name: str, text: str, expected: Recipe) -> None:
    assert with_setting(Recipe(), name, text) == expected


def test_what_is_chosen_comes_before_its_parameters() -> None:
    asked = {"gamma": "0.5", "milestones": "3, 6", "momentum": 0.8, "schedule": "multi_step", "optimizer": "sgd"}
    recipe = with_settings(Recipe(), asked)
    assert recipe.optimizer == Chosen("sgd", frozen({"momentum": 0.8}))
    assert recipe.schedule == Chosen("multi_step", frozen({"gamma": 0.5, "milestones": (3, 6)}))


def test_another_optimizer_keeps_what_both_know() -> None:
    before = Recipe(optimizer=Chosen("adam", frozen({"lr": 0.02, "beta1": 0.8})))
    assert with_setting(before, "optimizer", "sgd").optimizer == Chosen("sgd", frozen({"lr": 0.02}))
    assert with_setting(before, "optimizer", "adam") == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("clip", "much", "takes a number from 0.0 to 1,000,000,000.0, not 'much'"),
        ("clip", -1, "not -1"),
        ("accumulate", 0.5, "takes a whole number from 1 to 1,024"),
        ("compile", "perhaps", "takes on or off"),
        ("decay", "some", "takes one of"),
        ("epochs", "nan", "takes a whole number"),
        ("optimizer", "lion", "Choose one of: adamw"),
        ("optimizer", 3, "There is no optimizer called 3"),
        ("metrics", "f1,beauty", "no metric called 'beauty'"),
        ("mojo", "1", "has no setting “mojo”. It has: epochs, batch_size"),
        ("nesterov", "on", "A recipe with the optimizer Adam and the schedule Constant has no setting “nesterov”"),
        ("schedule.lr", "1", "has no setting “schedule.lr”"),
        ("weights.lr", "1", "has no setting “weights.lr”"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_fits(name: str, value: Any, words: str) -> None:
    with pytest.raises(Problem) as caught:
        with_setting(Recipe(), name, value)
    (problem,) = caught.value.diagnostics
    assert words in problem.message
    assert problem.message.endswith(".")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Problem) as caught:
        with_settings(Recipe(), {"clip": -1, "mojo": 1, "epochs": 3})
    assert len(caught.value.diagnostics) == 2


def test_every_name_there_is_can_be_set() -> None:
    recipe = Recipe(schedule=Chosen("plateau"), initialisation=Chosen("he_normal"))
    names = names_of(recipe)
    assert {"lr", "schedule.patience", "initialisation.slope", "metrics", "clip", "optimizer"} <= set(names)
    for name in names:
        field, _dot, inner = name.rpartition(".")
        catalogue = CATALOGUES.get(field or "optimizer", {})
        entry = catalogue.get(getattr(recipe, field or "optimizer").id)
        params = {p.id: p.default for p in entry.params} if entry is not None else {}
        if name in CATALOGUES:
            assert with_setting(recipe, name, getattr(recipe, name).id) == recipe
        else:
            value = getattr(recipe, name) if hasattr(recipe, name) else params[inner]
            assert isinstance(with_setting(recipe, name, value), Recipe)


def test_layers_are_set_by_name_too() -> None:
    graph = Graph({"conv2d_1": Node("conv2d_1", "conv2d"), "strange_1": Node("strange_1", "strange")})
    asked = {"conv2d_1.filters": "32", "conv2d_1.frozen": "on", "conv2d_1.rate": "0.1", "lr": "0.5"}
    project = put(Project(graph=graph), asked)
    found = project.graph.nodes["conv2d_1"]
    assert (found.params["filters"], found.frozen, found.rate) == (32, True, 0.1)
    assert project.recipe.optimizer.params["lr"] == 0.5
    assert put(project, {"strange_1.frozen": True}).graph.nodes["strange_1"].frozen
    for name, value, words in (
        ("conv2d_1.wings", 2, "has no setting “wings”. It has: filters"),
        ("conv2d_1.rate", 0, "takes a number from"),
        ("conv2d_1.filters", "many", "takes a whole number"),
    ):
        with pytest.raises(Problem, match=words):
            put(project, {name: value})


def test_overrides_of_a_run() -> None:
    project = overridden(
        Project(), {"clip": 1.0, "learning_rate": 0.5, "precision": "bf16", "settings": {"optimizer": "sgd"}}
    )
    assert project.recipe.optimizer == Chosen("sgd", frozen({"lr": 0.5}))
    assert (project.recipe.clip, project.recipe.precision) == (1.0, "bf16")
    with pytest.raises(Problem, match="A run has no setting “mojo”"):
        overridden(Project(), {"mojo": 1})
    with pytest.raises(Problem, match="takes a number"):
        overridden(Project(), {"clip": -1})
