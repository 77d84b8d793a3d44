"""Which fact stands on all cards, as a field beside the facts themselves."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.facts_choice import FACTS, FactsChoice
from workbench.ui.theme import GAP, mark


class FactsRow(QWidget):
    """The same choice as in the View menu; either follows the other."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._choice = FactsChoice.of(bridge)
        words = QLabel("On the cards")
        mark(words, role="dim")
        self.box = QComboBox()
        self.box.setAccessibleName("Fact on the cards of layers")
        for name, title, tip in FACTS:
            self.box.addItem(title, name)
            self.box.setItemData(self.box.count() - 1, tip, 3)  # the tooltip of one entry
        self.box.setToolTip("What every card says below its words.")
        words.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(words, 1)
        row.addWidget(self.box)
        self._follow(self._choice.name)
        self.box.activated.connect(self._chosen)
        self._choice.changed.connect(self._follow)

    def _chosen(self, place: int) -> None:
        self._choice.choose(str(self.box.itemData(place)))

    def _follow(self, name: str) -> None:
        self.box.setCurrentIndex(self.box.findData(name))
