"""The left column of the viewers: the chosen picture, its name, and what the network takes it for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.viewers.picture_view import PictureView
from workbench.ui.viewers.score_bars import ROW_HEIGHT, ScoreBars, leading
from workbench.ui.viewers.words import verdict

_ROOM_FOR_VERDICT = 260
_ANY = 16_777_215  # Qt's own "no limit"


class PictureColumn(QWidget):
    """Picture, words and bars under each other; the picture takes the height that the rest leaves."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.picture = PictureView(bridge)
        self.before = IconButton(bridge, "chevron-left", "Picture before", quiet=True, small=True)
        self.next = IconButton(bridge, "chevron-right", "Next picture", quiet=True, small=True)
        self.name = ElidedLabel("dim", Qt.TextElideMode.ElideMiddle)
        self.verdict = ElidedLabel("dim")
        self.bars = ScoreBars(bridge)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        names = QHBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.name, 1)
        names.addWidget(self.before)
        names.addWidget(self.next)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(names)
        words.addWidget(self.verdict)
        words.addSpacing(2)
        words.addWidget(self.bars)
        words.addStretch(1)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)
        self._box.addWidget(self.picture)
        self._box.addLayout(words, 1)

    def lie_down(self, width: int) -> None:
        """Stand above the maps: the picture left, words and bars right of it."""
        self._box.setDirection(QBoxLayout.Direction.LeftToRight)
        self._box.setSpacing(12)
        self.verdict.show()
        side = max(min(int(width * 0.4), 200), 56)
        self.picture.setFixedSize(side, side)
        self.setFixedSize(width, max(side, len(self.bars.scores) * ROW_HEIGHT + 52))

    def stand(self, width: int, height: int) -> None:
        """Stand left of the maps: the picture above its words; `width` and `height` are the panel's body."""
        self._box.setDirection(QBoxLayout.Direction.TopToBottom)
        self._box.setSpacing(2)
        self.verdict.setVisible(height >= _ROOM_FOR_VERDICT)
        taken = len(self.bars.scores) * ROW_HEIGHT + self.before.height() + 10
        if self.verdict.isVisibleTo(self):
            taken += self.verdict.sizeHint().height() + 2
        side = max(56, min(height - taken, int(width * 0.34), 320))
        column = max(side, 136)
        self.picture.setFixedSize(column, side)
        self.setMinimumHeight(0)
        self.setMaximumHeight(_ANY)
        self.setFixedWidth(column)

    def show_views(self, views: Views | None) -> None:
        if views is None:
            self.picture.show_picture(None)
            self.name.setText("")
            self.verdict.setText("")
            self.bars.show_scores(())
            return
        self.picture.show_picture(views.picture, views.words)
        self.name.setText(views.picture_name)
        scores = leading(views.scores, views.classes, views.label)
        self.bars.show_scores(scores)
        self.verdict.setText(verdict(views))
