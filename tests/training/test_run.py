"""The background run: commands from any thread, tidy at every moment (fault rows 14, 16, 20)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from workbench.compiler.build import Compiled
from workbench.document.project import Project, Recipe
from workbench.training import checkpoint
from workbench.training import run as running
from workbench.training.engine import Engine
from workbench.training.messages import Ended, EpochEnd, Event, Noticed, Started, StepEnd, Validating
from workbench.training.run import Run
from workbench.training.store import RunStore

PATIENCE = 20.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


@pytest.fixture
def start(compiled: Compiled, dataset: Any, recipe: Recipe) -> Iterator[Callable[..., Run]]:
    """Starts runs and ends those a test leaves."""
    runs: list[Run] = []

    def begin(hook: Any = None, folder: Path | None = None, **changes: Any) -> Run:
        engine = Engine(compiled, dataset, replace(recipe, **{"epochs": 100_000, **changes}), folder=folder)
        run = Run(engine, between_steps=hook)
        runs.append(run)
        run.start()
        return run

    yield begin
    for run in runs:
        run.stop()
        assert run.join(PATIENCE)


def test_a_run_to_its_end(start: Callable[..., Run]) -> None:
    run = start(epochs=3)
    events = list(run.stream())
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    assert sum(isinstance(e, Ended) for e in events) == 1
    assert [e.epoch for e in events if isinstance(e, EpochEnd)] == [1, 2, 3]
    assert not [e for e in events if isinstance(e, StepEnd | Validating)], "those go through scalars and progress"
    assert run.scalars.column("step").tolist() == list(range(1, 19))
    assert run.join(PATIENCE)
    assert run.progress.phase == "done"
    assert not run.progress.is_live
    assert run.ended == events[-1]


def test_pause_step_and_go_on(start: Callable[..., Run]) -> None:
    run = start()
    until(lambda: len(run.scalars) > 3)
    run.pause()
    until(lambda: run.progress.phase == "paused")
    stood = len(run.scalars)
    time.sleep(0.15)
    assert len(run.scalars) == stood
    for k in range(1, 9):  # over the end of an epoch too
        run.step()
        until(lambda k=k: len(run.scalars) == stood + k)
        assert run.progress.phase == "paused"
    time.sleep(0.1)
    assert len(run.scalars) == stood + 8
    assert run.progress.step == int(run.scalars.last()["step"])  # type: ignore[index]
    run.resume()
    until(lambda: len(run.scalars) > stood + 12)
    assert run.progress.phase == "running"


def test_a_step_of_a_going_run_pauses_it(start: Callable[..., Run]) -> None:
    run = start()
    until(lambda: len(run.scalars) > 3)
    run.step()
    until(lambda: run.progress.phase == "paused")


def test_a_run_can_be_paused_before_it_begins(
    start: Callable[..., Run], compiled: Compiled, dataset: Any, recipe: Recipe
) -> None:
    run = Run(Engine(compiled, dataset, recipe))
    run.pause()
    run.start()
    until(lambda: run.progress.phase == "paused")
    assert len(run.scalars) == 0
    run.stop()
    assert run.join(PATIENCE)
    assert run.ended == Ended("stopped")


def test_a_pause_leaves_no_trace_in_the_rates(start: Callable[..., Run]) -> None:
    run = start()
    until(lambda: any(isinstance(e, EpochEnd) for e in run.drain()))
    run.pause()
    until(lambda: run.progress.phase == "paused")
    time.sleep(0.6)
    run.resume()
    ends: list[EpochEnd] = []

    def met() -> bool:
        ends.extend(e for e in run.drain() if isinstance(e, EpochEnd))
        return len(ends) > 3

    until(met)
    assert max(e.seconds for e in ends) < 0.5


def test_the_learning_rate_is_taken_from_the_next_step_on(start: Callable[..., Run]) -> None:
    run = start()
    until(lambda: len(run.scalars) > 3)
    run.set_learning_rate(0.125)
    until(lambda: run.scalars.last()["learning_rate"] > 0.12)  # type: ignore[index]


def test_a_rate_set_before_the_start_counts(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    run = Run(Engine(compiled, dataset, recipe))
    run.set_learning_rate(0.125)
    run.start()
    assert run.join(PATIENCE)
    assert run.scalars.read()[0][3] == pytest.approx(0.125)


MOMENTS = [Started, StepEnd, Validating, EpochEnd, Noticed]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda m: m.__name__)
@pytest.mark.parametrize("commands", [("stop",), ("pause", "stop"), ("step", "stop"), ("pause", "resume", "stop")])
def test_every_command_at_every_moment_ends_tidily(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, moment: type, commands: tuple[str, ...]
) -> None:
    """The commands are sent while the engine is at that very event, from another thread as a window does."""
    dataset.on_bad = None
    dataset.on_batch = lambda step: step == 2 and dataset.on_bad(SimpleNamespace(path="a.png", reason="Gone."))
    engine = Engine(compiled, dataset, replace(recipe, epochs=100_000), folder=tmp_path)
    whole, met, sent = engine.events, threading.Event(), threading.Event()
    after = 0

    def events() -> Iterator[Event]:
        nonlocal after
        for event in whole():
            if sent.is_set() and isinstance(event, StepEnd):
                after += 1
            if isinstance(event, moment) and not met.is_set():
                met.set()
                assert sent.wait(PATIENCE)
            yield event

    engine.events = events  # type: ignore[method-assign]
    run = Run(engine)
    run.start()
    assert met.wait(PATIENCE)
    for command in commands:
        getattr(run, command)()
    sent.set()
    assert run.join(PATIENCE)
    assert after <= 1, "honoured within one step"
    assert run.ended is not None
    assert run.ended.state == "stopped"
    assert checkpoint.read(tmp_path).position.total == run.ended.step
    assert dataset.opened == dataset.closed
    assert [e for e in run.drain() if isinstance(e, Ended)] == [run.ended]


def test_stopping_twice_and_after_the_end_is_fine(start: Callable[..., Run]) -> None:
    run = start(epochs=1)
    assert run.join(PATIENCE)
    for command in ("stop", "stop", "pause", "step", "resume"):
        getattr(run, command)()
    assert run.ended is not None
    assert run.ended.state == "done"


def test_the_hook_sees_the_network_after_every_step_and_while_paused(start: Callable[..., Run]) -> None:
    seen: list[tuple[int, bool, str]] = []
    run = start(lambda module, step: seen.append((step, module.training, threading.current_thread().name)))
    until(lambda: len(seen) > 10)
    assert [s for s, _, _ in seen[:10]] == list(range(1, 11))
    assert {name for _, _, name in seen} == {"training run"}
    run.pause()
    until(lambda: run.progress.phase == "paused")
    before = len(seen)
    until(lambda: len(seen) > before + 2)
    assert len({s for s, _, _ in seen[before + 1 :]}) == 1


def test_a_hook_that_raises_is_dropped_with_a_notice(
    start: Callable[..., Run], dataset: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0
    modes: list[bool] = []

    def hook(module: nn.Module, step: int) -> None:
        nonlocal calls
        calls += 1
        dataset.on_batch = lambda _step: modes.append(module.training)
        module.eval()  # left behind by a look that failed in the middle
        raise ZeroDivisionError("dark")

    run = start(hook, epochs=2)
    events = list(run.stream())
    notices = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert calls == 1
    assert len(notices) == 1
    assert "ZeroDivisionError" in notices[0].message
    assert "Traceback" in notices[0].details
    assert "dark" in caplog.text
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert modes[:5] == [True] * 5, "the next steps train again"


def test_the_slot_carries_what_a_hook_finds(start: Callable[..., Run]) -> None:
    run = start()
    run.between_steps = lambda _module, step: run.slot.put(step)
    until(lambda: isinstance(run.slot.take(), int))


def test_an_engine_that_breaks_still_ends_in_one_event(
    start: Callable[..., Run], compiled: Compiled, dataset: Any, recipe: Recipe, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine(compiled, dataset, recipe)

    def events() -> Iterator[Event]:
        raise RuntimeError("broken")
        yield

    engine.events = events  # type: ignore[method-assign]
    run = Run(engine)
    run.start()
    (end,) = run.stream()
    assert run.join(PATIENCE)
    assert isinstance(end, Ended)
    assert end.state == "failed"
    assert end.diagnostic is not None
    assert "RuntimeError" in end.diagnostic.message
    assert run.progress.phase == "failed"
    assert "broken" in caplog.text


def test_a_reader_that_sleeps_holds_the_run_up_but_never_its_end(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "EVENTS", 5)
    run = start()
    until(lambda: len(run._events) >= 5)
    time.sleep(0.2)
    assert len(run._events) <= 6
    run.stop()
    assert run.join(PATIENCE)
    assert isinstance(run.drain()[-1], Ended)


def test_the_training_thread_steps_back(start: Callable[..., Run]) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("a thread's niceness can be read on Linux only")
    found: list[int] = []
    run = start(lambda _m, _s: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
    until(lambda: bool(found))
    run.stop()
    assert found[0] >= 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 10


def test_progress_tells_rate_and_time_left(start: Callable[..., Run]) -> None:
    run = start(epochs=2000)
    until(lambda: run.progress.seconds_left is not None and run.progress.images_per_second > 0)
    progress = run.progress
    assert progress.is_live
    assert (progress.epochs, progress.steps, progress.steps_per_epoch) == (2000, 12_000, 6)
    assert 0 < progress.step <= progress.epoch * 6


def test_a_run_is_kept_in_the_store_and_goes_on_there(
    compiled: Compiled, make: SimpleNamespace, recipe: Recipe, tmp_path: Path
) -> None:
    project = Project(graph=compiled.graph, recipe=replace(recipe, epochs=4))
    store = RunStore(tmp_path)
    data = make.pictures()

    def engine(run: str, **more: Any) -> Engine:
        return Engine(compiled, data, project.recipe, run=run, folder=store.folder(run), **more)

    record = store.begin(project, compiled, data)
    run = Run(engine(record.run), record=record)
    whole = run.engine.events

    def stopped_in_the_second_epoch() -> Iterator[Event]:
        for event in whole():
            if isinstance(event, StepEnd) and event.step == 9:
                run.stop()
            yield event

    run.engine.events = stopped_in_the_second_epoch  # type: ignore[method-assign]
    run.start()
    assert run.join(PATIENCE)
    row = store.row("run-1")
    assert (row.state, row.steps, row.epochs) == ("stopped", 9, 1)
    assert row.parameters == compiled.inferred.parameters

    record = store.resume("run-1")
    again = Run(engine("run-1", resume=checkpoint.read(store.folder("run-1"))), record=record)
    assert [e.epoch for e in again.past_epochs] == [1]
    assert again.scalars.column("step").tolist() == list(range(1, 10))
    again.start()
    assert again.join(PATIENCE)
    row = store.row("run-1")
    assert (row.state, row.steps, row.epochs) == ("done", 24, 4)
    assert row.best_val_accuracy == again.ended.best_val_accuracy  # type: ignore[union-attr]
    assert [e.epoch for e in store.epochs("run-1")] == [1, 2, 3, 4]
    assert store.scalars("run-1")[:, 0].tolist() == list(range(1, 25))
    assert np.array_equal(again.scalars.read(), store.scalars("run-1"), equal_nan=True)
    store.close()


def test_a_record_that_cannot_be_written_never_stops_training(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    store = RunStore(tmp_path)
    record = store.begin(Project(graph=compiled.graph, recipe=recipe), compiled, dataset)
    store.close()
    (tmp_path / "runs" / "runs.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 50)
    run = Run(Engine(compiled, dataset, recipe), record=record)
    run.start()
    events = list(run.stream())
    assert run.join(PATIENCE)
    assert events[-1].state == "done"  # type: ignore[union-attr]
    notices = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert len(notices) == 1
    assert "training goes on" in notices[0].message


EXITING = """
import sys, threading, time
sys.path.insert(0, {tests!r})
import conftest
from pathlib import Path
from workbench.training.engine import Engine
from workbench.training.run import Run

