"""The start page: what it offers, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from workbench.session.templates import templates
from workbench.ui.start.card_button import CardButton

OpenWindow = Callable[..., Any]


def start_page(open_window: OpenWindow) -> Any:
    person = open_window()
    person.wait(lambda: len(person.window.start.cards) >= 5, 30)
    person.settle()
    return person


def card(person: Any, target: str) -> CardButton:
    found: CardButton = next(c for c in person.window.start.cards if c.card.target == target)
    return found


def test_every_sample_has_a_card_that_says_what_it_is(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    start = person.window.start
    assert [c.card.target for c in start.samples.buttons] == [t.name for t in templates() if t.folder is not None]
    assert [c.card.target for c in start.networks.buttons] == [t.name for t in templates() if t.network is not None]
    for shown in person.window.start.cards:
        assert len(shown.card.words) > 20
        assert shown.card.graph.nodes


def test_a_sample_opens_by_a_click_and_goes_on_where_one_left_it(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    person.click(card(person, "digits-linear"))
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.project.name == "digits-linear"
    assert not person.session.errors
    folder = person.session.folder
    person.session.change("Rename project", name="Mine")
    person.key("Ctrl+S")
    person.key("Ctrl+W")
    person.wait(person.window.start.isVisible, 5)
    person.wait(lambda: len(person.window.start.cards) >= 6, 30)
    assert person.window.start.cards[0].card.title == "Mine", "the newest project comes first"
    person.settle()
    person.click(card(person, "digits-linear"))
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.folder == folder
    assert person.session.project.name == "Mine"


def test_a_network_is_found_by_typing_and_opens_anew_each_time(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    networks = person.window.start.networks
    networks.search.setFocus()
    person.type("lecun")
    assert [c.card.title for c in networks.buttons if c.isVisible()] == ["LeNet-5"]
    person.key("Return")
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.project.name == "LeNet-5"
    assert not person.session.errors
    first = person.session.folder
    person.key("Ctrl+W")
    person.wait(person.window.start.isVisible, 5)
    person.wait(lambda: len(person.window.start.recent.buttons) == 1, 30)
    person.settle()
    networks.search.clear()
    assert all(c.isVisible() for c in networks.buttons)
    networks.search.setText("no such network")
    assert not any(c.isVisible() for c in networks.buttons)
    networks.search.clear()
    person.window.start.networkWanted.emit("lenet-5")
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.folder != first


def test_enter_in_an_empty_search_opens_nothing(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    person.window.start.networks.search.setFocus()
    person.key("Return")
    person.settle()
    assert person.bridge.session is None


def test_the_first_tab_stops_are_the_three_ways_to_begin(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    order: list[QWidget | None] = []
    person.window.start.pictures_button.setFocus()
    for _ in range(4):
        order.append(QApplication.focusWidget())
        person.key("Tab")
    start = person.window.start
    assert order == [start.pictures_button, start.open_button, start.empty_button, start.cards[0]]


@pytest.mark.parametrize("key", ["Return", "Space"])
def test_a_sample_opens_by_keyboard_alone(open_window: OpenWindow, key: str) -> None:
    person = start_page(open_window)
    target = card(person, "digits-mlp")
    for _ in range(30):
        if QApplication.focusWidget() is target:
            break
        person.key("Tab")
    assert QApplication.focusWidget() is target, "Tab does not reach the card"
    person.key(key)
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.project.name == "digits-mlp"


@pytest.mark.parametrize("key", ["Return", "Space"])
def test_the_buttons_are_pressed_by_keyboard(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: asked.append("pictures") or "")
    person = start_page(open_window)
    person.window.start.pictures_button.setFocus()
    person.key(key)
    assert asked == ["pictures"]


def test_the_focus_can_be_seen(open_window: OpenWindow) -> None:
    """Whatever has the keyboard looks different from when it has not."""
    person = start_page(open_window)
    for widget in (person.window.start.open_button, person.window.start.cards[0]):
        person.window.start.pictures_button.setFocus()
        person.settle()
        without = widget.grab().toImage()
        widget.setFocus()
        person.settle()
        assert widget.grab().toImage() != without, f"{widget.accessibleName()} shows no focus"


def test_an_empty_project_starts_from_the_keyboard(open_window: OpenWindow) -> None:
    person = start_page(open_window)
    person.window.start.empty_button.setFocus()
    person.key("Space")
    person.wait(lambda: person.bridge.session is not None, 10)
    assert person.session.graph.nodes == {}
    person.settle()
    person.panels.canvas.view.setFocus()
    person.key("Space")  # the searchable list of layers
    person.settle()
    person.type("conv")
    person.key("Return")
    assert [n.layer for n in person.session.graph.nodes.values()] == ["conv2d"]


def test_a_recent_project_that_is_gone_says_so(open_window: OpenWindow, small: Path) -> None:
    first = open_window(small)
    first.window.close()
    first.wait(lambda: not first.window.isVisible(), 5)
    (small / "project.json").unlink()
    person = open_window()
    person.wait(lambda: len(person.window.start.cards) >= 6, 30)
    gone = person.window.start.cards[0]
    assert gone.card.missing
    person.settle()
    person.click(gone)
    person.settle()
    assert person.notice != ""
    assert person.bridge.session is None
    assert small not in person.window.settings.recent
