"""Frozen layers in a whole run: neither steps, nor validation, nor a look in between moves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.messages import Started, StepEnd

FROZEN = ("conv2d_1", "batch_norm2d_1")


@pytest.fixture
def half(make: SimpleNamespace) -> Compiled:
    """The small network with its convolution and its norm frozen, and a linear layer that learns at half the rate."""
    graph = make.graph()
    changed = {name: replace(graph.nodes[name], frozen=True) for name in FROZEN}
    changed["linear_1"] = replace(graph.nodes["linear_1"], rate=0.5)
    return compile_graph(replace(graph, nodes={**graph.nodes, **changed}))


@pytest.mark.parametrize("change", [{}, {"average": 0.9, "clip": 1.0, "accumulate": 2}])
def test_weights_and_statistics_stay_to_the_bit(half: Compiled, make: SimpleNamespace, change: dict[str, Any]) -> None:
    engine = Engine(half, make.pictures(), make.recipe(**change))
    before: dict[str, torch.Tensor] = {}
    for event in engine.events():
        assert engine.module is not None
        if isinstance(event, Started):
            before = {name: tensor.clone() for name, tensor in engine.module.state_dict().items()}
            assert event.parameters == sum(p.numel() for p in engine.module.get_submodule("linear_1").parameters())
        if isinstance(event, StepEnd) and event.step == 3:
            list(engine.validate_now())
    assert engine.module is not None
    for name, tensor in engine.module.state_dict().items():
        assert torch.equal(tensor, before[name]) == name.startswith(FROZEN), name
    assert engine.layers.names == ("linear_1",)


def test_a_layers_own_rate_multiplies_the_schedules(half: Compiled, make: SimpleNamespace) -> None:
    engine = Engine(half, make.pictures(), make.recipe())
    told = []
    for event in engine.events():
        if isinstance(event, StepEnd):
            assert engine.learner is not None
            (group,) = engine.learner.optimizer.param_groups
            told.append((event.learning_rate, group["lr"]))
    assert all(own == 0.5 * rate for rate, own in told)
    assert len({rate for rate, _own in told}) > 3


def test_it_goes_on_to_the_bit(
    half: Compiled, make: SimpleNamespace, tmp_path: Path, bit_equal: Callable[..., bool]
) -> None:
    whole = Engine(half, make.pictures(), make.recipe())
    list(whole.events())
    first = Engine(half, make.pictures(), make.recipe(), folder=tmp_path)
    for event in first.events():
        if isinstance(event, StepEnd) and event.step == 8:
            first.stop()
    again = Engine(half, make.pictures(), make.recipe(), resume=checkpoint.read(tmp_path))
    list(again.events())
    assert whole.module is not None
    assert again.module is not None
    assert bit_equal(again.module.state_dict(), whole.module.state_dict())
