"""What is seen while the folder is read: how far, how fast, how long still, and a way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from workbench.core.words import duration, rate
from workbench.session.state import DataState
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.theme import GAP


class ReadingProgress(QWidget):
    """Shown while `DataState.phase` is "working"."""

    cancelAsked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = ElidedLabel("dim")
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop reading the folder; the project stays as it is")
        self._cancel.clicked.connect(self.cancelAsked)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Pictures read")
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self._words, 1)
        line.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        column.addLayout(line)
        column.addWidget(self._bar)

    def show_state(self, state: DataState) -> None:
        self._words.setText(progress_words(state))
        if state.total:
            self._bar.setRange(0, state.total)
            self._bar.setValue(min(state.done, state.total))
        else:
            self._bar.setRange(0, 0)

    @property
    def words(self) -> str:
        return self._words.text()


def progress_words(state: DataState) -> str:
    """ "Reading the pictures · 1,240 of 2,062 · 820 pictures/s · 0:01 left", as far as it is known."""
    done = "" if not state.done else f"{state.done:,} of {state.total:,}" if state.total else f"{state.done:,} files"
    speed = rate(state.rate, "pictures") if state.rate > 0 and state.total else ""
    left = f"{duration(state.seconds_left)} left" if state.seconds_left is not None else ""
    return dotted(("Reading the pictures", done, speed, left))
