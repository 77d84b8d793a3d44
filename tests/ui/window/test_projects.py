"""Projects come into the window: dropped, chosen, recent, recovered after a crash, held by another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from workbench.document.autosave import pending
from workbench.document.lock import FILE_NAME, Lock
from workbench.ui.parts.link_row import LinkRow

OpenWindow = Callable[..., Any]
LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def drop(widget: QWidget, path: Path) -> bool:
    """Drop a file or folder on a widget, as a file manager does; gives whether anybody took it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at = widget.rect().center()
    enter = QDragEnterEvent(at - QPoint(9, 0), COPY, data, LEFT, NONE)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(widget, QDragMoveEvent(at, COPY, data, LEFT, NONE))
    event = QDropEvent(QPointF(at), COPY, data, LEFT, NONE)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def links(person: Any) -> dict[str, QWidget]:
    """The remedies in the notice bar."""
    rows = [row for row in person.window.notices.findChildren(LinkRow) if row.isVisible()]
    return {b.text(): b for row in rows for b in row.buttons}


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts another process on a project and waits until it holds it; the process is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("crashing_child.py")
        process = subprocess.Popen([sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_a_folder_of_pictures_dropped_on_the_start_page_starts_a_project(
    open_window: OpenWindow, pictures: Path
) -> None:
    person = open_window()
    assert drop(person.window.start.pictures_button, pictures)
    person.wait(lambda: person.bridge.session is not None and person.session.data.phase == "ready", 60)
    assert person.session.data.dataset.classes == ("above", "below")
    assert len(person.session.data.dataset.index) == 24
    assert person.bridge.place == "data"
    assert not person.session.errors, "the network must fit the classes at once"
    person.settle()
    assert not person.window.start.isVisible()
    assert person.panels.data.isVisible()


def test_a_list_dropped_on_the_start_page_starts_a_project(open_window: OpenWindow, pictures: Path) -> None:
    rows = (f"{file.relative_to(pictures)},{file.parent.name}s\n" for file in sorted(pictures.rglob("*.png")))
    (pictures / "my list.csv").write_text("file,label\n" + "".join(rows), encoding="utf-8")
    person = open_window()
    assert drop(person.window.start.pictures_button, pictures / "my list.csv")
    person.wait(lambda: person.bridge.session is not None and person.session.data.phase == "ready", 60)
    assert person.session.data.dataset.classes == ("aboves", "belows")
    assert person.session.project.name == "my list"


def test_a_folder_dropped_over_an_open_project_asks_about_unsaved_work_first(
    open_window: OpenWindow, small: Path, pictures: Path
) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Changed")
    assert drop(person.panels.canvas.view.viewport(), pictures)
    person.wait(lambda: person.window.projects.question is not None, 60)
    person.answer("stay")
    assert person.session.folder == small
    assert person.session.project.name == "Changed"
    assert drop(person.panels.inspector, pictures)
    person.wait(lambda: person.window.projects.question is not None, 60)
    person.answer("discard")
    person.wait(lambda: person.bridge.session is not None and person.session.folder != small, 10)
    assert person.session.project.data.source == str(pictures)


def test_what_is_no_folder_of_pictures_is_refused_in_words(
    open_window: OpenWindow, small: Path, tmp_path: Path
) -> None:
    person = open_window(small)
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear network")
    assert not drop(person.window.top_bar, letter)

    nothing = tmp_path / "nothing in here"
    nothing.mkdir()
    assert drop(person.window.top_bar, nothing)
    person.wait(lambda: person.notice, 30)
    assert "nothing in here" in person.notice
    assert person.session.folder == small, "the open project stays"
    assert person.session.data.phase == "ready"


def test_the_open_button_leads_to_a_project_too(
    open_window: OpenWindow, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = open_window()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(pictures))
    person.click(person.window.start.pictures_button)
    person.wait(lambda: person.bridge.session is not None, 60)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: "")
    folder = person.session.folder
    person.key("Ctrl+Alt+O")
    person.settle()
    assert person.session.folder == folder, "a dialog that was closed changed something"


# --- recent -----------------------------------------------------------------------------------------------------------


def test_recent_projects_are_in_the_menu_and_on_the_start_page(
    open_window: OpenWindow, small: Path, endless: Path
) -> None:
    person = open_window(small)
    person.window.projects.open(endless)
    person.settle()
    assert person.session.folder == endless

    bar = person.window.top_bar.menus
    file_menu = bar.actions()[0].menu()
    person.click(bar, bar.actionGeometry(bar.actions()[0]).center())
    person.wait(file_menu.isVisible, 5)
    recent = next(a.menu() for a in file_menu.actions() if a.text() == "Open recent")
    person.click(file_menu, file_menu.actionGeometry(recent.menuAction()).center())
    person.wait(recent.isVisible, 5)
    assert [a.text() for a in recent.actions()] == ["endless", "small"]
    person.click(recent, recent.actionGeometry(recent.actions()[1]).center())
    person.wait(lambda: person.session.folder == small, 5)

    person.key("Ctrl+W")
    newest_first = [str(small), str(endless)]  # read anew in a thread: at first the page shows what it showed before
    person.wait(lambda: [card.card.target for card in person.window.start.cards[:2]] == newest_first, 20)
    assert person.window.start.isVisible()
    titles = [card.card.title for card in person.window.start.cards]
    assert titles[:2] == ["Small", "Small"]
    card = person.window.start.cards[1]
    person.click(card)
    person.wait(lambda: person.bridge.session is not None, 5)
    assert person.session.folder == endless


def test_a_damaged_project_is_refused_and_the_open_one_stays(
    open_window: OpenWindow, small: Path, write_project: Callable[..., Path]
) -> None:
    broken = write_project("broken")
    (broken / "project.json").write_text((broken / "project.json").read_text()[:200])
    person = open_window(small)
    person.session.change("Rename project", name="Changed")
    person.window.projects.open(broken)
    person.settle()
    assert person.notice != ""
    assert person.window.projects.question is None, "nothing is lost, so nothing is to be asked"
    assert person.bridge.session is not None, "the open project was closed for one that cannot be opened"
    assert person.session.folder == small
    assert person.session.project.name == "Changed"


def test_opening_the_open_project_again_changes_nothing(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.session.change("Rename project", name="Changed")
    before = person.session
    person.window.projects.open(small / "project.json")
    person.settle()
    assert person.session is before
    assert person.window.projects.question is None
    assert person.notice == ""


# --- recovery ---------------------------------------------------------------------------------------------------------


def test_work_of_a_killed_process_is_offered_and_restored(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small), "Almost lost")
    process.kill()
    process.wait()
    assert (small / FILE_NAME).exists(), "the killed process left its lock"

    person = open_window()
    note = person.window.start.recovery
    assert note.isVisible()
    assert "Almost lost" in note.sentence.text()
    person.click(note.restore_button)
    person.wait(lambda: person.bridge.session is not None, 10)

    assert person.session.project.name == "Almost lost"
    assert "relu_1" not in person.session.graph.nodes
    assert person.session.folder == small
    assert not person.session.read_only
    assert person.window.isWindowModified()
    assert json.loads((small / "project.json").read_text())["name"] == "Small", "only saving writes the project"
    person.key("Ctrl+Z")
    assert person.session.project.name == "Small"
    assert "relu_1" in person.session.graph.nodes
    person.key("Ctrl+Y")
    person.key("Ctrl+S")
    assert json.loads((small / "project.json").read_text())["name"] == "Almost lost"
    assert pending() == ()


def test_restored_work_survives_a_second_crash(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small), "Almost lost")
    process.kill()
    process.wait()
    person = open_window()
    kept = pending()[0].path
    person.click(person.window.start.recovery.restore_button)
    person.wait(lambda: person.bridge.session is not None, 10)
    folder = kept.parent
    person.wait(lambda: any(p != kept for p in folder.glob("*.json")) or kept.exists(), 5)
    person.wait(lambda: any("Almost lost" in p.read_text() for p in folder.glob("*.json")), 5)


