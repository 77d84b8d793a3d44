"""The whole graph as one item for when it is far away: thousands of cards become a few batched calls."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPicture
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.ui.canvas.look import Look


class OverviewItem(QGraphicsItem):
    """Cards as filled rectangles in their category's colour, wires as straight lines."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._drawn = QPicture()
        self.setZValue(-1.0)

    def draw(
        self,
        cards: Iterable[tuple[QRectF, QColor, bool, bool]],
        wires: list[QLineF],
        look: Look,
    ) -> None:
        """Take the cards (rectangle, colour, selected, wrong) and wires to show, all in scene coordinates."""
        self.prepareGeometryChange()
        by_colour: dict[int, tuple[QColor, list[QRectF]]] = {}
        rings: dict[int, tuple[QColor, list[QRectF]]] = {}
        bounds = QRectF()
        for rect, colour, selected, wrong in cards:
            by_colour.setdefault(colour.rgba(), (colour, []))[1].append(rect)
            if selected or wrong:
                ring = look.accent if selected else look.bad
                rings.setdefault(ring.rgba(), (ring, []))[1].append(rect.adjusted(-6, -6, 6, 6))
            bounds = bounds.united(rect)
        self._rect = bounds.adjusted(-20, -20, 20, 20)
        self._drawn = QPicture()
        painter = QPainter(self._drawn)
        if wires:
            painter.setPen(_hairline(look.wire, 1.0))
            painter.drawLines(wires)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, rects in by_colour.values():
            painter.setBrush(colour)
            painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, rects in rings.values():
            painter.setPen(_hairline(colour, 2.0))
            painter.drawRects(rects)
        painter.end()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._drawn.play(painter)


def _hairline(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen
