from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.compiler.build import Compiled
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.project import Project, Recipe
from workbench.training.messages import Ended, EpochEnd, Started, Validated
from workbench.training.packing import CHUNK, pack_confusion, pack_rows, unpack_confusion, unpack_rows
from workbench.training.scalars import COLUMNS
from workbench.training.store import RunStore
from workbench.training.storing.layer_pieces import LayerRows

Begin = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with_runs = RunStore(tmp_path)
    yield with_runs
    with_runs.close()


@pytest.fixture
def begin(store: RunStore, compiled: Compiled, dataset: Any, recipe: Recipe) -> Begin:
    """Begins a run and gives its id."""

    def go(**overrides: Any) -> str:
        return store.begin(Project(graph=compiled.graph, recipe=recipe), compiled, dataset, overrides).run

    return go


def rows(count: int, start: int = 1) -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(count, len(COLUMNS)))
    found[:, 0] = np.arange(start, start + count)
    return found


def end(epoch: int, step: int, **changes: Any) -> EpochEnd:
    confusion = np.arange(9, dtype=np.int64).reshape(3, 3)
    made = EpochEnd(epoch, 1 / 3, 0.5, 0.25, 0.75, 1234.5, 2.5, step, 0.5, True, confusion)
    return replace(made, **changes)


