"""The runs of a real project: marked, thrown away and brought back, compared, reopened, taken elsewhere."""

from __future__ import annotations

import csv
import shutil
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.session.conftest import small_graph
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.edits import set_param
from workbench.document.graph import frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.jobs import Job
from workbench.session.runs.explaining import explanation
from workbench.session.runs.reopening import reopen, reopen_as_project
from workbench.session.session import Session


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with run-1 as it was, and run-2 with eight filters and a higher rate, each of two epochs."""
    place = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    for name in ("bottom", "top"):
        (place / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 60, (12, 12, 3), dtype=np.uint8)
            pixels[slice(6, 12) if name == "bottom" else slice(0, 6)] += 150
            Image.fromarray(pixels).save(place / "pictures" / name / f"{number}.png")
    recipe = Recipe(epochs=2, batch_size=8, optimizer=Chosen("adam", frozen({"lr": 0.02})), threads=1, device="cpu")
    data = DataSettings(str(place / "pictures"), validation=0.25)
    with Session.create(place / "project", Project("Small", small_graph(), data, recipe)) as session:
        session.start_training()
        session.wait_for_run(60)
        session.apply("Eight filters", lambda graph: set_param(graph, "conv2d_1", "filters", 8))
        session.change("Hurry", recipe=replace(recipe, optimizer=Chosen("sgd", frozen({"lr": 0.05}))))
        session.start_training()
        assert session.wait_for_run(60).phase == "done", session.run
        session.save()
    return place / "project"


@pytest.fixture
def two_runs(trained_once: Path, tmp_path: Path) -> Iterator[Session]:
    """A copy of that project, open."""
    shutil.copytree(trained_once, tmp_path / "project")
    with Session.open(tmp_path / "project", take_over=True) as session:
        yield session


def test_runs_are_marked_deleted_and_brought_back(two_runs: Session) -> None:
    session, table = two_runs, two_runs.training
    heard: list[Diagnostic] = []
    told: list[None] = []
    session.notice.connect(heard.append)
    session.runs_changed.connect(lambda: told.append(None))
    before = table.version()
    table.rename_run("run-1", "small net")
    table.tag_run("run-1", ["baseline"])
    table.note_run("run-1", "The first.")
    table.star_runs(["run-1"])
    assert len(told) == 4
    assert table.version() != before
    row = next(row for row in table.rows() if row.id == "run-1")
    assert (row.title, row.tags, row.note, row.starred) == ("small net", ("baseline",), "The first.", True)

    table.delete_runs(["run-1"])
    assert [row.id for row in session.runs()] == ["run-2"]
    assert heard[-1].message == "Small net was deleted."
    (undo,) = heard[-1].fixes
    with pytest.raises(Problem, match="no run"):
        session.start_training(resume="run-1")
    assert session.apply_fix(undo) is None
    assert [row.id for row in session.runs()] == ["run-2", "run-1"]
    assert next(row for row in table.rows() if row.id == "run-1") == row

    table.delete_runs(["run-1"])
    job = session.wait(table.remove_runs(["run-1"]), 20)
    assert job.result > 0
    assert table.deleted() == ()
    assert not table.open_store().folder("run-1").exists()
    assert session.apply_fix(undo) is not None


def test_what_was_deleted_long_ago_is_removed_once(two_runs: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    table = two_runs.training
    table.delete_runs(["run-1"])
    table.remove_old()
    assert [row.id for row in table.deleted()] == ["run-1"]
    table._swept = False
    now = time.time()
    monkeypatch.setattr("workbench.session.run_table.time.time", lambda: now + 8 * 86_400)
    table.remove_old()
    job = next(job for job in two_runs.jobs.running if job.title == "Removing 1 run")
    two_runs.wait(job, 20)
    assert table.deleted() == ()


def test_a_session_that_only_reads_marks_nothing(two_runs: Session) -> None:
    with Session.open(two_runs.folder, read_only=True) as reader:
        assert len(reader.runs()) == 2
        for act in (
            lambda: reader.training.star_runs(["run-1"]),
            lambda: reader.training.delete_runs(["run-1"]),
            lambda: reader.training.rename_run("run-1", "x"),
        ):
            with pytest.raises(Problem, match="read only"):
                act()


def test_two_runs_side_by_side(two_runs: Session) -> None:
    found = two_runs.training.compare(["run-1", "run-2"])
    said = {line.title: line.values for line in found.differing}
    assert said["Optimizer"] == ("Adam", "SGD with momentum")
    assert said["Learning rate"] == ("0.02", "0.05")
    assert "Epochs" not in said
    assert {line.title: line.values for line in found.lines}["Epochs"] == ("2", "2")
    assert found.networks[0].sentences == ()
    assert any("filters 4 → 8" in sentence for sentence in found.networks[1].sentences)
    one, other = found.runs
    assert one.classes == other.classes == ("bottom", "top")
    assert one.best is not None
    assert one.best.confusion is not None
    assert int(one.best.confusion.sum()) == one.row.val
    assert len(other.epochs) == 2


def test_a_runs_exact_network_comes_back_in_one_step(two_runs: Session) -> None:
    session = two_runs
    now = session.project
    assert reopen(session, "run-1") is None
    assert session.project.graph.nodes["conv2d_1"].params["filters"] == 4
    assert session.project.recipe == now.recipe
    assert session.history.undo_label == "Reopen run 1"
    session.undo()
    assert session.project == now
    assert reopen(session, "run-1", whole=True) is None
    assert session.project.recipe.optimizer.id == "adam"
    session.undo()
    assert session.project == now


def test_a_run_becomes_a_project_of_its_own(two_runs: Session, tmp_path: Path) -> None:
    made = reopen_as_project(two_runs, "run-1", tmp_path / "again")
    with Session.open(made) as again:
        assert again.project.name == "again"
        assert again.project.graph.nodes["conv2d_1"].params["filters"] == 4
        assert "run 1 of Small" in again.project.notes
        assert again.wait_for_data(30).phase == "ready"
    with pytest.raises(Problem, match="already holds"):
        reopen_as_project(two_runs, "run-1", made)


def read(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_runs_go_into_spreadsheets_whole(two_runs: Session, tmp_path: Path) -> None:
    table, ended = two_runs.training, list[Job]()
    table.rename_run("run-2", '=HYPERLINK("x")')
    table.note_run("run-2", "two\nlines, and a comma")
    job = two_runs.wait(table.export_runs(["run-1", "run-2"], tmp_path / "out", "csv", ended.append), 20)
    assert ended == [job]
    assert job.state == "done", job.diagnostic
    runs, epochs, steps = (read(path) for path in job.result)
    assert [row["run"] for row in runs] == ["run-1", "run-2"]
    assert runs[1]["name"] == '\'=HYPERLINK("x")'
    assert runs[1]["note"] == "two\nlines, and a comma"
    assert [row["recipe.optimizer.lr"] for row in runs] == ["0.02", "0.05"]
    rows = {row.id: row for row in table.rows()}
    assert float(runs[0]["best_val_accuracy"]) == rows["run-1"].best_val_accuracy
    kept = table.epochs_of("run-2")
    assert [float(row["train_loss"]) for row in epochs if row["run"] == "run-2"] == [e.train_loss for e in kept]
    scalars = table.open_store().scalars("run-1")
    assert [float(row["loss"]) for row in steps if row["run"] == "run-1"] == scalars[:, 1].tolist()


def events(path: Path) -> Iterator[object]:
    """The events of a TensorBoard file: records of a length, its checksum, the event, its checksum (TFRecord)."""
    from tensorboardX.proto.event_pb2 import Event

    data = path.read_bytes()
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        yield Event.FromString(data[at + 12 : at + 12 + size])
        at += size + 16


def test_runs_go_to_tensorboard_whole(two_runs: Session, tmp_path: Path) -> None:
    table, ended = two_runs.training, list[Job]()
    two_runs.wait(table.export_runs(["run-2", "run-1"], tmp_path / "board", "tensorboard", ended.append), 30)
    assert ended[0].state == "done", ended[0].diagnostic
    assert [path.name for path in ended[0].result] == ["run-2", "run-1"]
    (file,) = (tmp_path / "board" / "run-2").iterdir()
    values: dict[str, list[tuple[int, float]]] = {}
    for event in events(file):
        for value in event.summary.value:  # type: ignore[attr-defined]
            values.setdefault(value.tag, []).append((event.step, value.simple_value))  # type: ignore[attr-defined]
    scalars = table.open_store().scalars("run-2")
    assert [step for step, _v in values["train/loss"]] == scalars[:, 0].astype(int).tolist()
    assert [v for _s, v in values["train/loss"]] == pytest.approx(scalars[:, 1].tolist())
    kept = table.epochs_of("run-2")
    assert values["val/loss"] == [(e.step, pytest.approx(e.val_loss)) for e in kept]
    assert "_hparams_/session_start_info" in values
    again = two_runs.wait(table.export_runs(["run-2"], tmp_path / "board", "tensorboard", ended.append), 30)
    assert again.diagnostic is not None
    assert "already" in again.diagnostic.message


def test_a_run_without_a_good_end_is_explained(two_runs: Session) -> None:
    row = next(row for row in two_runs.runs() if row.id == "run-1")
    assert explanation(row, can_resume=True) is None
    rest = replace(row, epochs=1)
    killed = explanation(replace(rest, state="interrupted"), can_resume=True)
    assert killed is not None
    assert "1 epoch" in killed.message
    assert killed.fixes[0].arguments == {"run": "run-1"}
    lost = explanation(replace(rest, state="interrupted"), can_resume=False)
    assert lost is not None
    assert "no checkpoint" in lost.message
    assert lost.fixes == ()
    failed = explanation(replace(rest, state="failed", message="The loss is not a number."), can_resume=False)
    assert failed is not None
    assert "The loss is not a number." in failed.message
    stopped = explanation(replace(row, state="stopped"), can_resume=True)
    assert stopped is not None
    assert stopped.fixes == ()  # all its epochs are done


def test_training_goes_on_from_what_an_earlier_run_learned(two_runs: Session) -> None:
    from workbench.session.runs.continuing import train_on_from

    session = two_runs
    assert reopen(session, "run-1") is None
    learned = session.results.trained("run-1").state
    train_on_from(session, "run-1")
    assert session.training.weights is not None
    assert all(bool((session.training.weights.state[name] == value).all()) for name, value in learned.items())
    assert session.wait_for_run(60).phase == "done", session.run
    assert session.run is not None
    assert session.run.id == "run-3"
    with pytest.raises(Problem, match="no run"):
        train_on_from(session, "run-9")


def test_a_run_that_was_stopped_goes_on_by_its_remedy(session: Session) -> None:
    session.start_training(epochs=4000)
    while session.run is None or session.run.epoch < 2:
        session.pump()
    session.stop()
    stopped = session.wait_for_run(60)
    row = session.runs()[0]
    told = explanation(row, can_resume=session.training.can_resume(row.id))
    assert told is not None
    (fix,) = told.fixes
    assert session.apply_fix(fix) is None
    while session.run is None or session.run.step <= stopped.step:
        session.pump()
    session.stop()
    session.wait_for_run(60)
    assert [found.id for found in session.runs()] == ["run-1"]
