"""A titled group of cards on the start page; long groups can be searched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.theme import GAP, MARGIN, mark

if TYPE_CHECKING:
    from workbench.ui.start.card_button import CardButton
    from workbench.ui.start.cards import ProjectCard

SEARCH_WIDTH = 220


class CardSection(QWidget):
    """A title above cards that wrap; hidden while there are none. `chosen(ProjectCard)` when one is pressed."""

    chosen = Signal(object)

    def __init__(self, bridge: Bridge, title: str, *, search: str = "") -> None:
        """`search` is the placeholder of a search field; without one there is no field."""
        super().__init__()
        self._bridge = bridge
        self.buttons: list[CardButton] = []
        heading = QLabel(title)
        mark(heading, role="title")
        self._searchable = bool(search)
        self.search = QLineEdit()
        self.search.setPlaceholderText(search)
        self.search.setAccessibleName(search)
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Type a part of a name or of the words below it. Enter opens the first one.")
        self.search.setFixedWidth(SEARCH_WIDTH)
        self._glass = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        if not self._searchable:  # never shown here: without a parent yet it would be a window for a moment
            self.search.hide()
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._choose_first)
        self._nothing = QLabel()
        mark(self._nothing, role="dim")
        self._nothing.hide()
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.search)
        body = QWidget()
        body.setLayout(FlowLayout(MARGIN))
        policy = body.sizePolicy()
        policy.setHeightForWidth(True)
        body.setSizePolicy(policy)
        self._body = body
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * MARGIN - GAP, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._nothing)
        column.addWidget(body)
        self.hide()

    def show_cards(self, cards: Iterable[ProjectCard]) -> None:
        """Put these in the place of those that were shown."""
        from workbench.ui.start.card_button import CardButton

        layout = self._body.layout()
        for old in self.buttons:
            self._group.removeButton(old)
            old.hide()
            old.deleteLater()
        self.buttons = [CardButton(self._bridge, card) for card in cards]
        for button in self.buttons:
            self._group.addButton(button)
            if layout is not None:
                layout.addWidget(button)
        self.setVisible(bool(self.buttons))
        self._narrow(self.search.text())

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab visits here, in reading order."""
        return (*((self.search,) if self._searchable else ()), *self.buttons)

    def restyle(self) -> None:
        """Paint everything in the colours of the theme in force."""
        self._glass.setIcon(icon("search", self._bridge.theme, "dim"))
        for button in self.buttons:
            button.update()

    def _narrow(self, typed: str) -> None:
        """Show the cards that have every word typed in their title or their words."""
        words = typed.casefold().split()
        found = 0
        for button in self.buttons:
            text = " ".join((button.card.title, button.card.words, button.card.details)).casefold()
            fits = all(word in text for word in words)
            found += fits
            button.setVisible(fits)
        self._nothing.setText(f"Nothing here is about “{typed.strip()}”.")
        self._nothing.setVisible(bool(words) and not found)

    def _choose_first(self) -> None:
        first = next((button for button in self.buttons if not button.isHidden()), None)
        if first is not None and self.search.text().strip():
            self._choose(first)

    def _choose(self, button: QAbstractButton) -> None:
        card = getattr(button, "card", None)
        if card is not None:
            self.chosen.emit(card)
