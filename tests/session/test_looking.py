"""Looking inside while editing and training: always the network as it is, never at the cost of the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.session.conftest import small_graph
from workbench.compiler.build import compile as compile_graph
from workbench.compiler.inference import infer
from workbench.data.inputs import Input
from workbench.document.edits import add, connect, disconnect, move, set_param
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Project
from workbench.inspection.sound import compile_part
from workbench.session.budget import LIVE_SECONDS, LONGEST_SHARE, Budget
from workbench.session.look import MOST_FLOPS, Request, look, too_large
from workbench.session.samples import Sample, Wanted, sample_of
from workbench.session.session import Session
from workbench.session.state import Views


def until(session: Session, true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        session.pump()
        time.sleep(0.005)


def settled(session: Session) -> Views:
    """The views of the network as it is now."""

    def is_settled() -> bool:
        views = session.views
        return (
            views is not None
            and views.graph is session.graph
            and set(session.looking.is_current()) >= set(views.previews)
        )

    until(session, is_settled)
    assert session.views is not None
    return session.views


@pytest.fixture
def watching(session: Session) -> Session:
    """The small project with a preview of every node, looked at once."""
    session.looking.preview(session.graph.nodes)
    until(session, lambda: session.views is not None and len(session.views.previews) == len(session.graph))
    return session


def test_the_first_layer_of_an_empty_project_shows_the_drawn_picture(
    make_session: Callable[[Project], Session],
) -> None:
    session = make_session(Project("Empty", Graph()))
    for _ in range(20):
        session.pump()
        time.sleep(0.005)
    assert session.views is None, "there is nothing to look at yet"
    session.apply("Add", lambda graph: add(graph, Node("pictures_1", "pictures", params=frozen({"size": (16, 12)}))))
    session.looking.preview(["pictures_1"])
    until(session, lambda: session.views is not None and "pictures_1" in session.views.previews)
    views = session.views
    assert views is not None
    assert views.picture.shape == (16, 12, 3)
    assert views.which is None
    assert views.previews["pictures_1"].shape == (3, 16, 12)
    session.apply("Grey", lambda graph: set_param(graph, "pictures_1", "channels", "1"))
    until(session, lambda: session.views is not None and session.views.picture.shape == (16, 12, 1))


def test_a_file_can_be_looked_at_without_a_data_set(make_session: Callable[[Project], Session], tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.full((30, 50, 3), 90, np.uint8)).save(tmp_path / "mine.png")
    session = make_session(Project("Bare", small_graph()))
    session.choose_picture(tmp_path / "mine.png")
    until(session, lambda: session.views is not None and session.views.picture_name == "mine.png")
    assert session.views is not None
    assert (session.views.picture == 90).all()
    assert session.views.picture.shape == (8, 8, 3)


def test_every_node_has_a_preview_and_the_first_validation_picture_is_shown(watching: Session) -> None:
    views = watching.views
    assert views is not None
    dataset = watching.data.dataset
    assert dataset is not None
    assert views.which == int(dataset.splits.val[0])
    assert views.label in dataset.classes
    kinds = {node: preview.kind for node, preview in views.previews.items()}
    assert kinds["conv2d_1"] == kinds["relu_1"] == "maps"
    assert kinds["flatten_1"] == kinds["linear_1"] == kinds["output_1"] == "numbers"
    assert len(views.scores) == 2
    assert not views.maps, "whole values are kept only of what is watched"


def test_what_does_not_depend_on_a_mistake_is_still_looked_at(watching: Session) -> None:
    watching.apply("Break", lambda graph: set_param(graph, "batch_norm2d_1", "momentum", -7.0))
    watching.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 6))
    assert watching.errors
    views = settled(watching)
    assert set(views.previews) == {"pictures_1", "conv2d_1"}
    assert views.previews["conv2d_1"].shape[0] == 6
    assert views.scores == ()
    watching.undo()
    watching.undo()
    assert len(settled(watching).previews) == len(watching.graph)


def test_a_network_without_an_output_is_looked_at(watching: Session) -> None:
    wire = watching.graph.into("flatten_1", "in")
    assert wire is not None
    watching.apply("Cut", lambda graph: disconnect(graph, wire))
    assert set(settled(watching).previews) == {"pictures_1", "conv2d_1", "batch_norm2d_1", "relu_1"}


def test_an_older_networks_look_never_counts_for_a_newer_one(watching: Session) -> None:
    before = watching.views
    assert before is not None
    assert watching.looking.is_current() == set(watching.graph.nodes)
    watching.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 7))
    assert watching.views is before, "the older look stays to be shown"
    assert watching.looking.is_current() == {"pictures_1"}, "but not as if it were of this network"
    settled(watching)
    assert watching.looking.is_current() == set(watching.graph.nodes)


def test_moving_and_naming_layers_asks_for_no_look(watching: Session) -> None:
    before = watching.views
    watching.apply("Move", lambda graph: move(graph, {"relu_1": (900, 900)}))
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        watching.pump()
        time.sleep(0.01)
    assert watching.views is before
    assert watching.looking.is_current() == set(watching.graph.nodes)


def test_a_storm_of_edits_takes_few_looks_and_the_last_one_is_right(watching: Session) -> None:
    seen: list[Views] = []
    watching.views_changed.connect(seen.append)
    longest = 0.0
    for i in range(100):
        began = time.perf_counter()
        watching.apply("Filters", lambda graph, n=2 + i % 60: set_param(graph, "conv2d_1", "filters", n))
        watching.pump()
        longest = max(longest, time.perf_counter() - began)
        time.sleep(0.01)
    views = settled(watching)
    assert views.previews["conv2d_1"].shape[0] == 2 + 99 % 60
    assert len(seen) <= 20
    for looked in seen:
        assert looked.graph is not None
        assert looked.previews["conv2d_1"].shape[0] == looked.graph.nodes["conv2d_1"].params["filters"]


def test_layers_keep_their_fresh_weights_when_others_come(watching: Session) -> None:
    before = settled(watching).previews
    between = Node("tanh_1", "tanh", x=500, y=300)
    watching.apply("Add", lambda graph: add(graph, between, edges=[Edge("relu_1", "out", "tanh_1", "in")]))
    watching.apply("Filters", lambda graph: set_param(graph, "linear_1", "units", 3))
    views = settled(watching)
    for node in ("conv2d_1", "batch_norm2d_1", "relu_1", "flatten_1"):
        assert np.array_equal(views.previews[node].shades, before[node].shades), node


def test_the_weights_of_the_last_run_are_looked_at_when_a_project_is_opened_again(watching: Session) -> None:
    watching.start_training(epochs=8)
    assert watching.wait_for_run(120).phase == "done"
    until(watching, lambda: watching.views is not None and watching.views.trained and not watching.views.live)
    views = watching.views
    assert views is not None
    watching.save()
    folder = watching.folder
    watching.close()
    with Session.open(folder) as again:
        again.looking.preview(again.graph.nodes)
        until(again, lambda: again.views is not None and again.views.trained and bool(again.views.scores))
        assert again.views is not None
        assert again.views.which == views.which


def test_stepping_goes_round_the_validation_pictures(watching: Session) -> None:
    numbers = watching.looking.choices()
    assert numbers == tuple(watching.data.dataset.splits.val)  # type: ignore[union-attr]
    seen = []
    for _ in range(len(numbers)):
        watching.looking.step_picture(1)
        until(watching, lambda: watching.views is not None and watching.views.which == watching.looking._which)
        seen.append(watching.views.which)  # type: ignore[union-attr]
    assert seen == [*numbers[1:], numbers[0]]
    watching.looking.step_picture(-1)
    until(watching, lambda: watching.views is not None and watching.views.which == numbers[-1])


def test_live_looks_renew_what_is_seen_and_keep_the_rest(watching: Session) -> None:
    seen: list[Views] = []
    watching.views_changed.connect(seen.append)
    watching.looking.preview(watching.graph.nodes, seen=["conv2d_1"])
    watching.start_training(epochs=300)
    until(watching, lambda: sum(v.live for v in seen) > 3)
    watching.looking.preview(watching.graph.nodes, seen=["relu_1"])
    until(watching, lambda: any(v.live and {"conv2d_1", "relu_1"} <= set(v.previews) for v in seen))
    watching.stop()
    watching.wait_for_run(120)
    live = [v for v in seen if v.live]
    assert set(live[0].previews) == {"conv2d_1"}
    assert live[-1].graph is not None
    assert watching.looking.is_current()


def test_an_edit_while_it_learns_marks_what_it_changes(watching: Session) -> None:
    watching.start_training(epochs=300)
    until(watching, lambda: watching.views is not None and watching.views.live)
    watching.apply("Filters", lambda graph: set_param(graph, "linear_1", "units", 5))
    assert "linear_1" not in watching.looking.is_current()
    assert "relu_1" in watching.looking.is_current()
    watching.stop()
    watching.wait_for_run(120)


# --- the budget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(
    st.lists(st.floats(1e-4, 2.0), min_size=1, max_size=6),
    st.floats(0.01, 2.0),
    st.one_of(st.none(), st.floats(1e-4, 2.0)),
)
def test_looks_never_take_more_than_their_share(costs: list[float], step: float, expected: float | None) -> None:
    """Whatever looks cost, for what the look before cost: at most its share of the training before the next one."""
    clock = Clock()
    budget = Budget(expected, clock)
    paid = expected
    budget.is_due()
    for cost in costs:
        steps, since = 0, 0.0
        while not budget.is_due() and steps < 100_000:
            clock.now += step
            since += step
            steps += 1
        price = step if paid is None else paid
        assert price <= LONGEST_SHARE * since * (1 + 1e-9) + 1e-9
        assert since + 1e-9 >= LIVE_SECONDS
        assert since <= max(LIVE_SECONDS, price / LONGEST_SHARE) + 2 * step, "and it is not put off for longer"
        clock.now += cost
        budget.spent(cost)
        paid = cost


def test_a_network_too_large_to_look_at_is_not_run_and_that_is_said() -> None:
    layers = [("pictures_1", "pictures", {"size": (800, 800)})]
    layers += [(f"conv2d_{i}", "conv2d", {"filters": 256, "padding": "same"}) for i in range(1, 4)]
    graph = Graph({id: Node(id, layer, params=frozen(params)) for id, layer, params in layers})
    for (a, *_), (b, *_) in pairwise(layers):
        joined = connect(graph, Edge(a, "out", b, "in"))
        assert isinstance(joined, Graph)
        graph = joined
    compiled = compile_part(graph)
    assert compiled is not None
    refusal = too_large(compiled.inferred)
    assert refusal is not None
    small = infer(small_graph())
    assert too_large(small, 10**9) is None
    short = too_large(small, 1000)
    assert short is not None
    assert "memory" in short.message
    assert small.flops_total < MOST_FLOPS


def test_a_refused_look_tells_why_and_leaves_what_was_seen(watching: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.session.look.MOST_FLOPS", 10)
    before = watching.views
    watching.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 9))
    until(watching, lambda: watching.looking.obstacle is not None)
    assert watching.looking.obstacle is not None
    assert "FLOPs" in watching.looking.obstacle.message
    assert watching.views is before
    monkeypatch.undo()
    watching.apply("Filters", lambda graph: set_param(graph, "conv2d_1", "filters", 5))
    settled(watching)
    assert watching.looking.obstacle is None


def test_a_look_leaves_the_network_as_it_was() -> None:
    compiled = compile_graph(small_graph())
    module = compiled.module(0).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    torch.manual_seed(5)
    random = torch.random.get_rng_state().clone()
    sample = sample_of(None, None, Wanted(Input.pictures((8, 8), 3), "crop"))
    request = Request(sample, ("conv2d_1",), tuple(compiled.graph.nodes))
    views = look(module, compiled, request, trained=False, live=True)
    assert set(views.previews) == set(compiled.graph.nodes)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert torch.equal(random, torch.random.get_rng_state())
    assert all(layer.training for layer in module.modules())


def test_a_sample_knows_where_it_is_from(session: Session) -> None:
    dataset = session.data.dataset
    assert dataset is not None
    sample = sample_of(dataset, 3, Wanted(Input.pictures((8, 8), 3), "crop"))
    assert isinstance(sample, Sample)
    assert sample.which == 3
    assert sample.name == dataset.index.items[3].path
    drawn = sample_of(dataset, None, Wanted(Input.pictures((8, 8), 3), "crop"))
    assert drawn.label is None
    assert drawn.given.shape == (1, 3, 8, 8)
