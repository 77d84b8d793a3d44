"""A few links in a row, such as the remedies of a problem; in several rows where there is no room for one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.theme import MARGIN, mark

NARROWEST = 48
"""Pixels that a link keeps, whatever it says."""


class Link(QPushButton):
    """A link that gives way: what does not fit ends in "…" and is read whole in the tooltip."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # may be narrower than it wishes

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        if self.width() < self.sizeHint().width():
            room = self.width() - 2
            words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
            option.text = words  # type: ignore[attr-defined]
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)


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
            button = Link(text)
            button.setToolTip(tip)
            mark(button, role="link")
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return tuple(b for b in self._group.buttons() if isinstance(b, QPushButton))