def test_unwanted_recovery_is_discarded_for_good(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small), "Unwanted")
    process.kill()
    process.wait()
    person = open_window()
    person.click(person.window.start.recovery.discard_button)
    assert not person.window.start.recovery.isVisible()
    assert pending() == ()


def test_recovery_is_offered_too_when_the_program_starts_on_that_project(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small), "Almost lost")
    process.kill()
    process.wait()
    person = open_window(small)
    assert "Almost lost" in person.notice, "unsaved work of the project that is open was not mentioned"
    person.click(links(person)["Restore"])
    person.wait(lambda: person.bridge.session is not None and person.session.project.name == "Almost lost", 10)


# --- two windows ------------------------------------------------------------------------------------------------------


def test_a_project_held_by_another_process_opens_to_read_only(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small))
    person = open_window(small, wait=False)
    assert person.bridge.session is None
    assert str(process.pid) in person.notice
    assert set(links(person)) == {"Open to read only", "Take over"}

    person.click(links(person)["Open to read only"])
    person.wait(lambda: person.bridge.session is not None, 5)
    assert person.session.read_only
    assert person.window.top_bar.saved.text() == "read only"
    before = person.session.graph
    person.click_node("conv2d_1")
    person.key("Delete")
    person.wire("conv2d_1", "linear_1")
    assert person.session.graph == before
    assert not person.window.actions_by_name["save"].isEnabled()
    assert not person.window.actions_by_name["train"].isEnabled()
    assert not person.panels.palette.isEnabled()
    person.settle()
    fields = person.panels.inspector.layer.form.fields
    assert [name for name, field in fields.items() if field.editor.isEnabled()] == []
    assert process.poll() is None


def test_a_project_held_by_another_process_can_be_taken_over(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    child(str(small))
    person = open_window(small, wait=False)
    person.click(links(person)["Take over"])
    person.wait(lambda: person.bridge.session is not None, 5)
    assert not person.session.read_only
    holder = Lock(small).acquire()
    assert holder is not None
    assert holder.pid == os.getpid()


def test_a_held_project_is_not_forgotten_and_the_open_one_stays(
    open_window: OpenWindow, small: Path, endless: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    person = open_window(small)
    person.window.projects.open(endless)
    person.window.projects.open(small)
    person.settle()
    assert person.session.folder == small
    child(str(endless))
    person.window.projects.open(endless)
    person.settle()
    assert person.session.folder == small, "closed for a project that is in use elsewhere"
    assert set(links(person)) == {"Open to read only", "Take over"}
    assert endless in person.window.settings.recent


def test_a_lock_of_a_dead_process_is_no_obstacle(
    open_window: OpenWindow, small: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(str(small))
    process.kill()
    process.wait()
    person = open_window(small)
    assert not person.session.read_only
    assert person.notice == ""