def test_nothing_is_made_before_the_first_run(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.rows() == ()
    with pytest.raises(Problem, match="no run"):
        store.row("run-1")
    assert not list(tmp_path.iterdir())


def test_a_run_is_kept_whole(
    store: RunStore, begin: Begin, compiled: Compiled, dataset: Any, recipe: Recipe, tmp_path: Path
) -> None:
    run = begin(epochs=3, data="cats")
    assert run == "run-1"
    store.start(run, Started(run, 891, 48, 12, 3, 6, "cpu", 1), rows(0))
    store.add_scalars(run, 0, rows(12))
    store.add_epoch(run, end(1, 6), seconds=1.5)
    store.add_epoch(run, end(2, 12, is_best=False, val_accuracy=0.5, confusion=None, val_loss=None), seconds=3.0)
    why = Diagnostic("training.failed", "It rained.")
    store.finish(run, Ended("failed", why, 0.75, 2, 12), seconds=3.25)
    store.close()
    with RunStore(tmp_path) as again:
        (row,) = again.rows()
        assert row == again.row(run)
        assert (row.state, row.message, row.best_val_accuracy) == ("failed", "It rained.", 0.75)
        assert (row.epochs, row.steps, row.seconds, row.device) == (2, 12, 3.25, "cpu")
        assert (row.parameters, row.train, row.val) == (compiled.inferred.parameters, 48, 12)
        assert dict(row.overrides) == {"epochs": 3, "data": "cats"}
        assert row.recipe["optimizer"] == {"id": "adam", "params": {"lr": 0.01}}
        assert row.fingerprint == dataset.fingerprint
        assert '"conv2d_1"' in again.details(run).project
        assert "torch" in row.versions
        assert np.array_equal(again.scalars(run), rows(12))
        one, two = again.epochs(run)
        assert one == end(1, 6)
        assert one.confusion is not None
        assert one.confusion.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
        assert two.val_loss is None
        assert two.confusion is None
        assert row.as_json()["run"] == "run-1"


def test_numbers_are_never_used_again(store: RunStore, begin: Begin) -> None:
    assert [begin() for _ in range(11)] == [f"run-{k}" for k in range(1, 12)]
    assert [row.id for row in store.rows()][:3] == ["run-11", "run-10", "run-9"]
    for run in ("run-11", "run-3"):
        store.finish(run, Ended("done"), seconds=0)
        store.delete(run)
        store.empty(run)
    store.folder("run-20").mkdir()
    assert begin() == "run-21"
    assert len(store.rows()) == 10


def test_a_deleted_run_comes_back_until_it_is_removed_for_good(store: RunStore, begin: Begin) -> None:
    run, other = begin(), begin()
    store.add_scalars(run, 0, rows(10))
    store.add_epoch(run, end(1, 6), seconds=1)
    with pytest.raises(Problem, match="still running"):
        store.delete(run)
    store.finish(run, Ended("done"), seconds=1)
    store.folder(run).mkdir()
    (store.folder(run) / "last.json").write_text("{}")
    before = store.row(run)
    with pytest.raises(Problem, match="in use"):
        store.empty(run)

    store.delete(run)
    assert [row.id for row in store.rows()] == [other]
    assert [row.id for row in store.rows(deleted=True)] == [run]
    store.restore(run)
    assert store.row(run) == before
    assert [row.id for row in store.rows()] == [other, run]

    store.delete(run)
    assert store.empty(run) == 2
    assert not store.folder(run).exists()
    assert [row.id for row in (*store.rows(), *store.rows(deleted=True))] == [other]
    assert store.epochs(run) == ()
    assert len(store.scalars(run)) == 0
    with store._database.reading() as db:
        assert db.execute("SELECT count(*) FROM details").fetchone()[0] == 1


def test_names_are_for_people(store: RunStore, begin: Begin) -> None:
    run = begin()
    store.rename(run, "  wide ü  ")
    assert store.row(run).name == "wide ü"
    with pytest.raises(Problem, match="no run"):
        store.rename("run-9", "x")


@pytest.mark.parametrize(
    "name", ["", "run-0", "run-01", "run-1/../..", "../run-1", "run-", "run-1\n", "RUN-1", "run-٣"]
)
def test_no_name_leads_out_of_the_folder(store: RunStore, name: str) -> None:
    with pytest.raises(Problem, match="name of a run"):
        store.folder(name)


@settings(max_examples=25)
@given(first=st.integers(0, 3 * CHUNK), second=st.integers(0, CHUNK + 5))
def test_scalars_added_in_pieces_are_whole(first: int, second: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        with store._database.writing() as db:
            columns = "name created state recipe fingerprint versions overrides device parameters train val epochs"
            names = [*columns.split(), "steps", "seconds", "message", "host", "pid"]
            db.execute(f"INSERT INTO runs ({', '.join(names)}) VALUES ({', '.join('0' * len(names))})")
        log = rows(first + second)
        store.add_scalars("run-1", 0, log[:first])
        start = first // CHUNK * CHUNK
        store.add_scalars("run-1", start, log[start:])
        assert np.array_equal(store.scalars("run-1"), log)
        store.add_scalars("run-1", 0, log[:7])
        assert len(store.scalars("run-1")) == min(7, first + second)


def test_of_a_long_run_only_the_last_piece_is_written_again(store: RunStore, begin: Begin) -> None:
    run, log = begin(), rows(40 * CHUNK + 7)
    store.add_scalars(run, 0, log)
    with store._database.reading() as db:
        before = db.total_changes
        store.add_scalars(run, len(log) // CHUNK * CHUNK, rows(CHUNK))
        assert db.total_changes - before == 2, "an epoch's end takes one piece out and puts one in, not all of them"
    assert len(store.scalars(run)) == len(log) // CHUNK * CHUNK + CHUNK


def test_a_resumed_run_drops_what_came_after(store: RunStore, begin: Begin) -> None:
    run = begin()
    for epoch in (1, 2, 3):
        store.add_epoch(run, end(epoch, 6 * epoch), seconds=epoch)
    store.add_scalars(run, 0, rows(20))
    store.start(run, Started(run, 1, 48, 12, 9, 6, "cpu", 1, done_epochs=2, done_steps=13), rows(13))
    assert [e.epoch for e in store.epochs(run)] == [1, 2]
    assert len(store.scalars(run)) == 13
    row = store.row(run)
    assert (row.state, row.steps, row.epochs) == ("running", 13, 2)


def test_a_run_of_a_dead_process_is_interrupted_one_of_a_live_one_is_not(
    store: RunStore, begin: Begin, tmp_path: Path
) -> None:
    mine, dead, recycled, elsewhere = (begin() for _ in range(4))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with store._database.writing() as db:
        db.execute("UPDATE runs SET pid = ?, started = 'x' WHERE number = 2", (gone.pid,))
        db.execute("UPDATE runs SET pid = ?, started = 'before the boot' WHERE number = 3", (os.getppid(),))
        db.execute("UPDATE runs SET pid = 1, host = 'another-machine' WHERE number = 4")
    with RunStore(tmp_path) as again:
        states = {row.id: row.state for row in again.rows()}
    assert states == {mine: "running", dead: "interrupted", recycled: "interrupted", elsewhere: "running"}


def test_it_is_read_while_it_is_written(store: RunStore, begin: Begin, tmp_path: Path) -> None:
    run, stop, troubles = begin(), threading.Event(), []

    def read() -> None:
        with RunStore(tmp_path) as other:
            while not stop.is_set():
                try:
                    found = other.scalars(run)
                    assert np.array_equal(found[:, 0], np.arange(1, len(found) + 1))
                    assert other.row(run).state == "running"
                except (Problem, AssertionError) as error:
                    troubles.append(error)
                    return

    reader = threading.Thread(target=read)
    reader.start()
    log = rows(3000)
    for count in range(0, 3000, 20):
        store.add_scalars(run, 0, log[:count])
    stop.set()
    reader.join()
    assert not troubles


# --- damaged and hostile files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_record_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "runs.sqlite").write_bytes(content)
    with pytest.raises(Problem) as caught, RunStore(tmp_path) as store:
        store.rows()
    assert "Move it away" in caught.value.diagnostics[0].message
    assert (tmp_path / "runs" / "runs.sqlite").read_bytes() == content


def test_a_newer_record_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with sqlite3.connect(tmp_path / "runs" / "runs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(Problem, match="newer version"):
        RunStore(tmp_path).rows()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE runs SET recipe = '['",
        "UPDATE runs SET overrides = '[]'",
        "UPDATE runs SET versions = 3",
        "UPDATE runs SET parameters = 'many'",
        "UPDATE runs SET tags = '{}'",
        "UPDATE runs SET deleted = 'x'",
        'UPDATE runs SET metrics = \'{"val_loss": "small"}\'',
        "UPDATE runs SET fold = 'first'",
        "UPDATE epochs SET metrics = 'x'",
        "UPDATE details SET advice = '[1]'",
        "UPDATE details SET promise = '[]'",
        "DELETE FROM details",
        "UPDATE layers SET names = '{}'",
        "UPDATE layers SET rows = x'00'",
        "UPDATE layers SET count = 7",
        "UPDATE validations SET accuracy = 'half'",
        "UPDATE epochs SET confusion = x'ffffffff00'",
        "UPDATE epochs SET train_loss = NULL",
        "UPDATE scalars SET rows = x'00'",
        "UPDATE scalars SET count = 100000000",
        "DROP TABLE epochs",
    ],
)
def test_values_that_make_no_sense_are_refused(store: RunStore, begin: Begin, tmp_path: Path, harm: str) -> None:
    run = begin()
    store.add_epoch(run, end(1, 6), seconds=1)
    store.add_scalars(run, 0, rows(5))
    store.add_layers(run, 0, LayerRows(("conv2d_1",), np.arange(5.0), np.ones((5, 1, 3), np.float32)))
    store.add_validation(run, Validated(1, 3, 0.5, 0.5))
    store.close()
    db = sqlite3.connect(tmp_path / "runs" / "runs.sqlite")
    db.execute(harm)
    db.commit()
    db.close()

    def look() -> None:
        store.rows()
        store.rows(deleted=True)
        store.details(run)
        store.epochs(run)
        store.validations(run)
        store.scalars(run)
        store.layers(run)

    with pytest.raises(Problem) as caught:
        look()
    assert caught.value.diagnostics[0].code == "runs.damaged"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_can_be_read_and_says_why_it_cannot_be_written(
    store: RunStore, begin: Begin, tmp_path: Path
) -> None:
    begin()
    store.close()
    (tmp_path / "runs").chmod(0o500)
    try:
        with RunStore(tmp_path) as other:
            assert len(other.rows()) == 1
            with pytest.raises(Problem, match=r"read-only|yours to write"):
                other.rename("run-1", "x")
    finally:
        (tmp_path / "runs").chmod(0o700)


def test_a_missing_project_folder_is_said_and_not_made(tmp_path: Path, compiled: Compiled, dataset: Any) -> None:
    with pytest.raises(Problem, match="cannot be opened"):
        RunStore(tmp_path / "gone").begin(Project(graph=compiled.graph), compiled, dataset)
    assert not (tmp_path / "gone").exists()


KILLED = """
import sys
import numpy as np
from pathlib import Path
from workbench.training.store import RunStore
store = RunStore(Path({folder!r}))
log = np.arange(50_000.0).repeat({columns}).reshape(-1, {columns})
print("ready", flush=True)
for written in range(0, 49_000, 37):
    start = written // 4096 * 4096
    store.add_scalars("run-1", start, log[start : written + 37])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_kill_while_writing_leaves_a_whole_record(store: RunStore, begin: Begin, tmp_path: Path) -> None:
    run = begin()
    store.close()
    for pause in (0.01, 0.05, 0.2):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED.format(folder=str(tmp_path), columns=len(COLUMNS))], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        process.kill()
        process.wait()
        process.stdout.close()
        found = store.scalars(run)
        assert np.array_equal(found[:, 0], np.arange(len(found)))
        with store._database.reading() as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


# --- packing ---------------------------------------------------------------------------------------------------------


@given(st.integers(1, CHUNK))
def test_rows_are_packed_to_the_bit(count: int) -> None:
    log = rows(count)
    log[0, 1] = np.nan
    assert np.array_equal(unpack_rows(pack_rows(log), count), log, equal_nan=True)


@given(st.binary(max_size=64), st.integers(-2, 10**9))
def test_any_bytes_are_rows_or_refused(data: bytes, count: int) -> None:
    with contextlib.suppress(ValueError):
        assert unpack_rows(data, count).shape == (count, 6)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_confusion_matrix_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        found = unpack_confusion(data)
        assert found.shape[0] == found.shape[1]


@given(st.integers(0, 60))
def test_confusion_matrices_are_packed_whole(classes: int) -> None:
    made = np.random.default_rng(classes).integers(0, 10**12, (classes, classes))
    assert np.array_equal(unpack_confusion(pack_confusion(made)), made)
    assert np.array_equal(unpack_confusion(pack_confusion(made * 0)), made * 0)
