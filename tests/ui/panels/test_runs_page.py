"""The page of runs over recorded runs: finding, choosing columns, marking, deleting and bringing back, comparing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.many_runs import record_runs
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import set_param
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.runs.page import RunsPage
from workbench.ui.training.pages import PAGES

LEFT, NONE, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
RUNS = 12


@pytest.fixture
def recorded(session: Session, bridge: Bridge) -> Session:
    """The session with twelve runs nobody trained, of which run-10 failed."""
    record_runs(session.folder, session.project, RUNS).close()
    bridge.set_session(session)
    return session


@pytest.fixture
def page(recorded: Session, show: Callable[..., RunsPage], qtbot: QtBot) -> RunsPage:
    return shown(show, qtbot)


def shown(show: Callable[..., RunsPage], qtbot: QtBot) -> RunsPage:
    """The page in an active window: keys reach it."""
    page = show(RunsPage, (1200, 600))
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=5000)
    return page


def ids(page: RunsPage) -> list[str]:
    return [row.id for row in page.table.runs.lines]


def place(page: RunsPage, run: str, column: str) -> QPoint:
    """The middle of a cell."""
    line = page.table.runs.place_of(run)
    assert line is not None
    shown = [c.id for c in page.table.runs.columns].index(column)
    return page.table.visualRect(page.table.runs.index(line, shown)).center()


def click(page: RunsPage, run: str, column: str = "name", keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(page.table.viewport(), LEFT, keys, place(page, run, column))


def find(page: RunsPage, text: str) -> None:
    page.filter.field.setFocus()
    page.filter.field.selectAll()
    QTest.keyClicks(page.filter.field, text)
    QTest.keyClick(page.filter.field, Qt.Key.Key_Return)


def test_it_is_a_page_of_training() -> None:
    assert [p.build for p in PAGES if p.id == "runs"] == [RunsPage]


def test_before_a_run_there_is_one_next_step(
    session: Session, bridge: Bridge, show: Callable[..., RunsPage], qtbot: QtBot
) -> None:
    bridge.set_session(session)
    page = show(RunsPage, (900, 400))
    assert page.train.isVisible()
    assert not page.table.isVisible()
    qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
    asked: list[str] = []
    bridge.trainingPageAsked.connect(asked.append)
    QTest.mouseClick(page.train, LEFT)
    assert asked == ["live"]
    qtbot.waitUntil(lambda: session.run is not None and not session.run.is_live, timeout=60_000)
    qtbot.waitUntil(lambda: ids(page) == ["run-1"] and page.table.isVisible(), timeout=5000)


def test_the_newest_run_is_chosen_and_told(page: RunsPage) -> None:
    assert ids(page)[:2] == ["run-12", "run-11"]
    assert [row.id for row in page.table.chosen] == ["run-12"]
    assert page.details.title.text() == "run 12"
    assert page.head.details == "12 runs"
    assert page.details.loss.isVisible()
    assert len(page.details.loss.series["val"].raw) == 3
    said = {fact.name: fact.value for fact in page.details.recipe.facts}
    assert said["Optimizer"] == "Adam"
    assert {fact.name for fact in page.details.results.facts} >= {"Validation loss", "Validation F1", "Best epoch"}


def test_runs_are_found_by_what_they_are(page: RunsPage) -> None:
    find(page, "failed")
    assert ids(page) == ["run-10"]
    assert page.head.details == "1 of 12 runs"
    find(page, "accuracy>0.9")
    assert 0 < len(ids(page)) < RUNS
    assert all((row.best_val_accuracy or 0) > 0.9 for row in page.table.runs.lines)
    before = ids(page)
    find(page, "accuracy>high")
    assert ids(page) == before
    assert "compares with a number" in page.filter.wrong.text()
    assert page.filter.wrong.isVisible()
    assert page.filter.field.property("state") == "error"
    QTest.keyClick(page.filter.field, Qt.Key.Key_Escape)
    QTest.keyClick(page.filter.field, Qt.Key.Key_Return)
    assert len(ids(page)) == RUNS
    assert not page.filter.wrong.isVisible()
    QTest.keyClick(page.filter.field, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    QTest.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.filter.field.hasFocus()


def test_a_click_on_a_heading_sorts_best_first_then_turns(page: RunsPage) -> None:
    header = page.table.horizontalHeader()
    section = [c.id for c in page.table.runs.columns].index("accuracy")
    where = QPoint(header.sectionViewportPosition(section) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, NONE, where)
    values = [row.best_val_accuracy for row in page.table.runs.lines]
    assert values == sorted(values, key=lambda v: -(v or 0))
    QTest.mouseClick(header.viewport(), LEFT, NONE, where)
    assert [row.best_val_accuracy for row in page.table.runs.lines] == values[::-1]
    assert [row.id for row in page.table.chosen] == ["run-12"]


def test_columns_are_chosen_and_told_to_whoever_remembers_them(page: RunsPage) -> None:
    told: list[tuple[str, ...]] = []
    page.columnsChosen.connect(told.append)
    menu = page.columns.menu()

    def entry(name: str) -> QAction:
        every = [a for m in (menu, *(s.menu() for s in menu.actions() if s.menu())) for a in m.actions()]  # type: ignore[union-attr, attr-defined]
        return next(a for a in every if a.data() == name)

    assert not entry("name").isEnabled()
    entry("recipe.batch_size").trigger()
    assert "recipe.batch_size" in told[-1]
    assert [c.id for c in page.table.runs.columns] == list(told[-1])
    assert told[-1].index("recipe.batch_size") == told[-1].index("recipe.optimizer.lr") + 1
    entry("metric.val_loss").trigger()
    assert "metric.val_loss" not in told[-1]
    page.choose_columns(("name", "seconds"))
    assert [c.id for c in page.table.runs.columns] == ["name", "seconds"]
    menu.deleteLater()


def test_marks_by_keyboard_and_mouse_can_be_taken_back_one_by_one(page: RunsPage, recorded: Session) -> None:
    table = page.table
    click(page, "run-3", "starred")
    assert recorded.training.open_store().row("run-3").starred
    click(page, "run-5")
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert recorded.training.open_store().row("run-5").starred
    QTest.keyClick(table, Qt.Key.Key_F2)
    (editor,) = table.findChildren(QLineEdit)
    QTest.keyClicks(editor, "wide net")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert recorded.training.open_store().row("run-5").name == "wide net"
    assert page.details.title.text() == "wide net"
    page.filter.starred.click()
    assert ids(page) == ["run-5", "run-3"]
    page.filter.starred.click()
    table.setFocus()
    assert page.deeds.actions["undo"].text() == "Undo: name of run 5"
    QTest.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert recorded.training.open_store().row("run-5").name == ""
    for _ in range(2):
        QTest.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not any(row.starred for row in recorded.runs())
    assert not page.deeds.actions["undo"].isEnabled()


def test_tags_and_notes_are_written_beside_the_curves(
    page: RunsPage, recorded: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(page, "run-4")
    page.details.tags.setFocus()
    QTest.keyClicks(page.details.tags, "baseline, small")
    QTest.keyClick(page.details.tags, Qt.Key.Key_Return)
    page.details.note.setFocus()
    QTest.keyClicks(page.details.note, "Worth another look.")
    QTest.keyClick(page.details.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    row = recorded.training.open_store().row("run-4")
    assert (row.tags, row.note) == (("baseline", "small"), "Worth another look.")
    click(page, "run-6", keys=SHIFT)
    assert {row.id for row in page.table.chosen} == {"run-4", "run-5", "run-6"}
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("seen", True))
    QTest.keyClick(page.table, Qt.Key.Key_T)
    tags = {row.id: row.tags for row in recorded.runs()}
    assert tags["run-4"] == ("seen", "baseline", "small")
    assert tags["run-5"] == tags["run-6"] == ("seen",)
    assert tags["run-7"] == ()


def test_deleted_runs_come_back_by_notice_key_or_from_their_page(
    page: RunsPage, recorded: Session, bridge: Bridge, qtbot: QtBot
) -> None:
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    click(page, "run-8")
    click(page, "run-6", keys=SHIFT)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert len(ids(page)) == RUNS - 3
    assert heard[-1].message == "3 runs were deleted."
    recorded.apply_fix(heard[-1].fixes[0])
    assert len(ids(page)) == RUNS

    click(page, "run-8")
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    QTest.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(ids(page)) == RUNS

    click(page, "run-8")
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    QTest.mouseClick(page.filter.deleted, LEFT)
    assert [row.id for row in page.deleted.table.runs.lines] == ["run-8"]
    assert page.deleted.table.isVisible()
    QTest.mouseClick(page.deleted.restore, LEFT)
    assert page.deleted.empty.isVisible()
    QTest.mouseClick(next(b for b in page.deleted.findChildren(QPushButton) if b.text() == "Back to the runs"), LEFT)
    assert len(ids(page)) == RUNS
    assert page.table.isVisible()

    click(page, "run-8")
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    QTest.mouseClick(page.filter.deleted, LEFT)
    QTest.mouseClick(page.deleted.remove, LEFT)
    assert page.deleted.remove.text() == "Really remove 1 run?"
    assert recorded.training.deleted()
    QTest.mouseClick(page.deleted.remove, LEFT)
    qtbot.waitUntil(lambda: not recorded.training.deleted(), timeout=5000)
    qtbot.waitUntil(page.deleted.empty.isVisible, timeout=5000)


def test_a_failed_run_says_why_with_its_remedy(page: RunsPage) -> None:
    click(page, "run-10")
    told = page.details.note_of_end.diagnostic
    assert told is not None
    assert "The loss was not a number at step 9." in told.message
    assert page.details.note_of_end.isVisible()
    click(page, "run-9")
    assert not page.details.note_of_end.isVisible()


def test_where_there_is_little_room_enter_shows_the_run_in_the_tables_place(page: RunsPage) -> None:
    page.resize(620, 360)
    assert not page.details.isVisible()
    click(page, "run-7")
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert page.details.isVisible()
    assert page.details.title.text() == "run 7"
    assert not page.table.isVisible()
    QTest.keyClick(page.details, Qt.Key.Key_Escape)
    assert page.table.hasFocus()
    assert not page.details.isVisible()
    page.resize(620, 700)
    assert page.details.isVisible()
    assert page.details.y() > page.table.y()


@pytest.fixture
def other_network(recorded: Session) -> Session:
    """A thirteenth run, of a network with twelve filters."""
    project = recorded.project
    changed = set_param(project.graph, "conv2d_1", "filters", 12)
    assert not isinstance(changed, Diagnostic)
    record_runs(recorded.folder, replace(project, graph=changed), 1).close()
    return recorded


def test_runs_side_by_side(other_network: Session, show: Callable[..., RunsPage], qtbot: QtBot) -> None:
    page = shown(show, qtbot)
    click(page, "run-13")
    click(page, "run-12", keys=SHIFT)
    QTest.keyClick(page.table, Qt.Key.Key_C)
    view = page.comparison
    assert view.isVisible()
    assert view.runs == ("run-12", "run-13")
    loss, accuracy = view.plots
    assert set(loss.series) == set(accuracy.series) == {"run-12", "run-13"}
    assert view.pictures[0].marks == view.pictures[1].marks == {"conv2d_1": "changed"}
    assert any("filters 6 → 12" in label.text() for label in view.findChildren(QLabel))
    assert len(view.confusions) == 2
    assert view.lines is not None
    titles = [line.title for line in view.lines.model_of_lines.lines]
    assert "Learning rate" in titles
    assert "Optimizer" not in titles
    QTest.mouseClick(view.everything, LEFT)
    assert "Optimizer" in [line.title for line in view.lines.model_of_lines.lines]
    assert view.grab().width() == view.width()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.runs == ()
    assert page.table.isVisible()
    assert [row.id for row in page.table.chosen] == ["run-13", "run-12"]
    gc.collect()


def test_a_network_comes_back_by_a_key_and_goes_by_undo(
    other_network: Session, bridge: Bridge, show: Callable[..., RunsPage], qtbot: QtBot
) -> None:
    page = shown(show, qtbot)
    before = other_network.project
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    click(page, "run-13")
    QTest.keyClick(page.table, Qt.Key.Key_R)
    assert other_network.project.graph.nodes["conv2d_1"].params["filters"] == 12
    assert heard[-1].message == "The project's network is that of run 13."
    other_network.undo()
    assert other_network.project == before


def test_a_run_becomes_a_project_that_is_offered_to_be_opened(
    page: RunsPage, bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "own"), ""))
    click(page, "run-2")
    page.details.links.buttons[1].click()
    assert (tmp_path / "own" / "project.json").is_file()
    assert heard[-1].fixes[0].action == "open_project"
    assert heard[-1].fixes[0].arguments == {"path": str(tmp_path / "own")}


def test_runs_go_elsewhere_as_files(
    page: RunsPage, bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path / "out"))
    page.table.selectAll()
    page.deeds.do("csv")
    qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
    assert heard[-1].message.startswith("3 files (")
    assert len((tmp_path / "out" / "runs.csv").read_text().splitlines()) == RUNS + 1
    page.table.copy()
    assert len(QApplication.clipboard().text().splitlines()) == RUNS + 1


def test_what_another_process_records_is_seen(page: RunsPage, recorded: Session, qtbot: QtBot) -> None:
    record_runs(recorded.folder, recorded.project, 1).close()
    qtbot.waitUntil(lambda: ids(page)[0] == "run-13", timeout=5000)
    assert [row.id for row in page.table.chosen] == ["run-12"]


def test_somebody_elses_project_is_looked_at_and_left_alone(
    recorded: Session, bridge: Bridge, show: Callable[..., RunsPage], qtbot: QtBot
) -> None:
    with Session.open(recorded.folder, read_only=True) as reader:
        bridge.set_session(reader)
        page = shown(show, qtbot)
        assert len(ids(page)) == RUNS
        for name in ("rename", "star", "tag", "delete", "reopen"):
            assert not page.deeds.actions[name].isEnabled(), name
        assert page.deeds.actions["csv"].isEnabled()
        assert page.details.tags.isReadOnly()
        bridge.set_session(recorded)


def test_everything_has_a_name_for_those_who_listen(page: RunsPage, project: Project) -> None:
    model = page.table.runs
    first = model.index(0, [c.id for c in model.columns].index("name"))
    assert model.data(first, Qt.ItemDataRole.AccessibleTextRole).startswith("run 12, done, ")
    assert page.table.accessibleName() == "Runs"
    for button in page.head.findChildren(QPushButton):
        assert button.accessibleName() or button.text()
