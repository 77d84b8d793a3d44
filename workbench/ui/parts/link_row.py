"""A few links in a row, such as the remedies of a problem; in several rows where there is no room for one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.theme import MARGIN, mark


class LinkRow(QWidget):
    """`chosen(place)` tells which of the links was taken, counted from 0."""

    chosen = Signal(int)

    def __init__(self, links: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        row = FlowLayout(MARGIN, self, between=0)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for place, (text, tip) in enumerate(links):
            button = QPushButton(text)
            button.setToolTip(tip)
            mark(button, role="link")
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return tuple(b for b in self._group.buttons() if isinstance(b, QPushButton))
