"""The colour scale in force, with its ends in numbers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.inspection.colours import LEVELS, table
from workbench.inspection.scale import Scale
from workbench.ui.bridge import Bridge
from workbench.ui.theme import LABEL

_BAR_WIDTH, _BAR_HEIGHT, _SPACE = 88, 6, 6


class ScaleBar(QWidget):
    """low ▭▭▭▭ high, in the table's colours."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._scale: Scale | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        bridge.themeChanged.connect(self._restyle)

    def show_scale(self, scale: Scale | None) -> None:
        if scale == self._scale:
            return
        self._scale = scale
        if scale is not None:
            low, high = self._words(scale)
            self.setAccessibleName(f"Colours run from {low} to {high}")
            self.setToolTip(
                f"Colours run from {low} to {high} for every map alike, and stay so while the network learns; "
                "the scale only widens when the values need twice its range."
            )
        self.updateGeometry()
        self.update()

    @staticmethod
    def _words(scale: Scale) -> tuple[str, str]:
        return (f"{scale.low:g}".replace("-", "−"), f"{scale.high:g}")

    def sizeHint(self) -> QSize:
        if self._scale is None:
            return QSize(0, LABEL + 5)
        metrics = QFontMetrics(self._bridge.theme.font("label"))
        words = sum(metrics.horizontalAdvance(word) for word in self._words(self._scale))
        return QSize(words + _BAR_WIDTH + 2 * _SPACE, metrics.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._scale is None:
            return
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("dim"))
        low, _high = self._words(self._scale)
        start = QFontMetrics(painter.font()).horizontalAdvance(low) + _SPACE
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), low)
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), _high)
        bar = QRectF(start, (self.height() - _BAR_HEIGHT) / 2, _BAR_WIDTH, _BAR_HEIGHT)
        gradient = QLinearGradient(QPointF(bar.left(), 0), QPointF(bar.right(), 0))
        shades = table(self._scale.signed)
        for i in range(17):
            r, g, b = (int(v) for v in shades[round(i / 16 * (LEVELS - 1))])
            gradient.setColorAt(i / 16, f"#{r:02x}{g:02x}{b:02x}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 2, 2)

    def _restyle(self, _theme: object = None) -> None:
        self.update()
