"""A group of settings that is folded away, with what it says in a few words beside its title."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.ui.icons import icon
from workbench.ui.theme import SPACE, Theme, mark


class Fold(QWidget):
    """A title that opens what is below it. `body` takes the widgets, `say` the words beside it while folded."""

    def __init__(self, title: str, tip: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self.button.setToolTip(tip)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        mark(self.button, role="fold")
        self._words = QLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        mark(self._words, role="faint")
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        head.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        head.addWidget(self._words, 1)
        inside = QWidget()
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(0, 0, 0, SPACE)
        self.body.setSpacing(SPACE)
        self._inside = inside
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(inside)
        self.button.toggled.connect(self._show)
        self._show(False)

    @property
    def words(self) -> str:
        return self._words.toolTip()

    def say(self, words: str) -> None:
        """What is set inside, in a few words; cut off where there is no room."""
        self._words.setToolTip(words)
        room = max(self._words.width(), 1)
        self._words.setText(self._words.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.say(self.words)

    def open(self) -> None:
        self.button.setChecked(True)

    @property
    def is_open(self) -> bool:
        return self.button.isChecked()

    def restyle(self) -> None:
        self._show(self.button.isChecked())

    def _show(self, on: bool) -> None:
        self.button.setIcon(icon("chevron-down" if on else "chevron-right", self._theme, "dim"))
        self._inside.setVisible(on)
        self._words.setVisible(not on)
