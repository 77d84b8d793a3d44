from __future__ import annotations

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
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.evaluate import evaluate
from workbench.training.keeper import Cadence
from workbench.training.messages import (
    CheckpointSaved,
    Ended,
    EpochEnd,
    Event,
    Noticed,
    Started,
    StepEnd,
    Validating,
)
from workbench.training.steps.seeding import step_seed

EveryEvent = Callable[..., Any]


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_run_tells_everything_in_order(compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path) -> None:
    events = list(Engine(compiled, dataset, recipe, folder=tmp_path / "run-1", run="run-1").events())
    started, first_saved = events[:2]
    assert isinstance(started, Started)
    assert (started.train, started.val, started.epochs, started.steps_per_epoch) == (48, 12, 3, 6)
    assert started.parameters == sum(p.numel() for p in compiled.module(0).parameters())
    assert first_saved == CheckpointSaved("last", tmp_path / "run-1", 0, 0)
    steps = [e for e in events if isinstance(e, StepEnd)]
    assert [s.step for s in steps] == list(range(1, 19))
    assert [s.epoch for s in steps] == [1] * 6 + [2] * 6 + [3] * 6
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert [e.epoch for e in epochs] == [1, 2, 3]
    assert [e.step for e in epochs] == [6, 12, 18]
    assert events[-1] == Ended("done", None, epochs[-1].val_accuracy or max(e.val_accuracy or 0 for e in epochs), 3, 18)
    assert sum(isinstance(e, Ended) for e in events) == 1
    assert dataset.opened == dataset.closed


