"""The page of runs in the whole window: its keys beside the window's own, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.many_runs import record_runs
from workbench.document import storage

OpenWindow = Callable[..., Any]


def open_runs(open_window: OpenWindow, folder: Path) -> tuple[Any, Any]:
    """(the person, the page of runs), the project open on three recorded runs."""
    record_runs(folder, storage.load(folder), 3).close()
    person = open_window(folder)
    person.bridge.show_training_page("runs")
    page = person.panels.training.page("runs")
    person.wait(lambda: page.isVisible() and len(page.table.runs.lines) == 3, 10)
    return person, page


def cell(page: Any, run: str, column: str) -> Any:
    shown = [c.id for c in page.table.runs.columns].index(column)
    return page.table.visualRect(page.table.runs.index(page.table.runs.place_of(run), shown)).center()


def test_undo_is_the_tables_where_it_has_something_to_take_back(open_window: OpenWindow, small: Path) -> None:
    person, page = open_runs(open_window, small)
    person.session.change("Say something", notes="new")
    person.click(page.table.viewport(), cell(page, "run-2", "starred"))
    assert person.session.training.open_store().row("run-2").starred
    page.table.setFocus()
    person.key("Ctrl+Z")
    assert not person.session.training.open_store().row("run-2").starred
    assert person.session.project.notes == "new"
    person.key("Ctrl+Z")
    assert person.session.project.notes == ""


def test_a_deleted_run_comes_back_by_the_notice(open_window: OpenWindow, small: Path) -> None:
    person, page = open_runs(open_window, small)
    person.click(page.table.viewport(), cell(page, "run-2", "name"))
    person.key("Del")
    assert [row.id for row in page.table.runs.lines] == ["run-3", "run-1"]
    notices = person.window.notices
    assert notices.shown.message == "Run 2 was deleted."
    person.settle()
    person.click(person.button("Undo", notices))
    assert [row.id for row in page.table.runs.lines] == ["run-3", "run-2", "run-1"]


def test_finding_is_the_tables_too_and_its_columns_are_remembered(open_window: OpenWindow, small: Path) -> None:
    person, page = open_runs(open_window, small)
    page.table.setFocus()
    person.key("Ctrl+F")
    assert page.filter.field.hasFocus()
    page.columns.chosen.emit(("name", "seconds"))
    assert person.window.settings.run_columns == ("name", "seconds")
    page.choose_columns(person.window.settings.run_columns)
    assert [column.title for column in page.table.runs.columns] == ["Run", "Time"]
