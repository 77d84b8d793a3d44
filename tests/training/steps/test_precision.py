from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from workbench.compiler.build import Compiled
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.messages import Ended, EpochEnd, Noticed, Started, StepEnd
from workbench.training.steps import precision
from workbench.training.steps.precision import Precision, choose_precision

CPU = torch.device("cpu")


@pytest.fixture
def every_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor with instructions for all of them; those without compute the same, only slowly."""
    monkeypatch.setattr(precision, "_offers", lambda name, device: True)


@pytest.mark.usefixtures("every_precision")
def test_bf16_is_torchs_autocast_to_the_bit(
    smooth: Compiled, make: Any, sgd: Any, trained: Any, bit_equal: Callable[..., bool]
) -> None:
    recipe = sgd()
    data = make.pictures()
    module = smooth.module(recipe.seed).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, nesterov=True, fused=True)
    for epoch in range(recipe.epochs):
        for batch in data.train_batches(recipe.batch_size, recipe.seed, epoch):
            optimizer.zero_grad()
            pictures = torch.from_numpy(batch.inputs).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                scores = module(pictures)
            nn.functional.cross_entropy(scores.float(), torch.from_numpy(batch.labels)).backward()
            optimizer.step()
    found = trained(smooth, make.pictures(), sgd(precision="bf16"))
    assert bit_equal(found, dict(module.state_dict()))
    assert all(weight.dtype == torch.float32 for weight in found.values())
    assert not bit_equal(found, trained(smooth, make.pictures(), sgd()))


@pytest.mark.usefixtures("every_precision")
def test_fp16_scales_the_loss_and_learns_the_same(smooth: Compiled, make: Any, sgd: Any) -> None:
    epochs = {}
    for name in ("full", "fp16"):
        engine = Engine(smooth, make.pictures(), sgd(precision=name))
        epochs[name] = [e for e in engine.events() if isinstance(e, EpochEnd)]
    for full, half in zip(*epochs.values(), strict=True):
        assert half.train_loss == pytest.approx(full.train_loss, rel=0.02)


@pytest.mark.usefixtures("every_precision")
def test_a_step_that_overflows_is_left_out(smooth: Compiled, make: Any, sgd: Any) -> None:
    """The scale is halved, weights stay, the figures say that nothing is known, and the run goes on."""
    engine = Engine(smooth, make.pictures(), sgd(precision="fp16", epochs=1))
    events = engine.events()
    scales, weights, steps = [], [], []
    for event in events:
        assert not isinstance(event, Ended) or event.state == "done"
        if isinstance(event, Started | StepEnd):
            assert engine.learner is not None
            assert engine.learner.precision.scaler is not None
            scales.append(engine.learner.precision.scaler.get_scale())
            weights.append(engine.learner.module.state_dict()["linear_1.weight"].clone())
        if isinstance(event, StepEnd):
            steps.append(event)
            if event.step == 2:
                handle = engine.learner.module.get_submodule("linear_1").register_full_backward_hook(_overflow)
            if event.step == 3:
                handle.remove()
    assert scales == [65536.0] * 3 + [32768.0] * 4
    assert torch.equal(weights[3], weights[2])
    assert not torch.equal(weights[4], weights[3])
    assert steps[2].norm != steps[2].norm
    assert steps[2].loss == steps[2].loss  # the loss itself was a number


@pytest.mark.usefixtures("every_precision")
def test_what_overflows_at_every_scale_stops_the_run(smooth: Compiled, make: Any, sgd: Any) -> None:
    engine = Engine(smooth, make.pictures(), sgd(precision="fp16", epochs=10))
    before, steps = None, 0
    for event in engine.events():
        if isinstance(event, Started):
            assert engine.module is not None
            engine.module.get_submodule("linear_1").register_full_backward_hook(_overflow)
            before = engine.module.state_dict()["linear_1.weight"].clone()
        steps += isinstance(event, StepEnd)
        if isinstance(event, Ended):
            assert event.state == "failed"
            assert event.diagnostic is not None
            assert event.diagnostic.code == "training.not_finite"
            assert dict(event.diagnostic.fixes[0].arguments) == {"precision": "full"}
            assert torch.equal(engine.module.state_dict()["linear_1.weight"], before)  # type: ignore[union-attr]
    assert steps == 16  # from a scale of 2¹⁶ down to 1


def _overflow(_module: nn.Module, gradients: Any, _outputs: Any) -> Any:
    return tuple(g * float("inf") for g in gradients)


@pytest.mark.usefixtures("every_precision")
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_it_goes_on_to_the_bit(
    compiled: Compiled, make: Any, tmp_path: Path, bit_equal: Callable[..., bool], name: str
) -> None:
    recipe = make.recipe(precision=name, clip=0.5, accumulate=2)
    whole = Engine(compiled, make.pictures(), recipe)
    list(whole.events())
    first = Engine(compiled, make.pictures(), recipe, folder=tmp_path)
    for event in first.events():
        if isinstance(event, StepEnd) and event.step == 5:
            first.stop()
    saved = checkpoint.read(tmp_path)
    assert ("scaler.scale" in saved.state) == (name == "fp16")
    again = Engine(compiled, make.pictures(), recipe, resume=saved)
    list(again.events())
    assert whole.module is not None
    assert again.module is not None
    assert bit_equal(again.module.state_dict(), whole.module.state_dict())


def test_the_scale_and_how_long_it_held_are_given_back() -> None:
    one, two = Precision("fp16", CPU), Precision("fp16", CPU)
    one.restore({"scaler.scale": 128.0, "scaler.growth": 7})
    two.restore(one.state())
    assert two.state() == {"scaler.scale": 128.0, "scaler.growth": 7}
    full = Precision("full", CPU)
    full.restore(one.state())
    assert full.state() == {}


def test_full_precision_where_16_bits_would_be_slower(
    smooth: Compiled, make: Any, sgd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_offers", lambda name, device: False)
    assert choose_precision("auto", CPU) == ("full", None)
    assert choose_precision("full", CPU) == ("full", None)
    events = list(Engine(smooth, make.pictures(), sgd(precision="bf16", epochs=1)).events())
    (notice,) = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert notice.code == "training.precision"
    assert notice.param == "precision"
    assert not notice.is_error


def test_automatic_precision_takes_bf16_on_gpus_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_offers", lambda name, device: name == "bf16")
    assert choose_precision("auto", torch.device("cuda")) == ("bf16", None)
    assert choose_precision("auto", CPU) == ("full", None)
