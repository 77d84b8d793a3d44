"""Which fact stands on the cards of all layers: one choice, made in the View menu or the inspector."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.ui.bridge import Bridge

FACTS = (
    ("off", "Nothing", "Cards show what a layer is and what it gives."),
    ("flops", "FLOPs", "Floating-point operations of each layer for one picture; a multiply-add counts two."),
    ("memory", "Memory", "What training keeps of each layer until its way back, at the batch size of the recipe."),
    ("field", "Receptive field", "How much of the picture one value of each layer's result depends on."),
)
"""Name, words and explanation of each choice."""


class FactsChoice(QObject):
    """`changed(name)` tells of another choice."""

    changed = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._name = "off"

    @staticmethod
    def of(bridge: Bridge) -> FactsChoice:
        """The one choice of a bridge."""
        found = bridge.findChild(FactsChoice)
        return found if isinstance(found, FactsChoice) else FactsChoice(bridge)

    @property
    def name(self) -> str:
        return self._name

    def choose(self, name: str) -> None:
        """Take one of `FACTS`; anything else counts as "off"."""
        known = name if any(name == fact for fact, _words, _tip in FACTS) else "off"
        if known != self._name:
            self._name = known
            self.changed.emit(known)
