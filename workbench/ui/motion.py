"""Motion: short, ease-out, and none where the system asks for less."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QByteArray, QEasingCurve, QPropertyAnimation
from PySide6.QtWidgets import QStyle, QWidget

from workbench.ui.theme import MOTION


def duration(widget: QWidget) -> int:
    """Milliseconds a movement may take; 0 where the desktop has animations off."""
    wanted = widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget)
    return MOTION if wanted > 0 else 0


def slide(widget: QWidget, name: str, start: int, end: int) -> QPropertyAnimation | None:
    """Move a whole-number property of a widget; at once, and without an animation, where motion is off."""
    time = duration(widget)
    if time == 0 or not widget.isVisible():
        widget.setProperty(name, end)
        return None
    animation = QPropertyAnimation(widget, QByteArray(name.encode()), widget)
    animation.setDuration(time)
    animation.setEasingCurve(QEasingCurve.Type.OutCubic)
    animation.setStartValue(start)
    animation.setEndValue(end)
    animation.start(QAbstractAnimation.DeletionPolicy.DeleteWhenStopped)
    return animation
