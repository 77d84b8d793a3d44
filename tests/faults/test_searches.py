"""Row 3 for searches and folds: a program that is killed goes on where it was, and comes to the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Call, make_pictures
from workbench.session.searching.record_file import record_of
from workbench.session.searching.study import reopened
from workbench.session.searching.trial import Trial

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX"),
]

OVER = ("--over", "lr=1e-3..1e-1:log", "--over", "linear_1.units=4,8,16", "--over", "linear_2.units=2,3")
SEARCH = (*OVER, "--trials", "4", "--epochs", "30", "--batch-size", "8", "--threads", "1", "--json")


def program(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1"),
    )


def killed_after(process: subprocess.Popen[str], event: str, seconds: float) -> None:
    """Read until a row of this kind, wait a moment, and kill it."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == event:
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def told(trial: Trial) -> tuple[Any, ...]:
    return trial.number, trial.state, dict(trial.values), trial.score, dict(trial.epochs)


def test_a_killed_search_goes_on_and_finds_the_same(call: Call, tmp_path: Path) -> None:
    root = make_pictures(tmp_path / "pictures", count=40)
    for name in ("whole", "killed"):
        assert call("new", tmp_path / name, "--template", "digits-mlp", "--data", root).status == 0
    assert call("search", tmp_path / "whole", *SEARCH).status == 0
    dice = random.Random(5)
    searching = program("search", tmp_path / "killed", *SEARCH)
    for _ in range(2):
        killed_after(searching, "search", dice.uniform(0.1, 0.8))
        searching = program("search", tmp_path / "killed", "--resume", "--json")
    out, err = searching.communicate(timeout=240)
    assert (searching.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["state"] == "done"
    found = {}
    for name in ("whole", "killed"):
        with reopened(record_of(tmp_path / name), "search-1", to_write=False) as study:
            found[name] = [told(trial) for trial in study.trials()]
    assert found["killed"] == found["whole"]
    rows = [json.loads(line) for line in call("runs", tmp_path / "killed", "--json").out.splitlines()]
    trained = [row for row in rows if row["state"] == "done"]
    assert len(trained) == len({t[0] for t in found["whole"] if t[1] == "done"})


def test_killed_folds_go_on_with_the_run_that_was_cut_short(call: Call, tmp_path: Path) -> None:
    root = make_pictures(tmp_path / "pictures", count=40)
    words = ("--all-folds", "--folds", "3", "--epochs", "80", "--batch-size", "8", "--threads", "1", "--json")
    means = []
    for name in ("whole", "killed"):
        assert call("new", tmp_path / name, "--template", "digits-mlp", "--data", root).status == 0
        training = program("train", tmp_path / name, *words)
        if name == "killed":
            killed_after(training, "fold", 0.2)
            training = program("train", tmp_path / name, "--all-folds", "--resume", "--json")
        out, err = training.communicate(timeout=240)
        assert (training.returncode, err) == (0, "")
        means.append(json.loads(out.splitlines()[-1])["mean"])
    assert means[0] == means[1]
    rows = [json.loads(line) for line in call("runs", tmp_path / "killed", "--json").out.splitlines()]
    assert [row["state"] for row in rows] == ["done"] * 3
