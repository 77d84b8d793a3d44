"""What shows only while a gesture lasts: the wire being drawn, alignment guides, the rubber band."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.ui.canvas.look import Look
from workbench.ui.canvas.wires import wire_path

Z_PASSING = 10.0


class Passing(QGraphicsItem):
    """What is in somebody's hand. It is drawn at every zoom, also where the overview stands in for all other items."""

    def paint_alone(self, painter: QPainter) -> None:
        """Paint without a view of items around, on a painter in scene coordinates."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.pos())
        self.paint(painter, QStyleOptionGraphicsItem())
        painter.restore()

    def refresh(self) -> None:
        """It looks different now."""
        self.update()
        scene = self.scene()
        if scene is not None:
            scene.seen_from_afar()  # type: ignore[attr-defined]


class DraftWire(Passing):
    """The wire in a person's hand, from a port to the pointer or to the port it would snap into."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._path = QPainterPath()
        self._end = QPointF()
        self._good = True
        self.setZValue(Z_PASSING)

    def stretch(self, output: QPointF, input_: QPointF, loose: QPointF, good: bool) -> None:
        """From an output port's place to an input port's place; `loose` is the end that follows the pointer."""
        self.prepareGeometryChange()
        self._path, self._end, self._good = wire_path(output, input_), loose, good
        self.refresh()

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-10, -10, 10, 10)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colour = self._look.accent if self._good else self._look.bad
        painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(self._end, 4, 4)


class Guides(Passing):
    """Lines that say with what the moved cards line up."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._colour = QColor(look.accent)
        self._colour.setAlpha(150)
        self._lines: list[QLineF] = []
        self._rect = QRectF()
        self.setZValue(Z_PASSING)

    def show_lines(self, lines: list[QLineF]) -> None:
        if lines == self._lines:
            return
        self.prepareGeometryChange()
        self._lines = lines
        self._rect = QRectF()
        for line in lines:
            self._rect = self._rect.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2))
        self.refresh()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(self._colour, 1.0, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        if self._lines:
            painter.drawLines(self._lines)


class Band(Passing):
    """The rubber band."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._line = look.accent
        self._fill = QColor(look.accent)
        self._fill.setAlpha(28)
        self._rect = QRectF()
        self.setZValue(Z_PASSING)

    def span(self, rect: QRectF) -> None:
        self.prepareGeometryChange()
        self._rect = rect
        self.refresh()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(self._line, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(self._fill)
        painter.drawRect(self._rect)
