"""Ctrl+C, SIGTERM and a closed terminal at any moment: status 130, a checkpoint, no traceback (fault row 20)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workbench.cli import interrupts
from workbench.cli.interrupts import Interrupted, Interrupts
from workbench.training import checkpoint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals work differently on Windows")

WORDS = ("--epochs", "100000", "--threads", "1", "--json")


def program(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1"),
    )


def until_first_epoch(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "epoch":
            return
    raise AssertionError("the run ended before its first epoch")


def ended(process: subprocess.Popen[str], status: int = interrupts.STATUS) -> str:
    """Standard output of a process that must have ended in order, soon."""
    try:
        out, err = process.communicate(timeout=40)
    finally:
        process.kill()  # one that did not end in time must not outlive its test
    assert "Traceback" not in err
    assert "Exception" not in err
    assert process.returncode == status, err
    return out


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.faults)])
def test_a_polite_end_keeps_a_checkpoint(trained: Path, number: signal.Signals) -> None:
    training = program("train", trained, *WORDS)
    until_first_epoch(training)
    training.send_signal(number)
    last = json.loads(ended(training).splitlines()[-1])
    assert (last["event"], last["state"], last["run"]) == ("end", "stopped", "run-2")
    assert checkpoint.position(trained / "runs" / "run-2").total > 0
    assert not (trained / ".workbench.lock").exists()


@pytest.mark.faults
def test_at_any_moment_from_the_start(trained: Path) -> None:
    """Also in the first seconds, when everything is being loaded; once and again and held down."""
    dice = random.Random(5)
    for presses in (1, 1, 1, 1, 2, 2, 2, 12):
        training = program("train", trained, *WORDS)
        time.sleep(dice.uniform(0.15, 4))
        for _ in range(presses):
            training.send_signal(signal.SIGINT)
            time.sleep(dice.uniform(0, 0.5 if presses < 3 else 0.05))
        for line in ended(training).splitlines():
            json.loads(line)
    done = program("runs", trained, "--json")
    states = [json.loads(line)["state"] for line in ended(done, 0).splitlines()]
    assert set(states) <= {"done", "stopped", "interrupted"}
    assert states[-1] == "done"


@pytest.mark.faults
@pytest.mark.parametrize("command", ["predict", "evaluate", "export", "check"])
def test_other_commands(trained: Path, trained_pictures: Path, tmp_path: Path, command: str) -> None:
    more = {
        "predict": [trained_pictures],
        "evaluate": ["--split", "all"],
        "export": ["--format", "all", "--out", tmp_path / "out"],
        "check": [],
    }[command]
    for pause in (0.2, 0.6, 1.2, 2.0):
        process = program(command, trained, *more)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=40)
        finally:
            process.kill()
        assert process.returncode in (0, 130)
        assert err in ("", "workbench: interrupted.\n")
        assert out or process.returncode == 130
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with Interrupts(patient=True) as heard:
            os.kill(os.getpid(), signal.SIGHUP)
            assert heard.count == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_given_back_and_a_burst_is_one_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted), Interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with Interrupts(patient=True) as heard:
        for _ in range(20):
            os.kill(os.getpid(), signal.SIGINT)
        assert heard.count == 1
        monkeypatch.setattr(interrupts, "ONE_PRESS_SECONDS", 0.0)
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard.count == 2
        left: list[int] = []
        monkeypatch.setattr(interrupts.os, "_exit", left.append)
        os.kill(os.getpid(), signal.SIGINT)
        assert left == [130]


def test_in_another_thread_signals_are_left_alone() -> None:
    seen: list[int] = []

    def work() -> None:
        with Interrupts() as heard:
            seen.append(heard.count)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [0]
