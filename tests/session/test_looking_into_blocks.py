"""Looking inside of blocks: each use and repetition shows its own values; nothing is disturbed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from workbench.compiler.build import compile as compile_graph
from workbench.data.inputs import Input
from workbench.document.edits import set_param
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.look import Request, look
from workbench.session.samples import Wanted, sample_of
from workbench.session.session import Session


def chain(*layers: tuple[str, str, dict]) -> Graph:
    nodes = {id: Node(id, layer, params=frozen(params)) for id, layer, params in layers}
    return Graph(nodes, frozenset(Edge(a, "out", b, "in") for a, b in pairwise(nodes)))


def network() -> Graph:
    """Pictures, a block of conv, norm, dropout and relu three times in a row, and an answer."""
    inside = chain(
        ("in", "block_input", {}),
        ("conv", "conv2d", {"filters": "=filters", "kernel": (3, 3), "padding": "same"}),
        ("norm", "batch_norm2d", {}),
        ("drop", "dropout", {}),
        ("relu", "relu", {}),
        ("out", "block_output", {}),
    )
    block = Block("stage", "Stage", inside, (BlockParam("filters", "Filters", "int", 4),))
    outside = chain(
        ("pictures_1", "pictures", {"size": (8, 8)}),
        ("stage_1", "block:stage", {"repeat": 3}),
        ("flatten_1", "flatten", {}),
        ("linear_1", "linear", {"units": 2}),
        ("output_1", "output", {}),
    )
    return replace(outside, blocks={"stage": block})


def until(session: Session, true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        session.pump()
        time.sleep(0.005)


@pytest.fixture
def session(make_session: Callable[[Project], Session]) -> Session:
    recipe = Recipe(epochs=2, batch_size=8, optimizer=Chosen("adam"), threads=1, device="cpu")
    return make_session(Project("Blocks", network(), DataSettings(), recipe))


def test_a_look_into_blocks_gives_the_values_that_pass_there_and_disturbs_nothing() -> None:
    compiled = compile_graph(network())
    module = compiled.module(0).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    torch.manual_seed(3)
    random = torch.random.get_rng_state().clone()
    paths = ("stage_1/conv", "stage_1:1/relu", "stage_1:2/relu", "stage_1", "output_1")
    sample = sample_of(None, None, Wanted(Input.pictures((8, 8), 3), "crop"))
    views = look(module, compiled, Request(sample, paths, paths), trained=False, live=True)
    assert set(views.previews) == set(views.maps) == set(paths)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert torch.equal(random, torch.random.get_rng_state())
    assert all(layer.training for layer in module.modules())
    module.eval()
    with torch.no_grad():
        answer = module(torch.from_numpy(np.ascontiguousarray(sample.given)))[0]
    assert np.allclose(views.maps["output_1"], answer.numpy(), atol=1e-5)
    assert np.array_equal(views.maps["stage_1"], views.maps["stage_1:2/relu"]), "what leaves the last leaves the block"
    assert not np.array_equal(views.maps["stage_1:1/relu"], views.maps["stage_1:2/relu"])


def test_inside_a_block_its_layers_are_looked_at(session: Session) -> None:
    session.enter("stage_1")
    inside = [session.path_id(node) for node in session.graph.nodes]
    session.looking.preview(inside)
    until(session, lambda: session.views is not None and "stage_1/relu" in session.views.previews)
    assert session.views is not None
    assert {"stage_1/conv", "stage_1/norm", "stage_1/relu"} <= set(session.views.previews)
    assert session.looking.is_current(session.scope) == set(session.graph.nodes)
    session.apply("Kernel", lambda graph: set_param(graph, "conv", "kernel", (5, 5)))
    assert session.looking.is_current(session.scope) == {"in"}
    assert session.looking.is_current() == {"pictures_1"}
    until(session, lambda: session.looking.is_current(session.scope) == set(session.graph.nodes))


def test_each_repetition_is_looked_at_by_itself(session: Session) -> None:
    session.looking.watch(("stage_1/relu", "stage_1:2/relu"))
    until(session, lambda: session.views is not None and "stage_1:2/relu" in session.views.maps)
    assert session.views is not None
    assert not np.array_equal(session.views.maps["stage_1/relu"], session.views.maps["stage_1:2/relu"])


def test_a_mistake_inside_a_block_leaves_what_comes_before_it(session: Session) -> None:
    session.looking.preview(session.graph.nodes)
    until(session, lambda: session.views is not None and len(session.views.previews) == len(session.graph))
    session.enter("stage_1")
    session.apply("Break", lambda graph: set_param(graph, "conv", "kernel", (0, 0)))
    session.leave()
    until(session, lambda: session.views is not None and session.views.graph is session.project.graph)
    assert session.views is not None
    assert set(session.views.previews) == {"pictures_1"}


def test_inside_a_block_what_stands_before_a_mistake_is_looked_at(session: Session) -> None:
    session.enter("stage_1")
    session.looking.preview([session.path_id(node) for node in session.graph.nodes])
    until(session, lambda: session.views is not None and "stage_1/relu" in session.views.previews)
    before = session.views
    assert before is not None

    def broken(graph: Graph) -> Graph:
        pool = replace(graph.nodes["drop"], layer="max_pool2d", params=frozen({"kernel": (40, 40)}))
        return replace(graph, nodes={**graph.nodes, "drop": pool})

    session.apply("Break", broken)
    until(session, lambda: session.views is not None and session.views.graph is session.project.graph)
    assert session.views is not None
    assert set(session.views.previews) == {"stage_1/in", "stage_1/conv", "stage_1/norm"}
    for path in session.views.previews:
        assert np.array_equal(session.views.previews[path].shades, before.previews[path].shades), (
            "with the same weights"
        )
    assert {"in", "conv", "norm"} <= session.looking.is_current(session.scope)
    session.leave()
    session.looking.preview(session.graph.nodes)
    until(session, lambda: session.views is not None and "pictures_1" in session.views.previews)
    assert set(session.views.previews) == {"pictures_1"}, "what the block gives is not known"
    session.undo()
    until(session, lambda: session.views is not None and "output_1" in session.views.previews)


def test_muting_inside_a_block_is_seen_behind_it(session: Session) -> None:
    session.looking.watch(("stage_1",))
    until(session, lambda: session.views is not None and "stage_1" in session.views.maps)
    session.enter("stage_1")
    session.set_state(["conv"], "muted")
    until(session, lambda: session.views is not None and session.views.graph is session.project.graph)
    assert session.views is not None
    assert np.ptp(session.views.maps["stage_1"][0]) == 0.0, "zeros, through a norm and a ReLU, are the same everywhere"
