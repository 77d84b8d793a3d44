"""Runs that truly go wrong are told so, once and with the layer; healthy ones are told nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.compiler.build import compile as compile_graph
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.course import advising
from workbench.training.engine import Engine
from workbench.training.messages import Noticed
from workbench.training.run import Run
from workbench.training.steps import layer_norms

Advise = Callable[..., dict[str, Diagnostic]]


@pytest.fixture
def advise(monkeypatch: pytest.MonkeyPatch) -> Advise:
    """Trains a graph for real, every step measured, and gives the advice by what comes behind "advice."."""
    for name in ("AT_MOST_EVERY", "COST"):
        monkeypatch.setattr(layer_norms, name, 0)
    monkeypatch.setattr(layer_norms, "THINNER", 10**9)
    monkeypatch.setattr(advising, "EVERY", 0.0)

    def train(graph: Any, data: Any, recipe: Recipe) -> dict[str, Diagnostic]:
        run = Run(Engine(compile_graph(graph), data, recipe))
        run.start()
        notes = [event.diagnostic for event in run.stream() if isinstance(event, Noticed)]
        run.join()
        assert run.ended is not None
        assert run.ended.state == "done", run.ended
        advice = [note for note in notes if note.code.startswith("advice.")]
        assert len({note.code for note in advice}) == len(advice), "each is said once"
        return {note.code.removeprefix("advice."): note for note in advice}

    return train


def sgd(rate: float, **more: Any) -> Chosen:
    return Chosen("sgd", frozen({"lr": rate, **more}))


def dense(make: SimpleNamespace, *widths: int, between: str = "relu", units: int = 3) -> Any:
    """Linear layers one after another on flattened pictures."""
    middle = [
        node
        for number, width in enumerate(widths, 1)
        for node in (
            make.node(f"linear_{number}", "linear", f"Dense {number}", units=width),
            make.node(f"{between}_{number}", between),
        )
    ]
    return make.chain(
        make.node("pictures_1", "pictures", size=(8, 8)),
        make.node("flatten_1", "flatten"),
        *middle,
        make.node("linear_last", "linear", "Answer", units=units),
        make.node("output_1", "output"),
    )


@pytest.mark.parametrize("optimizer", [Chosen("adam", frozen({"lr": 0.01})), sgd(0.05)], ids=["adam", "sgd"])
@pytest.mark.parametrize("schedule", ["cosine", "constant", "one_cycle"])
def test_a_healthy_run_is_told_nothing(advise: Advise, make: SimpleNamespace, optimizer: Chosen, schedule: str) -> None:
    recipe = make.recipe(epochs=12, optimizer=optimizer, schedule=Chosen(schedule))
    assert advise(make.graph(), make.pictures(train=96, val=48), recipe) == {}


def test_a_healthy_deep_network_is_told_nothing(advise: Advise, make: SimpleNamespace) -> None:
    recipe = make.recipe(epochs=12, schedule=Chosen("constant"), optimizer=Chosen("adam", frozen({"lr": 0.002})))
    assert advise(dense(make, 32, 32, 32), make.pictures(train=96, val=48), recipe) == {}


def noisy(data: Any, seed: int = 5) -> Any:
    """The same pictures with labels that nothing tells."""
    return replace(data, labels=np.random.default_rng(seed).integers(0, 3, len(data.labels)))


def test_a_loss_that_stands_still(advise: Advise, make: SimpleNamespace) -> None:
    """Half of the labels are chance: a linear network soon knows all it can, and the rate stays high."""
    data = make.pictures(train=400, val=60)
    half = np.random.default_rng(1).random(len(data.labels)) < 0.5
    data = replace(data, labels=np.where(half, noisy(data).labels, data.labels))
    decay = sgd(0.05, weight_decay=0.1)
    notes = advise(
        dense(make), data, make.recipe(epochs=30, batch_size=50, optimizer=decay, schedule=Chosen("constant"))
    )
    assert set(notes) == {"plateau"}
    note = notes["plateau"]
    assert "has stood still at 0." in note.message
    assert [fix.action for fix in note.fixes] == ["set_schedule", "use_learning_rate"]


def test_a_rate_that_falls_lets_the_loss_rest(advise: Advise, make: SimpleNamespace) -> None:
    data = make.pictures(train=400, val=60)
    half = np.random.default_rng(1).random(len(data.labels)) < 0.5
    data = replace(data, labels=np.where(half, noisy(data).labels, data.labels))
    decay = sgd(0.05, weight_decay=0.1)
    falling = Chosen("step", frozen({"every": 6, "gamma": 0.1}))
    notes = advise(dense(make), data, make.recipe(epochs=30, batch_size=50, optimizer=decay, schedule=falling))
    assert notes == {}


def test_training_and_validation_part(advise: Advise, make: SimpleNamespace) -> None:
    data = noisy(make.pictures(train=40, val=60))
    notes = advise(dense(make, 64), data, make.recipe(epochs=25, schedule=Chosen("constant")))
    assert set(notes) == {"overfitting"}
    assert "part since epoch" in notes["overfitting"].message
    assert notes["overfitting"].fixes[0].arguments == {"name": "patience", "value": 5}


def test_one_answer_for_all(advise: Advise, make: SimpleNamespace) -> None:
    """Nine of ten samples are of one class, and nothing tells which."""
    data = make.pictures(train=90, val=60)
    rare = np.random.default_rng(0).random(len(data.labels)) < 0.1
    data = replace(data, labels=np.where(rare, 1, 2).astype(np.int64), pictures=np.zeros_like(data.pictures))
    notes = advise(dense(make), data, make.recipe(epochs=8, optimizer=sgd(0.1)))
    assert "one_answer" in notes
    note = notes["one_answer"]
    assert "“right”" in note.message
    assert "the most common one" in note.message
    assert any(fix.arguments.get("value") == "sampling" for fix in note.fixes)


def test_gradients_that_vanish(advise: Advise, make: SimpleNamespace) -> None:
    deep = dense(make, *[16] * 10, between="sigmoid")
    notes = advise(deep, make.pictures(), make.recipe(epochs=4, optimizer=sgd(0.01)))
    note = notes["vanishing_gradients"]
    assert note.node == "linear_1"
    assert "“Dense 1”" in note.message
    assert "Sigmoid" in note.message


def test_gradients_that_explode(advise: Advise, make: SimpleNamespace) -> None:
    """Columns nobody scaled: the numbers are ten thousand times what they should be."""
    data = make.pictures()
    data = replace(data, pictures=data.pictures * np.float32(1e4))
    notes = advise(dense(make, 16), data, make.recipe(epochs=4, optimizer=sgd(1e-8)))
    note = notes["exploding_gradients"]
    assert note.node == "linear_1"
    assert note.fixes[0].arguments == {"name": "clip", "value": 1.0}


def test_a_rate_too_high(advise: Advise, make: SimpleNamespace) -> None:
    notes = advise(
        dense(make, 32),
        noisy(make.pictures(train=96)),
        make.recipe(epochs=10, optimizer=Chosen("adam", frozen({"lr": 3.0}))),
    )
    note = notes["rate_too_high"]
    assert note.fixes[0].arguments == {"value": 0.3}


def test_a_rate_too_low(advise: Advise, make: SimpleNamespace) -> None:
    recipe = make.recipe(epochs=14, optimizer=sgd(1e-7), schedule=Chosen("constant"))
    notes = advise(make.graph(), make.pictures(), recipe)
    assert "rate_too_low" in notes
    assert notes["rate_too_low"].fixes[1].arguments == {"value": 1e-6}
    assert "vanishing_gradients" not in notes


def test_a_layer_that_is_dead(advise: Advise, make: SimpleNamespace) -> None:
    """One far too large step turns every ReLU off; what is before them gets no gradient from then on."""
    data = make.pictures()
    data = replace(data, pictures=np.abs(data.pictures))
    recipe = make.recipe(epochs=6, optimizer=sgd(200.0, momentum=0.0), clip=1.0)
    notes = advise(dense(make, 8, 8), data, recipe)
    note = notes["dead_layer"]
    assert note.node in ("linear_1", "linear_2")
    assert "gets no gradient any more" in note.message
