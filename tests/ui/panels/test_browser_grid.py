"""The grid by mouse and keyboard: real events on a shown panel of 36 pictures in three classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.grid import LARGEST, SampleGrid
from workbench.ui.datasets.browser.query import Query
from workbench.ui.datasets.panel import DataPanel

from .conftest import EACH

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def panel(seen: Session, show: Callable[..., DataPanel]) -> DataPanel:
    return show(DataPanel, (1000, 600))


@pytest.fixture
def grid(panel: DataPanel) -> SampleGrid:
    panel.browser.grid.setFocus()
    return panel.browser.grid


def centre(grid: SampleGrid, place: int) -> QPoint:
    rect = grid.rect_of(int(grid.found.numbers[place]))
    assert rect is not None
    return rect.center()


def click(grid: SampleGrid, place: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(grid.viewport(), LEFT, held, centre(grid, place))


def chosen(grid: SampleGrid) -> list[int]:
    """The places of what is chosen."""
    return [grid.place_of(int(number)) for number in grid.chosen]  # type: ignore[misc]


def drag(
    grid: SampleGrid, begin: QPoint, end: QPoint, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    view = grid.viewport()
    QTest.mousePress(view, LEFT, held, begin)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, begin + (end - begin) * share)
    QTest.mouseRelease(view, LEFT, held, end)


def test_clicks_choose_one_add_and_take_ranges(grid: SampleGrid) -> None:
    click(grid, 3)
    assert chosen(grid) == [3]
    click(grid, 5, CONTROL)
    assert chosen(grid) == [3, 5]
    click(grid, 3, CONTROL)
    assert chosen(grid) == [5]
    click(grid, 5)
    click(grid, 9, SHIFT)
    assert chosen(grid) == [5, 6, 7, 8, 9]
    click(grid, 2, SHIFT)
    assert chosen(grid) == [2, 3, 4, 5]
    click(grid, 4)  # one of several: it alone, once the button is let go
    assert chosen(grid) == [4]
    QTest.mouseClick(grid.viewport(), LEFT, pos=QPoint(grid.viewport().width() // 2, 2))
    assert chosen(grid) == []


def test_a_click_on_a_heading_chooses_its_class(grid: SampleGrid) -> None:
    top = grid.tiles.heading_top(1) - grid.top + 12
    QTest.mouseClick(grid.viewport(), LEFT, pos=QPoint(20, top))
    assert chosen(grid) == list(range(EACH, 2 * EACH))


def test_a_band_chooses_what_it_touches_and_adds_with_control(grid: SampleGrid) -> None:
    begin = centre(grid, 1)
    drag(grid, begin, centre(grid, 3))
    assert chosen(grid) == [1, 2, 3]
    columns = grid.tiles.columns
    drag(grid, centre(grid, columns), centre(grid, columns + 1), CONTROL)
    assert chosen(grid) == [1, 2, 3, columns, columns + 1]
    drag(grid, centre(grid, 0), centre(grid, columns + 1))
    assert chosen(grid) == [0, 1, columns, columns + 1]
    assert grid.viewport().grab().toImage().pixelColor(2, 2).isValid()


def test_the_arrows_walk_across_the_groups(grid: SampleGrid) -> None:
    columns = grid.tiles.columns
    assert columns < EACH
    QTest.keyClick(grid, Key.Key_Home)
    assert chosen(grid) == [0]
    QTest.keyClick(grid, Key.Key_Right)
    assert chosen(grid) == [1]
    QTest.keyClick(grid, Key.Key_Down)
    assert chosen(grid) == [1 + columns]
    QTest.keyClick(grid, Key.Key_End)
    assert chosen(grid) == [35]
    QTest.keyClick(grid, Key.Key_Right)
    assert chosen(grid) == [35]
    QTest.keyClick(grid, Key.Key_Home)
    for _ in range(40):
        QTest.keyClick(grid, Key.Key_Down)
    assert grid.selection.current is not None
    assert grid.place_of(grid.selection.current) >= 2 * EACH  # type: ignore[operator]
    for _ in range(40):
        QTest.keyClick(grid, Key.Key_Up)
    assert chosen(grid) == [0]
    QTest.keyClick(grid, Key.Key_PageDown)
    assert chosen(grid)[0] > columns
    rect = grid.rect_of(int(grid.chosen[0]))
    assert rect is not None
    assert grid.viewport().rect().contains(rect)


def test_shift_takes_along_and_control_walks_without_choosing(grid: SampleGrid) -> None:
    click(grid, 2)
    QTest.keyClick(grid, Key.Key_Right, SHIFT)
    QTest.keyClick(grid, Key.Key_Right, SHIFT)
    assert chosen(grid) == [2, 3, 4]
    QTest.keyClick(grid, Key.Key_Left, SHIFT)
    assert chosen(grid) == [2, 3]
    QTest.keyClick(grid, Key.Key_Home, SHIFT)
    assert chosen(grid) == [0, 1, 2]
    QTest.keyClick(grid, Key.Key_Right, CONTROL)
    QTest.keyClick(grid, Key.Key_Right, CONTROL)
    assert chosen(grid) == [0, 1, 2]
    QTest.keyClick(grid, Key.Key_Space, CONTROL)
    assert chosen(grid) == [0, 1]
    QTest.keyClick(grid, Key.Key_A, CONTROL)
    assert len(chosen(grid)) == 36
    QTest.keyClick(grid, Key.Key_Escape)
    assert chosen(grid) == []


def test_typing_goes_to_a_name(panel: DataPanel, grid: SampleGrid) -> None:
    panel.browser.bar.use(Query(sort="name"))
    QTest.keyClicks(grid, "11")
    columns = grid.columns
    assert columns is not None
    assert columns.names[int(grid.chosen[0])] == "bright/11.png"


def test_letters_that_are_commands_are_letters_within_a_name(panel: DataPanel, grid: SampleGrid, seen: Session) -> None:
    click(grid, 0)
    QTest.keyClicks(grid, "1x")
    assert not seen.project.data.changes
    QTest.keyClick(grid, Key.Key_X, SHIFT)
    assert not seen.project.data.changes


def test_the_keys_to_find_lead_to_the_field_and_back(panel: DataPanel, grid: SampleGrid, qtbot: QtBot) -> None:
    QTest.keyClick(grid, Key.Key_F, CONTROL)
    search = panel.browser.bar.search
    assert search.hasFocus()
    QTest.keyClicks(search, "dark")
    qtbot.waitUntil(lambda: len(grid.found) == EACH, timeout=5000)
    QTest.keyClick(search, Key.Key_Down)
    assert grid.hasFocus()
    assert chosen(grid) == [0]
    QTest.keyClick(grid, Key.Key_Slash)
    assert search.hasFocus()
    QTest.keyClick(search, Key.Key_Escape)
    qtbot.waitUntil(lambda: len(grid.found) == 36, timeout=5000)


def test_the_right_button_asks_for_the_menu_of_what_is_under_it(grid: SampleGrid) -> None:
    asked: list[QPoint] = []
    grid.menuAsked.connect(asked.append)
    click(grid, 0)
    click(grid, 1, CONTROL)
    for place, expected in ((1, [0, 1]), (4, [4])):
        point = centre(grid, place)
        QTest.mousePress(grid.viewport(), RIGHT, pos=point)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, grid.viewport().mapToGlobal(point))
        QApplication.sendEvent(grid.viewport(), event)
        assert chosen(grid) == expected
        QTest.mouseRelease(grid.viewport(), RIGHT, pos=point)
    assert len(asked) >= 2


def test_a_larger_tile_keeps_what_is_chosen_in_view(panel: DataPanel, grid: SampleGrid) -> None:
    QTest.keyClick(grid, Key.Key_End)
    panel.browser.bar.slider.setValue(panel.browser.bar.slider.maximum())
    assert grid.edge == LARGEST
    rect = grid.rect_of(int(grid.chosen[0]))
    assert rect is not None
    assert grid.viewport().rect().intersects(rect)
    assert chosen(grid) == [35]


def test_only_what_is_in_view_is_decoded(panel: DataPanel, grid: SampleGrid, qtbot: QtBot) -> None:
    panel.browser.bar.slider.setValue(panel.browser.bar.slider.maximum())
    grid.thumbnails.use(None)
    dataset = panel.browser._dataset
    grid.thumbnails.use(dataset)
    grid.viewport().update()
    first = int(grid.found.numbers[0])
    qtbot.waitUntil(lambda: grid.thumbnails.get(first) is not None, timeout=10_000)
    assert grid.thumbnails.kept < 30
    point = QPointF(grid.viewport().rect().center())
    where = QPointF(grid.viewport().mapToGlobal(point.toPoint()))
    none = Qt.MouseButton.NoButton
    wheel = QWheelEvent(
        point,
        where,
        QPoint(),
        QPoint(0, -1200),
        none,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), wheel)
    assert grid.top > 200


def test_scrolling_paints_the_same_as_painting_anew(grid: SampleGrid, qtbot: QtBot) -> None:
    """What is moved by the system while scrolling, and the strip that comes in, are what a whole paint gives."""
    qtbot.waitUntil(lambda: grid.thumbnails.kept > 10, timeout=10_000)
    grid.set_edge(LARGEST)
    qtbot.waitUntil(lambda: _all_there(grid), timeout=10_000)
    for _ in range(5):
        grid.verticalScrollBar().setValue(grid.top + 37)
        grid.viewport().repaint()
        qtbot.waitUntil(lambda: _all_there(grid), timeout=10_000)
        qtbot.wait(40)
    scrolled = grid.viewport().grab().toImage()
    grid.viewport().update()
    assert scrolled == grid.viewport().grab().toImage()


def _all_there(grid: SampleGrid) -> bool:
    pictures = [grid.thumbnails.get(number) for number in grid._in_view()]
    return all(p is not None and p.width() == grid.thumbnails.edge for p in pictures)


def test_what_a_screen_reader_hears(grid: SampleGrid) -> None:
    click(grid, 0)
    click(grid, 1, CONTROL)
    words = grid.accessibleDescription()
    assert words.startswith("bright/1.png, bright, ")
    assert "16 × 16 pixels" in words
    assert words.endswith("2 of 36 samples chosen")


def test_both_themes_paint_tiles_and_headings(grid: SampleGrid, bridge: Bridge, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: _all_there(grid), timeout=10_000)
    click(grid, 1)
    for name in ("light", "dark"):
        bridge.set_theme(name)  # type: ignore[arg-type]
        image = grid.viewport().grab().toImage()
        selection, accent = (bridge.theme.color(token).name() for token in ("selection", "accent"))
        rect = grid.rect_of(int(grid.chosen[0]))
        assert rect is not None
        colours = {image.pixelColor(x, rect.bottom() + 2).name() for x in range(rect.left(), rect.right())}
        assert colours & {selection, accent}


def test_nothing_matches_and_back_to_everything(panel: DataPanel, grid: SampleGrid, qtbot: QtBot) -> None:
    panel.browser.bar.search.setText("no such name")
    qtbot.waitUntil(lambda: panel.browser.none.isVisible(), timeout=5000)
    assert panel.browser.words == "0 of 36 pictures"
    QTest.mouseClick(panel.browser.clear, LEFT)
    assert grid.isVisible()
    assert panel.browser.words == "36 pictures"
    assert panel.browser.bar.search.text() == ""


def test_every_place_is_shown_once(grid: SampleGrid) -> None:
    assert sorted(grid.found.numbers.tolist()) == list(range(36))
    assert [grid.place_of(n) for n in grid.found.numbers.tolist()] == list(range(36))
    assert np.all(np.diff(grid.found.starts) == EACH)
