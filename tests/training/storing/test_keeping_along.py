"""What a run keeps beside its steps and epochs, through its record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.document.project import Project
from workbench.training.messages import Ended, EpochEnd, Noticed, Started, Validated
from workbench.training.record import Record
from workbench.training.scalars import ScalarLog
from workbench.training.store import RunStore
from workbench.training.storing.layer_pieces import PIECE, LayerRows, pack_layers, unpack_layers
from workbench.training.storing.marking import cleaned_tags


class Layers:
    """A log of layers that grows."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self._steps: list[float] = []

    def grow(self, count: int) -> None:
        first = len(self._steps)
        self._steps += [2.0 * (first + n) for n in range(count)]

    def read(self, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
        steps = np.asarray(self._steps[start:])
        values = np.tile(steps.astype(np.float32)[:, None, None], (1, len(self.names), 3))
        return steps, values * np.asarray([1, 2, 3], np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as found:
        yield found


@pytest.fixture
def record(store: RunStore, compiled: Any, dataset: Any, recipe: Any) -> Record:
    project = Project(graph=compiled.graph, recipe=recipe)
    return store.begin(project, compiled, dataset, name="wide", series="widths", fold=2)


def started(done: int = 0) -> Started:
    return Started("run-1", 10, 48, 12, 3, 6, "cpu", 1, done_epochs=done // 6, done_steps=done)


def epoch(number: int, best: bool = True, **metrics: float) -> EpochEnd:
    return EpochEnd(number, 0.5, 0.5, 0.25 * number, 0.75, 100.0, 1.0, 6 * number, 0.5, best, metrics=metrics)


def test_all_a_run_tells_is_kept(store: RunStore, record: Record) -> None:
    log, layers = ScalarLog(), Layers("conv2d_1", "stage_1:2/linear_1")
    record.take(started(), log, layers)
    layers.grow(3)
    record.take(epoch(1, val_f1=0.5, auc=float("nan")), log, layers)
    record.take(Validated(2, 9, 0.125, 0.875, {"val_f1": 0.25}), log, layers)
    record.take(Noticed(Diagnostic("advice.plateau", "The loss stands still.", Severity.INFO)), log, layers)
    record.threads(8, 2, "another program needs a core")
    record.promise({"torch": "2.13", "threads": "2"})
    layers.grow(PIECE)
    record.take(epoch(2, best=False, val_f1=0.75), log, layers)
    record.take(Ended("done", None, 0.75, 2, 12), log, layers)

    row, details = store.row("run-1"), store.details("run-1")
    assert (row.name, row.series, row.fold, row.best_epoch) == ("wide", "widths", 2, 1)
    assert row.metrics["val_f1"] == 0.5
    assert np.isnan(row.metrics["auc"])
    assert row.metrics["val_loss"] == 0.25
    assert [dict(e.metrics) for e in store.epochs("run-1")][1] == {"val_f1": 0.75}
    assert store.validations("run-1") == (Validated(2, 9, 0.125, 0.875, {"val_f1": 0.25}),)
    assert [(n["code"], n["message"]) for n in details.notices] == [("advice.plateau", "The loss stands still.")]
    assert [dict(t) for t in details.threads] == [{"step": 8, "threads": 2, "why": "another program needs a core"}]
    assert dict(details.promise) == {"torch": "2.13", "threads": "2"}
    kept = store.layers("run-1")
    steps, values = layers.read()
    assert kept.names == layers.names
    assert np.array_equal(kept.steps, steps)
    assert np.array_equal(kept.values, values)


def test_a_resumed_run_has_what_it_had_and_drops_what_came_after(store: RunStore, record: Record) -> None:
    log, layers = ScalarLog(), Layers("conv2d_1")
    record.take(started(), log, layers)
    layers.grow(5)
    for number in (1, 2):
        record.take(epoch(number), log, layers)
    record.take(Validated(1, 5, 0.5, 0.5), log, layers)
    record.take(Validated(2, 9, 0.5, 0.5), log, layers)
    assert store.layers("run-1").until(4).steps.tolist() == [0, 2, 4]
    store.start("run-1", started(6), log.read())
    assert [found.step for found in store.validations("run-1")] == [5]
    assert [e.epoch for e in store.epochs("run-1")] == [1]


def test_what_could_not_be_written_is_written_later(store: RunStore, record: Record, tmp_path: Path) -> None:
    log = ScalarLog()
    record.take(started(), log)
    holder = sqlite3.connect(tmp_path / "runs" / "runs.sqlite", isolation_level=None)
    with store._database.writing():
        pass
    record._store._database.reading().__enter__().execute("PRAGMA busy_timeout = 10")
    holder.execute("BEGIN IMMEDIATE")
    log.append(1, 0.5, 0.5, 0.1)
    (told,) = record.take(epoch(1), log)
    assert told.diagnostic.code == "training.not_recorded"
    assert record.take(Noticed(Diagnostic("advice.x", "Look.")), log) == []
    assert store.epochs("run-1") == ()
    holder.execute("ROLLBACK")
    holder.close()
    assert record.take(epoch(2), log) == []
    assert [e.epoch for e in store.epochs("run-1")] == [1, 2]
    assert len(store.scalars("run-1")) == 1
    assert len(store.details("run-1").notices) == 1
    record.take(Ended("done"), log)


def test_others_see_a_run_between_its_epochs(store: RunStore, record: Record) -> None:
    log = ScalarLog()
    record.take(started(), log)
    log.append(1, 0.5, 0.5, 0.1)
    record.beat(log)
    assert len(store.scalars("run-1")) == 0
    record.beat(log, every=0.0)
    assert len(store.scalars("run-1")) == 1
    record.take(Ended("done"), log)


def test_marks_are_kept_as_they_are_meant(store: RunStore, record: Record) -> None:
    store.tag("run-1", [" Baseline ", "", "baseline", "two\nwords", "a,b"])
    store.note("run-1", "  tried it with\nless dropout ")
    store.star("run-1")
    row = store.row("run-1")
    assert row.tags == ("Baseline", "two words", "a b")
    assert row.note == "tried it with\nless dropout"
    assert row.starred
    assert row.as_json()["tags"] == ["Baseline", "two words", "a b"]
    store.star("run-1", False)
    store.tag("run-1", [])
    assert not store.row("run-1").starred
    assert store.row("run-1").tags == ()
    record.take(Ended("done"), ScalarLog())


def test_a_flood_of_notices_ends(store: RunStore, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.training.storing.run_rows.MOST_ENTRIES", 3)
    for number in range(6):
        store.add_notice("run-1", number, Diagnostic("data.unreadable", f"File {number}."))
    assert [n["step"] for n in store.details("run-1").notices] == [0, 1, 2]
    record.take(Ended("done"), ScalarLog())


@given(st.lists(st.text()))
def test_tags_cleaned_twice_are_cleaned_once(tags: list[str]) -> None:
    once = cleaned_tags(tags)
    assert cleaned_tags(once) == once
    assert len({tag.casefold() for tag in once}) == len(once)


@given(st.integers(1, PIECE), st.integers(1, 5))
def test_layers_are_packed_to_the_bit(count: int, layers: int) -> None:
    import json

    rng = np.random.default_rng(count)
    steps = np.arange(count, dtype=np.float64)
    values = rng.normal(size=(count, layers, 3)).astype(np.float32)
    values[0, 0, 0] = np.nan
    names = tuple(f"layer_{n}" for n in range(layers))
    found = unpack_layers(json.dumps(names), count, pack_layers(steps, values))
    assert found.names == names
    assert np.array_equal(found.steps, steps)
    assert np.array_equal(found.values, values, equal_nan=True)
    assert LayerRows.none(names).values.shape == (0, layers, 3)
