"""What a crash left unsaved, offered once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.recovering import sentence
from workbench.ui.theme import GAP, mark

if TYPE_CHECKING:
    from workbench.document.autosave import Recovery


class RecoveryNote(QFrame):
    """One recovery at a time, the newest first. `restoreWanted(Recovery)` when a person takes it."""

    restoreWanted = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._waiting: list[Recovery] = []
        mark(self, role="card")
        self._icon = QLabel()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.restore_button = QPushButton("Restore")
        self.restore_button.setToolTip("Open the project with these changes; undo takes them back.")
        mark(self.restore_button, role="primary")
        self.discard_button = QPushButton("Discard")
        self.discard_button.setToolTip("Forget these changes; the saved project stays as it is.")
        self.restore_button.clicked.connect(self._restore)
        self.discard_button.clicked.connect(self._discard)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._icon)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.restore_button)
        row.addWidget(self.discard_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addLayout(row)
        bridge.themeChanged.connect(self._tint)
        self.hide()

    def show_recoveries(self, recoveries: tuple[Recovery, ...]) -> None:
        self._waiting = list(recoveries)
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._waiting))
        if self._waiting:
            self.sentence.setText(sentence(self._waiting[0]))
            self._tint()

    def _restore(self) -> None:
        if self._waiting:
            first = self._waiting.pop(0)
            self._show()
            self.restoreWanted.emit(first)

    def _discard(self) -> None:
        if self._waiting:
            self._waiting.pop(0).discard()
            self._show()

    def _tint(self, _theme: object = None) -> None:
        color = self._bridge.theme.color("warning")
        self._icon.setPixmap(pixmap("clock", color, 16, self.devicePixelRatioF()))
