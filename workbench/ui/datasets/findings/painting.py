"""What rows of the findings are painted with: their ground, and thumbnails that fill a square or stand in it whole."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from workbench.ui.theme import Theme


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, theme: Theme) -> None:
    """What lies under a row that is chosen, or under the pointer; a frame where the keyboard is."""
    chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    room = QRectF(option.rect).adjusted(0, 1, 0, -1)
    if chosen or option.state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selection" if chosen else "hover"))
        painter.drawRoundedRect(room, 6, 6)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(theme.color("accent"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def paint_filling(painter: QPainter, room: QRectF, pixmap: QPixmap | None, theme: Theme) -> None:
    """A thumbnail cut to fill `room`, with rounded corners; a plain tile while there is none."""
    clip = QPainterPath()
    clip.addRoundedRect(room, 4, 4)
    if pixmap is None:
        painter.fillPath(clip, theme.color("raised"))
        return
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    scale = min(pixmap.width() / room.width(), pixmap.height() / room.height())
    width, height = room.width() * scale, room.height() * scale
    source = QRectF((pixmap.width() - width) / 2, (pixmap.height() - height) / 2, width, height)
    painter.drawPixmap(room, pixmap, source)
    painter.restore()


def paint_whole(painter: QPainter, tile: QRect, pixmap: QPixmap) -> None:
    """A thumbnail as large as fits, whole: what differs between two pictures may be at their edges."""
    scale = min(tile.width() / pixmap.width(), tile.height() / pixmap.height())
    room = QRect(0, 0, round(pixmap.width() * scale), round(pixmap.height() * scale))
    room.moveCenter(tile.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(room, pixmap)
