"""One run for each fold: every sample validates once, and the mean and deviation are those of the runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest

from workbench.core.diagnostic import Problem
from workbench.data.splitting import frozen
from workbench.session.searching.folds import FoldsState
from workbench.session.session import Session


def wait(session: Session, until: Callable[[FoldsState], bool], seconds: float = 60) -> FoldsState:
    deadline = time.monotonic() + seconds
    while not until(session.folds.state):
        assert time.monotonic() < deadline, session.folds.state
        session.pump()
        time.sleep(0.002)
    return session.folds.state


def test_all_folds_are_trained_and_summed_up(session: Session) -> None:
    session.folds.start(3, epochs=2)
    assert session.folds.is_live
    state = wait(session, lambda s: not s.is_live)
    assert state.phase == "done"
    assert [run.state for run in state.runs] == ["done"] * 3
    rows = {row.fold: row for row in session.runs()}
    assert {row.series for row in rows.values()} == {"folds-1"}
    validated: list[int] = []
    for run in state.runs:
        assert rows[run.fold].id == run.run
        assert rows[run.fold].name == f"folds-1, fold {run.fold + 1} of 3"
        assert dict(run.figures) == pytest.approx(dict(rows[run.fold].metrics))
        kept = frozen.read(session.training.open_store().folder(run.run))
        assert kept is not None
        validated += kept.splits.val.tolist()
    assert sorted(validated) == list(range(24))
    losses = [run.figures["val_loss"] for run in state.runs]
    spread = state.spreads["val_loss"]
    assert spread.mean == pytest.approx(statistics.fmean(losses))
    assert spread.deviation == pytest.approx(statistics.stdev(losses))
    assert next(iter(state.spreads)) == "val_accuracy"
    assert session.training.weights is None


def test_a_stopped_series_goes_on_with_the_project_it_began_with(session: Session) -> None:
    session.folds.start(2, epochs=400)
    wait(session, lambda _s: session.run is not None and session.run.epoch > 2)
    with pytest.raises(Problem, match="A series of folds is going"):
        session.start_training()
    run = session.folds.state.runs[0].run
    session.folds.stop()
    state = wait(session, lambda s: not s.is_live)
    assert (state.phase, state.runs[0].state, state.runs[1].state) == ("stopped", "stopped", "waiting")
    assert state.may_go_on
    session.change("Fewer", recipe=session.project.recipe.__class__(epochs=1))
    session.folds.go_on()
    wait(session, lambda _s: session.run is not None and session.run.id == run and session.run.phase == "running")
    assert session.run is not None
    assert session.run.epochs == 400
    session.stop()
    state = wait(session, lambda s: not s.is_live)
    assert state.phase == "stopped"


def test_an_earlier_series_is_read_and_only_what_is_missing_is_trained(session: Session) -> None:
    session.folds.start(2, epochs=1)
    wait(session, lambda s: not s.is_live)
    with pytest.raises(Problem, match=r"All folds of folds-1 have been trained"):
        session.folds.go_on()
    session.training.open_store().delete("run-2")
    session.wait(session.folds.look_at())
    state = session.folds.state
    assert (state.phase, [r.state for r in state.runs]) == ("stopped", ["done", "waiting"])
    session.folds.go_on("folds-1")
    state = wait(session, lambda s: not s.is_live)
    assert [r.state for r in state.runs] == ["done", "done"]
    assert [(row.series, row.fold) for row in session.runs()] == [("folds-1", 1), ("folds-1", 0)]


def test_what_cannot_be_is_told(session: Session) -> None:
    with pytest.raises(Problem):
        session.folds.start(1)
    with pytest.raises(Problem, match="no series of folds"):
        session.folds.go_on("folds-9")
    assert session.folds.state.phase == "none"
    job = session.wait(session.folds.look_at())
    assert job.state == "done"
    assert session.folds.state == FoldsState()
