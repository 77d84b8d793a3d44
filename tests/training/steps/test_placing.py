from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.training.engine import Engine
from workbench.training.messages import StepEnd
from workbench.training.steps.placing import Placing, layout_of

CPU = torch.device("cpu")


@pytest.mark.parametrize("asked", ["auto", "channels_last", "plain"])
def test_weights_and_pictures_lie_as_the_recipe_says(compiled: Compiled, make: Any, asked: str) -> None:
    expected = torch.contiguous_format if asked == "plain" else torch.channels_last
    engine = Engine(compiled, make.pictures(), make.recipe(layout=asked, epochs=1))
    seen: list[torch.Tensor] = []
    for event in engine.events():
        if isinstance(event, StepEnd) and not seen:
            assert engine.module is not None
            engine.module.get_submodule("conv2d_1").register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    assert engine.module is not None
    assert engine.module.get_parameter("conv2d_1.weight").is_contiguous(memory_format=expected)
    assert seen
    assert all(pictures.is_contiguous(memory_format=expected) for pictures in seen)


def test_the_layout_changes_only_the_last_digits(
    smooth: Compiled, make: Any, sgd: Any, trained: Callable[..., Any]
) -> None:
    plain = trained(smooth, make.pictures(), sgd(layout="plain"))
    for name, weight in trained(smooth, make.pictures(), sgd(layout="channels_last")).items():
        torch.testing.assert_close(weight, plain[name], rtol=1e-4, atol=1e-5)


def test_networks_without_convolutions_stay_plain(make: Any) -> None:
    node = make.node
    flat = compile_graph(
        make.chain(
            node("pictures_1", "pictures", size=(8, 8)),
            node("flatten_1", "flatten"),
            node("linear_1", "linear", units=3),
            node("output_1", "output"),
        )
    )
    assert layout_of("auto", flat.module(0)) is torch.contiguous_format


def test_an_array_that_may_not_be_written_is_copied() -> None:
    array = np.ones((2, 3), np.float32)
    array.flags.writeable = False
    tensor = Placing(CPU, torch.contiguous_format)(array)
    tensor.add_(1)
    assert (array == 1).all()


def test_every_input_is_given_as_many_samples() -> None:
    batch: Any = SimpleNamespace(inputs=np.zeros((4, 1, 2, 2)), more=(np.ones((4, 5)), np.full(4, 2)))
    placed = Placing(CPU, torch.channels_last).inputs(batch, 3)
    assert [tuple(each.shape) for each in placed] == [(3, 1, 2, 2), (3, 5), (3,)]
