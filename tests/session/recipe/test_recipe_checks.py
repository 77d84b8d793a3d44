"""Each mistake in a recipe is told once, where it stands; its remedies, applied, end it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from workbench.compiler.inference import infer
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.checks import collect
from workbench.session.recipe import checks
from workbench.session.room import Room
from workbench.session.session import Session
from workbench.session.state import DataState


def graph(*layers: tuple[str, dict[str, Any]], still: bool = False) -> Graph:
    nodes = [Node(f"{layer}_1", layer, params=frozen(params), frozen=still) for layer, params in layers]
    return Graph({n.id: n for n in nodes}, frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes)))


DENSE = (("numbers", {"features": 4}), ("linear", {"units": 2}), ("output", {}))
CONVOLUTION = (("pictures", {"size": (8, 8)}), ("conv2d", {"filters": 2}), ("global_avg_pool2d", {}), ("output", {}))


def project(recipe: Recipe, drawn: Graph | None = None, **data: Any) -> Project:
    settings = DataSettings(**{"source": "photos", **data})
    return Project(graph=graph(*DENSE) if drawn is None else drawn, data=settings, recipe=recipe)


OURS = ("recipe.", "optimizer.", "schedule.", "initialisation.", "param.")


def found(project: Project) -> dict[str, Diagnostic]:
    told = collect(project, infer(project.graph), DataState())
    return {d.code: d for d in told if d.code.startswith(OURS)}


def test_a_plain_recipe_has_no_problems() -> None:
    assert found(project(Recipe())) == {}


CASES: dict[str, tuple[Project, str, str, Severity]] = {
    "unknown optimizer": (project(Recipe(optimizer=Chosen("lion"))), "optimizer.unknown", "optimizer", Severity.ERROR),
    "unknown start": (
        project(Recipe(initialisation=Chosen("lottery"))),
        "initialisation.unknown",
        "initialisation",
        Severity.ERROR,
    ),
    "too much accumulated": (project(Recipe(accumulate=60_000)), "recipe.accumulate", "accumulate", Severity.ERROR),
    "unknown figure": (project(Recipe(watch="val_beauty")), "recipe.watch", "watch", Severity.ERROR),
    "unknown metric": (project(Recipe(metrics=("beauty",))), "recipe.metrics", "metrics", Severity.WARNING),
    "a decay below nothing": (
        project(Recipe(optimizer=Chosen("sgd", frozen({"weight_decay": -1.0})))),
        "param.range",
        "optimizer.weight_decay",
        Severity.ERROR,
    ),
    "far too fast": (
        project(Recipe(optimizer=Chosen("adam", frozen({"lr": 1.0})))),
        "recipe.rate",
        "optimizer.lr",
        Severity.WARNING,
    ),
    "a warm-up as long as the run": (
        project(Recipe(epochs=2, schedule=Chosen("cosine", frozen({"warmup": 2.0})))),
        "recipe.warmup",
        "schedule.warmup",
        Severity.WARNING,
    ),
    "drops after the end": (
        project(Recipe(epochs=5, schedule=Chosen("multi_step", frozen({"milestones": (30, 60)})))),
        "recipe.no_drop",
        "schedule.milestones",
        Severity.WARNING,
    ),
    "steps after the end": (
        project(Recipe(epochs=5, schedule=Chosen("step"))),
        "recipe.no_drop",
        "schedule.every",
        Severity.WARNING,
    ),
    "a plateau without validation": (
        project(Recipe(schedule=Chosen("plateau")), validation=0.0),
        "recipe.follows_nothing",
        "schedule",
        Severity.WARNING,
    ),
    "early stopping without validation": (
        project(Recipe(patience=3), validation=0.0),
        "recipe.waits_for_nothing",
        "patience",
        Severity.WARNING,
    ),
    "float16 on the CPU": (
        project(Recipe(precision="fp16", device="cpu")),
        "recipe.precision",
        "precision",
        Severity.WARNING,
    ),
    "bfloat16 on the CPU": (
        project(Recipe(precision="bf16", device="cpu")),
        "recipe.precision",
        "precision",
        Severity.INFO,
    ),
    "weights shared out with nobody": (project(Recipe(shard=True)), "recipe.shard", "shard", Severity.WARNING),
    "everything frozen": (project(Recipe(), graph(*DENSE, still=True)), "recipe.all_frozen", "", Severity.ERROR),
    "Muon without matrices": (
        project(Recipe(optimizer=Chosen("muon")), graph(*CONVOLUTION)),
        "recipe.no_matrices",
        "optimizer",
        Severity.WARNING,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_where_it_stands(name: str) -> None:
    wrong, code, param, severity = CASES[name]
    told = found(wrong)
    assert list(told) == [code]
    problem = told[code]
    assert (problem.param or "", problem.severity) == (param, severity)
    assert problem.message.endswith(".")


REMEDIED = [
    (name, place)
    for name, (wrong, code, _param, _severity) in CASES.items()
    for place in range(len(found(wrong)[code].fixes))
]


@pytest.mark.parametrize(("name", "place"), REMEDIED)
def test_each_remedy_ends_it_in_one_step(name: str, place: int, make_session: Any) -> None:
    wrong, code, _param, _severity = CASES[name]
    session: Session = make_session(replace(wrong, data=replace(wrong.data, source="")))
    session.change("Name the samples", data=replace(session.project.data, source=str(session.folder)))
    before = session.project
    (problem,) = [d for d in session.problems if d.code == code]
    assert session.apply_fix(problem.fixes[place]) is None
    assert code not in {d.code for d in session.problems}
    session.undo()
    assert session.project == before


def test_judging_by_the_training_loss_needs_no_validation() -> None:
    recipe = Recipe(patience=3, schedule=Chosen("plateau"), watch="train_loss")
    assert found(project(recipe, validation=0.0)) == {}


def test_folds_validate_too() -> None:
    assert found(project(Recipe(patience=3), validation=0.0, folds=5)) == {}


def test_float16_is_left_alone_where_there_is_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "free_on", lambda _device: Room("cuda", None))
    assert found(project(Recipe(precision="fp16"))) == {}


def test_more_batches_a_step_than_samples(session: Session) -> None:
    session.change("Add up", recipe=replace(session.project.recipe, accumulate=8, batch_size=8))
    (problem,) = [d for d in session.problems if d.code == "recipe.accumulate"]
    assert "the 18 samples to train on" in problem.message
    assert session.apply_fix(problem.fixes[0]) is None
    assert session.project.recipe.accumulate == 1


def test_a_network_of_matrices_suits_muon() -> None:
    assert found(project(Recipe(optimizer=Chosen("muon")))) == {}
