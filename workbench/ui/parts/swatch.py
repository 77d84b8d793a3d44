"""The colours a person may give to layers and frames, as words and as small discs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from workbench.document.graph import COLOURS
from workbench.ui.theme import Theme

COLOUR_TITLES = {"": "No colour", **{name: name.capitalize() for name in COLOURS}}


def swatch_icon(name: str, theme: Theme, size: int = 16) -> QIcon:
    """A disc in a colour of the palette; an empty ring for none."""
    icon = QIcon()
    for ratio in (1.0, 2.0):
        drawn = QPixmap(round(size * ratio), round(size * ratio))
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("outline"))
        painter.setBrush(theme.swatch(name) if name else QColor(Qt.GlobalColor.transparent))
        painter.drawEllipse(2, 2, size - 4, size - 4)
        painter.end()
        icon.addPixmap(drawn)
    return icon
