"""All plain wires of a large graph as one item: hundreds of curves in a few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

if TYPE_CHECKING:
    from workbench.ui.canvas.scene import CanvasScene

CURVES_FROM = 0.75
"""From this zoom on wires are drawn as the curves they are; below, as straight pieces, at a third of the time."""

_OVERHANG = 140.0  # how far a wire may swing out beyond all cards


class Bundle(QGraphicsItem):
    """Paints the wires that are plain, as many as are exposed."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self._rect = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(0.0)

    def cover(self, bounds: QRectF) -> None:
        """Reach over all cards and the wires around them."""
        rect = bounds.adjusted(-_OVERHANG, -_OVERHANG, _OVERHANG, _OVERHANG)
        if not self._rect.contains(rect) or self._rect.width() > 2 * rect.width():
            self.prepareGeometryChange()
            self._rect = rect.adjusted(-rect.width() / 8, -rect.height() / 8, rect.width() / 8, rect.height() / 8)

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scale = option.levelOfDetailFromTransform(painter.worldTransform())
        wires = [wire for wire in self._canvas.wires_near(option.exposedRect) if wire.is_plain]  # type: ignore[attr-defined]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if scale >= CURVES_FROM:
            painter.setPen(QPen(self._canvas.look.wire, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for wire in wires:
                painter.drawPath(wire.path)
        elif wires:
            painter.setPen(QPen(self._canvas.look.wire, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLines([line for wire in wires for line in wire.strokes()])
