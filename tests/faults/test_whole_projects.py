"""Faults met by a whole project, on the same way a person goes: rows 2, 3, 5, 10, 13, 17, 18 and 19."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
import torch

from workbench.core.diagnostic import Diagnostic
from workbench.document import storage
from workbench.document.autosave import pending
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.training import checkpoint

from .conftest import Call, make_pictures

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and links of POSIX")


def bomb(path: Path) -> None:
    """A PNG of 3.6 thousand million pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@posix
def test_counts_agree_everywhere_over_hostile_pictures(call: Call, tmp_path: Path) -> None:
    """Row 13 and 19: the same pictures are left out by every command, each with its reason."""
    root = make_pictures(tmp_path / "pictures")
    top = root / "top"
    bomb(top / "bomb.png")
    (top / "cut.png").write_bytes((top / "1.png").read_bytes()[:200])
    (top / "empty.png").write_bytes(b"")
    (top / "text.jpg").write_text("no picture")
    (top / "letter.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    (top / "nowhere.png").symlink_to("gone.png")
    (top / "outward.png").symlink_to("/etc/hostname")
    (top / "loop.png").symlink_to("loop.png")
    (top / "up").symlink_to("..")
    os.mkfifo(top / "pipe.jpg")
    bad = {"bomb.png", "cut.png", "empty.png", "text.jpg", "letter.jpg", "nowhere.png", "outward.png", "loop.png",
           "up", "pipe.jpg"}  # fmt: skip
    (listed,) = call("data", root, "--json").rows
    assert {Path(entry["path"]).name for entry in listed["bad"]} == bad
    assert all(entry["reason"].endswith(".") for entry in listed["bad"])
    assert (listed["images"], listed["classes"]) == (24, {"bottom": 12, "top": 12})
    project = tmp_path / "p"
    assert call("new", project, "--template", "digits-mlp", "--data", root).status == 0
    (checked,) = call("check", project, "--json").rows
    assert [d["code"] for d in checked["diagnostics"]] == ["data.bad_files"]
    assert "10 files" in checked["diagnostics"][0]["message"]
    rows = call("train", project, "--epochs", "1", "--threads", "1", "--json").rows
    assert rows[0]["train"] + rows[0]["val"] == 24
    (judged,) = call("evaluate", project, "--split", "all", "--json").rows
    assert (judged["pictures"], judged["support"]) == (24, [12, 12])
    answer = call("predict", project, root, "--json")
    assert (answer.status, len(answer.rows)) == (1, 24)
    assert answer.err.count("\n") == 8 + 1  # "outward" leads to a text, and "up" is no file


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device is there")
def test_a_device_that_is_not_there(call: Call, trained: Path) -> None:
    """Row 10: the project asks for it, the run goes on without, and says so once."""
    text = json.loads((trained / "project.json").read_text())
    text["recipe"]["device"] = "cuda"
    (trained / "project.json").write_text(json.dumps(text))
    answer = call("train", trained, "--epochs", "1", "--threads", "1", "--json")
    assert (answer.status, answer.rows[0]["device"]) == (0, "cpu")
    assert answer.err.count("\n") == 1
    assert "The run uses the CPU" in answer.err
    assert storage.load(trained).recipe.device == "cuda"


@posix
def test_a_project_that_is_removed_while_it_trains(trained: Path) -> None:
    """Row 5: the run goes on and nothing of the folder comes back."""
    told: list[Diagnostic] = []
    with Session.open(trained) as session:
        session.notice.connect(told.append)
        session.start_training(epochs=60, threads=1)
        while session.run is not None and session.run.is_live:
            session.pump()
            time.sleep(0.005)
            if session.run.epochs_log and trained.exists():
                shutil.rmtree(trained)
        assert session.run is not None
        assert (session.run.phase, session.run.epoch, session.run.is_saved) == ("done", 60, False)
        assert not trained.exists()
        session.save_as(trained.parent / "rescued")  # what is in memory is not lost
    assert storage.load(trained.parent / "rescued").graph == session.graph
    assert any(d.code == "training.checkpoint_not_saved" for d in told)


EDITING = """
import os, sys, time
from workbench.core.log import start_log
from workbench.document.project import Project
from workbench.session.session import Session
start_log("workbench")
session = Session.open(sys.argv[1])
session.change("Rename", name="Unsaved")
deadline = time.monotonic() + 1.0
while time.monotonic() < deadline:
    session.pump()
    time.sleep(0.02)
os.abort()
"""


@posix
def test_a_native_crash_leaves_its_trace_and_the_work(tmp_path: Path, own_home: Path) -> None:
    """Rows 2 and 17."""
    storage.save(Project("Saved"), tmp_path / "p")
    done = subprocess.run([sys.executable, "-c", EDITING, str(tmp_path / "p")], capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in (own_home / "log" / "workbench.crash.log").read_text()
    (recovery,) = pending(tmp_path / "p")
    assert recovery.project.name == "Unsaved"
    with Session.open(tmp_path / "p") as session:  # its lock is known to be stale
        assert session.project.name == "Saved"


def program(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1"),
    )


@posix
@pytest.mark.faults
def test_two_trainings_on_one_project(trained: Path, trained_pictures: Path) -> None:
    """Row 18: the second is told who has it; looking is open to all; nothing of either is lost."""
    first = program("train", trained, "--epochs", "100000", "--threads", "1", "--json")
    assert first.stdout is not None
    for line in first.stdout:
        if json.loads(line)["event"] == "epoch":
            break
    second = program("train", trained, "--epochs", "1")
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (1, "")
    assert f"process {first.pid}" in err
    assert err.count("\n") == 1
    looking = program("predict", trained, trained_pictures / "top" / "1.png", "--json")
    assert json.loads(looking.communicate(timeout=60)[0])["label"] == "top"
    table = program("runs", trained, "--json")
    assert [json.loads(line)["state"] for line in table.communicate(timeout=60)[0].splitlines()] == ["running", "done"]
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    third = program("train", trained, "--epochs", "1", "--threads", "1")
    assert third.communicate(timeout=60)[1] == ""
    assert third.returncode == 0
    table = program("runs", trained, "--json")
    states = [json.loads(line)["state"] for line in table.communicate(timeout=60)[0].splitlines()]
    assert states == ["done", "interrupted", "done"]


@posix
@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_killed_program_goes_on_to_the_bit(call: Call, tmp_path: Path) -> None:
    """Row 3, by the program itself: augmentation, dropout and validation on, killed at random, resumed to the end."""
    root = make_pictures(tmp_path / "pictures", count=60)
    words = ("--epochs", "60", "--batch-size", "8", "--threads", "1", "--seed", "7", "--json")
    for name in ("whole", "killed"):
        assert call("new", tmp_path / name, "--template", "digits-mlp", "--data", root).status == 0
        text = json.loads((tmp_path / name / "project.json").read_text())
        text["data"]["augmentations"] = [{"id": "flip_horizontal", "params": {}}, {"id": "noise", "params": {}}]
        (tmp_path / name / "project.json").write_text(json.dumps(text))
    assert call("train", tmp_path / "whole", *words).status == 0
    dice = random.Random(11)
    training = program("train", tmp_path / "killed", *words)
    for _ in range(4):
        assert training.stdout is not None
        for line in training.stdout:
            if json.loads(line)["event"] == "epoch":
                break
        time.sleep(dice.uniform(0, 0.3))
        training.send_signal(signal.SIGKILL)
        training.communicate(timeout=60)
        training = program("train", tmp_path / "killed", "--resume", "--threads", "1", "--json")
    assert training.communicate(timeout=120)[1] == ""
    whole, killed = (checkpoint.read(tmp_path / name / "runs" / "run-1") for name in ("whole", "killed"))
    assert whole.position == killed.position
    assert whole.weights.keys() == killed.weights.keys()
    assert all(torch.equal(whole.weights[key], killed.weights[key]) for key in whole.weights)
    assert all(torch.equal(whole.optimizer[key], killed.optimizer[key]) for key in whole.optimizer)
