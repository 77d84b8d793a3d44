"""What a person may ask for between two steps: it changes nothing of the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.evaluate import evaluate
from workbench.training.messages import (
    CheckpointSaved,
    Ended,
    EpochEnd,
    Event,
    StepEnd,
    Validated,
    Validating,
)
from workbench.training.run import Run

PATIENCE = 60


def numbers(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, StepEnd)]


@pytest.mark.parametrize("change", [{}, {"average": 0.9}, {"accumulate": 2}])
def test_a_validation_in_between_leaves_every_bit(
    compiled: Compiled, make: SimpleNamespace, bit_equal: Callable[..., bool], change: dict[str, Any]
) -> None:
    """After every event of the run, also in the middle of its own validation."""
    plain = Engine(compiled, make.pictures(), make.recipe(**change))
    expected = list(plain.events())
    engine = Engine(compiled, make.pictures(), make.recipe(**change))
    events: list[Event] = []
    for event in engine.events():
        events.append(event)
        *looks, found = engine.validate_now()
        assert all(isinstance(e, Validating) for e in looks)
        assert isinstance(found, Validated)
        assert found.step == max((e.step for e in events if isinstance(e, StepEnd)), default=0)
    assert numbers(events) == numbers(expected)
    assert [(e.train_loss, e.val_loss, e.is_best) for e in events if isinstance(e, EpochEnd)] == [
        (e.train_loss, e.val_loss, e.is_best) for e in expected if isinstance(e, EpochEnd)
    ]
    assert plain.module is not None
    assert engine.module is not None
    assert bit_equal(engine.module.state_dict(), plain.module.state_dict())


def test_it_says_what_an_evaluation_of_these_weights_says(compiled: Compiled, make: SimpleNamespace) -> None:
    data = make.pictures()
    engine = Engine(compiled, data, make.recipe(metrics=("f1",)))
    for event in engine.events():
        if isinstance(event, StepEnd) and event.step == 8:
            *_, found = engine.validate_now()
            assert engine.module is not None
            weights = {name: tensor.clone() for name, tensor in engine.module.state_dict().items()}
    assert isinstance(found, Validated)
    assert (found.epoch, found.step) == (2, 8)
    expected = evaluate(compiled, weights, data, "val", device="cpu")
    assert found.accuracy == expected.accuracy
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert found.metrics["val_f1"] == pytest.approx(expected.metrics["f1"])


def test_without_validation_pictures_there_is_nothing_to_say(compiled: Compiled, make: SimpleNamespace) -> None:
    engine = Engine(compiled, make.pictures(val=0), make.recipe(epochs=1))
    assert [e for _event in engine.events() for e in engine.validate_now()] == []


def test_a_checkpoint_in_between_resumes_exactly(
    compiled: Compiled, make: SimpleNamespace, tmp_path: Path, bit_equal: Callable[..., bool]
) -> None:
    whole = Engine(compiled, make.pictures(), make.recipe())
    expected = list(whole.events())
    engine = Engine(compiled, make.pictures(), make.recipe(), folder=tmp_path)
    events = engine.events()
    assert engine.save_now() == []
    for event in events:
        if isinstance(event, StepEnd) and event.step == 8:
            assert engine.save_now()[-1] == CheckpointSaved("last", tmp_path, 1, 8)
            saved = checkpoint.read(tmp_path)
            break
    events.close()
    again = Engine(compiled, make.pictures(), make.recipe(), resume=saved)
    assert numbers(list(again.events())) == numbers(expected)[8:]
    assert whole.module is not None
    assert again.module is not None
    assert bit_equal(again.module.state_dict(), whole.module.state_dict())


def test_the_epoch_under_way_can_be_the_last(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    engine = Engine(compiled, make.pictures(), make.recipe(epochs=5), folder=tmp_path)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd):
            if event.step == 2:
                engine.stop_after_epoch()
            if event.step == 5:
                engine.stop_after_epoch(False)
            if event.step == 9:
                engine.stop_after_epoch()
    assert [e.epoch for e in events if isinstance(e, EpochEnd)] == [1, 2]
    assert isinstance(events[-1], Ended)
    assert (events[-1].state, events[-1].epochs, events[-1].step) == ("stopped", 2, 12)
    assert checkpoint.read(tmp_path).position.total == 12


def test_the_last_epoch_asked_for_in_the_last_is_an_ordinary_end(compiled: Compiled, make: SimpleNamespace) -> None:
    engine = Engine(compiled, make.pictures(), make.recipe(epochs=1))
    engine.stop_after_epoch()
    *_, end = engine.events()
    assert end.state == "done"  # type: ignore[union-attr]


# --- in a thread -----------------------------------------------------------------------------------------------------


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def run(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> Any:
    made = Run(Engine(compiled, make.pictures(), make.recipe(epochs=100_000), folder=tmp_path))
    made.start()
    yield made
    made.stop()
    assert made.join(PATIENCE)


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_validates_and_saves_when_asked(run: Run, paused: bool) -> None:
    until(lambda: len(run.scalars) > 3)
    if paused:
        run.pause()
        until(lambda: run.progress.phase == "paused")
        run.drain()
    stood, was = len(run.scalars), run.progress.validating  # it may stand in the epoch's own validation
    told: list[Event] = []

    def met(kind: type) -> bool:
        told.extend(run.drain())
        return any(isinstance(e, kind) for e in told)

    run.validate_now()
    until(lambda: met(Validated))
    if paused:
        run.save_now()
        until(lambda: met(CheckpointSaved))
        assert len(run.scalars) == stood
        assert run.progress.phase == "paused"
        assert run.progress.validating == was


def test_a_stop_comes_through_while_it_validates(run: Run) -> None:
    until(lambda: len(run.scalars) > 3)
    for _again in range(50):
        run.validate_now()
    run.stop()
    assert run.join(PATIENCE)
    assert run.ended is not None
    assert run.ended.state == "stopped"


def test_a_run_ends_after_the_epoch_when_asked(run: Run) -> None:
    until(lambda: len(run.scalars) > 3)
    run.stop_after_epoch()
    until(lambda: run.progress.last_epoch)
    assert run.join(PATIENCE)
    assert run.ended is not None
    assert run.ended.state == "stopped"
    assert run.ended.step % 6 == 0


def test_progress_tells_rate_and_memory(run: Run) -> None:
    until(lambda: run.progress.step > 3)
    assert run.progress.learning_rate == pytest.approx(0.01, rel=0.01)
    assert 10e6 < run.progress.memory < torch.iinfo(torch.int64).max
    assert len(run.layers) >= 1
    assert run.layers.names == ("conv2d_1", "batch_norm2d_1", "linear_1")
