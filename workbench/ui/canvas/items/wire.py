"""A wire between two ports."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.core.diagnostic import Severity
from workbench.document.graph import Edge
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.wires import FORWARD, samples, wire_path

HALF_WIDTH = 6.0  # of the strip in which a wire is repainted
FLOW = 5  # samples in the moving line
_NO_CONTENTS = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents  # looked up ten thousand times when a graph opens
_COARSE = 0.25  # the size at which straight pieces must not show


class WireItem(QGraphicsItem):
    """Follows the two cards it joins. `bad` says how bad it is that the port it ends in cannot take what it carries.

    Its curve is worked out when somebody first needs it. While it is bundled, all plain wires are painted by one item
    (`Bundle`), and this one only when it is anything but plain.
    """

    def __init__(self, edge: Edge, look: Look) -> None:
        super().__init__()
        self.edge = edge
        self.leading = False  # leaves a selected card
        self.chosen = False  # clicked
        self.bad: Severity | None = None
        self.hot = False  # a layer is held over it and would go in here
        self.lifted = False  # being re-plugged: drawn by the gesture instead
        self.line = QLineF()  # from port to port, in the scene
        self._cards = (QRectF(), QRectF())
        self._look = look
        self._path: QPainterPath | None = QPainterPath()
        self._bounds = QRectF()
        self._samples: list[QPointF] | None = None
        self._strokes: list[QLineF] | None = None
        self._flow: int | None = None
        self._bundle: QGraphicsItem | None = None
        self._bundled = False  # the bundle paints it
        self.setZValue(0.0)

    @property
    def path(self) -> QPainterPath:
        """The curve, in scene coordinates."""
        if self._path is None:
            self._path = wire_path(self.line.p1(), self.line.p2(), *self._cards)
        return self._path

    @property
    def is_plain(self) -> bool:
        """Whether it looks like any other wire."""
        return not (
            self.leading or self.chosen or self.hot or self.lifted or self.bad is not None or self._flow is not None
        )

    def set_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def join_bundle(self, bundle: QGraphicsItem | None) -> None:
        """Leave the painting to another item for as long as this wire is plain; None takes it back."""
        self._bundle = bundle
        self._repaint()

    def join(self, source: NodeItem, target: NodeItem) -> None:
        """Take the course between two cards."""
        start, end = source.output_at(self.edge.source_port), target.input_at(self.edge.target_port)
        if self._bundled and self._bundle is not None and not self._bounds.isNull():
            self._bundle.update(self._bounds)
        self.prepareGeometryChange()
        self.line = QLineF(start, end)
        self._cards = (source.rect, target.rect)
        self._path = self._samples = self._strokes = None
        if end.x() - start.x() >= FORWARD:  # the curve stays between its ends
            self._bounds = QRectF(start, end).normalized().adjusted(-HALF_WIDTH, -HALF_WIDTH, HALF_WIDTH, HALF_WIDTH)
        else:
            self._bounds = self.path.boundingRect().adjusted(-HALF_WIDTH, -HALF_WIDTH, HALF_WIDTH, HALF_WIDTH)
        self._repaint()

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
            self._repaint()

    def set_bad(self, bad: Severity | None) -> None:
        if bad is not self.bad:
            self.bad = bad
            self._repaint()

    def set_flow(self, phase: float | None) -> None:
        """Where the moving line stands, 0 to 1 along the wire; None takes it away. Repaints only around it."""
        before = self._flow
        if phase is None:
            self._flow = None
        else:
            points = self._points()
            self._flow = int(phase * (len(points) + FLOW)) - FLOW
        if (before is None) != (self._flow is None):
            self._repaint()
        elif before != self._flow:
            for at in (before, self._flow):
                if at is not None and (strip := self._strip(at)) is not None:
                    self.update(strip)

    def distance_to(self, point: QPointF) -> float:
        """How far a scene point is from the wire, in scene pixels, to within half the space between two samples."""
        return min(math.hypot(point.x() - p.x(), point.y() - p.y()) for p in self._points())

    def strokes(self) -> list[QLineF]:
        """The curve as straight pieces, fine enough for where it is drawn small."""
        if self._strokes is None:
            self._strokes = []
            for polygon in self.path.toSubpathPolygons(QTransform.fromScale(_COARSE, _COARSE)):
                points = [polygon.at(i) / _COARSE for i in range(polygon.size())]
                self._strokes += [QLineF(a, b) for a, b in pairwise(points)]
        return self._strokes

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * HALF_WIDTH)
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

    def _repaint(self) -> None:
        """Have this wire painted anew, by whoever paints it."""
        bundled = self._bundle is not None and self.is_plain
        if self._bundle is not None and (bundled or self._bundled):
            self._bundle.update(self._bounds)
        if bundled != self._bundled:
            self._bundled = bundled
            self.setFlag(_NO_CONTENTS, bundled)
        if not bundled:
            self.update()

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
