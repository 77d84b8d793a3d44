"""Two processes learn as one with twice the batch; killed, they come to the same bits; they can be stopped."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.session import Session
from workbench.training import checkpoint

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="gloo meets other processes by sockets that need a host name"),
]

PATIENCE = 120.0


def _graph() -> Graph:
    """Without batch norm, whose statistics are each process's own, and without dropout."""
    layers = [
        ("pictures_1", "pictures", {"size": (8, 8)}),
        ("conv2d_1", "conv2d", {"filters": 4, "kernel": (3, 3), "padding": "same"}),
        ("relu_1", "relu", {}),
        ("flatten_1", "flatten", {}),
        ("linear_1", "linear", {"units": 2}),
        ("output_1", "output", {}),
    ]
    nodes = {id: Node(id, layer, params=frozen(params)) for id, layer, params in layers}
    return Graph(nodes, frozenset(Edge(a, "out", b, "in") for a, b in pairwise(nodes)))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    rng = np.random.default_rng(0)
    for k in range(52):
        pixels = rng.integers(0, 160, (8, 8, 3), dtype=np.uint8)
        pixels[4 * (k % 2) : 4 * (k % 2) + 4] += 60
        file = tmp_path / "pictures" / "ab"[k % 2] / f"{k}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    momentum = Chosen("sgd", frozen({"lr": 0.05, "momentum": 0.9}))
    recipe = Recipe(epochs=3, batch_size=4, optimizer=momentum, threads=1, device="cpu")
    return Project("Together", _graph(), DataSettings(str(tmp_path / "pictures"), validation=0.25), recipe)


def _run(session: Session, **overrides: object) -> str:
    session.start_training(**overrides)  # type: ignore[arg-type]
    state = session.wait_for_run(PATIENCE)
    assert state.phase == "done", state.diagnostic
    return state.id


def _kept(session: Session, run: str) -> dict[str, torch.Tensor]:
    return dict(checkpoint.read(session.folder / "runs" / run).weights)


def test_two_processes_take_the_steps_of_one_with_twice_the_batch(
    project: Project, make_session: Callable[[Project], Session]
) -> None:
    together, alone = make_session(project), make_session(project)
    run = _run(together, processes=2)
    other = _run(alone, batch_size=8)
    state = together.run
    assert state is not None
    assert state.train_pictures == 39  # the last step has 7 samples, 3 for one and 4 for the other
    mine, theirs = _kept(together, run), _kept(alone, other)
    assert max(float((mine[name] - theirs[name]).abs().max()) for name in theirs) < 1e-5
    losses = [
        [(e.train_loss, e.val_loss) for e in s.training.epochs_of(r)] for s, r in ((together, run), (alone, other))
    ]
    assert np.allclose(losses[0], losses[1], atol=1e-5)
    steps = [s.training.open_store().scalars(r)[:, :2] for s, r in ((together, run), (alone, other))]
    assert np.allclose(steps[0], steps[1], atol=1e-4)
    assert together.run.best_val_accuracy == alone.run.best_val_accuracy  # type: ignore[union-attr]

    parts = _run(together, processes=2, shard=True)
    sharded = _kept(together, parts)
    assert max(float((mine[name] - sharded[name]).abs().max()) for name in mine) < 1e-5
    together.start_training(resume=parts, processes=1, shard=False, epochs=4)
    assert together.wait_for_run(PATIENCE).phase == "done"


def test_killed_and_resumed_they_come_to_the_same_bits(
    project: Project, make_session: Callable[[Project], Session]
) -> None:
    project = replace(project, recipe=replace(project.recipe, epochs=120))
    whole, killed = make_session(project), make_session(project)
    expected = _kept(whole, _run(whole, processes=2))
    killed.start_training(processes=2)
    step = _wait(killed, 100)
    family = psutil.Process().children(recursive=True)
    ranks = [p for p in family if "--join" in p.cmdline() and "torch.distributed.run" not in p.cmdline()]
    assert len(ranks) == 2
    os.kill(ranks[-1].pid, signal.SIGKILL)
    state = killed.wait_for_run(PATIENCE)
    assert state.phase == "failed"
    assert state.diagnostic is not None
    assert "checkpoint is kept" in state.diagnostic.message
    assert checkpoint.position(killed.folder / "runs" / state.id).total < 600
    killed.start_training(resume=True)
    state = killed.wait_for_run(PATIENCE)
    assert (state.phase, step >= 100) == ("done", True)
    found = _kept(killed, state.id)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert len(state.epochs_log) == 120


def test_they_are_followed_and_commanded_as_a_run_in_a_thread(
    project: Project, make_session: Callable[[Project], Session]
) -> None:
    session = make_session(replace(project, recipe=replace(project.recipe, epochs=100_000)))
    session.wait_for_data(30)
    session.choose_picture(0)
    session.start_training(processes=2)
    _wait(session, 50)
    _until(session, lambda: session.views is not None and session.views.live and session.views.step > 0)
    session.set_learning_rate(0.001)
    session.validate_now()
    _until(session, lambda: session.run.validated and session.run.scalars.last()["learning_rate"] == 0.001)  # type: ignore
    session.pause()
    _until(session, lambda: session.run.phase == "paused")  # type: ignore[union-attr]
    stands = session.run.step  # type: ignore[union-attr]
    session.resume()
    _wait(session, stands + 20)
    session.stop()
    state = session.wait_for_run(PATIENCE)
    assert state.phase == "stopped"
    loss = state.scalars.last()["loss"]  # type: ignore[index]
    assert state.is_saved
    assert checkpoint.position(session.folder / "runs" / state.id).total == state.step
    assert len(state.scalars) == state.step
    assert session.training.weights is not None
    assert session.training.rows()[0].state == "stopped"
    session.start_training(processes=2, keep_weights=True, epochs=1)  # goes on from what was learned
    state = session.wait_for_run(PATIENCE)
    assert state.phase == "done"
    assert state.scalars.read()[0, 1] < 2 * loss + 0.05


def _wait(session: Session, step: int) -> int:
    _until(session, lambda: session.run is not None and session.run.step >= step)
    assert session.run is not None
    return session.run.step


def _until(session: Session, condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        session.pump()
        assert session.run is not None
        assert session.run.is_live, session.run.diagnostic
        assert time.monotonic() < deadline, session.run
        time.sleep(0.01)
