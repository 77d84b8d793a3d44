"""A project on a drive or in a folder that may only be read: everything but training works (fault row 5)."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.training.store import RunStore

from .conftest import Call

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights work differently on Windows")


def looks_as_before(call: Call, project: Path, picture: Path) -> None:
    """Runs, answers and evaluation of the trained project; and a sentence where it would have to be written."""
    before = sorted(os.listdir(project / "runs"))
    (row,) = call("runs", project, "--json").rows
    assert (row["run"], row["state"], row["epochs"]) == ("run-1", "done", 2)
    (row,) = call("predict", project, picture, "--json").rows
    assert row["label"] == "top"
    (row,) = call("evaluate", project, "--split", "all", "--json").rows
    assert row["pictures"] == 24
    assert call("check", project).status == 0
    for words in (("train", project, "--epochs", "1"), ("train", project, "--resume", "--epochs", "3")):
        answer = call(*words)
        assert answer.status == 1 or "cannot be recorded" in answer.err
    assert sorted(os.listdir(project / "runs")) == before


def test_on_a_drive_that_is_read_only(
    call: Call, trained: Path, trained_pictures: Path, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("4m")
    shutil.copytree(trained, disk / "p")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    looks_as_before(call, disk / "p", trained_pictures / "top" / "1.png")


@contextlib.contextmanager
def as_somebody_else() -> Iterator[None]:
    """Without root's rights for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def foreign(trained: Path, own_home: Path) -> Iterator[Path]:
    """The trained project in a folder of somebody else's, in which one may look but not write."""
    folder = Path(tempfile.mkdtemp())  # below pytest's own folder nobody else may look
    shutil.copytree(trained, folder / "p")
    subprocess.run(["chmod", "-R", "a=rX", str(folder)], check=True)
    yield folder / "p"
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    shutil.rmtree(folder)


@posix
def test_runs_of_somebody_else_can_be_read(foreign: Path) -> None:
    with as_somebody_else(), RunStore(foreign) as store:
        assert [row.id for row in store.rows()] == ["run-1"]
        assert len(store.epochs("run-1")) == 2
        assert len(store.scalars("run-1")) > 0
        with pytest.raises(Problem, match=r"read-only|yours to write"):
            store.rename("run-1", "mine")
    with RunStore(foreign) as store:
        assert store.row("run-1").name == ""


@posix
def test_what_was_recorded_last_is_read_too(trained: Path, tmp_path: Path) -> None:
    """A program that was killed leaves the newest records in a file of their own beside the record."""
    kept = trained / "runs"
    with contextlib.closing(sqlite3.connect(kept / "runs.sqlite")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("UPDATE runs SET name = 'the newest'")
        db.commit()
        folder = Path(tempfile.mkdtemp())
        shutil.copytree(trained, folder / "p")  # while it is open: with its log
    assert (folder / "p" / "runs" / "runs.sqlite-wal").stat().st_size
    (folder / "p" / "runs" / "runs.sqlite-shm").unlink()
    subprocess.run(["chmod", "-R", "a=rX", str(folder)], check=True)
    with as_somebody_else(), RunStore(folder / "p") as store:
        assert store.row("run-1").name == "the newest"
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    shutil.rmtree(folder)


@posix
def test_a_folder_of_runs_that_may_not_be_entered_is_said(foreign: Path) -> None:
    subprocess.run(["chmod", "000", str(foreign / "runs")], check=True)
    with as_somebody_else(), RunStore(foreign) as store, pytest.raises(Problem, match="yours to"):
        store.rows()
    subprocess.run(["chmod", "700", str(foreign / "runs")], check=True)
