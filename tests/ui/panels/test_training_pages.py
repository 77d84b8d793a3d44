"""The training panel: tabs over its pages, built when first shown, none of which forces its size on the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import PanelHeader
from workbench.ui.theme import Theme
from workbench.ui.training import pages
from workbench.ui.training.live_page import LivePage
from workbench.ui.training.pages import Page
from workbench.ui.training.panel import TrainingPanel

ShowPanel = Callable[..., TrainingPanel]
built: list[str] = []


class Wide(QWidget):
    """A page that wants more than there is."""

    def __init__(self, bridge: Bridge, _theme: Theme) -> None:
        super().__init__()
        built.append("wide")
        self.head = PanelHeader("Wide")
        self.head.set_details("much")
        self.setMinimumSize(3000, 2000)
        QVBoxLayout(self).addWidget(QLabel("wide"))


@pytest.fixture
def two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    built.clear()
    monkeypatch.setattr(pages, "PAGES", (Page("live", "Live", LivePage), Page("wide", "Wide", Wide)))


def test_one_page_has_no_tabs(show: ShowPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", (Page("live", "Live", LivePage),))
    panel = show(TrainingPanel)
    assert not panel.tabs.isVisible()
    assert panel.live.header.title == "Training"
    assert panel.page_id == "live"


def test_pages_are_built_when_they_are_first_shown(two_pages: None, show: ShowPanel) -> None:
    panel = show(TrainingPanel)
    assert panel.tabs.isVisible()
    assert built == []
    chosen: list[str] = []
    panel.pageChosen.connect(chosen.append)
    panel.show_page("wide")
    assert built == ["wide"]
    assert chosen == ["wide"]
    panel.show_page("live")
    panel.show_page("wide")
    panel.show_page("one of another version")
    assert built == ["wide"]
    assert panel.page_id == "wide"


def test_the_head_of_the_page_in_view_stands_beside_the_tabs(
    two_pages: None, show: ShowPanel, trained: Session
) -> None:
    panel = show(TrainingPanel)
    assert panel.live.head.isVisible()
    assert panel.live.head.y() < panel.live.mapTo(panel, panel.live.rect().topLeft()).y()
    assert "run 1" in panel.live.header.details
    panel.show_page("wide")
    head = panel.findChildren(PanelHeader)
    assert [h.details for h in head if h.isVisible()] == ["much"]


def test_a_large_page_is_scrolled_and_makes_the_panel_no_larger(two_pages: None, show: ShowPanel) -> None:
    panel = show(TrainingPanel, (500, 260))
    panel.show_page("wide")
    assert panel.size().width() == 500
    assert panel.minimumSizeHint().width() < 500
    assert panel.minimumSizeHint().height() < 260


def test_another_panel_asks_for_a_page(two_pages: None, show: ShowPanel, bridge: Bridge) -> None:
    panel = show(TrainingPanel)
    bridge.show_training_page("wide")
    assert bridge.place == "train"
    assert panel.page_id == "wide"
