"""The search for a learning rate runs in the background, leaves the project alone and gives way to runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.document.graph import frozen
from workbench.document.project import Chosen, DataSettings, Project
from workbench.session.session import Session
from workbench.training import rate_finder


def rate_of(session: Session) -> object:
    return session.project.recipe.optimizer.params["lr"]


def test_a_rate_is_found_and_taken_over_in_one_step(session: Session) -> None:
    before = session.project
    job = session.wait(session.find_learning_rate(), 60)
    assert job.state == "done", job.diagnostics
    sweep = session.rate_finding.sweep
    assert sweep is job.result
    assert session.project is before
    assert session.runs() == ()
    assert session.rate_finding.points == list(zip(sweep.rates.tolist(), sweep.losses.tolist(), strict=True))
    assert sweep.fix is not None, sweep.reason
    assert session.apply_fix(sweep.fix) is None
    assert rate_of(session) == sweep.suggested
    session.undo()
    assert rate_of(session) == 0.02


def test_one_at_a_time(session: Session) -> None:
    first = session.find_learning_rate()
    assert session.find_learning_rate() is first
    session.rate_finding.cancel()
    session.wait(first, 60)
    assert first.state == "cancelled"
    assert session.rate_finding.job is None
    assert session.rate_finding.sweep is None


def test_a_run_that_begins_ends_the_search_and_keeps_its_bits(
    session: Session, make_session: Callable[[Project], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both draw from torch's one generator: a search beside a run would change what its dropout draws."""
    alone = make_session(session.project)
    alone.wait_for_data(30)
    alone.start_training()
    expected = alone.wait_for_run(60).epochs_log
    monkeypatch.setattr(rate_finder, "STEPS", 100_000)
    job = session.find_learning_rate()
    session.start_training()
    found = session.wait_for_run(60)
    assert found.phase == "done", found.diagnostic
    assert session.wait(job, 60).state == "cancelled"
    assert [e.train_loss for e in found.epochs_log] == [e.train_loss for e in expected]


def test_beside_a_run_there_is_no_search(session: Session) -> None:
    session.start_training(epochs=100_000)
    with pytest.raises(Problem, match="A run is going"):
        session.find_learning_rate()
    session.stop()
    session.wait_for_run(60)


def test_it_goes_on_from_what_was_learned_if_asked(session: Session) -> None:
    session.start_training(epochs=12)
    session.wait_for_run(60)
    fresh = session.wait(session.find_learning_rate(), 60).result
    on = session.wait(session.find_learning_rate(keep_weights=True), 60).result
    assert on.losses[0] < 0.5 * fresh.losses[0]


def test_what_cannot_be_trained_is_refused(make_session: Callable[[Project], Session], project: Project) -> None:
    empty = make_session(replace(project, data=DataSettings()))
    with pytest.raises(Problem, match="no pictures to learn from"):
        empty.find_learning_rate()
    with pytest.raises(Problem, match="has no setting"):
        make_session(project).find_learning_rate(nonsense=1)


def test_generators_stand_as_before(session: Session) -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    session.wait(session.find_learning_rate(), 60)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("fix", "field", "value"),
    [
        (Fix("Clip", "set_recipe", {"name": "clip", "value": 1.0}), "clip", 1.0),
        (Fix("Stop early", "set_recipe", {"name": "patience", "value": 5}), "patience", 5),
        (Fix("Cosine", "set_schedule", {"id": "cosine"}), "schedule", Chosen("cosine")),
        (
            Fix("Lower", "use_learning_rate", {"value": 0.002}),
            "optimizer",
            Chosen("adam", frozen({"lr": 0.002})),
        ),
    ],
    ids=["clip", "patience", "schedule", "rate"],
)
def test_what_advice_offers_changes_the_recipe_in_one_step(
    session: Session, fix: Fix, field: str, value: object
) -> None:
    before = session.project.recipe
    assert session.apply_fix(fix) is None
    assert getattr(session.project.recipe, field) == value
    assert replace(session.project.recipe, **{field: getattr(before, field)}) == before
    session.undo()
    assert session.project.recipe == before


def test_a_field_no_advice_speaks_of_is_left_alone(session: Session) -> None:
    refused = session.apply_fix(Fix("?", "set_recipe", {"name": "epochs", "value": 0}))
    assert isinstance(refused, Diagnostic)
    assert refused.code == "fix.stale"


def test_advice_to_search_begins_one(session: Session) -> None:
    assert session.apply_fix(Fix("Find a learning rate", "find_learning_rate")) is None
    assert session.rate_finding.job is not None
    session.wait(session.rate_finding.job, 60)
    assert session.rate_finding.sweep is not None


def test_notes_stay_with_the_run_and_are_no_notices(session: Session) -> None:
    told: list[Diagnostic] = []
    session.notice.connect(told.append)
    recipe = session.project.recipe
    dead = Chosen("sgd", frozen({"lr": 1e-8, "momentum": 0.0}))
    session.change("No rate", recipe=replace(recipe, optimizer=dead, epochs=90, batch_size=4))
    session.start_training()
    run = session.wait_for_run(120)
    assert run.phase == "done", run.diagnostic
    assert [note.code for note in run.notes if note.code == "advice.not_learning"] == ["advice.not_learning"]
    assert not [note for note in told if note.code.startswith("advice.")]


def test_an_evaluation_is_asked_for_in_the_background(session: Session) -> None:
    with pytest.raises(Problem, match="Nothing was trained yet"):
        session.evaluating.start()
    session.start_training()
    session.wait_for_run(60)
    told: list[object] = []
    session.evaluated_changed.connect(told.append)
    job = session.evaluating.start(split="all")
    assert session.evaluating.start() is job
    session.wait(job, 60)
    result = session.evaluating.result
    assert told == [result]
    assert result is not None
    assert (result.run, result.evaluation.split, result.evaluation.pictures) == ("run-1", "all", 24)
    assert sorted(result.evaluation.indices) == list(range(24))
