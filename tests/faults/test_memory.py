"""Not enough memory: refused before it is built, or told; nothing hangs, and the program lives (fault row 7)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.document import storage
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.session.session import Session

from .conftest import Call


class PanicException(BaseException):
    """What Rust libraries raise where memory runs out: by design no `Exception`."""


def with_units(project: Path, units: int, size: int | None = None) -> None:
    """The project's hidden layer with so many units, and its pictures of `size` pixels."""
    now = storage.load(project)
    graph = set_param(now.graph, "linear_1", "units", units)
    if size is not None and isinstance(graph, Graph):
        graph = set_param(graph, "pictures_1", "size", (size, size))
    assert isinstance(graph, Graph)
    storage.save(replace(now, graph=graph), project)


def test_a_layer_no_machine_holds_is_refused_before_it_is_built(call: Call, trained: Path) -> None:
    now = storage.load(trained)
    graph = set_param(now.graph, "linear_1", "units", 100_000)
    assert isinstance(graph, Graph)
    graph = set_param(graph, "linear_2", "units", 100_000)
    assert isinstance(graph, Graph)
    storage.save(replace(now, graph=graph), trained)
    (row,) = call("check", trained, "--json").rows
    assert not row["ok"]
    assert [d["code"] for d in row["diagnostics"] if "10,000,100,000 parameters" in d["message"]] == ["memory.short"]
    answer = call("train", trained, "--epochs", "1")
    assert answer.status == 1
    assert "10,000,100,000 parameters" in answer.err


@pytest.mark.parametrize(
    "error", [PanicException("null pointer"), MemoryError(), RuntimeError("can't allocate memory")]
)
def test_a_checkpoint_there_is_no_memory_for(
    trained: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def refuse(*_given: Any, **_more: Any) -> bytes:
        raise error

    monkeypatch.setattr("safetensors.torch.save", refuse)
    told: list[Diagnostic] = []
    with Session.open(trained) as session:
        session.notice.connect(told.append)
        session.start_training(epochs=2)
        end = session.wait_for_run(60)
    assert (end.phase, end.is_saved) == ("done", False)
    assert [d.code for d in told] == ["training.checkpoint_not_saved"]
    assert "memory" in told[0].message


def test_a_training_thread_that_is_lost_is_noticed(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes the thread away, nobody waits for it for ever."""

    def panic(*_given: Any) -> None:
        raise PanicException("null pointer")

    monkeypatch.setattr("workbench.training.learner.Learner.learn", panic)
    monkeypatch.setattr("threading.excepthook", lambda _lost: None)
    with Session.open(trained) as session:
        session.start_training(epochs=2)
        end = session.wait_for_run(30)
        assert end.phase == "failed"
        assert end.diagnostic is not None
        assert end.diagnostic.message.endswith(".")
        monkeypatch.undo()
        session.start_training(epochs=1)  # and the next run begins as if nothing had been
        assert session.wait_for_run(60).phase == "done"


@pytest.mark.parametrize("error", [PanicException("null pointer"), MemoryError()])
def test_a_job_that_panics_ends_in_words(
    call: Call, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def refuse(*_given: Any, **_more: Any) -> bytes:
        raise error

    monkeypatch.setattr("safetensors.torch.save", refuse)
    with Session.open(trained, read_only=True) as session:
        job = session.wait(session.export("safetensors", tmp_path / "out"), timeout=30)
        assert job.state == "failed"
        assert job.diagnostic is not None
        assert "memory" in job.diagnostic.message
    assert not os.listdir(tmp_path / "out")


LIMITED = """
import logging.handlers, resource, sys
import onnx, psutil, rich.table, safetensors.torch, torch
import workbench.data.dataset, workbench.session.session, workbench.training.engine, workbench.training.run
from workbench.cli import main
room = psutil.Process().memory_info().vms + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (room, room))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is a Linux thing")
def test_a_limit_on_memory(trained: Path, tmp_path: Path) -> None:
    """138 million weights under every limit from far too little to enough for all but a checkpoint."""
    with_units(trained, 60_000, size=48)
    for room in (100, 1_000, 2_000, 2_600, 3_200, 4_000):
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(room), "train", str(trained), "--epochs", "1", "--threads", "1"],
            capture_output=True, text=True, timeout=200, env=dict(os.environ, OMP_NUM_THREADS="1"),
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        assert "Error" not in done.stderr
        assert done.returncode == 0 or "memory" in done.stderr
