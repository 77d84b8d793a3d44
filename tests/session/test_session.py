"""The open project: edits with undo, checks, saving, locks, remedies."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.document.autosave import pending
from workbench.document.edits import connect, remove, set_param
from workbench.document.graph import Edge
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.session.state import ProjectChange


def test_every_edit_is_one_undo_step_and_tells_what_changed(session: Session) -> None:
    changes: list[ProjectChange] = []
    session.project_changed.connect(changes.append)
    before = session.graph
    added = session.add_layer("relu", 10, 20, after="conv2d_1")
    assert session.graph.into("batch_norm2d_1", "in") == Edge(added, "out", "batch_norm2d_1", "in")
    assert session.graph.into(added, "in") == Edge("conv2d_1", "out", added, "in")
    assert changes[-1].diff.nodes_added == (added,)
    assert session.history.undo_label == "Add ReLU"
    session.undo()
    assert session.graph == before
    assert changes[-1].origin == "undo"
    session.redo()
    assert added in session.graph.nodes


def test_a_layer_behind_the_last_one_is_wired_to_it(session: Session) -> None:
    session.remove(["output_1"])
    added = session.add_layer("output", after="linear_1")
    assert session.graph.into(added, "in") == Edge("linear_1", "out", added, "in")
    assert not session.errors


def test_edits_of_one_gesture_are_one_step(session: Session) -> None:
    for filters in (5, 6, 7):
        session.apply("Filters", lambda g, n=filters: set_param(g, "conv2d_1", "filters", n), gesture="spin")
    assert session.inferred.outputs["conv2d_1"].shape == (7, 8, 8)
    session.undo()
    assert session.inferred.outputs["conv2d_1"].shape == (4, 8, 8)
    assert not session.history.can_undo


def test_a_refused_edit_leaves_the_project_alone_and_says_why(session: Session) -> None:
    notices: list[Diagnostic] = []
    session.notice.connect(notices.append)
    before = session.project
    refused = session.apply("Wire", lambda g: connect(g, Edge("relu_1", "out", "conv2d_1", "in")))
    assert refused is not None
    assert notices == [refused]
    assert session.project is before


def test_deleting_heals_only_with_a_wire_that_fits(session: Session) -> None:
    session.remove(["relu_1"])
    assert Edge("batch_norm2d_1", "out", "flatten_1", "in") in session.graph.edges
    session.remove(["flatten_1"])
    assert session.graph.into("linear_1", "in") is None
    session.undo()
    assert session.graph.into("linear_1", "in") is not None


def test_a_wrong_wire_is_kept_marked_and_mended_by_its_remedy(session: Session) -> None:
    session.apply("Delete layer", lambda graph: remove(graph, ["flatten_1"], heal=True))
    wrong = [d for d in session.errors if d.node == "linear_1"]
    assert wrong
    assert "8 × 8 × 4" in wrong[0].message
    fix = next(f for f in wrong[0].fixes if "Flatten" in f.label)
    assert session.apply_fix(fix) is None
    assert not session.errors
    session.undo()
    assert session.errors


def test_a_remedy_whose_wire_is_gone_is_refused_in_words(session: Session) -> None:
    stale = Fix("Add Flatten", "insert_on_edge", {"layer": "flatten", "edge": "gone"})
    answer = session.apply_fix(stale)
    assert answer is not None
    assert "no longer fits" in answer.message
    unknown = session.apply_fix(Fix("Sing", "sing"))
    assert unknown is not None
    assert "Sing" in unknown.message


def test_the_answer_must_have_one_number_a_class(session: Session) -> None:
    session.apply("Units", lambda g: set_param(g, "linear_1", "units", 5))
    (problem,) = session.errors
    assert "5 numbers" in problem.message
    assert "2 classes" in problem.message
    session.apply_fix(problem.fixes[0])
    assert not session.errors


def test_a_recipe_out_of_range_is_listed(session: Session) -> None:
    session.change("Recipe", recipe=replace(session.project.recipe, epochs=0, batch_size=0, device="abacus"))
    codes = {d.code for d in session.errors}
    assert {"recipe.epochs", "recipe.batch_size", "recipe.device"} <= codes


def test_saving_marks_it_saved_and_undo_after_it_unsaved(session: Session) -> None:
    seen: list[bool] = []
    session.saved_changed.connect(seen.append)
    session.change("Rename", name="Other")
    assert not session.is_saved
    session.save()
    assert session.is_saved
    session.undo()
    assert not session.is_saved
    session.redo()
    assert session.is_saved
    assert Session.open(session.folder, read_only=True).project.name == "Other"
    assert seen[0] is False


def test_a_second_window_is_told_who_holds_the_project(session: Session) -> None:
    with pytest.raises(Problem, match="open in another window"):
        Session.open(session.folder)
    reader = Session.open(session.folder, read_only=True)
    with pytest.raises(Problem, match="read only"):
        reader.save()
    with pytest.raises(Problem, match="read only"):
        reader.start_training()
    reader.close()


def test_save_as_keeps_the_further_sources(session: Session, tmp_path: Path) -> None:
    (tmp_path / "more" / "left").mkdir(parents=True)
    shutil.copy(tmp_path / "pictures" / "top" / "0.png", tmp_path / "more" / "left")
    session.change("Add a source", data=replace(session.project.data, more=("../more",)))
    session.wait_for_data(30)
    assert session.data.dataset is not None
    assert session.data.dataset.classes == ("bottom", "left", "top")
    session.save_as(tmp_path / "deep" / "er" / "project")
    assert session.project.data.more == ("../../../more",)
    session.rescan()
    session.wait_for_data(30)
    assert session.data.dataset is not None
    assert session.data.dataset.classes == ("bottom", "left", "top")


def test_save_as_takes_the_project_along_and_keeps_its_pictures(session: Session, tmp_path: Path) -> None:
    import os

    relative = os.path.relpath(session.project.data.source, session.folder)
    session.change("Pictures", data=replace(session.project.data, source=Path(relative).as_posix()))
    session.wait_for_data(30)
    deeper = tmp_path / "a" / "b" / "copy"
    session.save_as(deeper)
    assert session.folder == deeper
    assert session.wait_for_data(30).phase == "ready"
    with pytest.raises(Problem, match="already holds"):
        session.save_as(tmp_path / "project-0")


def test_unsaved_edits_survive_a_kill_a_second_later(tmp_path: Path) -> None:
    """Fault row 2: kill -9 while editing; the next start offers the recovery."""
    program = """