def test_it_learns(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    epochs = [e for e in Engine(compiled, dataset, recipe).events() if isinstance(e, EpochEnd)]
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert epochs[-1].val_accuracy is not None
    assert epochs[-1].val_accuracy > 0.9


def test_the_numbers_of_an_epoch_are_those_of_its_steps(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    events = list(Engine(compiled, dataset, recipe).events())
    for epoch in (e for e in events if isinstance(e, EpochEnd)):
        steps = [s for s in events if isinstance(s, StepEnd) and s.epoch == epoch.epoch]
        pictures = sum(s.pictures for s in steps)
        assert epoch.train_loss == pytest.approx(sum(s.loss * s.pictures for s in steps) / pictures)
        assert epoch.train_accuracy == pytest.approx(sum(s.accuracy * s.pictures for s in steps) / pictures)
        assert epoch.confusion is not None
        assert epoch.confusion.sum() == 12
        assert epoch.val_accuracy == pytest.approx(np.trace(epoch.confusion) / 12)
        assert epoch.seconds > epoch.validation_seconds > 0
        assert epoch.images_per_second > 0


def test_the_step_is_the_plainest_one(compiled: Compiled, make: SimpleNamespace) -> None:
    """Against the loop anyone would write: same weights to the bit after two epochs, no dropout."""
    graph = make.chain(
        make.node("pictures_1", "pictures", size=(8, 8)),
        make.node("flatten_1", "flatten"),
        make.node("linear_1", "linear", units=3),
        make.node("output_1", "output"),
    )
    plain = compile_graph(graph)
    sgd = Chosen("sgd", frozen({"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}))
    recipe = make.recipe(epochs=2, optimizer=sgd, schedule=Chosen("constant"))
    data = make.pictures()
    engine = Engine(plain, data, recipe)
    list(engine.events())
    assert engine.module is not None

    before = torch.get_num_threads()
    module = plain.module(recipe.seed)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    torch.set_num_threads(1)
    try:
        for epoch in range(2):
            for batch in data.train_batches(8, recipe.seed, epoch):
                optimizer.zero_grad()
                scores = module(torch.from_numpy(batch.inputs))
                nn.functional.cross_entropy(scores, torch.from_numpy(batch.labels)).backward()
                optimizer.step()
    finally:
        torch.set_num_threads(before)
    for a, b in zip(engine.module.parameters(), module.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-7)


def test_the_learning_rate_follows_the_schedule(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    rates = [e.learning_rate for e in Engine(compiled, dataset, recipe).events() if isinstance(e, StepEnd)]
    assert rates[0] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.002


def test_the_base_rate_can_be_changed_while_it_runs(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    engine = Engine(compiled, dataset, replace(recipe, schedule=Chosen("constant")))
    rates = []
    for event in engine.events():
        if isinstance(event, StepEnd):
            rates.append(event.learning_rate)
            if event.step == 4:
                engine.set_learning_rate(0.5)
    assert rates[:4] == [0.01] * 4
    assert rates[4:] == [0.5] * 14


def test_the_best_weights_are_those_of_the_best_epoch(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, bit_equal: EveryEvent
) -> None:
    engine = Engine(compiled, dataset, replace(recipe, epochs=6), folder=tmp_path)
    best, at_best = None, None
    for event in engine.events():
        if isinstance(event, EpochEnd) and event.is_best:
            assert engine.module is not None
            best = {k: v.clone() for k, v in engine.module.state_dict().items()}
            at_best = event
    assert best is not None
    assert at_best is not None
    found = checkpoint.read(tmp_path, "best")
    assert bit_equal(found.weights, best)
    assert found.best_val_accuracy == at_best.val_accuracy
    assert found.position.epoch == at_best.epoch


def test_an_equal_accuracy_is_better_with_a_smaller_loss(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    epochs = [e for e in Engine(compiled, dataset, replace(recipe, epochs=5)).events() if isinstance(e, EpochEnd)]
    best: tuple[float, float] | None = None
    for epoch in epochs:
        assert epoch.val_accuracy is not None
        assert epoch.val_loss is not None
        standing = (epoch.val_accuracy, -epoch.val_loss)
        assert epoch.is_best == (best is None or standing > best)
        best = standing if epoch.is_best else best


def test_without_validation_pictures_there_is_no_best(
    compiled: Compiled, make: SimpleNamespace, recipe: Recipe, tmp_path: Path
) -> None:
    data = make.pictures(val=0)
    events = list(Engine(compiled, data, recipe, folder=tmp_path).events())
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert all(e.val_loss is None and e.val_accuracy is None and e.confusion is None for e in epochs)
    assert events[-1].best_val_accuracy is None  # type: ignore[union-attr]
    assert not checkpoint.exists(tmp_path, "best")
    assert checkpoint.read_best(tmp_path).position.epoch == 3


@pytest.mark.parametrize(("train", "batch", "steps"), [(17, 8, 2), (18, 8, 3), (5, 8, 1), (16, 8, 2), (1, 8, 1)])
def test_a_last_batch_of_one_picture_is_left_out(
    make: SimpleNamespace, recipe: Recipe, train: int, batch: int, steps: int
) -> None:
    """Batch statistics need two; the only picture there is must still be tried (without batch norm it works)."""
    graph = make.chain(
        make.node("pictures_1", "pictures", size=(8, 8)),
        make.node("flatten_1", "flatten"),
        *([make.node("batch_norm1d_1", "batch_norm1d")] if train > 1 else []),
        make.node("linear_1", "linear", units=3),
        make.node("output_1", "output"),
    )
    engine = Engine(compile_graph(graph), make.pictures(train=train), replace(recipe, epochs=2, batch_size=batch))
    events = list(engine.events())
    assert events[-1].state == "done", events[-1]  # type: ignore[union-attr]
    assert sum(isinstance(e, StepEnd) for e in events) == 2 * steps


def test_missing_batches_and_shrunken_ones_are_passed_over(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    """The data room leaves out what cannot be read; the places of the others stay."""
    whole = dataset.train_batches

    def with_gaps(*args: Any, **kwargs: Any) -> Any:
        for batch in whole(*args, **kwargs):
            if batch.step == 2:
                continue
            keep = 1 if batch.step == 4 else 5
            yield replace(batch, inputs=batch.inputs[:keep], labels=batch.labels[:keep], indices=batch.indices[:keep])

    dataset.train_batches = with_gaps
    events = list(Engine(compiled, dataset, recipe).events())
    assert [e.step for e in events if isinstance(e, StepEnd) and e.epoch == 1] == [1, 2, 4, 6]
    assert [e.step for e in events if isinstance(e, EpochEnd)] == [6, 12, 18]
    assert events[-1].state == "done"  # type: ignore[union-attr]


def test_files_that_go_bad_are_named_once(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    heard: list[Any] = []
    listener = heard.append
    dataset.on_bad = listener
    dataset.on_batch = lambda step: (
        step == 3 and dataset.on_bad(SimpleNamespace(path="cup/007.png", reason="It is gone."))
    )
    events = list(Engine(compiled, dataset, replace(recipe, epochs=1)).events())
    notices = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert ["cup/007.png" in n.message and "It is gone." in n.message for n in notices] == [True]
    assert not notices[0].is_error
    assert len(heard) == 1
    assert dataset.on_bad is listener


def test_a_drive_that_is_pulled_out_gives_ten_notices(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    dataset.on_bad = None
    dataset.on_batch = lambda _step: [dataset.on_bad(SimpleNamespace(path=f"{i}", reason="Gone.")) for i in range(50)]
    events = list(Engine(compiled, dataset, recipe).events())
    assert sum(isinstance(e, Noticed) for e in events) == 10
    assert events[-1].state == "done"  # type: ignore[union-attr]


def test_a_notice_says_that_the_device_is_not_there(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    events = list(Engine(compiled, dataset, replace(recipe, device="cuda", epochs=1)).events())
    assert kinds(events)[:2] == ["Noticed", "Started"]
    assert "CPU" in events[0].diagnostic.message  # type: ignore[union-attr]
    assert events[1].device == "cpu"  # type: ignore[union-attr]
    assert events[-1].state == "done"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [Started, CheckpointSaved, StepEnd, Validating, EpochEnd])
@pytest.mark.parametrize("which", [0, 2])
def test_a_stop_is_honoured_at_every_event(
    compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path, kind: type, which: int
) -> None:
    engine = Engine(compiled, dataset, recipe, folder=tmp_path, cadence=Cadence(steps=4))
    met, after, events = 0, 0, []
    for event in engine.events():
        events.append(event)
        after += engine._stopping
        if isinstance(event, kind):
            if met == which or kind is Started:
                engine.stop()
            met += 1
    assert isinstance(events[-1], Ended)
    assert events[-1].state == "stopped"
    assert kinds(events[-after:])[:-1] in ([], ["CheckpointSaved"], ["CheckpointSaved"] * 2)
    assert engine.module is not None
    assert engine.module.training
    done = max([e.step for e in events if isinstance(e, StepEnd)], default=0)
    assert checkpoint.read(tmp_path).position.total == done == events[-1].step
    assert dataset.opened == dataset.closed


def test_leaving_the_generator_lets_the_data_go(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    events = Engine(compiled, dataset, recipe).events()
    for event in events:
        if isinstance(event, StepEnd):
            break
    events.close()
    assert dataset.opened == dataset.closed == 1


def test_trained_weights_can_be_the_beginning(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    first = Engine(compiled, dataset, recipe)
    list(first.events())
    assert first.module is not None
    weights = {k: v.clone() for k, v in first.module.state_dict().items() if k.startswith("linear_1")}
    second = Engine(compiled, dataset, recipe, weights=weights)
    events = second.events()
    next(events)
    assert second.module is not None
    fresh = compiled.module(recipe.seed).state_dict()
    for name, tensor in second.module.state_dict().items():
        assert torch.equal(tensor, weights.get(name, fresh[name]))
    events.close()


def test_the_same_seed_gives_the_same_run(
    compiled: Compiled, dataset: Any, recipe: Recipe, bit_equal: EveryEvent
) -> None:
    runs = []
    for seed in (5, 5, 6):
        engine = Engine(compiled, dataset, replace(recipe, seed=seed))
        for event in engine.events():
            torch.rand(3)  # what others draw in between does not matter
            assert event
        assert engine.module is not None
        runs.append(engine.module.state_dict())
    assert bit_equal(runs[0], runs[1])
    assert not bit_equal(runs[0], runs[2])


def test_seeds_of_steps_differ() -> None:
    seeds = {step_seed(seed, step) for seed in range(20) for step in range(500)}
    assert len(seeds) == 10_000
    assert len({s & 0xFFFFFFFF for s in seeds}) > 9_990  # the CPU's generator takes 32 bits of them
    assert all(0 <= s < 1 << 63 for s in seeds)


def test_no_pictures_to_train_on_is_said(compiled: Compiled, make: SimpleNamespace, recipe: Recipe) -> None:
    (end,) = Engine(compiled, make.pictures(train=0), recipe).events()
    assert isinstance(end, Ended)
    assert end.diagnostic is not None
    assert "no pictures to train on" in end.diagnostic.message


def test_scores_that_do_not_fit_the_classes_are_said(make: SimpleNamespace, dataset: Any, recipe: Recipe) -> None:
    *_, end = Engine(compile_graph(make.graph(units=7)), dataset, recipe).events()
    assert isinstance(end, Ended)
    assert end.state == "failed"
    assert end.diagnostic is not None
    assert "7 scores" in end.diagnostic.message
    assert end.diagnostic.node == "linear_1"


def test_deterministic_fixes_the_threads_and_puts_all_back(compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    events = Engine(compiled, dataset, replace(recipe, threads=0, deterministic=True)).events()
    started = next(events)
    assert started.threads == torch.get_num_threads()  # type: ignore[union-attr]
    assert torch.are_deterministic_algorithms_enabled()
    assert [*events][-1].state == "done"  # type: ignore[union-attr]
    assert not torch.are_deterministic_algorithms_enabled()


def test_class_weights_steer_learning_and_not_the_measured_loss(make: SimpleNamespace) -> None:
    """A class that weighs next to nothing is not learned; validation counts every picture alike."""
    weights = np.full(len(make.classes), 1e-6, np.float32)
    weights[0] = 1.0
    data = make.pictures()
    data.class_weights = weights
    engine = Engine(compile_graph(make.graph()), data, make.recipe(epochs=3))
    epochs = [e for e in engine.events() if isinstance(e, EpochEnd)]
    confusion = epochs[-1].confusion
    assert confusion is not None
    assert confusion.sum() == len(data.splits.val)
    assert confusion[:, 0].sum() == len(data.splits.val)  # every answer is the class that counts
    assert engine.module is not None
    state = {name: tensor.clone() for name, tensor in engine.module.state_dict().items()}
    assert evaluate(engine.compiled, state, data, "val", device="cpu").loss == pytest.approx(epochs[-1].val_loss)
