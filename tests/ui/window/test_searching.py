"""Searching in the whole window: from a right click in the inspector to the tab, and a live search beside the rest."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget

from tests.ui.window.conftest import OpenWindow, Person
from workbench.ui.search.page import SearchPage


def search_page(person: Person) -> SearchPage:
    found = person.panels.training.page("search")
    assert isinstance(found, SearchPage)
    return found


def vary(person: Person, within: QWidget, label: str) -> None:
    """Right-click the name of a setting and take what is offered."""
    found = next(w for w in within.findChildren(QLabel) if w.text() == label and w.isVisible())
    place = QPoint(4, found.height() // 2)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(found, QContextMenuEvent(reason, place, found.mapToGlobal(place)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (action,) = menu.actions()
    assert action.text() == "Vary in a search"
    action.trigger()
    menu.close()
    person.settle()


def test_a_setting_is_varied_from_where_it_stands(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.click_node("conv2d_1")
    person.settle()
    vary(person, person.panels.inspector, "Filters")
    assert person.bridge.place == "train"
    assert person.panels.training.page_id == "search"
    page = search_page(person)
    assert [row.setting.id for row in page.setup.rows] == ["recipe.optimizer.lr", "conv2d_1.filters"]
    assert page.setup.rows[1].field.isVisible()
    person.go_to("build")
    person.bridge.select(())
    person.settle()
    vary(person, person.panels.inspector, "Batch size")
    assert [row.setting.id for row in page.setup.rows][2:] == ["recipe.batch_size"]


def test_a_search_runs_beside_the_window_and_stops_with_the_button_at_the_top(
    open_window: OpenWindow, endless: Path
) -> None:
    person = open_window(endless)
    person.bridge.show_training_page("search")
    person.settle()
    page = search_page(person)
    person.click(page.setup.start)
    person.wait(lambda: person.session.run is not None and person.session.run.step > 2)
    assert page.head.isVisible()
    person.wait(lambda: "trial" in page.header.details)
    person.wait(lambda: page.stop.isVisible())
    person.key("Ctrl+.")
    person.wait(lambda: person.session.search.state.phase == "stopped")
    person.settle()
    assert page.go_on.isVisible()
    assert not page.stop.isVisible()
