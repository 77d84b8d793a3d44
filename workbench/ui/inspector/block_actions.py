"""What can be done with a selected use of a block: buttons below its settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.theme import GAP, mark

COMMANDS = (
    ("open_block", "expand", "Open", "Go inside, as a double click or Enter on its card does."),
    (
        "unique",
        "duplicate",
        "Make unique",
        "Give this use a definition of its own, to change it by itself.",
    ),
    ("keep", "star", "Keep in my library", "Have it in the palette of every project."),
    ("dissolve", "ungroup", "Dissolve", "Put its layers in its place, with the values of this use (Ctrl+Shift+G)."),
)
"""Name, icon, words and tip of each button."""


class BlockActions(QWidget):
    """`wanted(command)` asks for one of `COMMANDS`. Says how often the block is used."""

    wanted = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.words = QLabel()
        self.words.setWordWrap(True)
        mark(self.words, role="dim")
        self.buttons: dict[str, QPushButton] = {}
        row = FlowLayout(GAP)
        for command, _, text, tip in COMMANDS:
            button = QPushButton(text)
            button.setObjectName(command)
            button.setToolTip(tip)
            button.clicked.connect(self._want)
            self.buttons[command] = button
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.words)
        column.addLayout(row)
        self.restyle()

    def show_use(self, uses: int, *, edit: bool, kept: bool) -> None:
        """`uses`: in how many places the definition stands; `kept`: the library has it already."""
        self.words.setText(
            f"Used in {count(uses, 'place')}: a change inside changes all of them."
            if uses > 1
            else "Used in this place only."
        )
        self.buttons["unique"].setEnabled(edit and uses > 1)
        self.buttons["dissolve"].setEnabled(edit)
        self.buttons["keep"].setEnabled(not kept)
        self.buttons["keep"].setText("In my library" if kept else "Keep in my library")

    def restyle(self) -> None:
        for command, name, _, _ in COMMANDS:
            self.buttons[command].setIcon(icon(name, self._bridge.theme, gap=2))

    def _want(self) -> None:
        button = self.sender()
        if isinstance(button, QObject):
            self.wanted.emit(button.objectName())
