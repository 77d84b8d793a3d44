"""What a person can do to a run: pause and go on, one step, stop; and the learning rate, also while it runs."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, ROW, mark


class RunButtons(QWidget):
    """Pause or go on, stop, one step. They only tell what was asked; the panel asks the session."""

    pauseAsked = Signal()
    resumeAsked = Signal()
    stopAsked = Signal()
    stepAsked = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._phase, self._paused = "", False
        self.pause = IconButton(bridge, "pause", "Pause", action="pause")
        self.stop = IconButton(
            bridge, "stop", "Stop", "Ends the run after this step and keeps a checkpoint.", action="stop"
        )
        self.step = IconButton(bridge, "step", "One step", "Learns from one batch, then pauses.", action="step")
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop.clicked.connect(self.stopAsked)
        self.step.clicked.connect(self.stepAsked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP // 2 + 2)
        for button in (self.pause, self.stop, self.step):
            row.addWidget(button)
        self.show_phase("done")

    def show_phase(self, phase: str) -> None:
        """Enable what makes sense in a phase of `RunState`."""
        if phase == self._phase:
            return
        self._phase, self._paused = phase, phase == "paused"
        if self._paused:
            self.pause.describe("play", "Go on", "Continues where the run was paused.")
        else:
            self.pause.describe("pause", "Pause", "The network stays as it is until you go on.")
        self.pause.setEnabled(phase in ("running", "paused"))
        self.stop.setEnabled(phase in ("starting", "running", "paused"))
        self.step.setEnabled(phase in ("running", "paused"))

    def _pause_or_resume(self) -> None:
        (self.resumeAsked if self._paused else self.pauseAsked).emit()


class RateField(QWidget):
    """The learning rate of the run: type another one and press Enter."""

    rateChosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._label = QLabel("Learning rate")
        mark(self._label, role="label")
        self.field = _Field()
        self.field.setFixedWidth(92)
        self.field.setFixedHeight(ROW - 2)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setAccessibleName("Learning rate")
        self._label.setBuddy(self.field)
        self._now = QLabel()
        mark(self._now, role="label")
        self._set = ""
        self._tip = "How far each step moves the weights. Type another value and press Enter; the next step uses it."
        self.field.setToolTip(self._tip)
        self.field.editingFinished.connect(self._take)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for widget in (self._label, self.field, self._now):
            row.addWidget(widget)

    @property
    def now(self) -> str:
        """What a schedule has made of it: "now 0.0025", or nothing."""
        return self._now.text()

    def show_rate(self, base: float, now: float | None) -> None:
        """The rate that was set, and the one in force where a schedule has changed it."""
        text = rate_words(base)
        if text != self._set and not (self.field.hasFocus() and self.field.isModified()):
            self._set = text
            self.field.setText(text)
            self._accept()
        scheduled = now is not None and abs(now - base) > 1e-3 * abs(base)
        self._now.setText(f"now {rate_words(now)}" if scheduled and now is not None else "")

    def _take(self) -> None:
        text = self.field.text().strip().replace(",", ".")
        if text == self._set:
            self._accept()
            return
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            mark(self.field, state="error")
            self.field.setToolTip(f"“{text}” is not a learning rate. Type a number such as 0.001 or 1e-3.")
            return
        self._set = rate_words(value)
        self.field.setText(self._set)
        self._accept()
        self.rateChosen.emit(value)

    def _accept(self) -> None:
        if self.field.property("state"):
            mark(self.field, state="")
            self.field.setToolTip(self._tip)

    def show_run(self, run: RunState | None) -> None:
        self.field.setEnabled(run is not None and run.is_live)


class _Field(QLineEdit):
    """Escape gives back what was there."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.undo()
            event.accept()
            return
        super().keyPressEvent(event)


def rate_words(value: float) -> str:
    """A learning rate as it is typed: "0.001", "3e-05"."""
    return f"{value:.3g}"
