"""Searches that really train: trials are ordinary runs, failures are kept, a stop is gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from workbench.core.diagnostic import Problem
from workbench.session.searching.plan import Plan, axes_of
from workbench.session.searching.trial import SearchState, Trial
from workbench.session.session import Session

ENDLESS = 100_000


def begin(session: Session, *over: str, **how: object) -> Plan:
    how = {"epochs": 1, **how}
    plan = session.search.plan(axes_of(session.project, over), **how)  # type: ignore[arg-type]
    session.search.start(plan)
    return plan


def wait(session: Session, until: Callable[[SearchState], bool], seconds: float = 60) -> SearchState:
    deadline = time.monotonic() + seconds
    while not until(session.search.state):
        assert time.monotonic() < deadline, session.search.state
        session.pump()
        time.sleep(0.002)
    return session.search.state


def to_the_end(session: Session) -> SearchState:
    return wait(session, lambda state: not state.is_live)


def trial_of(state: SearchState, **values: object) -> Trial:
    return next(t for t in state.trials if all(t.values[name.replace("__", ".")] == v for name, v in values.items()))


def test_trials_are_ordinary_runs_and_the_best_is_taken_over_in_one_step(session: Session) -> None:
    begin(session, "lr=0.02,1e-8", "relu_1.layer=relu,tanh", sampler="grid", epochs=3)
    told: list[SearchState] = []
    session.search_changed.connect(told.append)
    state = to_the_end(session)
    assert state.phase == "done"
    assert state.done == state.total == 4
    assert [t.state for t in state.trials] == ["done"] * 4
    assert {s.phase for s in told} == {"running", "done"}
    assert state.seconds_left is None
    rows = session.runs()
    assert [(row.series, row.state) for row in rows] == [("search-1", "done")] * 4
    assert {row.name for row in rows} == {f"search-1, trial {i}" for i in (1, 2, 3, 4)}
    for trial in state.trials:
        epochs = session.training.epochs_of(trial.run)
        assert trial.score == max(e.val_accuracy for e in epochs if e.val_accuracy is not None)
        assert list(trial.epochs.values()) == [e.val_accuracy for e in epochs]
        row = next(row for row in rows if row.id == trial.run)
        assert row.overrides["relu_1.layer"] == trial.values["relu_1.layer"]
        assert row.overrides["epochs"] == 3
    assert session.training.weights is None  # the session's own network was not trained
    before = session.project
    assert session.search.take_over(trial_of(state, recipe__optimizer__lr=1e-8, relu_1__layer="tanh").number) is None
    assert session.project.recipe.optimizer.params["lr"] == 1e-8
    assert session.project.graph.nodes["relu_1"].layer == "tanh"
    assert session.project.recipe.epochs == before.recipe.epochs
    session.undo()
    assert session.project == before


def test_a_trial_that_fails_has_its_reason_and_the_search_goes_on(session: Session) -> None:
    begin(session, "linear_1.units=2,3", "lr=0.02,1e10", sampler="grid", epochs=2)
    state = to_the_end(session)
    assert state.phase == "done"
    for units in (2, 3):
        for rate in (0.02, 1e10):
            trial = trial_of(state, linear_1__units=units, recipe__optimizer__lr=rate)
            assert trial.state == ("done" if (units, rate) == (2, 0.02) else "failed"), trial
            assert bool(trial.reason) == (trial.state == "failed")
    assert "2 classes" in trial_of(state, linear_1__units=3).reason
    assert "learning rate that is too high" in trial_of(state, linear_1__units=2, recipe__optimizer__lr=1e10).reason
    best = state.best
    assert best is not None
    assert best.values["linear_1.units"] == 2


def test_the_same_variant_is_trained_once(session: Session) -> None:
    begin(session, "batch_size=4,8", sampler="random", trials=6)
    state = to_the_end(session)
    assert len(session.runs()) == 2
    again = [t for t in state.trials if t.same_as is not None]
    assert len(again) == 4
    for trial in again:
        first = state.trials[(trial.same_as or 0) - 1]
        assert (trial.values, trial.score, trial.run) == (first.values, first.score, first.run)


def test_a_stop_keeps_the_run_and_going_on_ends_it(session: Session) -> None:
    begin(session, "lr=0.02,0.01", sampler="grid", epochs=400)
    state = wait(session, lambda s: bool(s.trials) and len(s.trials[0].epochs) >= 2)
    with pytest.raises(Problem, match="A search is going"):
        session.start_training()
    with pytest.raises(Problem, match="A search is going"):
        session.folds.start(2)
    session.search.stop()
    assert session.search.state.phase == "stopping"
    state = to_the_end(session)
    assert state.phase == "stopped"
    assert state.may_go_on
    assert (state.done, state.trials[0].state, len(state.trials)) == (0, "interrupted", 1)
    run = state.trials[0].run
    assert [row.state for row in session.runs()] == ["stopped"]
    session.search.go_on("search-1")
    wait(session, lambda s: bool(s.trials) and s.trials[0].state == "running" and session.run is not None)
    wait(session, lambda _s: session.run is not None and session.run.id == run and session.run.epoch > 2)
    session.search.skip()
    state = wait(session, lambda s: len(s.trials) == 2 and bool(s.trials[1].run))
    assert (state.trials[0].state, state.trials[0].run) == ("pruned", run)
    assert state.trials[0].reason == "Ended by hand."
    session.stop()  # the person stops the run itself: that ends the search too
    state = to_the_end(session)
    assert state.phase == "stopped"
    assert [t.state for t in state.trials] == ["pruned", "interrupted"]


def test_a_run_that_ended_while_nobody_looked_is_not_trained_again(session: Session) -> None:
    begin(session, "lr=0.02,0.01", sampler="grid", epochs=2)
    state = to_the_end(session)
    scores = [t.score for t in state.trials]
    import sqlite3

    with sqlite3.connect(session.folder / "runs" / "searches.sqlite") as db:  # as if it had died before it was told
        db.execute("UPDATE trials SET state = 'RUNNING' WHERE number = 1")
        db.execute("DELETE FROM trial_values WHERE trial_id = 2")
    db.close()
    session.search.go_on()
    state = to_the_end(session)
    assert state.phase == "done"
    assert [t.score for t in state.trials] == scores
    assert len(session.runs()) == 2


def test_what_stands_in_the_way_is_told_before_anything_begins(session: Session) -> None:
    with pytest.raises(Problem, match="cannot be 0"):
        begin(session, "lr", epochs=0)
    with pytest.raises(Problem, match="not 0"):
        session.search.go_on(trials=0)
    session.search.go_on("nothing")
    state = to_the_end(session)
    assert state.phase == "failed"
    assert "There is no search “nothing”" in state.diagnostics[0].message
    told: list[str] = []
    session.notice.connect(lambda d: told.append(d.code))
    assert session.search.take_over() is not None
    assert told == ["search.no_trial"]
    session.start_training(epochs=ENDLESS)
    with pytest.raises(Problem, match="A run is going"):
        begin(session, "lr")


def test_an_earlier_search_is_looked_at_and_taken_over_where_it_still_fits(session: Session) -> None:
    begin(session, "conv2d_1.filters=2,3", sampler="grid")
    to_the_end(session)
    begin(session, "lr=0.02,0.01", sampler="grid", name="rates")
    to_the_end(session)
    with Session.open(session.folder, read_only=True) as other:
        other.wait(other.search.look_at())
        assert other.search.state.plan is not None
        assert (other.search.state.phase, other.search.state.plan.name) == ("opened", "rates")
        assert other.search.state.known == ("rates", "search-1")
        other.wait(other.search.look_at("search-1"))
        assert [t.values["conv2d_1.filters"] for t in other.search.state.trials] != []
        with pytest.raises(Problem, match="opened to read only"):
            other.search.go_on()
    session.wait(session.search.look_at("search-1"))
    session.remove(["conv2d_1"])
    told: list[str] = []
    session.notice.connect(lambda d: told.append(d.message))
    assert session.search.take_over(1) is not None
    assert "no setting “conv2d_1.filters”" in told[0]


def test_closing_in_the_middle_leaves_a_search_that_goes_on(session: Session) -> None:
    begin(session, "lr=0.02,0.01", sampler="grid", epochs=400)
    wait(session, lambda s: bool(s.trials) and len(s.trials[0].epochs) >= 1)
    folder, run = session.folder, session.search.state.trials[0].run
    session.close()
    with Session.open(folder) as again:
        again.wait(again.search.look_at())
        assert again.search.state.may_go_on
        assert [(t.state, t.run) for t in again.search.state.trials] == [("interrupted", run)]
