"""Relabel, move, exclude: one undo step each, at once, without reading a file, and never done to the files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.data.dataset import Dataset
from workbench.document import storage
from workbench.document.project import Change, Project
from workbench.session.data_edits import changed_words
from workbench.session.session import Session

TOPS = ("top/0.png", "top/1.png", "top/2.png")


@pytest.fixture
def dataset(session: Session) -> Callable[[], Dataset]:
    """The data as they stand."""

    def now() -> Dataset:
        assert session.data.phase == "ready"
        assert session.data.dataset is not None
        return session.data.dataset

    return now


def row(dataset: Dataset, path: str) -> int:
    found = dataset.index.find(path)
    assert found is not None
    return found


def label(dataset: Dataset, path: str) -> str:
    return dataset.classes[int(dataset.index.labels[row(dataset, path)])]


def test_relabelled_at_once_and_undone(session: Session, dataset: Callable[[], Dataset], tmp_path: Path) -> None:
    files = {p: p.read_bytes() for p in (tmp_path / "pictures").rglob("*.png")}
    first = dataset()
    assert session.relabel(TOPS, "bottom") is None
    assert dataset() is not first
    assert [label(dataset(), path) for path in TOPS] == ["bottom"] * 3
    assert dataset().class_counts().tolist() == [15, 9]
    assert session.history.undo_label == "Relabel 3 pictures"
    assert np.array_equal(dataset().picture(row(dataset(), TOPS[0])), first.picture(row(first, TOPS[0])))
    session.undo()
    assert dataset().class_counts().tolist() == [12, 12]
    session.redo()
    assert dataset().class_counts().tolist() == [15, 9]
    assert files == {p: p.read_bytes() for p in (tmp_path / "pictures").rglob("*.png")}


def test_a_new_class_is_there_and_an_empty_one_gone(session: Session, dataset: Callable[[], Dataset]) -> None:
    session.relabel(TOPS, " middle ")
    assert dataset().classes == ("bottom", "middle", "top")
    assert any(d.code == "output.classes" for d in session.problems)
    session.relabel([f"top/{i}.png" for i in range(12)], "middle")
    assert dataset().classes == ("bottom", "middle")


def test_back_in_its_own_class_a_sample_is_not_changed(session: Session) -> None:
    session.relabel(TOPS, "bottom")
    session.exclude(TOPS[:1])
    session.relabel(TOPS, "top")
    assert dict(session.project.data.changes) == {TOPS[0]: Change(excluded=True)}
    session.exclude(TOPS, False)
    assert not session.project.data.changes


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_moved_samples_stay_where_they_were_put(session: Session, dataset: Callable[[], Dataset], split: str) -> None:
    before = {name: set(dataset().splits[name].tolist()) for name in ("train", "val", "test")}
    rows = {row(dataset(), path) for path in TOPS}
    session.move_to_split(TOPS, split)
    for name, members in before.items():
        expected = members | rows if name == split else members - rows
        assert set(dataset().splits[name].tolist()) == expected  # nothing else moved
    session.change("Seed", data=replace(session.project.data, seed=9))
    assert rows <= set(dataset().splits[split].tolist())
    session.move_to_split(TOPS, None)
    assert not session.project.data.changes


def test_excluded_samples_are_in_no_split(session: Session, dataset: Callable[[], Dataset]) -> None:
    rows = {row(dataset(), path) for path in TOPS}
    session.exclude(TOPS)
    assert set(dataset().splits.excluded.tolist()) == rows
    assert not rows & set(dataset().splits["all"].tolist())
    assert len(dataset().splits["all"]) == 21
    assert session.history.undo_label == "Exclude 3 pictures"
    with dataset().eval_batches("all", 5) as batches:
        assert not rows & {i for batch in batches for i in batch.indices.tolist()}


def test_the_last_of_a_class_cannot_be_lost_without_a_word(session: Session, dataset: Callable[[], Dataset]) -> None:
    """A class that loses its only validation picture gets another."""
    val = [dataset().index.path(int(i)) for i in dataset().splits.val]
    gone = [path for path in val if path.startswith("top/")]
    session.exclude(gone)
    assert dataset().class_counts("val")[1] == 1
    assert dataset().class_counts("train")[1] == 12 - len(gone) - 1


def test_what_cannot_be_met_is_told_and_comes_back_at_once(session: Session, dataset: Callable[[], Dataset]) -> None:
    first = dataset()
    every = [item.path for item in first.index.items]
    session.exclude(every)
    assert session.data.phase == "failed"
    assert any(d.code == "data.no_training" for d in session.errors)
    session.undo()
    assert dataset().splits.counts == first.splits.counts
    session.relabel(every, "top")
    assert any(d.code == "data.one_class" for d in session.errors)
    session.undo()
    assert not session.errors


def test_refusals_change_nothing(session: Session) -> None:
    told = []
    session.notice.connect(told.append)
    for refused in (
        session.relabel(["top/99.png"], "bottom"),
        session.relabel(TOPS, "  "),
        session.relabel(TOPS, "x" * 300),
        session.move_to_split(TOPS, "holdout"),
        session.exclude(["top/\udcff.png"]),
    ):
        assert refused is not None
        assert refused.message.endswith(".")
    assert len(told) == 5
    assert session.relabel([], "bottom") is None
    assert not session.project.data.changes
    assert not session.history.can_undo


def test_changes_are_saved_and_count_when_the_project_is_opened_again(
    session: Session, dataset: Callable[[], Dataset]
) -> None:
    session.relabel(TOPS[:1], "bottom")
    session.move_to_split(TOPS[1:2], "test")
    session.exclude(TOPS[2:])
    before = dataset()
    session.save()
    folder = session.folder
    session.close()
    assert storage.load(folder).data.changes == session.project.data.changes
    assert changed_words(session.project.data.changes) == "1 relabelled, 1 moved, 1 excluded"
    with Session.open(folder) as again:
        data = again.wait_for_data(30).dataset
        assert data is not None
        assert data.fingerprint == before.fingerprint
        assert {n: data.splits[n].tolist() for n in ("train", "val", "test", "excluded")} == {
            n: before.splits[n].tolist() for n in ("train", "val", "test", "excluded")
        }


def test_changes_to_files_that_are_gone_are_kept_and_told_once(
    project: Project, make_session: Callable[[Project], Session], folder_of_pictures: Path
) -> None:
    changes = {f"top/{i}.png": Change(excluded=True) for i in (0, 50, 51)}
    session = make_session(replace(project, data=replace(project.data, changes=changes)))
    session.wait_for_data(30)
    (told,) = [d for d in session.problems if d.code == "data.changes_gone"]
    assert "2 changes are for files that are not there any more, such as “top/50.png”" in told.message
    assert not told.is_error
    session.exclude(["top/1.png"])
    assert set(session.project.data.changes) == {*changes, "top/1.png"}


def test_another_folder_has_samples_of_its_own(
    session: Session, folder_of_pictures: Path, dataset: Callable[[], Dataset]
) -> None:
    """“top/0.png” of another folder is another picture; but a folder that was moved keeps what was decided."""
    session.exclude(TOPS)
    moved = folder_of_pictures.rename(folder_of_pictures.with_name("moved"))
    session.rescan()
    assert session.wait_for_data(30).phase == "failed"
    session.use_folder(moved)
    assert session.wait_for_data(30).phase == "ready"
    assert len(dataset().splits.excluded) == 3
    session.use_folder("sample:digits")
    assert not session.project.data.changes
    session.undo()
    assert len(session.project.data.changes) == 3


def test_other_shares_need_no_reading_and_are_measured_behind(session: Session) -> None:
    first = session.data.dataset
    assert first is not None
    session.change("Validation", data=replace(session.project.data, validation=0.5))
    now = session.data.dataset  # at once
    assert now is not None
    assert (len(first.splits.val), len(now.splits.val)) == (6, 12)
    measured = session.wait_for_data(30).dataset
    assert measured is not None
    assert measured is not now  # so that everybody shows what was measured
    assert measured.is_measured
    scaled = measured.network_input(measured.splits.train)
    assert np.abs(scaled.mean((0, 2, 3))).max() < 1e-4


def test_a_great_many_samples_are_settled_in_the_background(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.data.splitting.splits.AT_ONCE", 5)
    first = session.data.dataset
    for share in (0.3, 0.4, 0.5):  # the last counts
        session.change("Validation", data=replace(session.project.data, validation=share))
        assert session.data.dataset is first
    state = session.wait_for_data(30)
    assert state.dataset is not None
    assert state.dataset is not first
    assert len(state.dataset.splits.val) == 12
    session.exclude(TOPS)  # what was drawn is kept: this is quick
    assert len(session.data.dataset.splits.excluded) == 3  # type: ignore[union-attr]
    session.change("Folds", data=replace(session.project.data, folds=99))
    assert session.wait_for_data(30).phase == "failed"
    assert any(d.code == "data.folds" for d in session.errors)
    session.undo()
    assert session.wait_for_data(30).phase == "ready"


def test_a_live_run_keeps_the_data_it_began_with(session: Session) -> None:
    def pump_until(done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not done():
            assert time.monotonic() < deadline
            session.pump()
            time.sleep(0.002)

    session.start_training(epochs=100_000)
    pump_until(lambda: bool(session.run and session.run.epochs_log))
    session.relabel(TOPS, "bottom")
    session.exclude([f"bottom/{i}.png" for i in range(3)])
    session.change("Validation", data=replace(session.project.data, validation=0.4))
    epochs = len(session.run.epochs_log)  # type: ignore[union-attr]
    pump_until(lambda: len(session.run.epochs_log) > epochs + 2)  # type: ignore[union-attr]
    assert session.run is not None
    assert session.run.is_live
    assert session.run.train_pictures == 18
    confusion = session.run.epochs_log[-1].confusion
    assert confusion is not None
    assert confusion.sum(1).tolist() == [3, 3]  # as many of each as when it began
    session.stop()
    pump_until(lambda: session.run is not None and not session.run.is_live)
    assert session.run.phase == "stopped"
    session.start_training(epochs=1)
    assert session.wait_for_run(60).phase == "done"
    assert session.run.train_pictures == len(session.data.dataset.splits.train)  # type: ignore[union-attr]
