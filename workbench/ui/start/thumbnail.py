"""A graph as a small picture: coloured blocks and the wires between them, as on the canvas from far away."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from workbench.catalogue.blocks import layer_of
from workbench.document.graph import Graph, Node
from workbench.ui.theme import Theme

WIDTH, BLOCK_WIDTH, HEIGHT = 180.0, 268.0, 62.0  # of a card, in canvas pixels
_BEHIND = 2.0  # how far the second of several in a row looks out, in pixels of the picture
_TURN = 9.0  # how far a wire that goes back reaches out, in pixels of the picture
LARGEST = 0.22
MOST = 400  # nodes; more are not told apart at this size


def boxes_of(rect: QRectF, graph: Graph, largest: float = LARGEST) -> dict[str, QRectF]:
    """Where each node of the graph is drawn in `rect`, by its id: in proportion, at least two pixels high, and at most
    `largest` times its size on the canvas."""
    nodes = list(graph)[:MOST]
    if not nodes:
        return {}
    left, top = min(n.x for n in nodes), min(n.y for n in nodes)
    width = max(n.x + _width(n) for n in nodes) - left
    height = max(n.y for n in nodes) + HEIGHT - top
    scale = min(rect.width() / width, rect.height() / height, largest)
    start = QPointF(rect.left() + (rect.width() - width * scale) / 2, rect.top() + (rect.height() - height * scale) / 2)
    return {
        n.id: QRectF(
            start.x() + (n.x - left) * scale,
            start.y() + (n.y - top) * scale,
            max(_width(n) * scale, 3.0),
            max(HEIGHT * scale, 2.0),
        )
        for n in nodes
    }


def paint_graph(painter: QPainter, rect: QRectF, graph: Graph, theme: Theme, largest: float = LARGEST) -> None:
    """Draw the graph into `rect`, its nodes where `boxes_of` has them."""
    boxes = boxes_of(rect, graph, largest)
    if not boxes:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("wire"), 1.0))
    for edge in graph.edges:
        if edge.source in boxes and edge.target in boxes:
            source, target = boxes[edge.source], boxes[edge.target]
            begin = QPointF(source.right(), source.center().y())
            end = QPointF(target.left(), target.center().y())
            painter.drawPath(_wire(begin, end))
    painter.setPen(Qt.PenStyle.NoPen)
    for node in (graph.nodes[name] for name in boxes):
        layer = layer_of(graph, node.layer)
        colour = theme.category(layer.category if layer is not None else "in/out")
        if node.params.get("repeat", 1) != 1:
            painter.setBrush(colour.darker(150) if theme.is_dark else colour.lighter(150))
            painter.drawRoundedRect(boxes[node.id].translated(_BEHIND, -_BEHIND), 1.5, 1.5)
        painter.setBrush(colour)
        painter.drawRoundedRect(boxes[node.id], 1.5, 1.5)
    painter.restore()


def _width(node: Node) -> float:
    return WIDTH if node.block is None else BLOCK_WIDTH


def _wire(begin: QPointF, end: QPointF) -> QPainterPath:
    """Forwards a gentle curve; backwards, to the next row, around the end and between the rows."""
    path = QPainterPath(begin)
    if end.x() >= begin.x():
        bend = QPointF((end.x() - begin.x()) / 2, 0)
        path.cubicTo(begin + bend, end - bend, end)
        return path
    middle, bend = (begin.y() + end.y()) / 2, QPointF(_TURN, 0)
    path.cubicTo(begin + bend, QPointF(begin.x(), middle) + bend, QPointF(begin.x(), middle))
    path.lineTo(end.x(), middle)
    path.cubicTo(QPointF(end.x(), middle) - bend, end - bend, end)
    return path
