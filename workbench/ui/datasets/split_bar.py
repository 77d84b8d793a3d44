"""How the pictures are split, as one bar with its numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge

_PARTS = (("training", "accent"), ("validation", "warning"), ("test", "outline"))


class SplitBar(QWidget):
    """training ▬▬▬▬▬ validation ▬▬ test ▬, in proportion; the colours are those of the plots."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._sizes = (0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Split")
        bridge.themeChanged.connect(self._restyle)

    def show_sizes(self, train: int, val: int, test: int) -> None:
        self._sizes = (train, val, test)
        self.setToolTip(self.words)
        self.setAccessibleDescription(self.words)
        self.update()

    @property
    def words(self) -> str:
        """The numbers of the parts that have pictures."""
        parts = zip(self._sizes, _PARTS, strict=True)
        return ", ".join(f"{size:,} {name}" for size, (name, _token) in parts if size)

    def sizeHint(self) -> QSize:
        return QSize(320, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        total = sum(self._sizes)
        if not total:
            return
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        left = words_left = 0.0
        for size, (name, token) in zip(self._sizes, _PARTS, strict=True):
            if not size:
                continue
            width = self.width() * size / total
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(token))
            painter.drawRoundedRect(QRectF(left, 20, max(width - 2, 2), 6), 3, 3)
            words = f"{size:,} {name}"
            words_left = max(left, words_left)
            painter.setPen(theme.color("dim"))
            words_left = min(words_left, self.width() - metrics.horizontalAdvance(words))
            painter.drawText(QRectF(words_left, 0, self.width(), 18), int(Qt.AlignmentFlag.AlignVCenter), words)
            words_left += metrics.horizontalAdvance(words) + 16
            left += width

    def _restyle(self, _theme: object = None) -> None:
        self.update()
