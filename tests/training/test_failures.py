"""What ends a run, or tries to: bad numbers, memory, devices, layers, disks (fault rows 4, 5, 8 to 12, 16)."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.core import files
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.graph import Graph, frozen
from workbench.document.grouping import group
from workbench.document.project import Chosen, Recipe
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.messages import CheckpointSaved, Ended, EpochEnd, Event, Noticed, StepEnd
from workbench.training.steps.aftermath import origin

BitEqual = Callable[[Any, Any], bool]


def failed(events: list[Event]) -> Diagnostic:
    """Why a run failed; it must have ended exactly once, tidily."""
    end = events[-1]
    assert isinstance(end, Ended)
    assert end.state == "failed"
    assert sum(isinstance(e, Ended) for e in events) == 1
    assert end.diagnostic is not None
    assert "Traceback" not in end.diagnostic.message
    return end.diagnostic


# --- not finite (row 11) ---------------------------------------------------------------------------------------------


def hopeless(recipe: Recipe, **changes: Any) -> Recipe:
    sgd = Chosen("sgd", frozen({"lr": 1e9, "momentum": 0.0}))
    return replace(recipe, optimizer=sgd, schedule=Chosen("constant"), **changes)


def test_a_learning_rate_of_a_billion_stops_before_the_weights_take_harm(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, bit_equal: BitEqual
) -> None:
    engine = Engine(compiled, dataset, hopeless(recipe, epochs=50), folder=tmp_path)
    events, before = [], {}
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd):
            assert engine.module is not None
            before = {k: v.clone() for k, v in engine.module.state_dict().items()}
    diagnostic = failed(events)
    assert diagnostic.code == "training.not_finite"
    assert diagnostic.node in compiled.graph.nodes
    done = max((e.step for e in events if isinstance(e, StepEnd)), default=0)
    assert f"step {done + 1} " in diagnostic.message
    assert "cup/" in diagnostic.message
    assert "1e+09" in diagnostic.message
    assert diagnostic.details.count("cup/") == 8
    lower, clip = diagnostic.fixes
    assert lower.action == clip.action == "go_on"
    assert lower.arguments == {"anew": True, "learning_rate": 0.001}, "no epoch is done yet"
    assert clip.arguments == {"anew": True, "clip": 1.0}
    assert "try 0.001, or clip the gradients" in diagnostic.message
    kept = checkpoint.read(tmp_path)
    assert kept.position.total == done
    assert bit_equal(kept.weights, before)
    assert all(torch.isfinite(t).all() for t in kept.weights.values() if t.is_floating_point())


def test_the_best_checkpoint_is_not_overwritten(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    engine = Engine(compiled, dataset, replace(recipe, epochs=50, schedule=Chosen("constant")), folder=tmp_path)
    best = None
    for event in engine.events():
        if isinstance(event, EpochEnd):
            best = event.step if event.is_best else best
            if event.epoch == 2:
                engine.set_learning_rate(1e30)
    assert best is not None
    found = checkpoint.read(tmp_path, "best")
    assert found.position.total == best
    assert all(torch.isfinite(t).all() for t in found.weights.values() if t.is_floating_point())


def test_statistics_that_overflow_are_noticed_though_the_loss_is_fine(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    """A batch norm divides by an infinite variance, gives zeros, and would keep the infinity for ever."""
    engine = Engine(compiled, dataset, recipe, folder=tmp_path)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 2:
            assert engine.module is not None
            with torch.no_grad():
                engine.module.get_parameter("conv2d_1.weight")[1] = 1e25
    diagnostic = failed(events)
    assert diagnostic.node == "batch_norm2d_1"
    assert "statistics" in diagnostic.message
    assert all(torch.isfinite(t).all() for t in checkpoint.read(tmp_path).weights.values() if t.is_floating_point())


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_picture_that_is_not_finite_is_named(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, bad: float
) -> None:
    dataset.pictures[7, 1, 2, 3] = bad
    events = list(Engine(compiled, dataset, recipe, folder=tmp_path).events())
    diagnostic = failed(events)
    assert "It is “cup/007.png”" in diagnostic.message
    assert "Replace or remove this picture" in diagnostic.message
    assert not diagnostic.fixes
    kept = checkpoint.read(tmp_path)
    assert all(torch.isfinite(t).all() for t in kept.weights.values() if t.is_floating_point()), "statistics too"


def test_the_first_layer_that_overflows_is_named(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    compiled = compile_graph(make.graph())
    engine = Engine(compiled, dataset, recipe)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 2:
            assert engine.module is not None
            with torch.no_grad():
                engine.module.get_parameter("conv2d_1.weight")[1] = 3e38
    diagnostic = failed(events)
    assert diagnostic.node == "conv2d_1"
    assert "first layer whose output" in diagnostic.message
    assert "“First look”" in diagnostic.message


def test_a_gradient_that_overflows_is_named(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    """Outputs and loss are finite; on the way back a layer multiplies by a huge weight twice."""
    compiled = compile_graph(make.graph())
    engine = Engine(compiled, dataset, recipe)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 2:
            assert engine.module is not None
            engine.module.get_submodule("relu_1").register_full_backward_hook(_overflow)
    diagnostic = failed(events)
    assert "gradient" in diagnostic.message
    assert diagnostic.node in ("batch_norm2d_1", "relu_1")


def in_blocks(make: SimpleNamespace) -> Graph:
    """The small network with its convolution and batch norm in a block that stands in a block, twice in a row."""
    flat = make.graph()
    look = group(flat, ["conv2d_1", "batch_norm2d_1"], "Look")
    assert not isinstance(look, Diagnostic)
    whole = group(look[0], [look[1], "relu_1"], "Stage")
    assert not isinstance(whole, Diagnostic)
    graph, use = whole
    twice = replace(graph.nodes[use], params=frozen({"repeat": 2}))
    return replace(graph, nodes={**graph.nodes, use: twice})


def test_what_overflows_inside_of_blocks_is_named_by_its_path(
    make: SimpleNamespace, dataset: Any, recipe: Recipe
) -> None:
    compiled = compile_graph(in_blocks(make))
    path = next(p for p in compiled.source.attributes if p.endswith("conv2d_1") and ":1/" in p)
    engine = Engine(compiled, dataset, recipe)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 2:
            assert engine.module is not None
            with torch.no_grad():
                engine.module.get_submodule(compiled.source.attributes[path]).weight[1] = 3e38
    diagnostic = failed(events)
    *through, node = path.split("/")
    assert (diagnostic.path, diagnostic.node) == (tuple(through), node)
    assert "first layer whose output" in diagnostic.message
    assert "Stage 1 (2) › Look 1 › First look" in diagnostic.message


def test_a_network_of_blocks_learns_and_is_kept_whole(
    make: SimpleNamespace, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    compiled = compile_graph(in_blocks(make))
    events = list(Engine(compiled, dataset, recipe, folder=tmp_path).events())
    assert isinstance(events[-1], Ended)
    assert events[-1].state == "done"
    kept = checkpoint.read(tmp_path)
    assert set(kept.weights) == set(compiled.keys)


def test_a_network_whose_weights_a_muted_layer_cuts_off_is_refused(
    make: SimpleNamespace, dataset: Any, recipe: Recipe
) -> None:
    graph = make.graph()
    muted = replace(graph.nodes["linear_1"], state="muted")
    events = list(
        Engine(compile_graph(replace(graph, nodes={**graph.nodes, "linear_1": muted})), dataset, recipe).events()
    )
    assert failed(events).code == "training.no_gradient"


def _overflow(_module: nn.Module, gradients: Any, _outputs: Any) -> Any:
    return tuple(g * 1e38 * 1e38 for g in gradients)


def test_dropout_is_repeated_in_the_search(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    """The search sees the very step that failed: same seed, same dropout."""
    engine = Engine(compiled, dataset, recipe)
    events = engine.events()
    for event in events:
        if isinstance(event, StepEnd):
            break
    learner, batches = engine.learner, engine._batches
    assert learner is not None
    seen: list[torch.Tensor] = []
    learner.module.get_submodule("dropout_1").register_forward_hook(
        lambda _m, _i, out: seen.append(out.detach().clone())
    )
    state = {k: v.clone() for k, v in learner.module.state_dict().items()}
    assert origin(compiled, learner, batches, 0)[0].what == "overflow"
    assert origin(compiled, learner, batches, 0)[0].what == "overflow"
    origin(compiled, learner, batches, 1)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])
    assert all(torch.equal(v, state[k]) for k, v in learner.module.named_parameters())
    assert all(p.grad is None for p in learner.module.parameters())
    events.close()


# --- memory and devices (rows 8, 9) ----------------------------------------------------------------------------------


def too_much(compiled: Compiled, monkeypatch: pytest.MonkeyPatch, limit: int, error: BaseException, after: int) -> None:
    """Make the network fail on batches of more than `limit` pictures, once it has learned `after` batches."""
    calls = 0
    whole = compiled.module

    def module(seed: int | None = None) -> nn.Module:
        made = whole(seed)

        def check(_module: nn.Module, inputs: Any) -> None:
            nonlocal calls
            calls += _module.training
            if calls > after and len(inputs[0]) > limit:
                raise error

        made.register_forward_pre_hook(check)
        return made

    monkeypatch.setattr(Compiled, "module", lambda _self, seed=None: module(seed))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory: you tried to allocate"
        ),
        MemoryError(),
    ],
    ids=["device", "host", "python"],
)
def test_out_of_memory_offers_a_batch_size_that_was_tried(
    compiled: Compiled,
    dataset: Any,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    too_much(compiled, monkeypatch, 3, error, after=4)
    events = list(Engine(compiled, dataset, recipe, folder=tmp_path).events())
    diagnostic = failed(events)
    assert diagnostic.code == "training.out_of_memory"
    assert "batches of 8 pictures" in diagnostic.message
    go_on, use = diagnostic.fixes
    assert (go_on.action, dict(go_on.arguments)) == ("go_on", {"batch_size": 2, "accumulate": 4})
    assert (use.action, use.arguments["value"]) == ("set_batch_size", 2)
    assert "4 of them added up" in diagnostic.message
    kept = checkpoint.read(tmp_path)
    assert kept.position.total == 4
    assert all(torch.isfinite(t).all() for t in kept.weights.values() if t.is_floating_point())
    smaller = replace(recipe, batch_size=2, accumulate=4)
    after = [*Engine(compiled, dataset, smaller, folder=tmp_path, resume=kept).events()]
    assert after[-1].state == "done", "nothing needs to be restarted"  # type: ignore[union-attr]
    assert next(e.step for e in after if isinstance(e, StepEnd)) == 5, "it goes on where it stopped"
    (notice,) = [e.diagnostic.message for e in after if isinstance(e, Noticed)]
    assert "4 batches of 2, not 1 of 8" in notice


def test_memory_that_holds_not_even_one_picture(
    compiled: Compiled, dataset: Any, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_much(compiled, monkeypatch, 0, torch.OutOfMemoryError("CUDA out of memory"), after=0)
    diagnostic = failed(list(Engine(compiled, dataset, recipe).events()))
    assert "Not even a single picture" in diagnostic.message
    assert not diagnostic.fixes


def test_a_device_that_vanishes_ends_the_run_and_it_goes_on_on_the_cpu(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = torch.AcceleratorError("CUDA error: device-side assert triggered")
    with monkeypatch.context() as patch:
        too_much(compiled, patch, 0, lost, after=8)
        # what is on the device cannot be read any more either
        engine = Engine(compiled, dataset, recipe, folder=tmp_path, cadence=Cadence(steps=3))
        events = []
        for event in engine.events():
            events.append(event)
            if isinstance(event, StepEnd) and event.step == 8:
                patch.setattr(engine, "checkpoint", _raiser(lost))
    diagnostic = failed(events)
    assert diagnostic.code == "training.device_lost"
    assert "CPU" in diagnostic.message
    assert diagnostic.fixes[0].arguments["device"] == "cpu"
    kept = checkpoint.read(tmp_path)
    assert kept.position.total == 6, "the checkpoint before stands"
    again = Engine(compiled, dataset, replace(recipe, device="cpu"), resume=kept, folder=tmp_path)
    assert [*again.events()][-1].state == "done"  # type: ignore[union-attr]


def _raiser(error: BaseException) -> Callable[..., Any]:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return fail


def test_weights_that_were_half_changed_are_not_kept(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(compiled, dataset, recipe, folder=tmp_path, cadence=Cadence(steps=2))
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 5:
            monkeypatch.setattr(engine.learner.optimizer, "step", _raiser(RuntimeError("out of memory")))
    assert failed(events).code == "training.out_of_memory"
    assert checkpoint.read(tmp_path).position.total == 4


# --- layers and data (rows 12, 16) -----------------------------------------------------------------------------------


def test_a_layer_that_raises_is_named(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(compiled, dataset, recipe, folder=tmp_path)
    events = []
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 3:
            assert engine.module is not None
            monkeypatch.setattr(engine.module.get_submodule("linear_1"), "forward", _raiser(ValueError("odd weather")))
    diagnostic = failed(events)
    assert diagnostic.node == "linear_1"
    assert "odd weather" in diagnostic.message
    assert "Traceback" in diagnostic.details
    assert checkpoint.read(tmp_path).position.total == 3


def test_data_that_cannot_be_read_any_more_ends_the_run_in_its_own_words(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    dataset.on_batch = lambda step: step == 4 and _raiser(Problem.of("data.unreadable", "The folder is gone."))()
    diagnostic = failed(list(Engine(compiled, dataset, recipe, folder=tmp_path).events()))
    assert diagnostic == Diagnostic("data.unreadable", "The folder is gone.")
    assert checkpoint.read(tmp_path).position.total == 4


def test_an_error_nobody_foresaw_still_ends_in_a_sentence(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset.on_batch = lambda step: step == 2 and _raiser(KeyError("what"))()
    diagnostic = failed(list(Engine(compiled, dataset, recipe, folder=tmp_path).events()))
    assert diagnostic.code == "training.failed"
    assert "KeyError" in diagnostic.message
    assert "Traceback" in caplog.text


def test_a_failing_search_does_not_hide_the_failure(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.training.course.causes.origin", _raiser(RuntimeError("no")))
    dataset.pictures[7] = np.nan
    assert failed(list(Engine(compiled, dataset, recipe, folder=tmp_path).events())).code == "training.failed"
    assert all(torch.isfinite(t).all() for t in checkpoint.read(tmp_path).weights.values() if t.is_floating_point())


# --- disks (rows 4, 5) -----------------------------------------------------------------------------------------------


def test_a_full_disk_never_stops_training(
    compiled: Compiled,
    dataset: Any,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bit_equal: BitEqual,
) -> None:
    replacing, full = files._replace, [True]

    def replace_if_room(temporary: Path, final: Path) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        replacing(temporary, final)

    monkeypatch.setattr(files, "_replace", replace_if_room)
    engine = Engine(compiled, dataset, recipe, folder=tmp_path, cadence=Cadence(steps=2))
    events, best = [], None
    for event in engine.events():
        events.append(event)
        if isinstance(event, EpochEnd) and event.is_best:
            best = event.step
        if isinstance(event, StepEnd) and event.step == 14:
            assert not list(tmp_path.iterdir()), "nothing half written is left"
            full[0] = False
    notices = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert len(notices) == 1, "said once"
    assert "disk is full" in notices[0].message
    assert "training goes on" in notices[0].message
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert not engine.keeper.unsaved
    assert checkpoint.read(tmp_path, "best").position.total == best, "what waited in memory was written"
    assert engine.module is not None
    assert bit_equal(checkpoint.read(tmp_path).weights, engine.module.state_dict())


def test_a_disk_that_stays_full_leaves_the_weights_in_memory(
    compiled: Compiled,
    dataset: Any,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bit_equal: BitEqual,
) -> None:
    monkeypatch.setattr(files, "_replace", _raiser(OSError(errno.ENOSPC, "No space left on device")))
    engine = Engine(compiled, dataset, replace(recipe, epochs=6), folder=tmp_path / "run-1")
    events, best = [], {}
    for event in engine.events():
        events.append(event)
        engine.keeper._took = 0.0  # try at every epoch's end
        if isinstance(event, EpochEnd) and event.is_best:
            assert engine.module is not None
            best = {k: v.clone() for k, v in engine.module.state_dict().items()}
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert bit_equal(engine.keeper.unsaved["best"].weights, best)
    assert engine.module is not None
    assert not bit_equal(best, engine.module.state_dict()), "the last epoch must not be the best for this to tell"
    assert set(engine.keeper.unsaved) == {"last", "best"}
    monkeypatch.undo()
    elsewhere = tmp_path / "elsewhere"
    checkpoint.prepare(elsewhere)
    for made in engine.keeper.unsaved.values():
        checkpoint.write(elsewhere, made)
    assert checkpoint.read(elsewhere).position.epoch == 6
    assert bit_equal(checkpoint.read(elsewhere, "best").weights, best)


def test_a_second_failure_after_a_success_is_said_again(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    for event in Engine(compiled, dataset, recipe, folder=tmp_path, cadence=Cadence(steps=1)).events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step in (3, 10):
            monkeypatch.setattr(checkpoint, "write_atomic", _raiser(Problem.of("file.disk_full", "Full.")))
        if isinstance(event, StepEnd) and event.step == 6:
            monkeypatch.undo()
    assert sum(isinstance(e, Noticed) for e in events) == 2


def test_a_folder_that_vanishes_does_not_stop_training(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    events = []
    engine = Engine(compiled, dataset, recipe, folder=project / "runs" / "run-1", cadence=Cadence(steps=2))
    for event in engine.events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 5:
            shutil.rmtree(project)
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert sum(isinstance(e, Noticed) for e in events) == 1
    assert not project.exists()


def test_short_epochs_are_not_all_written(compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path) -> None:
    """Writing takes a twentieth of the time at most; what is best waits in memory and is written at the end."""
    engine = Engine(compiled, dataset, replace(recipe, epochs=10), folder=tmp_path)
    saved = []
    for event in engine.events():
        if isinstance(event, CheckpointSaved):
            saved.append((event.kind, event.epoch))
            engine.keeper._took = 1000.0
    (first, best, last) = saved
    assert first == ("last", 0)
    assert best[0] == "best"
    assert last == ("last", 10)
    assert checkpoint.read(tmp_path).position.epoch == 10
