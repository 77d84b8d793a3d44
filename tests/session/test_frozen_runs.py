"""A run keeps the samples and splits it began with: for resuming and for judging, whatever comes to the folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.splitting import frozen
from workbench.data.writing import Written
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.training import checkpoint
from workbench.training.messages import EpochEnd


def add_pictures(folder: Path) -> None:
    for k in range(4):
        shutil.copy(folder / "top" / f"{k}.png", folder / "bottom" / f"0 added {k}.png")


def weights(session: Session, run: str) -> dict[str, np.ndarray]:
    found = checkpoint.read(session.folder / "runs" / run)
    return {name: tensor.numpy() for name, tensor in found.weights.items()}


def trained(session: Session, **more: object) -> tuple[str, tuple[EpochEnd, ...]]:
    session.wait_for_data(30)
    session.start_training(**more)  # type: ignore[arg-type]
    state = session.wait_for_run(60)
    assert state.phase == "done"
    return state.id, state.epochs_log


@pytest.mark.parametrize("balance", ["none", "sampling"])
def test_resumed_to_the_bit_though_pictures_were_added_and_relabelled(
    project: Project, make_session: Callable[[Project], Session], folder_of_pictures: Path, balance: str
) -> None:
    project = replace(project, data=replace(project.data, balance=balance))
    whole = make_session(project)
    run, epochs = trained(whole)
    parts = make_session(project)
    trained(parts, epochs=2)
    add_pictures(folder_of_pictures)
    parts.rescan()
    parts.relabel(["top/5.png", "top/6.png"], "bottom")
    parts.wait_for_data(30)
    told: list[str] = []
    parts.notice.connect(lambda d: told.append(d.code))
    again, more = trained(parts, resume=True, epochs=4)
    assert [e.val_loss for e in more] == [e.val_loss for e in epochs]
    one, other = weights(whole, run), weights(parts, again)
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert "training.resume_differs" not in told


def test_judged_on_the_pictures_kept_for_it(session: Session, folder_of_pictures: Path) -> None:
    run, epochs = trained(session)
    before = {split: session.results.evaluate(split=split) for split in ("train", "val", "all")}
    add_pictures(folder_of_pictures)
    session.rescan()
    session.change("Validation", data=replace(session.project.data, validation=0.5, seed=3))
    session.wait_for_data(30)
    for split, found in before.items():
        again = session.results.evaluate(split=split, run=run)
        assert (again.pictures, again.loss) == (found.pictures, found.loss)
        assert np.array_equal(again.confusion, found.confusion)
    assert before["val"].accuracy == max(e.val_accuracy or 0 for e in epochs)


def test_a_run_from_before_reads_the_folder_anew(session: Session) -> None:
    run, _epochs = trained(session)
    (session.folder / "runs" / run / frozen.NAME).unlink()
    assert session.results.evaluate(split="all").pictures == 24


def test_a_fold_is_trained_without_reading_the_folder_and_kept_with_the_run(session: Session) -> None:
    data = session.data.dataset
    run, _epochs = trained(session, folds=3, fold=1, balance="weights", epochs=1)
    assert session.data.dataset is data  # the project stays as it is
    assert session.project.data.folds == 0
    kept = frozen.read(session.folder / "runs" / run)
    assert kept is not None
    assert len(kept.splits.val) == 8
    (row,) = session.runs()
    assert {"folds", "fold", "balance"} <= set(row.overrides)


def test_written_to_folders_in_the_background(session: Session, tmp_path: Path) -> None:
    told: list[str] = []
    session.notice.connect(lambda d: told.append(d.message))
    session.exclude(["top/0.png"])
    job = session.wait(session.write_to_folders(tmp_path / "copies"), 30)
    assert isinstance(job.result, Written)
    assert job.result.files == 23
    assert told == [f"23 pictures copied to “{tmp_path / 'copies'}”."]
    job = session.wait(session.write_to_folders(tmp_path / "copies"), 30)
    assert job.state == "failed"
    assert "is not empty" in told[-1]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"fold": 1}, "nothing says how many folds there are"),
        ({"folds": 3, "fold": 3}, "Fold 4 is to validate, and there are 3. Choose one from 1 to 3."),
        ({"folds": 3, "fold": -1}, "Fold 0 is to validate"),
        ({"folds": 1}, "Choose 2 or more"),
        ({"folds": "x"}, "Folds cannot be “x”"),
        ({"folds": 3, "fold": "x"}, "“x” is no fold"),
        ({"balance": "smote"}, "Choose one of: none, sampling, weights."),
        ({"folds": 30, "fold": 2}, "There are 24 samples to make 30 folds of"),
    ],
)
def test_folds_that_cannot_be(session: Session, overrides: dict[str, object], words: str) -> None:
    try:
        session.start_training(**overrides)  # type: ignore[arg-type]
        told = session.wait_for_run(30).diagnostic
    except Problem as problem:
        told = problem.diagnostics[0]
    assert told is not None
    assert words in told.message


def test_a_run_that_goes_on_keeps_its_own_splits(session: Session) -> None:
    trained(session, epochs=1)
    with pytest.raises(Problem, match="run-1 goes on with the splits and the balance it began with"):
        session.start_training(resume=True, epochs=2, folds=3)
