"""A network without chance and batch statistics, and the loop anyone would write for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.training.engine import Engine

Loop = Callable[..., nn.Module]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def smooth(make: SimpleNamespace) -> Compiled:
    """Convolution, ReLU, linear: what a batch gives is the mean of what its samples give."""
    node = make.node
    return compile_graph(
        make.chain(
            node("pictures_1", "pictures", size=(make.size, make.size)),
            node("conv2d_1", "conv2d", filters=4, kernel=3, padding="same"),
            node("relu_1", "relu"),
            node("flatten_1", "flatten"),
            node("linear_1", "linear", units=3),
            node("output_1", "output"),
        )
    )


@pytest.fixture
def by_hand(smooth: Compiled) -> Loop:
    """Trains the network with the plainest loop and gives it; `between(module)` comes before each update, `after`
    behind it."""

    def loop(recipe: Any, data: Any, between: Any = None, after: Any = None) -> nn.Module:
        module = smooth.module(recipe.seed).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, nesterov=True, fused=True)
        for epoch in range(recipe.epochs):
            for batch in data.train_batches(recipe.batch_size, recipe.seed, epoch):
                optimizer.zero_grad()
                pictures = torch.from_numpy(batch.inputs).contiguous(memory_format=torch.channels_last)
                nn.functional.cross_entropy(module(pictures), torch.from_numpy(batch.labels)).backward()
                if between is not None:
                    between(module)
                optimizer.step()
                if after is not None:
                    after(module)
        return module

    return loop


@pytest.fixture
def sgd(make: SimpleNamespace) -> Callable[..., Any]:
    """A recipe of what `by_hand` does."""

    def recipe(**changes: Any) -> Any:
        chosen = Chosen("sgd", frozen({"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}))
        return make.recipe(**{"optimizer": chosen, "schedule": Chosen("constant"), "epochs": 2, **changes})

    return recipe


@pytest.fixture
def trained() -> Callable[..., dict[str, torch.Tensor]]:
    """The weights an engine comes to."""

    def train(compiled: Compiled, data: Any, recipe: Any, **more: Any) -> dict[str, torch.Tensor]:
        engine = Engine(compiled, data, recipe, **more)
        *_, end = engine.events()
        assert end.state == "done", end  # type: ignore[union-attr]
        assert engine.module is not None
        return dict(engine.module.state_dict())

    return train
