"""The help: every text there, every link leads somewhere, and the panel shows them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.ui.bridge import Bridge
from workbench.ui.help.panel import HelpPanel
from workbench.ui.help.topics import ORDER, topics
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow


@pytest.fixture
def help_panel(qtbot: QtBot, bridge: Bridge, theme: Theme) -> HelpPanel:
    panel = HelpPanel(bridge, theme)
    qtbot.addWidget(panel)
    return panel


def test_all_texts_are_there_in_order() -> None:
    assert [topic.id for topic in topics()] == list(ORDER)
    for topic in topics():
        assert topic.title
        assert len(topic.text) > 300


def test_links_lead_somewhere() -> None:
    known = {topic.id for topic in topics()}
    for topic in topics():
        for target in re.findall(r"\]\(([^)]+)\)", topic.text):
            assert target.removesuffix(".md") in known, (topic.id, target)


def test_words_are_plain() -> None:
    for topic in topics():
        assert "!" not in topic.text, topic.id
        assert not re.search(r"\bimages?\b", topic.text), f"{topic.id} says image where the program says picture"


@pytest.mark.parametrize("topic", ORDER)
def test_every_text_is_shown(help_panel: HelpPanel, topic: str) -> None:
    help_panel.show_topic(topic)
    shown = help_panel.browser.toPlainText()
    assert shown.startswith(next(t.title for t in topics() if t.id == topic))
    assert "#" not in shown
    assert "**" not in shown
    assert help_panel.choice.currentData() == topic


def test_following_a_link_and_going_back(help_panel: HelpPanel) -> None:
    help_panel.show_topic("getting-started")
    assert not help_panel.back.isEnabled()
    help_panel.browser.anchorClicked.emit(QUrl("canvas.md"))
    assert help_panel.shown == "canvas"
    help_panel.back.click()
    assert help_panel.shown == "getting-started"
    help_panel.show_topic("no-such-text")
    assert help_panel.shown == "getting-started"


def test_f1_opens_it_beside_the_work(window: MainWindow, turn: Callable[..., None]) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    turn()
    assert window.panels is not None
    assert window.panels.docks["help"].isVisible()
    assert window.panels.help.shown == "getting-started"
    window.commands.carry_out("shortcuts")
    assert window.panels.help.shown == "shortcuts"


def test_f1_works_on_the_start_page(make_window: Callable[..., MainWindow], turn: Callable[..., None]) -> None:
    window = make_window()
    QTest.keyClick(window, Qt.Key.Key_F1)
    turn()
    assert window.panels is not None
    assert window.panels.docks["help"].isVisible()
    assert window.start.isVisible()
