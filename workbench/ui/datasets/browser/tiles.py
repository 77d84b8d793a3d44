"""How one sample looks in the grid: its picture, a quiet line below it, badges for its split, a pattern if excluded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap

from workbench.data.index import printable
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.columns import EXCLUDED, Columns
from workbench.ui.theme import LABEL

CAPTION = 20
"""Height of the line below a picture."""
CAPTION_FROM = 72
"""Tiles smaller than this have no line, and badges of one letter."""
RADIUS = 4.0
_MOST_WORDS = 4000
_BADGES: tuple[tuple[str, str], ...] = (("", ""), ("V", "val"), ("T", "test"), ("–", "excluded"))


@dataclass(frozen=True, slots=True)
class Tile:
    """What is to be painted: the picture (or words), the line below, and the marks."""

    picture: QPixmap | None
    words: str
    failed: bool
    caption: str
    wrong: bool
    split: int
    selected: bool
    current: bool
    hovered: bool


class TilePainter:
    """Paints tiles of one size; what all have in common is painted once and kept as pictures."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._edge, self._ratio = 0, 1.0
        self._ground = self._chosen = self._hatched = self._corners = self._chosen_corners = QPixmap()
        self._elided: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._font = bridge.theme.font("label")
        self._metrics = QFontMetrics(self._font)

    def height(self, edge: int) -> int:
        """Of a tile whose picture has room for `edge` pixels."""
        return edge + (CAPTION if edge >= CAPTION_FROM else 0)

    def prepare(self, edge: int, ratio: float) -> None:
        """Paint what all tiles have in common; call it when the size, the screen or the theme changed."""
        self._edge, self._ratio = edge, ratio
        theme = self._bridge.theme
        self._font = theme.font("label")
        self._metrics = QFontMetrics(self._font)
        self._elided.clear()
        room = QRectF(0, 0, edge, edge)
        self._ground = self._blank(edge, edge)
        painter = _begin(self._ground)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        painter.end()
        outside = QPainterPath()
        outside.addRect(room)
        outside.addRoundedRect(room, RADIUS, RADIUS)  # the rest of the square: the rule of odd and even
        self._corners, self._chosen_corners = self._blank(edge, edge), self._blank(edge, edge)
        for pixmap, token in ((self._corners, "panel"), (self._chosen_corners, "selection")):
            painter = _begin(pixmap)
            painter.fillPath(outside, theme.color(token))
            painter.end()
        self._hatched = self._blank(edge, edge)
        painter = _begin(self._hatched)
        painter.setBrush(theme.color("panel", 0.55))
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        painter.setBrush(QBrush(theme.color("outline"), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        painter.end()
        outset = QRectF(1, 1, edge + 6, self.height(edge) + 6)
        self._chosen = self._blank(edge + 8, self.height(edge) + 8)
        painter = _begin(self._chosen)
        painter.setBrush(theme.color("selection"))
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRoundedRect(outset, RADIUS + 2, RADIUS + 2)
        painter.end()

    def _blank(self, width: int, height: int) -> QPixmap:
        made = QPixmap(round(width * self._ratio), round(height * self._ratio))
        made.setDevicePixelRatio(self._ratio)
        made.fill(Qt.GlobalColor.transparent)
        return made

    def paint(self, painter: QPainter, left: int, top: int, tile: Tile) -> None:
        theme, edge = self._bridge.theme, self._edge
        if tile.selected:
            painter.drawPixmap(left - 4, top - 4, self._chosen)
        if tile.picture is None or not _fills(tile.picture, edge, self._ratio):
            painter.drawPixmap(left, top, self._ground)
        if tile.picture is not None:
            self._paint_picture(painter, left, top, tile.picture)
        elif tile.words or tile.failed:
            self._paint_words(painter, left, top, tile)
        if tile.split == EXCLUDED:
            painter.drawPixmap(left, top, self._hatched)
        if tile.picture is not None:  # cheaper than cutting every picture out
            painter.drawPixmap(left, top, self._chosen_corners if tile.selected else self._corners)
        if tile.split:
            self._paint_badge(painter, left, top + (self._edge - LABEL - 14 if tile.words else 0), tile.split)
        if edge >= CAPTION_FROM and tile.caption:
            painter.setFont(self._font)
            bad = tile.wrong and not tile.selected
            painter.setPen(theme.color("warning" if bad else "text" if tile.selected or tile.wrong else "dim"))
            painter.drawText(QPoint(left + 2, top + edge + CAPTION - 6), self.elided(tile.caption, edge - 4))
        elif tile.wrong:
            painter.fillRect(QRect(left, top + edge - 3, edge, 3), theme.color("warning"))
        if tile.current or (tile.hovered and not tile.selected):
            self._paint_frame(painter, left, top, tile)

    def _paint_picture(self, painter: QPainter, left: int, top: int, picture: QPixmap) -> None:
        edge, ratio = self._edge, self._ratio
        width, height = picture.width() / ratio, picture.height() / ratio
        largest = max(width, height)
        if abs(largest - edge) > 1:  # of another size, until the right one is there
            scale = edge / largest
            room = QRectF(0, 0, width * scale, height * scale)
            room.moveCenter(QRectF(left, top, edge, edge).center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(room, picture, QRectF(picture.rect()))
        else:
            picture.setDevicePixelRatio(ratio)
            painter.drawPixmap(left + round((edge - width) / 2), top + round((edge - height) / 2), picture)

    def _paint_words(self, painter: QPainter, left: int, top: int, tile: Tile) -> None:
        painter.setFont(self._font)
        painter.setPen(self._bridge.theme.color("dim" if tile.failed else "text"))
        below = LABEL + 12 if tile.split else 0  # the badge stands there
        room = QRect(left + 6, top + 5, self._edge - 12, self._edge - 10 - below)
        flags = Qt.AlignmentFlag.AlignCenter if tile.failed else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        words = "cannot be read" if tile.failed else tile.words
        painter.setClipRect(room)
        painter.drawText(room, int(flags | Qt.TextFlag.TextWordWrap), words)
        painter.setClipping(False)

    def _paint_badge(self, painter: QPainter, left: int, top: int, split: int) -> None:
        theme = self._bridge.theme
        short, long = _BADGES[split]
        words = long if self._edge >= 96 else short
        painter.setFont(self._font)
        width = self._metrics.horizontalAdvance(words) + 10
        room = QRectF(left + 4, top + 4, width, LABEL + 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("panel", 0.88))
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(theme.color("text"))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_frame(self, painter: QPainter, left: int, top: int, tile: Tile) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        token = "text" if tile.current else "outline"
        painter.setPen(
            QPen(self._bridge.theme.color(token), 1, Qt.PenStyle.DotLine if tile.current else Qt.PenStyle.SolidLine)
        )
        room = QRectF(
            left - 0.5, top - 0.5, self._edge + 1, self.height(self._edge) + 1 if tile.current else self._edge + 1
        )
        painter.drawRoundedRect(room, RADIUS + 1, RADIUS + 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def elided(self, words: str, width: int) -> str:
        """Words cut to a width, remembered: measuring text costs more than painting it."""
        key = (words, width)
        found = self._elided.get(key)
        if found is None:
            found = self._metrics.elidedText(words, Qt.TextElideMode.ElideRight, width)
            self._elided[key] = found
            if len(self._elided) > _MOST_WORDS:
                self._elided.popitem(last=False)
        return found


def _begin(pixmap: QPixmap) -> QPainter:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 0)))
    return painter


def _fills(picture: QPixmap, edge: int, ratio: float) -> bool:
    return min(picture.width(), picture.height()) >= edge * ratio - 1


def caption(columns: Columns, number: int, sort: str) -> str:
    """The line below a sample: its class unless the headings say it, what the network takes it for where that is
    wrong, and the figure that is sorted by."""
    label = int(columns.labels[number])
    predicted = int(columns.predicted[number])
    parts: list[str] = []
    if predicted >= 0 and predicted != label:
        says = f"says {columns.classes[predicted]} {columns.confidence[number]:.2f}"
        parts.append(says if sort == "class" else f"is {columns.classes[label]}, {says}")
    elif sort == "class":
        parts.append(printable(columns.names[number].rpartition("/")[2]))
    else:
        parts.append(columns.classes[label])
    if sort == "loss" and columns.loss[number] == columns.loss[number]:
        parts.insert(0, f"{columns.loss[number]:.3g}")
    elif sort == "confidence" and predicted == label:
        parts.append(f"{columns.confidence[number]:.2f}")
    return " · ".join(parts)
