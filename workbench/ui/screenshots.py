"""Pictures of the window: whole or dock by dock, at any scale, with or without a display."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QDockWidget, QWidget


def render(widget: QWidget, scale: float = 1.0) -> QPixmap:
    """What a widget shows, drawn anew at `scale` device pixels a point."""
    size = widget.size()
    pixmap = QPixmap(round(size.width() * scale), round(size.height() * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(widget.palette().window().color())
    painter = QPainter(pixmap)
    try:
        widget.render(painter, QPoint())
    finally:
        painter.end()
    return pixmap


def save(widget: QWidget, path: Path, scale: float = 1.0) -> bool:
    """Write a PNG; False if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return render(widget, scale).save(str(path))


def visible_docks(window: QWidget) -> dict[str, QWidget]:
    """The panels that are to be seen at the moment, by the object name of their dock."""
    found: dict[str, QWidget] = {}
    for dock in window.findChildren(QDockWidget):
        panel = dock.widget()
        if panel is not None and panel.isVisible() and not panel.visibleRegion().isEmpty():
            found[dock.objectName()] = panel
    return found