import os, signal, sys, time
from workbench.document.project import Project
from workbench.session.session import Session
session = Session.create(sys.argv[1], Project("Saved"))
session.change("Rename", name="Unsaved")
deadline = time.monotonic() + 1.0
while time.monotonic() < deadline:
    session.pump()
    time.sleep(0.02)
os.kill(os.getpid(), signal.SIGKILL)
"""
    folder = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", program, str(folder)], timeout=60, check=False)
    assert done.returncode == -9
    (recovery,) = pending(folder)
    assert recovery.project.name == "Unsaved"
    with Session.open(folder) as session:  # the lock of the dead process is recognised as stale
        assert session.project.name == "Saved"
        session.change("Recover", name=recovery.project.name)
        session.save()
    assert pending(folder) == ()


def test_data_settings_that_matter_read_the_folder_anew(session: Session) -> None:
    first = session.data.dataset
    session.change("Seed", data=replace(session.project.data, seed=5))
    state = session.wait_for_data(30)
    assert state.phase == "ready"
    assert state.dataset is not first
    session.apply("Size", lambda g: set_param(g, "pictures_1", "size", (6, 6)))
    again = session.wait_for_data(30)
    assert again.dataset is not None
    assert again.dataset.size == (6, 6)


def test_a_folder_that_is_gone_is_a_problem_in_the_list(session: Session) -> None:
    session.use_folder("/nowhere/at/all")
    assert session.wait_for_data(30).phase == "failed"
    assert any("/nowhere/at/all" in d.message for d in session.errors)
    session.undo()
    assert session.wait_for_data(30).phase == "ready"
    assert not session.errors


def test_creating_over_a_project_is_refused(project: Project, make_session: Callable[[Project], Session]) -> None:
    made = make_session(project)
    with pytest.raises(Problem, match="already holds a project"):
        Session.create(made.folder, project)


def test_a_window_that_lost_its_lock_does_not_overwrite_the_other_ones_work(session: Session, tmp_path: Path) -> None:
    other = Session.open(session.folder, take_over=True)
    session.change("Rename", name="Late")
    with pytest.raises(Problem, match="taken over"):
        session.save()
    session.save_as(tmp_path / "elsewhere")
    other.save()
    other.close()
