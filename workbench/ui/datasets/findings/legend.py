"""What the colours of a chart mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge

_SQUARE, _GAP = 8, 14


class Legend(QWidget):
    """Small squares in the theme's colours, each with its word."""

    def __init__(self, bridge: Bridge, parts: Sequence[tuple[str, str]]) -> None:
        """`parts`: words and the tokens of their colours."""
        super().__init__()
        self._bridge, self._parts = bridge, tuple(parts)
        self._shown = (True,) * len(self._parts)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        bridge.themeChanged.connect(self._restyle)
        self.setAccessibleName("Colours: " + ", ".join(words for words, _token in self._parts))

    def show_parts(self, shown: tuple[bool, ...]) -> None:
        """Only the parts that occur."""
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        left, middle = 4.0, self.height() / 2
        for (words, token), shown in zip(self._parts, self._shown, strict=True):
            wide = metrics.horizontalAdvance(words)
            if not shown or left + _SQUARE + 5 + wide > self.width():
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(token))
            painter.drawRoundedRect(QRectF(left, middle - _SQUARE / 2, _SQUARE, _SQUARE), 2, 2)
            painter.setPen(theme.color("dim"))
            room = QRectF(left + _SQUARE + 5, 0, wide + 2, self.height())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), words)
            left += _SQUARE + 5 + wide + _GAP

    def _restyle(self, _theme: object = None) -> None:
        self.update()
