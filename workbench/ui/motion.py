"""Motion: short, ease-out, and none where the system asks for less."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEasingCurve, QPropertyAnimation
from PySide6.QtWidgets import QStyle, QWidget

from workbench.ui.theme import MOTION

UNBOUNDED = 16_777_215  # Qt's largest widget size


def duration(widget: QWidget) -> int:
    """Milliseconds a movement may take; 0 where the desktop has animations off."""
    wanted = widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget)
    return MOTION if wanted > 0 else 0


class Unfolding(QPropertyAnimation):
    """Lets a widget that was just shown grow to its height instead of jumping there; at once where motion is off."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget, QByteArray(b"maximumHeight"), widget)
        self._widget = widget
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.finished.connect(self._free)

    def unfold(self) -> None:
        """Start from nothing. The widget is free to change its height again when this is over."""
        self.stop()
        time = duration(self._widget)
        if time == 0 or not self._widget.isVisible():
            self._free()
            return
        self.setDuration(time)
        self.setStartValue(0)
        self.setEndValue(self._widget.sizeHint().height())
        self.start()

    def _free(self) -> None:
        self._widget.setMaximumHeight(UNBOUNDED)
