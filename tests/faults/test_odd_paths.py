"""Pipes, devices, loops and long or empty names where files and folders belong (fault rows 5, 18 and 19)."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.document.lock import Lock
from workbench.session.session import Session

from .conftest import Call, make_pictures

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes and devices in folders on Windows")


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def device(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


@posix
@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", [pipe, loop, device, folder])
@pytest.mark.parametrize(
    "file", [".workbench.lock", "project.json", "runs/runs.sqlite", "runs/run-1/best.json", "runs/run-1/last.json"]
)
def test_nothing_waits_for_what_is_no_file(
    call: Call, trained: Path, trained_pictures: Path, file: str, kind: Callable[[Path], None]
) -> None:
    kind(trained / file)
    if file == ".workbench.lock":
        os.utime(trained / file, (1, 1), follow_symlinks=False)
    picture = trained_pictures / "top" / "1.png"
    for words in (
        ("check", trained),
        ("runs", trained),
        ("predict", trained, picture),
        ("train", trained, "--resume", "--epochs", "3", "--threads", "1"),
        ("data", trained),
    ):
        answer = call(*words)
        assert answer.status in (0, 1)
        assert answer.status == 0 or answer.err.count("\n") in (1, 2)  # at most a notice, and what came of it


@posix
def test_a_lock_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".workbench.lock")
    holder = Lock(tmp_path).acquire()
    assert holder is not None
    assert not Lock(tmp_path).is_held


def test_names_too_long_for_the_drive(call: Call, trained: Path, tmp_path: Path) -> None:
    long = "x" * 300
    for words in (
        ("new", tmp_path / long, "--template", "empty"),
        ("check", tmp_path / long),
        ("data", tmp_path / long),
        ("train", trained, "--data", tmp_path / long),
        ("evaluate", trained, "--data", tmp_path / long),
        ("predict", trained, tmp_path / long),
    ):
        answer = call(*words)
        assert answer.status == 1
        assert answer.err.count("\n") == 1
    with Session.open(trained) as session, pytest.raises(Exception, match="cannot be made"):
        session.save_as(tmp_path / long)


def test_empty_names_are_not_the_current_folder(
    call: Call, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a script passes on when its variable is empty."""
    monkeypatch.chdir(make_pictures(tmp_path / "here"))
    for words in (
        ("train", trained, "--data", ""),
        ("evaluate", trained, "--data", ""),
        ("data", ""),
        ("new", tmp_path / "new", "--template", "digits-mlp", "--data", ""),
        ("train", trained, "--resume", ""),
        ("predict", trained, ""),
        ("export", trained, "--format", "onnx", "--out", ""),
    ):
        answer = call(*words)
        assert answer.status == 1, words
        assert "name" in answer.err or "no run" in answer.err


def test_a_user_nobody_knows(call: Call, trained: Path, tmp_path: Path) -> None:
    for words in (
        ("data", "~nobody-at-all/x"),
        ("train", trained, "--data", "~nobody-at-all/x"),
        ("new", tmp_path / "new", "--template", "digits-mlp", "--data", "~nobody-at-all/x"),
    ):
        assert "~nobody-at-all" in call(*words).err
    text = json.loads((trained / "project.json").read_text())
    text["data"]["source"] = "~nobody-at-all/x"
    (trained / "project.json").write_text(json.dumps(text))
    (row,) = call("check", trained, "--json").rows
    assert [d["code"] for d in row["diagnostics"]] == ["data.missing"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of folders are text elsewhere")
def test_a_data_folder_whose_name_is_no_text(call: Call, trained: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    shutil.copytree(make_pictures(tmp_path / "p"), odd)
    assert call("data", odd).status == 0
    for words in (
        ("new", tmp_path / "new", "--template", "digits-mlp", "--data", odd),
        ("train", trained, "--data", odd, "--epochs", "1"),
    ):
        answer = call(*words)
        assert answer.status == 1
        assert "Rename" in answer.err
    assert not (tmp_path / "new").exists()


def test_some_pictures_are_not_there(call: Call, trained: Path, trained_pictures: Path, tmp_path: Path) -> None:
    """One wrong name among many does not keep the others from their answers."""
    (tmp_path / "text.png").write_text("no picture")
    top = trained_pictures / "top"
    answer = call(
        "predict", trained, top / "1.png", tmp_path / "gone.png", tmp_path / "text.png", top / "2.png", "--json"
    )
    assert answer.status == 1
    assert [Path(row["path"]).name for row in answer.rows] == ["1.png", "2.png"]
    assert [("gone.png" in line, "text.png" in line) for line in answer.err.splitlines()] == [
        (True, False),
        (False, True),
    ]


def test_what_is_no_model_is_said_as_such(call: Call, trained: Path, trained_pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    picture = trained_pictures / "top" / "1.png"
    assert "neither a project nor" in call("predict", tmp_path / "notes.txt", picture).err
    (tmp_path / "p-python").mkdir()
    (tmp_path / "p-python" / "predict.py").write_text("raise SystemExit(1)")
    assert "predict.py" in call("predict", tmp_path / "p-python", picture).err
