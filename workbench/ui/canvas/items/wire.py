"""A wire between two ports."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.core.diagnostic import Severity
from workbench.document.graph import Edge
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.wires import samples, wire_path

_HALF_WIDTH = 6.0  # of the strip in which a wire is repainted
FLOW = 5  # samples in the moving line


class WireItem(QGraphicsItem):
    """Follows the two cards it joins. `bad` says how bad it is that the port it ends in cannot take what it carries."""

    def __init__(self, edge: Edge, look: Look) -> None:
        super().__init__()
        self.edge = edge
        self.path = QPainterPath()
        self.leading = False  # leaves a selected card
        self.chosen = False  # clicked
        self.bad: Severity | None = None
        self.hot = False  # a layer is held over it and would go in here
        self.lifted = False  # being re-plugged: drawn by the gesture instead
        self._look = look
        self._samples: list[QPointF] | None = None
        self._flow: int | None = None
        self.setZValue(0.0)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def join(self, source: NodeItem, target: NodeItem) -> None:
        """Take the course between two cards."""
        self.prepareGeometryChange()
        self.path = wire_path(
            source.output_at(self.edge.source_port), target.input_at(self.edge.target_port), source.rect, target.rect
        )
        self._samples = None
        self.update()

    def set_state(
        self,
        *,
        leading: bool | None = None,
        chosen: bool | None = None,
        hot: bool | None = None,
        lifted: bool | None = None,
    ) -> None:
        """Change what is given, keep the rest, repaint if anything differs."""
        before = (self.leading, self.chosen, self.hot, self.lifted)
        self.leading = self.leading if leading is None else leading
        self.chosen = self.chosen if chosen is None else chosen
        self.hot = self.hot if hot is None else hot
        self.lifted = self.lifted if lifted is None else lifted
        if before != (self.leading, self.chosen, self.hot, self.lifted):
            self.setZValue(0.5 if self.chosen or self.hot or self.leading else 0.0)
            self.update()

    def set_bad(self, bad: Severity | None) -> None:
        if bad is not self.bad:
            self.bad = bad
            self.update()

    def set_flow(self, phase: float | None) -> None:
        """Where the moving line stands, 0 to 1 along the wire; None takes it away. Repaints only around it."""
        before = self._flow
        if phase is None:
            self._flow = None
        else:
            points = self._points()
            self._flow = int(phase * (len(points) + FLOW)) - FLOW
        if before != self._flow:
            for at in (before, self._flow):
                if at is not None and (strip := self._strip(at)) is not None:
                    self.update(strip)

    def distance_to(self, point: QPointF) -> float:
        """How far a scene point is from the wire, in scene pixels, to within half the space between two samples."""
        return min(math.hypot(point.x() - p.x(), point.y() - p.y()) for p in self._points())

    def boundingRect(self) -> QRectF:
        return self.path.boundingRect().adjusted(-_HALF_WIDTH, -_HALF_WIDTH, _HALF_WIDTH, _HALF_WIDTH)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * _HALF_WIDTH)
        return stroker.createStroke(self.path)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = self._look
        colour, width = look.wire, 1.5
        if self.bad is not None:
            colour, width = (look.bad if self.bad is Severity.ERROR else look.warning), 2.0
        if self.leading:
            colour, width = look.accent, 2.0
        if self.chosen:
            colour, width = look.accent, 2.5
        if self.hot:
            colour, width = look.accent, 3.0
        if self.lifted:
            painter.setOpacity(0.25)
        pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if self.bad is not None and not self.chosen:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)
        if self._flow is not None:
            slice_ = self._flowing(self._flow)
            if len(slice_) > 1:
                painter.setPen(QPen(look.accent, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPolyline(slice_)

    def _points(self) -> list[QPointF]:
        if self._samples is None:
            self._samples = samples(self.path)
        return self._samples

    def _flowing(self, at: int) -> list[QPointF]:
        return self._points()[max(0, at) : max(0, at + FLOW)]

    def _strip(self, at: int) -> QRectF | None:
        points = self._flowing(at)
        if not points:
            return None
        xs, ys = [p.x() for p in points], [p.y() for p in points]
        return QRectF(min(xs) - 3, min(ys) - 3, max(xs) - min(xs) + 6, max(ys) - min(ys) + 6)
