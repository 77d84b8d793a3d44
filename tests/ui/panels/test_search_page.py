"""The search page on real searches: set up by hand, followed, sifted, taken over, stopped and gone on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic
from workbench.document.project import Project
from workbench.session.searching.plan import axes_of
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.search.axis_row import ChoiceButton
from workbench.ui.search.page import FOLDS, SEARCH, SearchPage
from workbench.ui.search.parallel import ParallelPlot
from workbench.ui.search.trial_table import TrialTable

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(seen: Session, show: Callable[..., SearchPage]) -> SearchPage:
    return show(SearchPage, (1280, 620))


@pytest.fixture
def searched(seen: Session, qtbot: QtBot) -> Session:
    """After a grid of four trials, of which two fail."""
    plan = seen.search.plan(axes_of(seen.project, ["lr=0.01,0.001", "linear_1.units=3,4"]), sampler="grid", epochs=1)
    seen.search.start(plan)
    qtbot.waitUntil(lambda: seen.search.state.phase == "done", timeout=60_000)
    return seen


def typed(page: SearchPage, row: int, text: str) -> None:
    field = page.setup.rows[row].field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


def test_a_search_is_set_up_by_hand_and_followed_to_its_end(page: SearchPage, seen: Session, qtbot: QtBot) -> None:
    assert [row.setting.id for row in page.setup.rows] == ["recipe.optimizer.lr"]
    assert page._stage.currentWidget() is page._empty
    typed(page, 0, "0.01..0.001")
    assert "is not above" in page.setup.rows[0].note.text()
    assert page.setup.rows[0].note.isVisible()
    assert not page.setup.start.isEnabled()
    typed(page, 0, "0.001..0.01")
    assert not page.setup.rows[0].note.isVisible()
    QTest.mouseClick(page.setup.rows[0].log, LEFT)
    assert page.setup.rows[0].field.text() == "0.001..0.01:log"  # type: ignore[union-attr]
    line = page.setup.add.lineEdit()
    assert line is not None
    line.setFocus()
    QTest.mouseClick(line, LEFT)
    place = page.setup.add.findData("conv2d_1.filters")
    assert page.setup.add.itemText(place) == "First look: filters"
    page.setup.add.activated.emit(place)
    assert [row.setting.id for row in page.setup.rows] == ["recipe.optimizer.lr", "conv2d_1.filters"]
    typed(page, 1, "4, 6")
    page.setup.how.fields["trials"].edited.emit(3, "")
    page.setup.how.fields["epochs"].edited.emit(1, "")
    assert page.setup.facts.text() == "3 runs of 1 epoch, one after another."
    QTest.mouseClick(page.setup.start, LEFT)
    assert seen.search.is_live
    qtbot.waitUntil(lambda: seen.search.state.phase == "done", timeout=60_000)
    qtbot.waitUntil(lambda: page.results.table.trials.rowCount() == 3, timeout=5000)
    assert page.header.title == "search-1"
    assert "3 of 3 trials" in page.header.details
    assert "best" in page.header.details
    assert page.setup.start.isEnabled()
    assert not page.stop.isVisible()


def test_choices_are_ticked_in_a_list(page: SearchPage, seen: Session) -> None:
    page.vary("recipe.optimizer")
    button = page.setup.rows[1].field
    assert isinstance(button, ChoiceButton)
    menu = button.menu()
    ticked = [action.text() for action in menu.actions() if action.isChecked()]
    assert "Adam" in ticked
    for action in menu.actions():
        action.setChecked(False)
    assert not page.setup.start.isEnabled()
    menu.actions()[0].trigger()
    assert len(page.setup.rows[1].axis().wanted.values) == 1  # type: ignore[union-attr]
    QTest.mouseClick(page.setup.rows[1].remove, LEFT)
    assert [row.setting.id for row in page.setup.rows] == ["recipe.optimizer.lr"]


def test_what_was_searched_before_is_there_when_the_page_is_opened(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (1280, 620))
    qtbot.waitUntil(lambda: page.results.table.trials.rowCount() == 4, timeout=10_000)
    cells = [[page.results.table.trials.cell(t, c) for c in range(5)] for t in page.results.table.trials.trials]
    assert sorted(row[1] for row in cells) == ["Best", "Done", "Failed", "Failed"]
    assert all(row[4] == ("4" if row[1] == "Failed" else "3") for row in cells)
    failed = next(t for t in page.results.table.trials.trials if t.state == "failed")
    assert "3 classes" in page.results.table.trials.words(failed)


def test_a_search_of_another_session_is_read_in_the_background(
    searched: Session, bridge: Bridge, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    folder = searched.folder
    bridge.set_session(None)
    searched.close()
    with Session.open(folder) as again:
        bridge.set_session(again)
        page = show(SearchPage, (1280, 620))
        qtbot.waitUntil(lambda: page.results.table.trials.rowCount() == 4, timeout=20_000)
        assert again.search.state.phase == "opened"
        bridge.set_session(None)


def drag(plot: ParallelPlot, axis: int, low: float, high: float) -> None:
    x = plot.axis_x(axis)
    begin = QPointF(x, plot.axis_y(low)).toPoint()
    end = QPointF(x, plot.axis_y(high)).toPoint()
    QTest.mousePress(plot, LEFT, pos=begin)
    QTest.mouseMove(plot, (begin + end) / 2)
    QTest.mouseMove(plot, end)
    QTest.mouseRelease(plot, LEFT, pos=end)


def test_a_brush_sifts_the_trials_and_a_click_lets_them_all_back(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (1280, 620))
    qtbot.waitUntil(lambda: page.results.table.model().rowCount() == 4, timeout=10_000)
    plot, table = page.results.parallel, page.results.table
    drag(plot, 0, 0.55, 0.95)  # the upper of two values
    upper = plot._scales[0].words[1]
    assert table.model().rowCount() == 2
    assert {t.number for t in table.trials.trials if f"{t.values['recipe.optimizer.lr']:g}" == upper} == plot.left
    QTest.mouseClick(plot, LEFT, pos=QPoint(int(plot.axis_x(0)), int(plot.axis_y(0.5))))
    assert plot.left is None
    assert table.model().rowCount() == 4
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert plot.brushes == {1: (0.75, 1.0)} or list(plot.brushes) == [1]
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert table.model().rowCount() == 4


def test_the_drawing_and_the_table_show_the_same_trial(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (1280, 620))
    qtbot.waitUntil(lambda: page.results.table.model().rowCount() == 4, timeout=10_000)
    best = searched.search.state.best
    assert best is not None
    dot = page.results.progress.point_of(best)
    QTest.mouseClick(page.results.progress, LEFT, pos=dot.toPoint())
    assert page.results.table.current == best.number
    assert page.results.parallel._current == best.number
    plot = page.results.parallel
    places = plot._lines[best.number][0]
    assert places[0] is not None
    assert places[1] is not None
    middle = QPointF((plot.axis_x(0) + plot.axis_x(1)) / 2, (plot.axis_y(places[0]) + plot.axis_y(places[1])) / 2)
    assert plot.trial_at(middle) is not None
    table: TrialTable = page.results.table
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["Trial", "State", "Accuracy"]
    assert len(lines) == 5


def test_the_best_is_taken_over_with_a_click_and_undone_in_one_step(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (1280, 620))
    qtbot.waitUntil(lambda: page.take.isVisible() or page.results.table.model().rowCount() == 4, timeout=10_000)
    best, before = searched.search.state.best, searched.project
    assert best is not None
    page.take.click()
    assert searched.project.recipe.optimizer.params["lr"] == best.values["recipe.optimizer.lr"]
    if searched.project != before:
        searched.undo()
    assert searched.project == before


@pytest.fixture
def endless(project: Project) -> Project:
    return replace(project, recipe=replace(project.recipe, epochs=100_000))


def test_a_search_is_stopped_and_gone_on_with_by_its_buttons(page: SearchPage, seen: Session, qtbot: QtBot) -> None:
    page.setup.how.fields["epochs"].edited.emit(100_000, "")
    QTest.mouseClick(page.setup.start, LEFT)
    qtbot.waitUntil(lambda: bool(seen.search.state.trials and seen.search.state.trials[0].epochs), timeout=60_000)
    qtbot.waitUntil(lambda: not page.setup.start.isEnabled(), timeout=5000)
    page.stop.click()
    qtbot.waitUntil(lambda: seen.search.state.phase == "stopped", timeout=60_000)
    run = seen.search.state.trials[0].run
    assert "stopped" in page.header.details
    page.go_on.click()
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.id == run and seen.run.phase == "running", timeout=60_000)
    page.skip.click()
    qtbot.waitUntil(lambda: seen.search.state.done == 1, timeout=60_000)
    assert seen.search.state.trials[0].state == "pruned"
    page.stop.click()
    qtbot.waitUntil(lambda: seen.search.state.phase == "stopped", timeout=60_000)


def test_folds_are_trained_and_summed_up(page: SearchPage, seen: Session, qtbot: QtBot) -> None:
    button = page._modes.button(FOLDS)
    QTest.mouseClick(button, LEFT)
    assert page.mode == FOLDS
    assert page.folds_setup.foot.isVisible()
    assert not page.setup.foot.isVisible()
    page.folds_setup.how.fields["folds"].edited.emit(2, "")
    page.folds_setup.how.fields["epochs"].edited.emit(1, "")
    QTest.mouseClick(page.folds_setup.start, LEFT)
    qtbot.waitUntil(lambda: seen.folds.state.phase == "done", timeout=60_000)
    table = page.folds.table
    qtbot.waitUntil(lambda: table.rowCount() == 3, timeout=5000)
    last = table.item(2, 1)
    assert last is not None
    assert last.text() == "Mean ± deviation"
    assert "±" in page.folds.words.text()
    assert "over 2 folds" in page.folds.words.text()
    assert "folds-1" in page.header.title
    page.set_mode(SEARCH)
    assert page.setup.foot.isVisible()


def test_what_stands_in_the_way_is_a_notice(
    empty_session: Session, bridge: Bridge, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    bridge.set_session(empty_session)
    page = show(SearchPage, (1280, 620))
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    QTest.mouseClick(page.setup.start, LEFT)
    assert [d.code for d in heard] == ["data.none"]
    page.vary("no_such.setting")
    assert heard[-1].code == "search.unknown"
    bridge.set_session(None)


def test_where_it_is_low_tabs_choose_the_drawing(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (1280, 330))
    qtbot.waitUntil(lambda: page.results.table.model().rowCount() == 4, timeout=10_000)
    assert page.results.tabs.isVisible()
    assert page.results.parallel.isVisible()
    assert not page.results.progress.isVisible()
    page.results.tabs.setCurrentIndex(1)
    assert page.results.progress.isVisible()
    assert page.results.importance.isVisible()
    page.resize(1280, 640)
    qtbot.waitUntil(lambda: page.results.parallel.isVisible(), timeout=5000)
    assert page.setup.start.isVisible()


def test_where_it_is_narrow_one_side_takes_the_place_of_the_other(
    searched: Session, show: Callable[..., SearchPage], qtbot: QtBot
) -> None:
    page = show(SearchPage, (620, 700))
    assert page.setup.isVisible()
    QTest.mouseClick(page.to_results, LEFT)
    qtbot.waitUntil(lambda: page.results.table.model().rowCount() == 4, timeout=10_000)
    assert page.results.isVisible()
    assert not page.setup.isVisible()
    assert page.results.parallel.mapTo(page, QPoint()).y() > page.results.table.mapTo(page, QPoint()).y() + 50
    qtbot.waitUntil(lambda: page.to_setup.width() > 40, timeout=5000)
    page.to_setup.click()
    assert page.setup.isVisible()
    page.resize(1280, 700)
    qtbot.waitUntil(lambda: page.results.isVisible() and page.setup.isVisible(), timeout=5000)
