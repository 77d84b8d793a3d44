from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.compiler.build import Compiled
from workbench.training.engine import Engine
from workbench.training.layer_log import COLUMNS, LayerLog
from workbench.training.messages import StepEnd
from workbench.training.steps import layer_norms
from workbench.training.steps.layer_norms import LayerNorms


def test_they_are_the_norms_of_gradients_weights_and_updates(
    smooth: Compiled, make: Any, sgd: Any, by_hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every step here; a layer's weight and bias count together."""
    monkeypatch.setattr(LayerNorms, "is_due", lambda self: True)
    rows: list[list[list[float]]] = []
    kept: list[Any] = []

    def flat(module: torch.nn.Module, name: str, gradient: bool = False) -> torch.Tensor:
        parameters = module.get_submodule(name).parameters()
        return torch.cat([(p.grad if gradient else p.detach()).flatten() for p in parameters])  # type: ignore[union-attr]

    def before(module: torch.nn.Module) -> None:
        kept[:] = [(flat(module, n, True).clone(), flat(module, n).clone()) for n in ("conv2d_1", "linear_1")]

    def after(module: torch.nn.Module) -> None:
        now = [flat(module, n) for n in ("conv2d_1", "linear_1")]
        both = zip(kept, now, strict=True)
        rows.append([[float(g.norm()), float(w.norm()), float((n - w).norm() / w.norm())] for (g, w), n in both])

    by_hand(sgd(), make.pictures(), before, after)
    engine = Engine(smooth, make.pictures(), sgd())
    list(engine.events())
    steps, values = engine.layers.read()
    assert engine.layers.names == ("conv2d_1", "linear_1")
    assert steps.tolist() == list(range(1, 13))
    assert values.shape == (12, 2, len(COLUMNS))
    np.testing.assert_allclose(values, np.array(rows), rtol=1e-4)


def test_they_do_not_disturb_the_steps(
    compiled: Compiled, make: Any, trained: Any, bit_equal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = trained(compiled, make.pictures(), make.recipe())
    monkeypatch.setattr(LayerNorms, "is_due", lambda self: True)
    assert bit_equal(trained(compiled, make.pictures(), make.recipe()), plain)


def test_layers_without_weights_that_learn_are_left_out(compiled: Compiled) -> None:
    module = compiled.module(0)
    module.get_submodule("conv2d_1").requires_grad_(False)
    assert LayerNorms(compiled, module).names == ("batch_norm2d_1", "linear_1")


def test_large_weights_are_sampled_evenly(monkeypatch: pytest.MonkeyPatch, compiled: Compiled) -> None:
    """An update of every row alike has the same share of a sample as of all."""
    monkeypatch.setattr(layer_norms, "SAMPLE", 64)
    module = compiled.module(0)
    norms = LayerNorms(compiled, module)
    before = module.get_parameter("linear_1.weight").detach().clone()
    norms.before()
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(1.01)
    found = norms.after()
    np.testing.assert_allclose(found[:, 2], 0.01, rtol=1e-3)
    bias = module.get_parameter("linear_1.bias").detach() / 1.01
    assert found[-1, 1] == pytest.approx(float(torch.cat((before.flatten(), bias)).norm()), rel=1e-5)


def test_measuring_waits_as_long_as_it_costs(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(layer_norms.time, "monotonic", lambda: now)
    norms = LayerNorms(compiled, compiled.module(0))
    assert norms.is_due()
    norms.before()
    norms.after()
    assert not norms.is_due()
    now = 0.49
    assert not norms.is_due()
    now = 0.5
    assert norms.is_due()
    now = 36_000.0
    norms.before()
    norms.after()
    now += 17.0
    assert not norms.is_due()
    now += 1.0
    assert norms.is_due()


def test_a_run_measures_some_of_its_steps(compiled: Compiled, make: Any) -> None:
    engine = Engine(compiled, make.pictures(), make.recipe())
    steps = sum(isinstance(e, StepEnd) for e in engine.events())
    assert 1 <= len(engine.layers) <= steps
    assert np.isfinite(engine.layers.read()[1]).all()


# --- the log ---------------------------------------------------------------------------------------------------------


def row(step: int, layers: int = 2) -> np.ndarray[Any, Any]:
    return np.full((layers, 3), step, np.float32)


@given(count=st.integers(0, 300), start=st.integers(0, 310), layers=st.sampled_from([1, 7, 400, 30_000]))
def test_any_end_of_the_log_is_what_was_appended(count: int, start: int, layers: int) -> None:
    count = min(count, 40) if layers > 1000 else count
    log = LayerLog(tuple(map(str, range(layers))))
    for step in range(count):
        log.append(step, row(step, layers))
    steps, values = log.read(start)
    assert steps.tolist() == list(range(start, count))
    assert values.shape == (len(steps), layers, 3)
    assert (values == steps[:, None, None]).all()


def test_a_log_can_begin_with_what_was_recorded_before() -> None:
    log = LayerLog(("a", "b"), np.array([1.0, 5.0]), np.stack([row(1), row(5)]))
    log.begin(("a", "b"))
    log.append(9, row(9))
    assert log.read()[0].tolist() == [1, 5, 9]
    log.begin(("a", "c"))
    assert len(log) == 0
    assert log.names == ("a", "c")


def test_positions_count_from_the_beginning() -> None:
    with pytest.raises(ValueError):
        LayerLog().read(-1)


def test_a_reader_beside_the_writer_sees_whole_rows_only() -> None:
    log, total, position = LayerLog(("a", "b")), 30_000, 0
    writer = threading.Thread(target=lambda: [log.append(i, row(i)) for i in range(total)])
    writer.start()
    while position < total:
        steps, values = log.read(position)
        assert steps.tolist() == list(range(position, position + len(steps)))
        assert (values == steps[:, None, None].astype(np.float32)).all()
        position += len(steps)
    writer.join()
