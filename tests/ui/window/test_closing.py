"""Leaving: the window asks where work or a run would be lost, and is gone in seconds with everything kept."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QDialog

from workbench.document import storage
from workbench.document.autosave import pending
from workbench.document.lock import FILE_NAME
from workbench.session.session import Session

OpenWindow = Callable[..., Any]


def train(person: Any) -> None:
    person.session.start_training()
    person.wait(lambda: person.run.phase == "running" and person.run.step > 3, 60)


def training_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if "train" in t.name.lower()]


def test_closing_with_nothing_to_lose_asks_nothing(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    assert (small / FILE_NAME).exists()
    person.window.close()
    assert person.window.projects.question is None
    person.wait(lambda: not person.window.isVisible(), 3)
    assert person.bridge.session is None
    assert not (small / FILE_NAME).exists(), "the lock was left behind"


def test_closing_while_training_can_be_taken_back(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    person.window.close()
    assert person.window.isVisible()
    person.answer("stay")
    assert person.window.projects.question is None
    step = person.run.step
    person.wait(lambda: person.run.step > step + 5 and person.run.phase == "running", 10)


def test_escape_at_the_question_means_stay(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    person.window.close()
    box = person.window.projects.question.box
    person.wait(box.isActiveWindow, 5)
    person.key("Esc")
    person.settle()
    assert person.window.isVisible()
    assert person.run.phase == "running"


def test_stop_and_close_ends_in_seconds_with_a_checkpoint_to_go_on_from(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    before = time.monotonic()
    person.window.close()
    person.answer("stop")
    person.wait(lambda: not person.window.isVisible(), 10)
    assert time.monotonic() - before < 5
    assert training_threads() == []
    assert not (endless / FILE_NAME).exists()

    with Session.open(endless) as again:
        row = again.runs()[0]
        assert row.state == "stopped"
        again.start_training(resume=True)
        deadline = time.monotonic() + 30
        while again.run is None or again.run.phase != "running":
            again.pump()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert again.run.step > 3, "it began anew"


def test_closing_twice_asks_once(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    person.window.close()
    person.window.close()
    boxes = [d for d in person.window.findChildren(QDialog) if d.isVisible()]
    assert len(boxes) == 1
    person.answer("stop")
    person.wait(lambda: not person.window.isVisible(), 10)


def test_a_run_that_ends_while_the_question_is_open_does_not_close_the_window(
    open_window: OpenWindow, endless: Path
) -> None:
    person = open_window(endless)
    train(person)
    person.window.close()
    person.session.stop()
    person.wait(lambda: not person.run.is_live, 10)
    person.settle()
    assert person.window.isVisible(), "the window went though nobody answered"
    person.answer("stop")
    person.wait(lambda: not person.window.isVisible(), 10)


@pytest.mark.parametrize("moment", ["starting", "paused", "stopping"])
def test_stop_and_close_at_any_phase(open_window: OpenWindow, endless: Path, moment: str) -> None:
    person = open_window(endless)
    person.session.start_training()
    if moment != "starting":
        person.wait(lambda: person.run.phase == "running", 60)
        (person.session.pause if moment == "paused" else person.session.stop)()
        if moment == "paused":
            person.wait(lambda: person.run.phase == "paused", 10)
    assert person.run.is_live
    person.window.close()
    person.answer("stop")
    person.wait(lambda: not person.window.isVisible(), 20)
    assert training_threads() == []


def test_unsaved_changes_are_saved_or_dropped_as_asked(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Other")
    assert person.window.isWindowModified()
    person.window.close()
    person.answer("stay")
    assert person.window.isVisible()
    assert person.session.project.name == "Other"

    person.window.close()
    person.answer("save")
    person.wait(lambda: not person.window.isVisible(), 5)
    assert storage.load(small).name == "Other"


def test_what_was_dropped_on_purpose_is_not_offered_again(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Other")
    recoveries = person.session.keeping._autosave
    person.wait(lambda: recoveries._written, 5)
    person.window.close()
    person.answer("discard")
    person.wait(lambda: not person.window.isVisible(), 5)
    assert storage.load(small).name == "Small"
    assert pending() == ()


def test_running_and_unsaved_is_one_question(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    person.session.change("Rename project", name="Other")
    person.window.close()
    text = person.window.projects.question.box.text()
    assert "unsaved changes" in text
    assert "trained" in text
    person.answer("save")
    person.wait(lambda: not person.window.isVisible(), 10)
    assert storage.load(endless).name == "Other"
    assert training_threads() == []


def test_a_save_that_fails_keeps_the_window_and_the_work(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Other")
    shutil.rmtree(small)
    person.window.close()
    person.answer("save")
    person.settle()
    assert person.window.isVisible()
    assert person.session.project.name == "Other"
    assert person.notice != ""
    person.window.close()
    person.answer("discard")
    person.wait(lambda: not person.window.isVisible(), 5)


def test_the_run_keeps_going_when_another_project_is_refused_for_it(
    open_window: OpenWindow, endless: Path, write_project: Callable[..., Path]
) -> None:
    other = write_project("other")
    person = open_window(endless)
    train(person)
    person.window.projects.open(other)
    person.answer("stay")
    assert person.session.folder == endless
    assert person.run.is_live
    person.window.projects.open(other)
    person.answer("stop")
    person.wait(lambda: person.bridge.session is not None and person.session.folder == other, 10)
    assert person.window.windowTitle().startswith("Small")
    assert training_threads() == []


@pytest.mark.faults
def test_stop_pause_and_close_at_many_moments(open_window: OpenWindow, endless: Path) -> None:
    for moment in (0, 1, 2, 4, 8, 9, 11, 16, 21):  # a window each: more of them would slow each other down
        close_at(open_window(endless), moment)
        assert training_threads() == []
        assert not (endless / FILE_NAME).exists()


def close_at(person: Any, moment: int) -> None:
    """Start a run, close the window some time into it, after pausing or stepping in two of three cases."""
    person.session.start_training()
    due = time.monotonic() + 0.012 * moment
    person.wait(lambda: time.monotonic() >= due, 5)
    if moment % 3:
        person.session.pause()
    if moment % 3 == 2:
        person.session.step_once()
    began = time.monotonic()
    person.window.close()
    person.answer("stop")
    person.wait(lambda: not person.window.isVisible(), 20)
    assert time.monotonic() - began < 8
