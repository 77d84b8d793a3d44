"""What ended a run is mended in one click, and the run goes on (fault rows 8, 9, 11)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Project
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.training import checkpoint
from workbench.training.learner import Learner
from workbench.training.manifest import read_content
from workbench.training.nonfinite import NotFinite

LONG = 100_000


def until(session: Session, condition: Callable[[RunState], bool], seconds: float = 60.0) -> RunState:
    deadline = time.monotonic() + seconds
    while session.run is None or not condition(session.run):
        assert time.monotonic() < deadline, f"it did not come to pass in time: {session.run}"
        session.pump()
        time.sleep(0.002)
    return session.run


def failed(session: Session) -> Diagnostic:
    end = session.wait_for_run(60)
    assert end.phase == "failed"
    assert end.diagnostic is not None
    return end.diagnostic


def named(diagnostic: Diagnostic, words: str) -> Fix:
    (fix,) = [fix for fix in diagnostic.fixes if words in fix.label]
    return fix


def clicked(session: Session, diagnostic: Diagnostic, words: str) -> list[Diagnostic]:
    """Take a remedy; gives what was told while the run went on for some steps, and stops it."""
    told: list[Diagnostic] = []
    session.notice.connect(told.append)
    assert session.apply_fix(named(diagnostic, words)) is None
    began = until(session, lambda run: run.phase == "running" and run.step > 0).step
    until(session, lambda run: run.step > began + 4)
    session.stop()
    assert session.wait_for_run(60).phase == "stopped"
    return told


def weights_of(session: Session, run: str, kind: str = "last") -> dict[str, torch.Tensor]:
    return dict(checkpoint.read(session.training.open_store().folder(run), kind).weights)


@pytest.mark.parametrize(("words", "setting"), [("a learning rate of", "lr"), ("clipping gradients", "clip")])
def test_a_run_that_broke_goes_on_from_its_best_epoch(
    session: Session, monkeypatch: pytest.MonkeyPatch, words: str, setting: str
) -> None:
    whole, calls = Learner.learn, 0

    def learn(self: Learner, *given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 12:
            raise NotFinite(float("inf"), 1.0)
        return whole(self, *given)

    monkeypatch.setattr(Learner, "learn", learn)
    session.start_training(epochs=LONG)
    diagnostic = failed(session)
    assert diagnostic.code == "training.not_finite"
    assert session.run is not None
    run, before = session.run.id, session.project.recipe
    folder = session.training.open_store().folder(run)
    best = checkpoint.read(folder, "best")
    told = clicked(session, diagnostic, words)
    assert f"Go on from epoch {best.position.epoch} " in named(diagnostic, words).label.replace(",", " ")
    assert any(f"from the weights of epoch {best.position.epoch}" in d.message for d in told)
    assert session.run.id == run
    assert session.run.epochs_log[best.position.epoch - 1].epoch == best.position.epoch
    kept = checkpoint.read(folder)
    assert kept.position.total > best.position.total
    assert all(torch.isfinite(t).all() for t in kept.weights.values() if t.is_floating_point())
    after = session.project.recipe
    assert (after.optimizer.params["lr"] < before.optimizer.params["lr"]) == (setting == "lr")
    assert (after.clip > 0) == (setting == "clip")
    session.undo()
    assert session.project.recipe == before, "one step takes the setting back"


def test_a_run_that_broke_at_once_begins_anew(project: Project, make_session: Callable[[Project], Session]) -> None:
    wild = replace(
        project.recipe, optimizer=Chosen("sgd", frozen({"lr": 1e10, "momentum": 0.0})), epochs=LONG, batch_size=2
    )
    session = make_session(replace(project, recipe=wild))
    session.wait_for_data(30)
    session.start_training()
    diagnostic = failed(session)
    assert session.run is not None
    first = session.run.id
    assert all("Begin anew" in fix.label for fix in diagnostic.fixes)
    clicked(session, diagnostic, "a learning rate of")
    assert session.run.id != first
    assert session.project.recipe.optimizer.params["lr"] == 0.001


def test_memory_that_ran_out_goes_on_with_smaller_batches(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Learner.forward
    calls: list[int] = []

    def forward(self: Learner, *inputs: torch.Tensor) -> Any:
        calls.append(len(inputs[0]))
        if len(calls) > 3 and len(inputs[0]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, *inputs)

    monkeypatch.setattr(Learner, "forward", forward)
    session.start_training(epochs=LONG)
    diagnostic = failed(session)
    assert diagnostic.code == "training.out_of_memory"
    assert session.run is not None
    run = session.run.id
    done = checkpoint.read(session.training.open_store().folder(run)).position.total
    calls.clear()
    told = clicked(session, diagnostic, "Go on with batches of 2")
    assert set(calls[3:]) == {2}
    assert session.run.id == run
    assert done == 3
    assert any("4 batches of 2, not 1 of 8" in d.message for d in told)
    assert (session.project.recipe.batch_size, session.project.recipe.accumulate) == (2, 4)
    steps = session.run.scalars.read()[:, 0].tolist()
    assert steps == list(range(1, len(steps) + 1)), "not a step is missing, nor there twice"


def test_a_device_that_vanished_goes_on_on_the_cpu(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Learner.learn
    calls = 0

    def learn(self: Learner, *given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise torch.AcceleratorError("CUDA error: device-side assert triggered")
        return whole(self, *given)

    monkeypatch.setattr(Learner, "learn", learn)
    session.start_training(epochs=LONG)
    diagnostic = failed(session)
    assert diagnostic.code == "training.device_lost"
    assert session.run is not None
    run = session.run.id
    clicked(session, diagnostic, "CPU")
    assert session.run.id == run


def test_a_remedy_that_comes_too_late_is_refused_in_words(session: Session) -> None:
    session.start_training(epochs=LONG)
    until(session, lambda run: run.phase == "running")
    refusal = session.apply_fix(Fix("Go on", "go_on", {"learning_rate": 0.01}))
    assert refusal is not None
    assert "going already" in refusal.message
    session.stop()
    session.wait_for_run(60)
    for fix in (Fix("Go on", "go_on", {"unheard_of": 1}), Fix("Go on", "go_on", {"clip": "much"})):
        refusal = session.apply_fix(fix)
        assert refusal is not None
        assert refusal.message.endswith(".")


@pytest.mark.parametrize("part", ["last.json", "optimizer"])
def test_a_damaged_checkpoint_is_refused_and_the_best_weights_go_on(session: Session, part: str) -> None:
    session.start_training(epochs=2)
    assert session.wait_for_run(60).phase == "done"
    assert session.run is not None
    run = session.run.id
    folder = session.training.open_store().folder(run)
    best = {file.name for file in read_content(folder, "best").files.values()}
    for path in folder.iterdir():
        if path.name.startswith(part) and path.name not in best:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    try:
        session.start_training(resume=run, epochs=LONG)
        diagnostic = failed(session)
    except Problem as problem:
        (diagnostic,) = problem.diagnostics
    assert diagnostic.code == "checkpoint.damaged"
    fix = named(diagnostic, "best weights")
    assert session.apply_fix(replace(fix, arguments={**fix.arguments, "epochs": LONG})) is None
    until(session, lambda state: state.phase == "running" and state.step > 2 * 3)
    session.stop()
    assert session.wait_for_run(60).phase == "stopped"
    assert session.run.id == run
