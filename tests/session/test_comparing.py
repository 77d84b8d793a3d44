"""Muting and bypassing layers of a trained network: the numbers change, and come back exactly."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from workbench.compiler.build import compile
from workbench.document.edits import set_param
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.comparing import Effect, at_work, names_of_switched, spread
from workbench.session.session import Session
from workbench.training.weights import carried


def chain(*layers: tuple[str, str, dict]) -> Graph:
    nodes = {id: Node(id, layer, params=frozen(params)) for id, layer, params in layers}
    return Graph(nodes, frozenset(Edge(a, "out", b, "in") for a, b in pairwise(nodes)))


DIGITS = chain(
    ("pictures_1", "pictures", {"size": (8, 8), "channels": "1"}),
    ("conv2d_1", "conv2d", {"filters": 8, "padding": "same"}),
    ("relu_1", "relu", {}),
    ("conv2d_2", "conv2d", {"filters": 8, "padding": "same"}),
    ("relu_2", "relu", {}),
    ("max_pool2d_1", "max_pool2d", {}),
    ("flatten_1", "flatten", {}),
    ("linear_1", "linear", {"units": 10}),
    ("output_1", "output", {}),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has learned the digits well enough."""
    folder = tmp_path_factory.mktemp("digits") / "project"
    recipe = Recipe(epochs=3, batch_size=32, optimizer=Chosen("adam", frozen({"lr": 0.005})), threads=1, device="cpu")
    project = Project("Digits", DIGITS, DataSettings("sample:digits", validation=0.25), recipe)
    with Session.create(folder, project) as session:
        session.wait_for_data(60)
        session.start_training()
        assert session.wait_for_run(240).phase == "done"
    return folder


@pytest.fixture
def session(trained: Path, tmp_path: Path) -> Iterator[Session]:
    """The project opened again, its weights read from the run."""
    shutil.copytree(trained, tmp_path / "project")
    with Session.open(tmp_path / "project") as session:
        session.wait_for_data(60)
        until(session, lambda: session.views is not None and session.views.trained and bool(session.views.scores))
        yield session


def until(session: Session, true: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        session.pump()
        time.sleep(0.005)


def effect(session: Session) -> Effect:
    """What is measured of the network as it is now."""
    until(session, lambda: session.looking.comparing.effect is not None)
    until(session, lambda: (found := session.looking.comparing.effect) is None or found.after is not None)
    found = session.looking.comparing.effect
    assert found is not None
    return found


def looked_at(session: Session) -> tuple[float, ...]:
    until(session, lambda: session.views is not None and session.views.graph is session.project.graph)
    assert session.views is not None
    return session.views.scores


def test_muting_a_trained_layer_changes_how_often_it_is_right_and_unmuting_restores_it_exactly(
    session: Session,
) -> None:
    scores = looked_at(session)
    session.set_state(["conv2d_2"], "muted")
    found = effect(session)
    assert found.before is not None
    assert found.after is not None
    assert found.before.accuracy > 0.8
    assert found.after.accuracy < found.before.accuracy - 0.2
    assert found.before.pictures == found.after.pictures == len(spread(session.data.dataset))  # type: ignore[arg-type]
    assert found.switched == (("Conv 2D", "muted"),) or found.switched[0][1] == "muted"
    assert found.before.scores == pytest.approx(scores, abs=1e-5)
    assert looked_at(session) == pytest.approx(found.after.scores, abs=1e-5)
    session.set_state(["conv2d_2"], "")
    until(session, lambda: session.looking.comparing.effect is None)
    assert looked_at(session) == scores, "to the last bit"
    session.set_state(["conv2d_2"], "muted")
    again = effect(session)
    assert again.before == found.before
    assert again.after == found.after


def test_the_accuracy_at_work_is_the_one_of_the_run(session: Session) -> None:
    session.set_state(["relu_1"], "bypassed")
    found = effect(session)
    assert found.before is not None
    assert found.after is not None
    own = session.results.evaluate(split="val")
    assert found.before.pictures == own.pictures
    assert found.before.accuracy == pytest.approx(own.accuracy)


def test_layers_that_no_longer_fit_are_named(session: Session) -> None:
    session.set_state(["max_pool2d_1"], "bypassed")
    found = effect(session)
    assert len(found.anew) == 1, "four times as many numbers reach the linear layer, so it has not learned"


def test_nothing_is_compared_where_the_network_was_changed_otherwise(session: Session) -> None:
    session.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 12))
    session.set_state(["relu_2"], "muted")
    assert session.looking.comparing.effect is not None
    until(session, lambda: session.looking.comparing.effect is None)


def test_switching_to_and_fro_measures_the_last_state_only(session: Session) -> None:
    for state in ("muted", "", "bypassed", "", "muted"):
        session.set_state(["relu_1"], state)
        session.pump()
    found = effect(session)
    assert found.switched[0][1] == "muted"


def test_nothing_is_measured_before_training(tmp_path: Path) -> None:
    with Session.create(tmp_path / "project", Project("Fresh", DIGITS)) as session:
        session.set_state(["relu_1"], "muted")
        assert session.looking.comparing.effect is None


def test_a_layer_that_was_muted_in_a_later_run_keeps_what_it_had_learned(session: Session) -> None:
    session.start_training(epochs=1)
    assert session.wait_for_run(240).phase == "done"
    assert session.training.weights is not None
    learned = session.training.weights.state["conv2d_2.weight"]
    session.set_state(["conv2d_2"], "muted")
    session.start_training(epochs=1, keep_weights=True)
    assert session.wait_for_run(240).phase == "done"
    assert "conv2d_2.weight" not in session.training.weights.state
    session.set_state(["conv2d_2"], "")
    compiled = compile(session.project.graph)
    weights = carried(session.training.weights, compiled)
    assert torch.equal(weights["conv2d_2.weight"], learned)
    assert torch.equal(weights["linear_1.weight"], session.training.weights.state["linear_1.weight"])


# --- values


def test_so_many_pictures_are_spread_over_all_of_them() -> None:
    dataset = SimpleNamespace(splits=SimpleNamespace(val=np.arange(100, 5100)))
    numbers = spread(dataset, 10)  # type: ignore[arg-type]
    assert len(numbers) == 10
    assert numbers[0] == 100
    assert numbers[-1] == 5099
    assert (np.diff(numbers) > 400).all()
    assert len(spread(dataset, 9999)) == 5000  # type: ignore[arg-type]


def switched_in_block(state: str) -> Graph:
    inside = chain(("in", "block_input", {}), ("relu", "relu", {}), ("out", "block_output", {}))
    nodes = {**inside.nodes, "relu": replace(inside.nodes["relu"], state=state)}
    block = Block("stage", "Stage", replace(inside, nodes=nodes), (BlockParam("k", "K", "int", 3),))
    outside = chain(("pictures_1", "pictures", {}), ("use", "block:stage", {}))
    return replace(outside, blocks={"stage": block})


def test_switches_inside_blocks_count_too() -> None:
    before, after = switched_in_block(""), switched_in_block("muted")
    assert len(names_of_switched(before, after)) == 1
    assert names_of_switched(after, after) == ()
    assert names_of_switched(after, before) == (), "switched on is not switched off"
    assert at_work(after, before).blocks["stage"].graph.nodes["relu"].state == ""
    assert names_of_switched(before, switched_in_block("=k == 1")) == ()
