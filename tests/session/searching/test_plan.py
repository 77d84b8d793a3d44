"""What a search is to do, checked before anything is trained, and written down so that it can go on."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from workbench.core.diagnostic import Problem
from workbench.document.project import Project
from workbench.session.searching.measure import Measure, measure_of
from workbench.session.searching.plan import MOST_TRIALS, Plan, axes_of, checked, plan_from_json


def plan_of(project: Project, *over: str, **changes: object) -> Plan:
    return replace(Plan("search-1", project, axes_of(project, over), Measure("val_accuracy")), **changes)  # type: ignore[arg-type]


def test_a_plan_survives_its_record(project: Project) -> None:
    plan = plan_of(project, "lr=1e-4..1e-1:log", "conv2d_1.kernel=3,5", "optimizer", "momentum", pruner="median")
    plan = replace(plan, overrides=MappingProxyType({"epochs": 2}), seed=3)
    assert plan_from_json("search-1", plan.as_json()) == plan


@pytest.mark.parametrize("change", [{"format": 2}, {"axes": 3}, {"sampler": "luck"}, {"trials": 0}, {"project": "{"}])
def test_a_plan_that_nobody_wrote_is_refused(project: Project, change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, Problem)):
        plan_from_json("search-1", {**plan_of(project, "lr").as_json(), **change})


def test_all_that_is_wrong_is_told_at_once(project: Project) -> None:
    with pytest.raises(Problem) as refused:
        axes_of(project, ["lr=2..1", "no_such", "conv2d_1.filters"])
    assert [d.code for d in refused.value.diagnostics] == ["search.range", "search.unknown"]
    for plan, code in (
        (plan_of(project), "search.axes"),
        (plan_of(project, "lr", trials=0), "search.trials"),
        (plan_of(project, "lr", trials=MOST_TRIALS + 1), "search.trials"),
        (plan_of(project, "lr", "lr=0.1,0.2"), "search.twice"),
        (plan_of(project, "lr", "momentum"), "search.unused"),
        (plan_of(project, "lr=0.1..1:points=64", "seed=1..64:points=64", "epochs=1..9", sampler="grid"), "search.grid"),
    ):
        with pytest.raises(Problem) as refused:
            checked(plan)
        assert [d.code for d in refused.value.diagnostics] == [code]
    assert checked(plan_of(project, "optimizer=sgd,adam", "momentum")).trials == 20
    without = replace(project.graph, nodes={i: n for i, n in project.graph.nodes.items() if i != "relu_1"})
    gone = replace(plan_of(project, "relu_1.layer"), project=replace(project, graph=without))
    with pytest.raises(Problem, match="“ReLU 1: layer” is not in the project any more"):
        checked(gone)


def test_a_grid_has_no_more_trials_than_points(project: Project) -> None:
    assert checked(plan_of(project, "lr=0.1,0.2", "optimizer=sgd,adam", trials=50, sampler="grid")).trials == 4
    assert checked(plan_of(project, "lr=0.1,0.2", "optimizer=sgd,adam", trials=3, sampler="grid")).trials == 3


def test_what_is_compared_follows_from_the_project(project: Project) -> None:
    assert measure_of(project) == Measure("val_accuracy")
    watching = replace(project, recipe=replace(project.recipe, watch="val_loss"))
    assert not measure_of(watching).higher
    assert measure_of(project, "val_f1").title == "Validation f1"
    assert Measure("val_accuracy").words(0.5) == "50.00 %"
    assert Measure("val_loss").words(0.25) == "0.25"
    assert Measure("val_loss").words(float("nan")) == ""
    with pytest.raises(Problem, match="Runs do not measure “speed”"):
        measure_of(project, "speed")
