"""The five places, the docks in them, the theme: what a person arranged is there again after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from workbench.ui.bridge import PLACES
from workbench.ui.settings import Settings

OpenWindow = Callable[..., Any]

SHOWN = {
    "data": {"data", "inspector"},
    "build": {"palette", "canvas", "training", "viewers", "inspector"},
    "train": {"training", "viewers", "canvas", "inspector"},
    "look": {"canvas", "training", "viewers", "inspector"},
    "export": {"export", "canvas"},
}


def docks(person: Any) -> set[str]:
    return {name for name, dock in person.panels.docks.items() if dock.isVisible()}


def quit_properly(person: Any) -> None:
    person.window.close()
    person.wait(lambda: not person.window.isVisible(), 5)


def test_the_number_keys_go_to_the_five_places(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    for number, place in enumerate(PLACES, start=1):
        person.key(f"Ctrl+{number}")
        person.settle()
        assert person.bridge.place == place
        assert docks(person) == SHOWN[place]
        assert person.window.top_bar.places.button(number - 1).isChecked()


def test_the_place_buttons_go_there_too(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    for button in (*person.window.top_bar.places.buttons(), person.window.top_bar.places.button(1)):
        person.click(button)
        person.settle()
        assert docks(person) == SHOWN[button.objectName().removeprefix("place_")]


def test_docks_lie_within_the_window_and_share_it(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    for place in PLACES:
        person.go_to(place)
        shown = [person.panels.docks[name] for name in docks(person)]
        for dock in shown:
            assert not dock.isFloating()
            assert person.window.rect().contains(dock.geometry()), f"{dock.objectName()} sticks out in {place}"
        for i, one in enumerate(shown):
            for other in shown[i + 1 :]:
                common = one.geometry().intersected(other.geometry())
                assert common.isEmpty(), f"{one.objectName()} lies over {other.objectName()} in {place}"


def test_a_closed_dock_stays_closed_over_a_restart_until_it_is_wanted(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    palette = person.panels.docks["palette"]
    person.click(palette.titleBarWidget().close_button)
    assert not palette.isVisible()
    person.go_to("data")
    person.go_to("build")
    assert not palette.isVisible(), "forgotten by going away"
    quit_properly(person)

    again = open_window(small)
    assert docks(again) == SHOWN["build"] - {"palette"}
    again.panels.docks["palette"].toggleViewAction().trigger()
    assert again.panels.docks["palette"].isVisible()
    again.panels.docks["training"].close()
    again.window.actions_by_name["reset_docks"].trigger()
    again.settle()
    assert docks(again) == SHOWN["build"]
    quit_properly(again)
    assert docks(open_window(small)) == SHOWN["build"]


def test_a_dock_can_float_and_comes_back(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    dock = person.panels.docks["inspector"]
    button = dock.titleBarWidget().float_button
    person.click(button)
    assert dock.isFloating()
    assert dock.isVisible()
    person.settle()
    person.click(button)
    assert not dock.isFloating()


def test_widths_are_remembered(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    palette = person.panels.docks["palette"]
    person.window.resizeDocks([palette], [260], Qt.Orientation.Horizontal)
    person.settle()
    width = palette.width()
    assert width >= 250
    quit_properly(person)
    again = open_window(small)
    assert abs(again.panels.docks["palette"].width() - width) <= 2


def test_a_damaged_memory_of_the_docks_is_not_believed(open_window: OpenWindow, small: Path) -> None:
    settings = Settings()
    settings.set_arrangement("build", QByteArray(b"not an arrangement"), {"palette": (-7, 10**9)})
    settings.geometry = QByteArray(b"nor a geometry")
    settings.flush()
    person = open_window(small)
    assert docks(person) == SHOWN["build"]


@pytest.mark.parametrize(("first", "second"), [("dark", "light"), ("light", "dark")])
def test_the_theme_changes_at_once_and_is_remembered(
    open_window: OpenWindow, small: Path, qapp: QApplication, first: str, second: str
) -> None:
    person = open_window(small, theme=first)

    def ground() -> QColor:
        person.settle()
        picture = person.panels.inspector.grab().toImage()
        return picture.pixelColor(picture.width() - 4, picture.height() - 4)

    before = ground()
    assert (before.lightness() < 128) == (first == "dark")
    person.window.actions_by_name[f"theme_{second}"].trigger()
    after = ground()
    assert (after.lightness() < 128) == (second == "dark")
    assert (qapp.palette().window().color().lightness() < 128) == (second == "dark")
    canvas = person.panels.canvas.view.grab().toImage()
    assert (canvas.pixelColor(3, 3).lightness() < 128) == (second == "dark"), "the canvas did not follow"
    quit_properly(person)
    assert Settings().theme == second


def test_the_place_one_was_in_does_not_surprise_at_the_next_start(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.go_to("export")
    quit_properly(person)
    again = open_window(small)
    assert docks(again) == SHOWN[again.bridge.place]
    assert again.window.actions_by_name[f"place_{again.bridge.place}"].isChecked()


def test_a_place_gives_the_focus_to_what_it_is_about(open_window: OpenWindow, small: Path) -> None:
    """Docks that come and go hand the focus around; it must not end on some button, with a ring around it."""
    person = open_window(small)
    for place in (*PLACES, "build", "data", "build"):
        person.key(f"Ctrl+{PLACES.index(place) + 1}")
        person.settle()
        main = person.panels.of_place(place)
        focus = person.window.focusWidget()
        assert focus is not None
        assert focus is main or main.isAncestorOf(focus), f"{place}: {focus}"


def test_the_page_of_the_data_is_there_again_and_the_keyboard_is_in_it(open_window: OpenWindow, small: Path) -> None:
    first = open_window(small)
    assert first.panels.data.page_id == "pictures"
    first.key("Ctrl+1")
    first.settle()
    assert first.panels.data.browser.grid.hasFocus()
    first.bridge.show_data_page("findings")
    assert first.panels.data.page("findings").isVisible()
    quit_properly(first)
    again = open_window(small)
    assert again.panels.data.page_id == "findings"
    again.bridge.go_to("build")
    again.bridge.show_samples([0, 1], "To look at")
    again.settle()
    assert again.bridge.place == "data"
    assert again.panels.data.browser.isVisible()
    assert again.panels.data.browser.words.startswith("To look at · 2")
