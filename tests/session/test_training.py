"""Runs through the session: start to end, live views, overrides, resume, refusals, closing while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.edits import set_param
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Project
from workbench.session.session import Session
from workbench.session.state import RunState, Views


def until(session: Session, condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        session.pump()
        time.sleep(0.002)


def test_a_run_learns_is_recorded_and_answers(session: Session, folder_of_pictures: Path) -> None:
    states: list[RunState] = []
    session.run_changed.connect(states.append)
    session.start_training()
    end = session.wait_for_run(60)
    assert end.phase == "done"
    assert states[0].phase == "starting"
    assert len(end.epochs_log) == 4
    assert len(end.scalars) == end.steps == 4 * 3
    assert end.best_val_accuracy == 1.0
    (row,) = session.runs()
    assert (row.id, row.state, row.epochs) == (end.id, "done", 4)
    answer = session.predict(folder_of_pictures / "top" / "3.png")
    assert answer.label == "top"
    assert sum(answer.scores.values()) == pytest.approx(1.0, abs=1e-5)
    result = session.results.evaluate(split="all")
    assert result.pictures == 24
    assert result.accuracy == 1.0
    assert int(result.confusion.sum()) == 24


def test_views_follow_the_watched_layer_while_it_learns_and_after(session: Session) -> None:
    session.watch(["conv2d_1"])
    until(session, lambda: session.views is not None and "conv2d_1" in session.views.maps)
    fresh = session.views
    assert fresh is not None
    assert not fresh.trained
    assert fresh.maps["conv2d_1"].shape == (4, 8, 8)
    assert fresh.filters["conv2d_1"].shape == (4, 3, 3, 3)
    seen: list[Views] = []
    session.views_changed.connect(seen.append)
    session.start_training(epochs=100_000)  # it is stopped below
    until(session, lambda: any(v.live for v in seen))
    session.watch(["relu_1"])
    until(session, lambda: any(v.live and "relu_1" in v.maps for v in seen))
    session.stop()
    assert session.wait_for_run(60).phase == "stopped"
    until(session, lambda: seen[-1].trained and not seen[-1].live)
    assert len(seen[-1].scores) == 2


def test_a_run_validates_saves_and_ends_after_the_epoch_when_asked(session: Session) -> None:
    session.start_training(epochs=100_000)
    until(session, lambda: session.run is not None and session.run.step > 3)
    session.validate_now()
    until(session, lambda: session.run is not None and len(session.run.validated) == 1)
    session.validate_now()
    until(session, lambda: session.run is not None and len(session.run.validated) == 2)
    session.save_now()
    session.stop_after_epoch()
    until(session, lambda: session.run is not None and session.run.last_epoch)
    end = session.wait_for_run(60)
    assert end.phase == "stopped"
    assert end.step % end.steps_per_epoch == 0
    first, second = end.validated
    assert 0 < first.step <= second.step <= end.step  # asked at once, the second may come before another step
    assert 0 <= first.accuracy <= 1
    assert end.memory > 10e6
    assert end.learning_rate > 0
    assert end.layers is not None
    assert len(end.layers) >= 1
    assert end.layers.names == ("conv2d_1", "batch_norm2d_1", "linear_1")


def test_a_picture_from_a_file_is_looked_at(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    Image.fromarray(np.full((40, 20, 3), 200, np.uint8)).save(file)
    session.choose_picture(file)
    until(session, lambda: session.views is not None and session.views.picture_name == "mine.png")
    assert session.views is not None
    assert session.views.picture.shape == (8, 8, 3)
    notices: list[Diagnostic] = []
    session.notice.connect(notices.append)
    session.choose_picture(tmp_path / "none.png")
    until(session, lambda: bool(notices))
    assert "none.png" in notices[0].message


def test_pause_step_and_go_on(session: Session) -> None:
    session.start_training(epochs=200)
    until(session, lambda: session.run is not None and session.run.step > 2)
    session.pause()
    until(session, lambda: session.run is not None and session.run.phase == "paused")
    assert session.run is not None
    at = len(session.run.scalars)
    session.step_once()
    until(session, lambda: session.run is not None and len(session.run.scalars) == at + 1)
    time.sleep(0.05)
    assert len(session.run.scalars) == at + 1
    session.resume()
    until(session, lambda: session.run is not None and len(session.run.scalars) > at + 3)
    session.stop()
    assert session.wait_for_run(60).phase == "stopped"


def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(
    project: Project, make_session: Callable[[Project], Session]
) -> None:
    whole = make_session(replace(project, recipe=replace(project.recipe, epochs=6)))
    whole.wait_for_data(30)
    whole.start_training()
    assert whole.wait_for_run(60).phase == "done"

    parts = make_session(replace(project, recipe=replace(project.recipe, epochs=6)))
    parts.wait_for_data(30)
    parts.start_training()
    until(parts, lambda: parts.run is not None and parts.run.step >= 4)
    parts.stop()
    stopped = parts.wait_for_run(60)
    assert stopped.phase in ("stopped", "done")
    if stopped.phase == "stopped":
        parts.start_training(resume=True)
        assert parts.wait_for_run(60).phase == "done"
    assert parts.run is not None
    assert whole.run is not None
    assert parts.run.id == "run-1"
    assert np.array_equal(whole.run.scalars.read()[:, :4], parts.run.scalars.read()[:, :4])
    assert [e.val_loss for e in whole.run.epochs_log] == [e.val_loss for e in parts.run.epochs_log]
    a, b = whole.training.weights, parts.training.weights
    assert a is not None
    assert b is not None
    assert all(bool((a.state[k] == b.state[k]).all()) for k in a.state)


def test_overrides_are_for_this_run_only_and_recorded(session: Session) -> None:
    before = session.project
    session.start_training(epochs=1, image_size=6, batch_size=5, seed=3)
    end = session.wait_for_run(60)
    assert end.phase == "done"
    assert end.epochs == 1
    assert session.project is before
    (row,) = session.runs()
    assert dict(row.overrides) == {"epochs": 1, "image_size": 6, "batch_size": 5, "seed": 3}
    # the weights belong to pictures of 6 pixels; using them needs no help
    assert session.results.evaluate(split="all").pictures == 24


def test_what_cannot_be_trained_is_refused_with_every_reason(session: Session) -> None:
    session.apply("Units", lambda g: set_param(g, "linear_1", "units", 5))
    session.change("Recipe", recipe=replace(session.project.recipe, epochs=0))
    with pytest.raises(Problem) as refused:
        session.start_training()
    assert {"output.classes", "recipe.epochs"} <= {d.code for d in refused.value.diagnostics}
    assert session.run is None
    assert session.runs() == ()


def test_an_override_that_does_not_fit_fails_the_run_in_words(session: Session, tmp_path: Path) -> None:
    session.start_training(data=str(tmp_path / "nothing"))
    end = session.wait_for_run(60)
    assert end.phase == "failed"
    assert end.diagnostic is not None
    assert "nothing" in end.diagnostic.message
    with pytest.raises(Problem, match=r"Epochs cannot be 0\. Choose a whole number from 1 to 100,000"):
        session.start_training(epochs=0)


def test_numbers_that_explode_stop_the_run_and_keep_the_weights_before(session: Session) -> None:
    recipe = replace(session.project.recipe, optimizer=Chosen("sgd", frozen({"lr": 1e9})), epochs=500)
    session.change("Rate", recipe=recipe)
    session.start_training()
    end = session.wait_for_run(60)
    assert end.phase == "failed"
    assert end.diagnostic is not None
    assert "step" in end.diagnostic.message
    weights = session.training.weights
    assert weights is not None
    assert all(bool(t.isfinite().all()) for t in weights.state.values() if t.is_floating_point())


def test_closing_while_it_trains_stops_with_a_checkpoint(session: Session) -> None:
    session.start_training(epochs=5000)
    until(session, lambda: session.run is not None and session.run.step > 2)
    began = time.monotonic()
    session.close()
    assert time.monotonic() - began < 10
    reader = Session.open(session.folder, read_only=True)
    (row,) = reader.runs()
    assert row.state == "stopped"
    assert reader.training.run_folder(None)[0] == row.id
    reader.close()


def test_weights_survive_edits_elsewhere(session: Session) -> None:
    session.start_training()
    session.wait_for_run(60)
    weights = session.training.weights
    assert weights is not None
    session.add_layer("dropout", after="flatten_1")
    session.start_training(keep_weights=True, epochs=1, batch_size=64)
    session.wait_for_run(60)
    assert session.run is not None
    assert session.run.scalars.read()[0, 1] < 0.4  # a fresh network begins near ln 2 = 0.69


def test_pictures_may_change_while_a_run_reads_the_old_ones(session: Session) -> None:
    session.start_training(epochs=100)
    until(session, lambda: session.run is not None and session.run.step > 2)
    session.change("Seed", data=replace(session.project.data, seed=9))
    assert session.wait_for_data(30).phase == "ready"
    at = session.run.step if session.run else 0
    until(session, lambda: session.run is not None and (session.run.step > at + 3 or not session.run.is_live))
    session.stop()
    assert session.wait_for_run(60).phase in ("stopped", "done")


def test_nothing_trained_is_said_in_words(session: Session) -> None:
    with pytest.raises(Problem, match="Nothing was trained yet"):
        session.predict("x.png")
    with pytest.raises(Problem, match="no run “run-9”"):
        session.results.trained("run-9")


def test_a_file_that_vanishes_before_it_was_read_is_named_and_skipped(
    project: Project, make_session: Callable[[Project], Session], folder_of_pictures: Path
) -> None:
    """Fault row 12. Pictures are decoded once, so the file goes after the scan and before the first epoch."""
    session = make_session(replace(project, data=replace(project.data, normalise="unit")))
    notices: list[Diagnostic] = []
    session.notice.connect(notices.append)
    dataset = session.wait_for_data(30).dataset
    assert dataset is not None
    gone = dataset.index.items[int(dataset.splits.train[3])].path
    (folder_of_pictures / gone).unlink()
    session.start_training(epochs=2)
    assert session.wait_for_run(60).phase == "done"
    session.pump()
    assert [d.code for d in notices] == ["data.bad_file"]
    assert gone in notices[0].message
    assert [bad.path for bad in dataset.bad] == [gone]
    assert any(d.code == "data.bad_files" and gone in d.message for d in session.problems)


def test_a_finished_run_is_resumed_only_with_more_epochs(session: Session) -> None:
    session.start_training(epochs=2)
    assert session.wait_for_run(60).phase == "done"
    with pytest.raises(Problem, match="all of its 2 epochs"):
        session.start_training(resume=True, epochs=2)
    session.start_training(resume=True, epochs=4)
    end = session.wait_for_run(60)
    assert end.phase == "done"
    assert end.id == "run-1"
    assert [e.epoch for e in end.epochs_log] == [1, 2, 3, 4]
