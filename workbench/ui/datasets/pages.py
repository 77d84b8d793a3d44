"""The pages of the Data place, in the order of their tabs; a new page adds itself by one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.page import BrowserPage
from workbench.ui.datasets.findings.page import FindingsPage
from workbench.ui.datasets.preparation.page import PreparationPage
from workbench.ui.datasets.splits.page import SplitsPage
from workbench.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what it is called in settings and by other panels, the words on its tab, and the class that builds it.

    `build(bridge, theme)` is called when the page is first shown, on the window's thread. The page shows what is there
    by then, and follows `bridge.sessionChanged`, `dataChanged` and `projectChanged` from then on.
    """

    id: str
    title: str
    build: Callable[[Bridge, Theme], QWidget]


PAGES: tuple[Page, ...] = (
    Page("pictures", "Browse", BrowserPage),
    Page("findings", "Findings", FindingsPage),
    Page("splits", "Splits", SplitsPage),
    Page("preparation", "Preparation", PreparationPage),
)
"""The first is shown until a person chooses another one."""
