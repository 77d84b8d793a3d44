"""What a person can do to a run, its learning rate while it goes, and how smooth its curves are drawn."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QSlider, QToolButton, QWidget

from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, ROW, mark


class RunButtons(QWidget):
    """What can be done to a run. They only tell what was asked; the panel asks the session.

    Where there is little room the last three stand in a menu (`set_narrow`).
    """

    pauseAsked = Signal()
    resumeAsked = Signal()
    stopAsked = Signal()
    stepAsked = Signal()
    lastEpochAsked = Signal(bool)
    validateAsked = Signal()
    saveAsked = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._phase, self._paused = "", False
        self.pause = IconButton(bridge, "pause", "Pause", action="pause")
        self.stop = IconButton(
            bridge, "stop", "Stop", "Ends the run after this step and keeps a checkpoint.", action="stop"
        )
        self.step = IconButton(bridge, "step", "One step", "Learns from one batch, then pauses.", action="step")
        self.last_epoch = IconButton(
            bridge,
            "stop-after",
            "Stop after this epoch",
            "Ends the run when the epoch is learned, validated and saved; again to go on.",
            action="stop_after_epoch",
            checkable=True,
        )
        self.validate = IconButton(
            bridge,
            "validate",
            "Validate now",
            "Measures the network where it stands; the run is not changed by it.",
            action="validate",
        )
        self.save = IconButton(
            bridge, "save", "Checkpoint now", "Writes the state of the run to the disk.", action="checkpoint"
        )
        self.more = IconButton(bridge, "more", "More", "Stop after this epoch, validate, checkpoint.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._build_menu())
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop.clicked.connect(self.stopAsked)
        self.step.clicked.connect(self.stepAsked)
        self.last_epoch.clicked.connect(self.lastEpochAsked)
        self.validate.clicked.connect(self.validateAsked)
        self.save.clicked.connect(self.saveAsked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP // 2 + 2)
        for button in (self.pause, self.stop, self.step, *self._rest, self.more):
            row.addWidget(button)
        self.set_narrow(False)
        self.show_phase("done")

    @property
    def _rest(self) -> tuple[IconButton, ...]:
        return self.last_epoch, self.validate, self.save

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        asked = (self.lastEpochAsked, self.validateAsked, self.saveAsked)
        for button, signal in zip(self._rest, asked, strict=True):
            action = menu.addAction(button.accessibleName())
            action.setCheckable(button.isCheckable())
            action.setToolTip(button.toolTip())
            action.setStatusTip(button.toolTip())
            action.triggered.connect(signal)
        self._menu_last_epoch = menu.actions()[0]
        return menu

    def set_narrow(self, narrow: bool) -> None:
        """Put what is asked for now and then into a menu."""
        for button in self._rest:
            button.setVisible(not narrow)
        self.more.setVisible(narrow)

    def show_phase(self, phase: str, *, last_epoch: bool = False) -> None:
        """Enable what makes sense in a phase of `RunState`; `last_epoch`: it ends after the epoch under way."""
        self.last_epoch.setChecked(last_epoch)
        self._menu_last_epoch.setChecked(last_epoch)
        if phase == self._phase:
            return
        self._phase, self._paused = phase, phase == "paused"
        if self._paused:
            self.pause.describe("play", "Go on", "Continues where the run was paused.")
        else:
            self.pause.describe("pause", "Pause", "The network stays as it is until you go on.")
        for button in (self.pause, self.step, self.more, *self._rest):
            button.setEnabled(phase in ("running", "paused"))
        self.stop.setEnabled(phase in ("starting", "running", "paused"))

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


SHARES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Of a run, that smoothed lines look back over."""


class SmoothingField(QWidget):
    """How much the curves are smoothed: from the values as they are to the mean of a fifth of the run."""

    shareChosen = Signal(float)

    def __init__(self, share: float) -> None:
        super().__init__()
        self._label = QLabel("Smoothing")
        mark(self._label, role="label")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(SHARES) - 1)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(72)
        self.slider.setValue(SHARES.index(share))
        self._label.setBuddy(self.slider)
        self.slider.valueChanged.connect(self._moved)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._label)
        row.addWidget(self.slider)
        self._describe()

    @property
    def share(self) -> float:
        return SHARES[self.slider.value()]

    def set_named(self, named: bool) -> None:
        """Whether there is room for the word beside it."""
        self._label.setVisible(named)

    def _moved(self, _place: int) -> None:
        self._describe()
        self.shareChosen.emit(self.share)

    def _describe(self) -> None:
        words = f"{self.share * 100:g} % of the run" if self.share else "off"
        self.slider.setAccessibleName(f"Smoothing: {words}")
        self.slider.setToolTip(
            f"Smoothing: {words}. How far back the lines look; the values themselves stay faint behind them."
        )


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