folder = Path({folder!r})
network = conftest.compile_graph(conftest.small_graph())
engine = Engine(network, conftest.pictures(), conftest.small_recipe(epochs=10**6), folder=folder)
run = Run(engine)
run.start()
while len(run.scalars) < 5:
    time.sleep(0.01)
{then}
"""


@pytest.mark.parametrize(
    ("then", "status"),
    [
        ("run.pause()\ntime.sleep(0.1)", 0),
        ("raise ValueError('oops')", 1),
        pytest.param("", 0, marks=pytest.mark.faults),
        pytest.param("raise SystemExit(3)", 3, marks=pytest.mark.faults),
    ],
    ids=["paused", "exception", "end", "exit"],
)
def test_the_program_ends_with_a_live_run(tmp_path: Path, then: str, status: int) -> None:
    """No hang and no abort at exit, and a checkpoint of where the run stood."""
    code = EXITING.format(tests=str(Path(__file__).parent), folder=str(tmp_path), then=then)
    done = subprocess.run(
        [sys.executable, "-c", code], timeout=60, capture_output=True, env=dict(os.environ, OMP_NUM_THREADS="1")
    )
    assert done.returncode == status, done.stderr.decode()
    assert b"Fatal" not in done.stderr
    assert checkpoint.read(tmp_path).position.total >= 5


def test_torch_computes_as_before_after_a_run(start: Callable[..., Run]) -> None:
    before = torch.get_num_threads()
    run = start(epochs=1, threads=0)
    assert run.join(PATIENCE)
    assert torch.get_num_threads() == before
