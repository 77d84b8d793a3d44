from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import Edge, Graph
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.messages import Started, StepEnd
from workbench.training.steps.grouping import grouped, updates


def batch(step: int, size: int = 4) -> Any:
    return SimpleNamespace(step=step, labels=np.zeros(size, np.int64))


@given(most=st.integers(1, 40), accumulate=st.integers(1, 9), gone=st.sets(st.integers(0, 39)), begin=st.integers(0, 5))
def test_every_batch_is_in_the_step_of_its_place(most: int, accumulate: int, gone: set[int], begin: int) -> None:
    first = min(begin * accumulate, most)
    there = [k for k in range(first, most + 2) if k not in gone]  # the data may give more than the epoch has
    steps = list(grouped(map(batch, there), accumulate, most))
    assert [b.step for _number, together in steps for b in together] == [k for k in there if k < most]
    for number, together in steps:
        assert together
        assert {b.step // accumulate for b in together} == {number}
    assert [number for number, _together in steps] == sorted({number for number, _together in steps})
    assert all(number < updates(most, accumulate) for number, _together in steps)


def test_a_batch_of_one_is_left_out_where_there_are_others() -> None:
    assert [n for n, _b in grouped([batch(0), batch(1, 1), batch(2)], 1, 3)] == [0, 2]
    assert [n for n, _b in grouped([batch(0, 1)], 2, 1)] == [0]


@pytest.mark.parametrize("weights", [None, (1.0, 4.0, 0.5)])
def test_small_batches_added_up_are_one_large_one(
    smooth: Compiled, make: Any, sgd: Any, trained: Any, weights: tuple[float, ...] | None
) -> None:
    """50 samples: an epoch's last step has fewer, and its last batch is smaller than the others."""
    one, two = make.pictures(train=50), make.pictures(train=50)
    for data in (one, two):
        data.class_weights = None if weights is None else np.array(weights, np.float32)
    large = trained(smooth, one, sgd(batch_size=16))
    small = trained(smooth, two, sgd(batch_size=4, accumulate=4))
    for name, weight in large.items():
        torch.testing.assert_close(small[name], weight, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weights", [None, (1.0, 4.0, 0.5)])
def test_every_goal_of_several_outputs_is_added_up(
    make: Any, sgd: Any, trained: Any, weights: tuple[float, ...] | None
) -> None:
    """Each goal's mean is over its own masses: class weights count in one, samples in the other."""
    node = make.node
    nodes = (
        node("pictures_1", "pictures", size=(make.size, make.size)),
        node("flatten_1", "flatten"),
        node("linear_1", "linear", units=3),
        node("linear_2", "linear", units=3),
        node("output_1", "output", objective="cross_entropy"),
        node("output_2", "output", objective="multi_margin", weight=0.3),
    )
    wires = (("pictures_1", "flatten_1"), ("flatten_1", "linear_1"), ("flatten_1", "linear_2"))
    wires += (("linear_1", "output_1"), ("linear_2", "output_2"))
    edges = frozenset(Edge(a, "out", b, "in") for a, b in wires)
    network = compile_graph(Graph({n.id: n for n in nodes}, edges))
    found = []
    for batch, accumulate in ((16, 1), (4, 4)):
        data = make.pictures(train=50)
        data.class_weights = None if weights is None else np.array(weights, np.float32)
        found.append(trained(network, data, sgd(batch_size=batch, accumulate=accumulate)))
    for name, weight in found[0].items():
        torch.testing.assert_close(found[1][name], weight, rtol=1e-4, atol=1e-6)


def test_a_step_counts_what_all_its_batches_saw(smooth: Compiled, make: Any, sgd: Any) -> None:
    large = list(Engine(smooth, make.pictures(train=50), sgd(batch_size=16)).events())
    small = list(Engine(smooth, make.pictures(train=50), sgd(batch_size=4, accumulate=4)).events())
    told = [[e for e in events if isinstance(e, StepEnd)] for events in (large, small)]
    assert [e.pictures for e in told[1]] == [16, 16, 16, 2] * 2
    for a, b in zip(*told, strict=True):
        assert (a.step, a.pictures, a.accuracy) == (b.step, b.pictures, b.accuracy)
        assert (b.loss, b.norm) == pytest.approx((a.loss, a.norm), rel=1e-4)
    started = next(e for e in small if isinstance(e, Started))
    assert started.steps_per_epoch == 4


@pytest.mark.parametrize("stop", [2, 5])
def test_it_resumes_between_the_batches_of_two_steps(
    compiled: Compiled, make: Any, tmp_path: Any, bit_equal: Any, stop: int
) -> None:
    """With dropout and batch norm, whose draws and statistics come batch by batch."""
    recipe = make.recipe(batch_size=4, accumulate=3, epochs=2)
    whole = Engine(compiled, make.pictures(train=41), recipe)
    expected = [e for e in whole.events() if isinstance(e, StepEnd)]
    assert len(expected) == 8
    first = Engine(compiled, make.pictures(train=41), recipe, folder=tmp_path)
    for event in first.events():
        if isinstance(event, StepEnd) and event.step == stop:
            first.stop()
    again = Engine(compiled, make.pictures(train=41), recipe, resume=checkpoint.read(tmp_path))
    assert [e for e in again.events() if isinstance(e, StepEnd)] == expected[stop:]
    assert whole.module is not None
    assert again.module is not None
    assert bit_equal(again.module.state_dict(), whole.module.state_dict())
