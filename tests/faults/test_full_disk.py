"""A full disk under a whole project: what is there stays usable, and what is lost is said to be (fault row 4)."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.log import start_log
from workbench.document import storage

from .conftest import Call

Mount = Callable[[str], Path]


def fill(folder: Path) -> Path:
    """Takes all the room there is, to the last byte."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while file.write(b"x" * 4_096):
            pass
    return filler


def test_weights_that_could_not_be_written_are_not_called_done(call: Call, trained: Path, small_disk: Mount) -> None:
    disk = small_disk("200k")
    shutil.copytree(trained, disk / "p")
    answer = call("train", disk / "p", "--epochs", "60", "--threads", "1", "--json")
    assert (answer.status, answer.rows[-1]["state"]) == (1, "done")
    lines = answer.err.splitlines()
    assert sum("the disk is full" in line for line in lines) in (1, 2)  # checkpoint and record, each once
    assert "could not be written and are lost with this program" in lines[-1]
    assert call("evaluate", disk / "p", "--run", "run-1", "--split", "all", "--json").rows[0]["pictures"] == 24


def test_what_is_there_can_be_used_on_a_full_disk(
    call: Call, trained: Path, trained_pictures: Path, small_disk: Mount, tmp_path: Path
) -> None:
    disk = small_disk("2m")
    shutil.copytree(trained, disk / "p")
    filler = fill(disk)
    assert [row["run"] for row in call("runs", disk / "p", "--json").rows] == ["run-1"]
    assert call("predict", disk / "p", trained_pictures / "top" / "1.png", "--json").rows[0]["label"] == "top"
    assert call("export", disk / "p", "--format", "safetensors", "--out", tmp_path / "elsewhere").status == 0
    answer = call("train", disk / "p", "--epochs", "1")
    assert answer.status == 1
    assert "full" in answer.err
    filler.unlink()
    assert call("train", disk / "p", "--epochs", "1", "--threads", "1").status == 0
    assert [row["run"] for row in call("runs", disk / "p", "--json").rows] == ["run-2", "run-1"]


@pytest.mark.faults
def test_an_export_that_finds_no_room_leaves_the_older_one(
    call: Call, trained: Path, trained_pictures: Path, small_disk: Mount
) -> None:
    disk = small_disk("2m")
    (first,) = call("export", trained, "--format", "onnx", "--out", disk, "--json").rows
    fill(disk)
    for format in ("onnx", "safetensors"):
        answer = call("export", trained, "--format", format, "--out", disk)
        assert answer.status == 1
        assert "the disk is full" in answer.err
    assert sorted(os.listdir(disk)) == ["filler", "project.onnx"]
    assert call("predict", first["path"], trained_pictures / "top" / "1.png", "--json").rows[0]["label"] == "top"


def test_a_new_project_finds_no_room(call: Call, small_disk: Mount) -> None:
    disk = small_disk("64k")
    filler = fill(disk)
    answer = call("new", disk / "p", "--template", "digits-mlp")
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    filler.unlink()
    assert call("new", disk / "p", "--template", "digits-mlp").status == 0
    assert storage.load(disk / "p").name == "p"


def test_a_home_that_is_full(call: Call, trained: Path, own_home: Path, small_disk: Mount) -> None:
    """Cache and log stand there; a run needs neither."""
    disk = small_disk("64k")
    fill(disk)
    with contextlib.suppress(OSError):
        shutil.rmtree(own_home / "cache")
    os.symlink(disk, own_home / "cache")
    answer = call("train", trained, "--epochs", "1", "--threads", "1", "--image-size", "48", "--json")
    assert (answer.status, answer.rows[-1]["state"]) == (0, "done")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
def test_a_log_that_cannot_be_written_says_nothing(call: Call, own_home: Path, tmp_path: Path) -> None:
    """What fails while it is logged would else be printed, with a traceback."""
    (own_home / "log").mkdir()
    (own_home / "log" / "workbench.log").symlink_to("/dev/full")
    answer = call("check", tmp_path / "nothing")
    logging.getLogger("workbench").error("to be lost")
    assert answer.err.count("\n") == 1
    start_log("workbench")  # as the window does, once more


def test_without_a_log_no_traceback_is_printed(
    call: Call, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_home / "log").write_text("in the way")
    call("check", tmp_path / "nothing")
    root = logging.getLogger()
    assert any(isinstance(handler, logging.NullHandler) for handler in root.handlers)
    for handler in [h for h in root.handlers if isinstance(h, logging.NullHandler)]:
        root.removeHandler(handler)
