"""The pages of training, in the order of their tabs; a new page adds itself by one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.results.page import ResultsPage
from workbench.ui.runs.page import RunsPage
from workbench.ui.search.page import SearchPage
from workbench.ui.theme import Theme
from workbench.ui.training.live_page import LivePage


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what it is called in settings and by other panels, the words on its tab, and the class that builds it.

    `build(bridge, theme)` is called when the page is first shown, on the window's thread. The page shows what is there
    by then, and follows the bridge's signals from then on; while it is hidden it draws nothing. A page that has a
    widget `head` (a line of details and buttons, one row high) sees it placed beside the tabs.
    """

    id: str
    title: str
    build: Callable[[Bridge, Theme], QWidget]


PAGES: tuple[Page, ...] = (
    Page("live", "Live", LivePage),
    Page("runs", "Runs", RunsPage),
    Page("results", "Results", ResultsPage),
    Page("search", "Search", SearchPage),
)
"""The first is shown until a person chooses another one; where it is the only one there are no tabs."""
