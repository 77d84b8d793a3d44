"""The start page: begin with pictures, a sample, a network, or go on with what was open lately."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.ui.background import Background
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.settings import Settings
from workbench.ui.start.recovery import RecoveryNote
from workbench.ui.start.section import CardSection
from workbench.ui.theme import GAP, MARGIN, Theme, mark

if TYPE_CHECKING:  # the catalogue that cards are drawn with is loaded by the thread that reads them
    from workbench.document.autosave import Recovery
    from workbench.ui.start.card_button import CardButton
    from workbench.ui.start.cards import ProjectCard

CARD_WIDTH, COLUMNS, EDGE, SCROLL_BAR = 220, 4, 32, 12
WIDTH = COLUMNS * CARD_WIDTH + (COLUMNS - 1) * MARGIN


class StartPage(QWidget):
    """Says what a person wants; the window does it. Cards are read in the background, so the page is there at once."""

    picturesWanted = Signal()
    openWanted = Signal()
    emptyWanted = Signal()
    sampleWanted = Signal(str)  # a template's name
    networkWanted = Signal(str)  # a template's name
    recentWanted = Signal(object)  # Path
    recoverWanted = Signal(object)  # Recovery

    def __init__(self, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self._bridge, self._settings = bridge, settings
        self.setObjectName("start")
        self.setAccessibleName("Start page")
        mark(self, surface="window")
        self._reader = Background("start page", self)
        self._reader.done.connect(self._show_cards)
        self._reader.failed.connect(bridge.notify)
        inside = QWidget()
        mark(inside, surface="window")
        self._column = QVBoxLayout()
        self._column.setSpacing(GAP)
        row = QHBoxLayout(inside)
        row.addLayout(self._column)
        self._row = row
        self._fill()
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        bridge.themeChanged.connect(self._restyle)
        self._restyle()

    def _fill(self) -> None:
        title = QLabel("Start with your pictures")
        mark(title, role="heading")
        words = QLabel(
            "Choose a folder with one sub-folder for each class, or drop it anywhere on this window. "
            "Nothing leaves this computer."
        )
        words.setWordWrap(True)
        mark(words, role="dim")
        self.pictures_button = QPushButton("Open a folder of pictures…")
        self.pictures_button.setObjectName("open_pictures")
        self.pictures_button.setToolTip("Start a project from labelled pictures (Ctrl+Alt+O).")
        mark(self.pictures_button, role="primary")
        self.pictures_button.clicked.connect(self.picturesWanted)
        self.open_button = QPushButton("Open project…")
        self.open_button.setToolTip("Open a project folder or its project.json (Ctrl+O).")
        self.open_button.clicked.connect(self.openWanted)
        self.empty_button = QPushButton("Empty project")
        self.empty_button.setToolTip("Begin with an empty canvas.")
        self.empty_button.clicked.connect(self.emptyWanted)
        for button in (self.pictures_button, self.open_button, self.empty_button):
            button.setIconSize(QSize(22, 16))
            button.setMinimumHeight(34)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        for button in (self.pictures_button, self.open_button, self.empty_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.recovery = RecoveryNote(self._bridge)
        self.recovery.restoreWanted.connect(self.recoverWanted)
        self.working = QLabel()
        self.working.hide()
        mark(self.working, role="dim")
        self.recent = CardSection(self._bridge, "Recent projects")
        self.samples = CardSection(self._bridge, "Samples to try")
        self.networks = CardSection(self._bridge, "Networks to begin with", search="Find a network")
        self.recent.chosen.connect(self._open_recent)
        self.samples.chosen.connect(self._open_sample)
        self.networks.chosen.connect(self._open_network)
        for widget in (title, words):
            self._column.addWidget(widget)
        self._column.addSpacing(GAP)
        self._column.addLayout(buttons)
        self._column.addWidget(self.working)
        self._column.addWidget(self.recovery)
        for section in self._sections:
            self._column.addWidget(section)
        self._column.addStretch(1)

    @property
    def _sections(self) -> tuple[CardSection, ...]:
        return self.recent, self.samples, self.networks

    @property
    def cards(self) -> tuple[CardButton, ...]:
        """All cards that are there, in reading order."""
        return tuple(button for section in self._sections for button in section.buttons)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = max(EDGE, (self.width() - WIDTH) // 2)
        self._row.setContentsMargins(side, 40, side - SCROLL_BAR, 40)

    def refresh(self) -> None:
        """Read the cards anew, in the background."""
        self._reader.start(partial(_read, self._settings.recent))

    def show_recoveries(self, recoveries: tuple[Recovery, ...]) -> None:
        """Offer what a crash left unsaved."""
        self.recovery.show_recoveries(recoveries)

    def show_working(self, words: str) -> None:
        """Say what goes on ("" when nothing does)."""
        self.working.setText(words)
        self.working.setVisible(bool(words))

    def close_background(self) -> None:
        self._reader.close()

    def _show_cards(self, cards: tuple[tuple[ProjectCard, ...], ...]) -> None:
        for section, found in zip(self._sections, cards, strict=True):
            section.show_cards(found)
        stops = [self.recovery.discard_button, *(stop for section in self._sections for stop in section.stops)]
        for stop, following in pairwise(stops):  # the search fields were there first, but stand among the cards
            QWidget.setTabOrder(stop, following)

    def _open_recent(self, card: ProjectCard) -> None:
        self.recentWanted.emit(Path(card.target))

    def _open_sample(self, card: ProjectCard) -> None:
        self.sampleWanted.emit(card.target)

    def _open_network(self, card: ProjectCard) -> None:
        self.networkWanted.emit(card.target)

    def _restyle(self, _theme: Theme | None = None) -> None:
        theme = self._bridge.theme
        self.pictures_button.setIcon(icon("folder-pictures", theme, "on_accent", gap=6))
        self.open_button.setIcon(icon("folder", theme, gap=6))
        self.empty_button.setIcon(icon("new", theme, gap=6))
        for section in self._sections:
            section.restyle()


def _read(recent: tuple[Path, ...]) -> tuple[tuple[ProjectCard, ...], ...]:
    """What the sections show, in their order."""
    from workbench.ui.start.cards import network_cards, recent_cards, sample_cards

    return recent_cards(recent[:8]), sample_cards(), network_cards()
