"""Which changes are made to training pictures, in a line, and the way to where they are set."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.catalogue.augmentations import ON
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.document.project import Chosen
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.theme import GAP, mark


class AugmentationSummary(QWidget):
    """Names them in their order; the button leads to the preparation page of the data place."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._words = QLabel()
        self._words.setWordWrap(True)
        mark(self._words, role="dim")
        self.change_button = QPushButton("Change augmentations…")
        self.change_button.setToolTip("Set them on the Preparation page of Data, and see what they do to a picture")
        self.change_button.clicked.connect(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._words)
        column.addWidget(self.change_button)
        self.restyle()

    @property
    def words(self) -> str:
        return self._words.text()

    def show_list(self, chosen: Sequence[Chosen]) -> None:
        self._words.setText(in_words(chosen))

    def restyle(self) -> None:
        self.change_button.setIcon(icon("picture", self._bridge.theme))

    def _open(self) -> None:
        self._bridge.show_data_page("preparation")


def in_words(chosen: Sequence[Chosen]) -> str:
    """ "Shift, Rotate, Mixup; 1 switched off." """
    used = [AUGMENTATIONS[c.id].title if c.id in AUGMENTATIONS else c.id for c in chosen if c.params.get(ON, True)]
    off = len(chosen) - len(used)
    if not chosen:
        return "None. Shifting, turning or mirroring training pictures a little often helps."
    return f"{', '.join(used) or 'None'}{f'; {off} switched off' if off else ''}."
