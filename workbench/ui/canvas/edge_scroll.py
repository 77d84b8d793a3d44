"""Scrolling while something is held at the rim of the view."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, QTimer

RIM = 28  # pixels from the edge at which it begins
FASTEST = 18  # pixels a beat, at the very edge
BEAT = 16  # milliseconds


class EdgeScroll(QObject):
    """Told where the pointer is; calls `step(dx, dy)` again and again while that is at the rim."""

    def __init__(self, step: Callable[[int, int], None], parent: QObject) -> None:
        super().__init__(parent)
        self._step = step
        self._speed = QPoint()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT)
        self._timer.timeout.connect(self._beat)

    def follow(self, at: QPoint, view: QRect) -> None:
        """The pointer is at `at`, in the coordinates of the view's rectangle."""
        self._speed = QPoint(_speed(at.x(), view.left(), view.right()), _speed(at.y(), view.top(), view.bottom()))
        if self._speed.isNull():
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        self._step(self._speed.x(), self._speed.y())


def _speed(at: int, low: int, high: int) -> int:
    """How fast to scroll along one axis: faster nearer to the edge."""
    if at < low + RIM:
        return -round(FASTEST * min(1.0, (low + RIM - at) / RIM))
    if at > high - RIM:
        return round(FASTEST * min(1.0, (at - high + RIM) / RIM))
    return 0
