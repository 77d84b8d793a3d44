from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.evaluate import evaluate
from workbench.training.messages import EpochEnd, StepEnd
from workbench.training.run import Run
from workbench.training.steps.average import decay_at


def test_it_is_its_formula(smooth: Compiled, make: Any, sgd: Any, by_hand: Any) -> None:
    average: dict[str, torch.Tensor] = {}
    seen = 0

    def follow(module: torch.nn.Module) -> None:
        nonlocal seen
        decay = min(0.9, (2 + seen) / (11 + seen))
        for name, weight in module.state_dict().items():
            average[name] = decay * average[name] + (1 - decay) * weight
        seen += 1

    fresh = smooth.module(sgd().seed).state_dict()
    average.update({name: weight.clone() for name, weight in fresh.items()})
    by_hand(sgd(), make.pictures(), after=follow)
    engine = Engine(smooth, make.pictures(), sgd(average=0.9))
    list(engine.events())
    assert engine.learner is not None
    assert engine.learner.average is not None
    for name, weight in engine.learner.average.module.state_dict().items():
        torch.testing.assert_close(weight, average[name], rtol=1e-5, atol=1e-7)


def test_it_does_not_disturb_the_steps(
    compiled: Compiled, make: Any, trained: Callable[..., Any], bit_equal: Callable[..., bool]
) -> None:
    plain = trained(compiled, make.pictures(), make.recipe())
    assert bit_equal(trained(compiled, make.pictures(), make.recipe(average=0.99)), plain)


def test_the_average_is_validated_kept_and_used(compiled: Compiled, make: Any, tmp_path: Path) -> None:
    """What an epoch says of validation holds for the weights that the best checkpoint gives."""
    data = make.pictures()
    engine = Engine(compiled, data, make.recipe(average=0.9, epochs=4), folder=tmp_path)
    best = [e for e in engine.events() if isinstance(e, EpochEnd) and e.is_best][-1]
    found = evaluate(compiled, checkpoint.read_best(tmp_path).weights, data, "val", device="cpu")
    assert found.accuracy == best.val_accuracy
    assert found.loss == pytest.approx(best.val_loss, rel=1e-5)
    assert engine.module is not None
    raw = {name: weight.clone() for name, weight in engine.module.state_dict().items()}
    assert not torch.equal(checkpoint.read(tmp_path).average["linear_1.weight"], raw["linear_1.weight"])


def test_it_goes_on_to_the_bit(compiled: Compiled, make: Any, tmp_path: Path, bit_equal: Callable[..., bool]) -> None:
    recipe = make.recipe(average=0.95)
    whole = Engine(compiled, make.pictures(), recipe)
    list(whole.events())
    first = Engine(compiled, make.pictures(), recipe, folder=tmp_path)
    for event in first.events():
        if isinstance(event, StepEnd) and event.step == 8:
            first.stop()
    again = Engine(compiled, make.pictures(), recipe, resume=checkpoint.read(tmp_path))
    list(again.events())
    assert whole.learner is not None
    assert again.learner is not None
    assert whole.learner.average is not None
    assert again.learner.average is not None
    assert bit_equal(again.learner.average.state(), whole.learner.average.state())


def test_the_first_steps_forget_the_beginning_quickly() -> None:
    assert decay_at(0.999, 0) == pytest.approx(2 / 11)
    assert decay_at(0.999, 100_000) == 0.999
    assert all(decay_at(0.999, k) <= decay_at(0.999, k + 1) for k in range(20_000))


def test_a_run_leaves_the_averaged_weights(compiled: Compiled, make: Any) -> None:
    engine = Engine(compiled, make.pictures(), make.recipe(average=0.9, epochs=2))
    run = Run(engine)
    run.start()
    assert run.join(60)
    left = run.weights()
    assert left is not None
    assert engine.learner is not None
    assert engine.learner.average is not None
    averaged, last = engine.learner.average.state(), engine.learner.module.state_dict()
    assert all(torch.equal(left[name], averaged[name]) for name in averaged)
    assert any(not torch.equal(left[name], last[name]) for name in averaged)
