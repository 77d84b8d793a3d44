"""A run that goes on from a checkpoint is, to the bit, the run that was never interrupted (fault row 3)."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.messages import Ended, EpochEnd, Event, Noticed, Started, StepEnd, Validating

BitEqual = Callable[[Any, Any], bool]
CHILD = Path(__file__).with_name("training_child.py")


def numbers(events: list[Event]) -> dict[int, tuple[float, float, float]]:
    return {e.step: (e.loss, e.accuracy, e.learning_rate) for e in events if isinstance(e, StepEnd)}


def epochs(events: list[Event]) -> dict[int, tuple[Any, ...]]:
    return {
        e.epoch: (e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.is_best)
        for e in events
        if isinstance(e, EpochEnd)
    }


def stop_at(engine: Engine, kind: type, count: int) -> list[Event]:
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, kind):
            count -= 1
            if count == 0:
                engine.stop()
    return events


OPTIMIZERS = [
    Chosen("adam", frozen({"lr": 0.01})),
    Chosen("adamw", frozen({"lr": 0.01})),
    Chosen("sgd", frozen({"lr": 0.02, "momentum": 0.9})),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.id)
@pytest.mark.parametrize(("kind", "count"), [(StepEnd, 1), (StepEnd, 8), (Validating, 1), (EpochEnd, 2), (Started, 1)])
def test_a_stopped_run_goes_on_to_the_bit(
    compiled: Compiled,
    make: SimpleNamespace,
    tmp_path: Path,
    bit_equal: BitEqual,
    optimizer: Chosen,
    kind: type,
    count: int,
) -> None:
    recipe = make.recipe(optimizer=optimizer)
    whole = Engine(compiled, make.pictures(), recipe, folder=tmp_path / "whole")
    expected = list(whole.events())
    first = Engine(compiled, make.pictures(), recipe, folder=tmp_path / "parts")
    before = stop_at(first, kind, count)
    assert before[-1].state == "stopped"  # type: ignore[union-attr]
    second = Engine(
        compiled, make.pictures(), recipe, folder=tmp_path / "parts", resume=checkpoint.read(tmp_path / "parts")
    )
    after = list(second.events())
    assert not [e for e in after if isinstance(e, Noticed)]
    assert numbers(before) | numbers(after) == numbers(expected)
    assert not numbers(before).keys() & numbers(after).keys()
    assert epochs(before) | epochs(after) == epochs(expected)
    for kind_of in ("last", "best"):
        one, two = (checkpoint.read(tmp_path / name, kind_of) for name in ("whole", "parts"))
        assert bit_equal(one.weights, two.weights)
        assert bit_equal(one.optimizer, two.optimizer)


def test_a_changed_learning_rate_is_kept(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    recipe = make.recipe(schedule=Chosen("constant"))
    first = Engine(compiled, make.pictures(), recipe, folder=tmp_path)
    for event in first.events():
        if isinstance(event, StepEnd) and event.step == 3:
            first.set_learning_rate(0.25)
        if isinstance(event, StepEnd) and event.step == 5:
            first.stop()
    again = Engine(compiled, make.pictures(), recipe, resume=checkpoint.read(tmp_path))
    assert {e.learning_rate for e in again.events() if isinstance(e, StepEnd)} == {0.25}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threads": 2}, "with 1 thread, now with 2 threads"),
        ({"batch_size": 12}, "begins anew"),
        ({"seed": 77}, "begins anew"),
    ],
)
def test_what_cannot_be_exact_is_said(
    compiled: Compiled, make: SimpleNamespace, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    recipe = make.recipe()
    stop_at(Engine(compiled, make.pictures(), recipe, folder=tmp_path), StepEnd, 8)
    events = list(
        Engine(compiled, make.pictures(), replace(recipe, **change), resume=checkpoint.read(tmp_path)).events()
    )
    (notice,) = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert words in notice.message
    assert not notice.is_error
    assert [e.epoch for e in events if isinstance(e, EpochEnd)] == [2, 3]


def test_changed_pictures_and_another_torch_are_said(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    recipe = make.recipe()
    stop_at(Engine(compiled, make.pictures(), recipe, folder=tmp_path), StepEnd, 8)
    saved = replace(checkpoint.read(tmp_path), versions={"torch": "1.0", "numpy": "0.1"}, promise={})
    data = make.pictures()
    data.fingerprint = "other"
    (notice,) = [e.diagnostic for e in Engine(compiled, data, recipe, resume=saved).events() if isinstance(e, Noticed)]
    for words in ("pictures have changed", "PyTorch was 1.0", "numpy was 0.1"):
        assert words in notice.message


def test_more_epochs_can_be_asked_for(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    list(Engine(compiled, make.pictures(), make.recipe(), folder=tmp_path).events())
    more = Engine(compiled, make.pictures(), make.recipe(epochs=5), resume=checkpoint.read(tmp_path))
    assert [e.epoch for e in more.events() if isinstance(e, EpochEnd)] == [4, 5]


def test_a_finished_run_has_nothing_left_to_do(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    list(Engine(compiled, make.pictures(), make.recipe(), folder=tmp_path).events())
    events = list(Engine(compiled, make.pictures(), make.recipe(), resume=checkpoint.read(tmp_path)).events())
    assert not [e for e in events if isinstance(e, StepEnd)]
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert events[-1].best_val_accuracy is not None  # type: ignore[union-attr]


def test_a_checkpoint_of_another_network_is_refused(make: SimpleNamespace, compiled: Compiled, tmp_path: Path) -> None:
    stop_at(Engine(compiled, make.pictures(), make.recipe(), folder=tmp_path), StepEnd, 2)
    other = compile_graph(make.graph(units=5))
    events = list(Engine(other, make.pictures(), make.recipe(), resume=checkpoint.read(tmp_path)).events())
    (end,) = events
    assert isinstance(end, Ended)
    assert end.diagnostic is not None
    assert "another network" in end.diagnostic.message


# --- kill -9 ---------------------------------------------------------------------------------------------------------


def child(folder: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Another process that trains in `folder`, from the checkpoint if there is one, and writes `out` at the end."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", PYTHONPATH=str(CHILD.parent))
    return subprocess.Popen([sys.executable, str(CHILD), str(folder), str(out), *options], env=environment)


def finished(folder: Path, out: Path, *options: str) -> dict[str, Any]:
    assert child(folder, out, *options).wait(120) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def wait_for_step(folder: Path, step: int, process: subprocess.Popen[bytes]) -> None:
    """Until the child has told of that many steps (it appends a byte a step)."""
    told = folder / "steps"
    deadline = time.monotonic() + 60
    while process.poll() is None and (not told.exists() or told.stat().st_size < step):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_run_goes_on_to_the_bit_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    main = runpy.run_path(str(CHILD))["main"]
    main(tmp_path / "whole", tmp_path / "whole.json")  # in this process: another one must agree
    whole = json.loads((tmp_path / "whole.json").read_text())
    folder = tmp_path / "killed"
    process = child(folder, tmp_path / "killed.json")
    wait_for_step(folder, 7, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    parts = finished(folder, tmp_path / "killed.json")
    assert parts["weights"] == whole["weights"]
    assert parts["optimizer"] == whole["optimizer"]
    assert parts["best"] == whole["best"]
    assert parts["epochs"].items() <= whole["epochs"].items()
    assert parts["notices"] == []


def test_a_resumed_module_is_in_the_layout_of_the_first(
    compiled: Compiled, make: SimpleNamespace, tmp_path: Path
) -> None:
    stop_at(Engine(compiled, make.pictures(), make.recipe(), folder=tmp_path), StepEnd, 2)
    engine = Engine(compiled, make.pictures(), make.recipe(), resume=checkpoint.read(tmp_path))
    events = engine.events()
    next(events)
    assert engine.module is not None
    kernel = dict(engine.module.named_parameters())["conv2d_1.weight"]
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    assert engine.learner is not None
    state = engine.learner.optimizer.state[kernel]["exp_avg"]
    assert state.stride() == kernel.stride()
    events.close()


def test_checkpoints_come_in_the_middle_of_an_epoch(compiled: Compiled, make: SimpleNamespace, tmp_path: Path) -> None:
    engine = Engine(compiled, make.pictures(), make.recipe(epochs=1), folder=tmp_path, cadence=Cadence(steps=4))
    found = []
    for event in engine.events():
        if isinstance(event, StepEnd):
            found.append(checkpoint.position(tmp_path).total)
    assert found == [0, 0, 0, 0, 4, 4]
    by_the_clock = Engine(compiled, make.pictures(), make.recipe(epochs=1), folder=tmp_path, cadence=Cadence(seconds=0))
    assert sum(type(e).__name__ == "CheckpointSaved" for e in by_the_clock.events()) >= 2
