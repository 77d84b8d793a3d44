"""The palette a person colours layers and frames with, as a row of discs."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from workbench.document.graph import COLOURS
from workbench.ui.parts.swatch import COLOUR_TITLES, swatch_icon
from workbench.ui.theme import GAP, MARGIN, SPACE, Theme, mark


class Swatches(QWidget):
    """One button a colour and one for none; the arrow keys go from one to the next. `chosen(colour)` when pressed."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Colour")
        words = QLabel("Colour")
        mark(words, role="dim")
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, SPACE, MARGIN, SPACE)
        row.setSpacing(0)
        row.addWidget(words)
        row.addSpacing(GAP)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for number, name in enumerate(("", *COLOURS)):
            button = QToolButton()
            button.setObjectName(f"swatch_{name or 'none'}")
            button.setAccessibleName(COLOUR_TITLES[name])
            button.setToolTip(COLOUR_TITLES[name])
            button.setCheckable(True)
            button.setIconSize(QSize(16, 16))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFixedSize(22, 22)  # all of them and the word beside each other in the narrowest inspector
            mark(button, role="swatch")
            self._group.addButton(button, number)
            self._buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self._group.idClicked.connect(self._clicked)
        self.restyle()

    def show_colour(self, colour: str | None) -> None:
        """Mark the present colour; None where several differ."""
        self._group.setExclusive(False)
        for name, button in self._buttons.items():
            button.setChecked(name == colour)
        self._group.setExclusive(True)

    def restyle(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(swatch_icon(name, self._theme))

    def _clicked(self, number: int) -> None:
        self.chosen.emit(("", *COLOURS)[number])
