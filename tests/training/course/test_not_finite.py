"""What stops being a number is told with step, picture and layer, however a step is put together (fault row 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.messages import Ended, StepEnd
from workbench.training.steps.aftermath import to_come


def failed(engine: Engine) -> tuple[Diagnostic, int]:
    """Why a run failed, and how many steps it had done."""
    done, end = 0, None
    for event in engine.events():
        done = event.step if isinstance(event, StepEnd) else done
        end = event if isinstance(event, Ended) else end
    assert end is not None
    assert end.diagnostic is not None
    assert end.diagnostic.code == "training.not_finite"
    return end.diagnostic, done


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("accumulate", [1, 2, 3])
def test_one_bad_picture_is_named_whichever_batch_of_the_step_it_is_in(
    compiled: Compiled, make: Any, tmp_path: Path, accumulate: int, average: float
) -> None:
    data = make.pictures()
    data.pictures[7, 1, 2, 3] = np.nan
    recipe = make.recipe(accumulate=accumulate, average=average, clip=0.5)
    diagnostic, done = failed(Engine(compiled, data, recipe, folder=tmp_path))
    assert "It is “cup/007.png”" in diagnostic.message
    assert f"step {done + 1} " in diagnostic.message
    order = np.random.default_rng((recipe.seed, 0)).permutation(data.splits.train).tolist()
    assert done == order.index(7) // (8 * accumulate)
    kept = checkpoint.read(tmp_path)
    assert kept.position.total == done
    for tensors in (kept.weights, kept.average, kept.optimizer):
        assert all(torch.isfinite(t).all() for t in tensors.values() if t.is_floating_point())


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_layer_that_overflows_in_16_bits_is_named_and_full_precision_is_offered(
    compiled: Compiled, make: Any, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.training.steps.precision._offers", lambda _name, _device: True)
    engine = Engine(compiled, make.pictures(), make.recipe(precision=precision, accumulate=2, epochs=20))
    diagnostic = None
    for event in engine.events():
        if isinstance(event, StepEnd) and event.step == 1:
            assert engine.module is not None
            with torch.no_grad():
                engine.module.get_parameter("conv2d_1.weight")[1] = 3e38
        diagnostic = event.diagnostic if isinstance(event, Ended) else diagnostic
    assert diagnostic is not None
    assert diagnostic.node == "conv2d_1"
    assert "full precision" in diagnostic.message
    assert diagnostic.fixes[0].label == "Go on in full precision"


@dataclass
class Two:
    """The pictures of `whole` at the first input, and the same ones again at the second."""

    whole: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def train_batches(self, *given: Any, **more: Any) -> Iterator[Any]:
        for batch in self.whole.train_batches(*given, **more):
            yield Fed(**{**vars(batch), "more": (self.second[batch.indices],)})

    def eval_batches(self, *given: Any) -> Iterator[Any]:
        for batch in self.whole.eval_batches(*given):
            yield Fed(**{**vars(batch), "more": (self.second[batch.indices],)})

    def __post_init__(self) -> None:
        self.second = self.whole.pictures.copy()


@dataclass(frozen=True)
class Fed:
    inputs: Any
    labels: Any
    indices: Any
    step: int
    other: Any = None
    share: Any = None
    more: tuple[Any, ...] = ()


def two_inputs(make: Any) -> Graph:
    """Two inputs of pictures, each flattened, joined before the linear layer."""
    node, size = make.node, (make.size, make.size)
    nodes = [
        node("pictures_1", "pictures", size=size), node("flatten_1", "flatten"),
        node("pictures_2", "pictures", size=size), node("flatten_2", "flatten"),
        node("concatenate_1", "concat"), node("linear_1", "linear", "Mix", units=3), node("output_1", "output"),
    ]  # fmt: skip
    wires = {
        Edge("pictures_1", "out", "flatten_1", "in"),
        Edge("pictures_2", "out", "flatten_2", "in"),
        Edge("flatten_1", "out", "concatenate_1", "in_1"),
        Edge("flatten_2", "out", "concatenate_1", "in_2"),
        Edge("concatenate_1", "out", "linear_1", "in"),
        Edge("linear_1", "out", "output_1", "in"),
    }
    return Graph({each.id: each for each in nodes}, frozenset(wires))


def test_what_is_bad_at_the_second_input_is_named_too(make: Any) -> None:
    data = Two(make.pictures())
    data.second[11, 0, 0, 0] = np.inf
    diagnostic, _done = failed(Engine(compile_graph(two_inputs(make)), data, make.recipe()))
    assert "It is “cup/011.png”" in diagnostic.message


def test_a_layer_behind_two_inputs_is_named(make: Any) -> None:
    engine = Engine(compile_graph(two_inputs(make)), Two(make.pictures()), make.recipe())
    diagnostic = None
    for event in engine.events():
        if isinstance(event, StepEnd) and event.step == 2:
            assert engine.module is not None
            with torch.no_grad():
                engine.module.get_parameter("linear_1.weight")[0] = 3e38
        diagnostic = event.diagnostic if isinstance(event, Ended) else diagnostic
    assert diagnostic is not None
    assert diagnostic.node == "linear_1"
    assert "“Mix”" in diagnostic.message


def test_after_an_epoch_the_remedies_go_back_to_the_best_one(compiled: Compiled, make: Any, tmp_path: Path) -> None:
    recipe = make.recipe(epochs=50, clip=2.0)
    engine = Engine(compiled, make.pictures(), recipe, folder=tmp_path)
    diagnostic = None
    for event in engine.events():
        if isinstance(event, StepEnd) and event.step == 20:
            engine.set_learning_rate(1e36)
        diagnostic = event.diagnostic if isinstance(event, Ended) else diagnostic
    assert diagnostic is not None
    lower, clip = diagnostic.fixes
    assert re.match(r"Go on from epoch \d+ with a learning rate of 0\.001", lower.label)
    assert dict(lower.arguments) == {"whence": "best", "learning_rate": 0.001}
    assert dict(clip.arguments) == {"whence": "best", "clip": 0.2}
    checkpoint.back_to_best(tmp_path)
    back, best = checkpoint.read(tmp_path), checkpoint.read(tmp_path, "best")
    assert back.position == best.position
    lowered = replace(recipe, epochs=back.position.epoch + 1, optimizer=replace(recipe.optimizer, params={"lr": 1e-3}))
    assert isinstance(last := [*Engine(compiled, make.pictures(), lowered, resume=back).events()][-1], Ended)
    assert last.state == "done"


def test_memory_that_the_optimizer_takes_only_after_the_first_step_is_reckoned_with(
    compiled: Compiled, make: Any
) -> None:
    recipe = make.recipe()
    engine = Engine(compiled, make.pictures(), recipe)
    events = engine.events()
    next(events)
    assert engine.learner is not None
    weights = sum(p.numel() for p in engine.learner.module.parameters())
    assert to_come(engine.learner, recipe) == 4 * 2 * weights, "two numbers for each weight, as Adam keeps them"
    while not isinstance(next(events), StepEnd):
        pass
    assert to_come(engine.learner, recipe) == 0
    events.close()
