"""Runs whose answers are numbers: near or far, never right or wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.compiler.build import compile as compile_graph
from workbench.document.project import Project
from workbench.training.engine import Engine
from workbench.training.messages import EpochEnd, StepEnd
from workbench.training.run import Run
from workbench.training.store import RunStore


@dataclass(frozen=True)
class Valued:
    """A batch whose target is how bright each channel is."""

    inputs: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    indices: np.ndarray[Any, Any]
    step: int
    targets: tuple[np.ndarray[Any, Any], ...]
    other: None = None
    share: None = None


class Brightness:
    """`MemoryPictures` with values to tell in place of labels."""

    def __init__(self, pictures: Any) -> None:
        self._pictures = pictures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pictures, name)

    def train_batches(self, *asked: Any, **more: Any) -> Iterator[Valued]:
        return self._valued(self._pictures.train_batches(*asked, **more))

    def eval_batches(self, *asked: Any) -> Iterator[Valued]:
        return self._valued(self._pictures.eval_batches(*asked))

    def _valued(self, batches: Any) -> Iterator[Valued]:
        for b in batches:
            yield Valued(b.inputs, b.labels, b.indices, b.step, (b.inputs.mean((2, 3)),))


@pytest.fixture
def network(make: SimpleNamespace) -> Any:
    node = make.node
    return compile_graph(
        make.chain(
            node("pictures_1", "pictures", size=(make.size, make.size)),
            node("flatten_1", "flatten"),
            node("linear_1", "linear", units=3),
            node("output_1", "output", objective="mse", target="columns"),
        )
    )


@pytest.mark.parametrize("change", [{}, {"accumulate": 3, "clip": 1.0, "average": 0.9}])
def test_they_have_a_loss_and_no_accuracy(network: Any, make: SimpleNamespace, change: dict[str, Any]) -> None:
    events = list(Engine(network, Brightness(make.pictures()), make.recipe(epochs=4, **change)).events())
    assert events[-1].state == "done", events[-1]  # type: ignore[union-attr]
    assert all(math.isnan(e.accuracy) for e in events if isinstance(e, StepEnd))
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert epochs[-1].train_loss < epochs[0].train_loss
    for epoch in epochs:
        assert math.isnan(epoch.train_accuracy)
        assert epoch.val_accuracy is None
        assert epoch.confusion is None
        assert "val_mae" in epoch.metrics
        assert epoch.as_json()["train_accuracy"] is None
    losses = [e.val_loss for e in epochs if e.val_loss is not None]
    assert [e.is_best for e in epochs] == [loss == min(losses[: k + 1]) for k, loss in enumerate(losses)]


def test_they_are_kept_and_read_back(network: Any, make: SimpleNamespace, tmp_path: Path) -> None:
    data = Brightness(make.pictures())
    with RunStore(tmp_path) as store:
        record = store.begin(Project(), network, data)
        run = Run(Engine(network, data, make.recipe(), run=record.run), record=record)
        run.start()
        told = [e for e in run.stream() if isinstance(e, EpochEnd)]
        assert run.join(60)
        kept = store.epochs(record.run)
    assert [(e.epoch, e.train_loss, e.val_loss, e.val_accuracy, dict(e.metrics)) for e in kept] == [
        (e.epoch, e.train_loss, e.val_loss, e.val_accuracy, dict(e.metrics)) for e in told
    ]
    assert all(math.isnan(e.train_accuracy) for e in kept)
