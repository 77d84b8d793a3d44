"""Everything of a project that may be varied, found by name and put to another value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.catalogue.networks import NETWORKS
from workbench.core.diagnostic import Problem
from workbench.document.format import decode, encode
from workbench.document.graph import Graph
from workbench.document.project import Chosen, Project
from workbench.session.searching.ranges import Range, Values, grid
from workbench.session.searching.setting import Setting
from workbench.session.searching.settings_of import setting_of, settings_of
from workbench.session.searching.variants import Axis, applies, variant, with_value, with_values


@pytest.fixture(scope="module")
def residual() -> Project:
    """A network of blocks within blocks."""
    network = NETWORKS["resnet-18"]
    return Project("Residual", network.graph())


def values_of(setting: Setting) -> tuple[object, ...]:
    return grid(setting.wanted, setting.is_whole)


def test_what_is_tried_by_default_fits_every_setting_and_can_be_saved(residual: Project) -> None:
    found = settings_of(residual)
    assert len({setting.id for setting in found}) == len(found)
    assert len({setting.target for setting in found}) == len(found)
    for setting in found:
        assert setting.fitting(setting.wanted) == setting.wanted, setting.id
        assert setting.read(setting.wanted.words) == setting.wanted, setting.id
        for value in values_of(setting):
            other = with_value(residual, setting, value)  # type: ignore[arg-type]
            assert decode(encode(other)) == other, setting.id
            assert setting_of(other, setting.id).value == value, setting.id


def test_what_stands_in_a_block_is_one_setting_for_all_its_uses(residual: Project) -> None:
    inside = [s for s in settings_of(residual) if s.target.block and s.target.param == "bias"]
    assert inside
    setting = inside[0]
    use, _slash, node = setting.id.rpartition(".")[0].rpartition("/")
    name = use.rpartition("/")[2]
    graph: Graph = residual.graph
    for part in use.split("/")[:-1]:
        block = graph.nodes[part].block
        assert block is not None
        graph = graph.inside(block)
    block = graph.nodes[name].block
    assert block == setting.target.block
    others = [n.id for n in graph if n.block == block and n.id != name]
    prefix = use.rpartition("/")[0]
    for other in others:
        path = f"{prefix}/{other}" if prefix else other
        assert setting_of(residual, f"{path}/{node}.bias") == setting
    assert f"{use}/{node}.bias" == setting.id
    assert "›" in setting.group


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("lr", "recipe.optimizer.lr"),
        ("optimizer", "recipe.optimizer"),
        ("epochs", "recipe.epochs"),
        ("optimizer.lr", "recipe.optimizer.lr"),
        ("momentum", "recipe.optimizer.momentum"),
        ("recipe.schedule", "recipe.schedule"),
        (" clip ", "recipe.clip"),
    ],
)
def test_settings_of_the_recipe_go_by_their_last_words(asked: str, meant: str) -> None:
    assert setting_of(Project(), asked).id == meant


def test_an_unknown_setting_is_told_with_what_is_spelled_like_it(project: Project) -> None:
    with pytest.raises(Problem, match=r"no setting “conv2d_1\.filter”.*Did you mean “conv2d_1\.filters”"):
        setting_of(project, "conv2d_1.filter")
    with pytest.raises(Problem, match=r"no setting “nothing/like\.it”"):
        setting_of(project, "nothing/like.it")


def test_what_does_not_fit_is_told_with_what_does(project: Project) -> None:
    filters = setting_of(project, "conv2d_1.filters")
    for text, said in (
        ("0..8", "takes a whole number from 1"),
        ("2..8.5", "takes a whole number"),
        ("many", "not 'many'"),
        ("", "0 values to try"),
    ):
        with pytest.raises(Problem) as refused:
            filters.read(text)
        assert said in refused.value.diagnostics[0].message
    optimizer = setting_of(project, "optimizer")
    assert optimizer.read("sgd, AdamW") == Values(("sgd", "adamw"))
    with pytest.raises(Problem, match="not 'speed'"):
        optimizer.read("sgd, speed")
    with pytest.raises(Problem, match="so it has no range"):
        optimizer.fitting(Range(1, 2))
    assert setting_of(project, "conv2d_1.kernel").read("3, 5x3") == Values(((3, 3), (5, 3)))
    assert setting_of(project, "linear_1.bias").read("on, off") == Values((True, False))


def test_a_choice_comes_before_what_depends_on_it(project: Project) -> None:
    axes = [Axis(setting_of(project, name), Values(())) for name in ("momentum", "lr", "optimizer")]
    for chosen in ("sgd", "adam"):
        answers = {"recipe.optimizer": chosen, "recipe.optimizer.momentum": 0.5, "recipe.optimizer.lr": 0.25}
        found, values = variant(project, axes, lambda axis, answers=answers: answers[axis.id])  # type: ignore[misc]
        assert found.recipe.optimizer.id == chosen
        assert found.recipe.optimizer.params["lr"] == 0.25
        assert ("recipe.optimizer.momentum" in values) == (chosen == "sgd")
        assert with_values(project, values) == found


def test_the_network_changes_in_all_it_may(project: Project) -> None:
    changed = with_values(
        project,
        {
            "conv2d_1.filters": 7,
            "relu_1.layer": "gelu",
            "batch_norm2d_1.state": "bypassed",
            "conv2d_1.frozen": True,
            "linear_1.rate": 0.1,
            "data.balance": "weights",
            "recipe.batch_size": 16,
        },
    )
    nodes = changed.graph.nodes
    assert nodes["conv2d_1"].params["filters"] == 7
    assert (nodes["relu_1"].layer, nodes["batch_norm2d_1"].state) == ("gelu", "bypassed")
    assert (nodes["conv2d_1"].frozen, nodes["linear_1"].rate) == (True, 0.1)
    assert (changed.data.balance, changed.recipe.batch_size) == ("weights", 16)
    assert project.graph.nodes["conv2d_1"].params["filters"] == 4


def test_augmentations_in_use_have_their_settings(project: Project) -> None:
    twice = replace(project.data, augmentations=(Chosen("flip_vertical"), Chosen("flip_vertical")))
    both = replace(project, data=twice)
    second = setting_of(both, "data.flip_vertical_2.chance")
    changed = with_value(both, second, 0.25)
    assert [chosen.params.get("chance") for chosen in changed.data.augmentations] == [None, 0.25]
    assert not applies(project, second.target)
    assert with_value(project, second, 0.25) is project
