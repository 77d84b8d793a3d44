"""A network as a small picture with what differs marked, by a sign and a line as well as by colour."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.compiler.naming import display_name
from workbench.core.words import count
from workbench.document.graph import Graph
from workbench.session.runs.graph_differences import ADDED, CHANGED, REMOVED
from workbench.ui.bridge import Bridge
from workbench.ui.start.thumbnail import boxes_of, paint_graph
from workbench.ui.theme import GAP, RADIUS

HEIGHT, NARROWEST = 150, 180
SIGN = 11.0
LARGEST = 0.32  # of a card's size on the canvas
_LOOK = {ADDED: ("good", "+"), REMOVED: ("bad", "-"), CHANGED: ("warning", "~")}


class GraphPicture(QWidget):
    """Shows one graph; `marks` says of its nodes whether they were added, removed or changed."""

    def __init__(self, bridge: Bridge, title: str, graph: Graph, marks: Mapping[str, str]) -> None:
        super().__init__()
        self._bridge, self._graph, self.marks = bridge, graph, marks
        self.setMinimumSize(NARROWEST, HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        what = f", {count(len(marks), 'layer')} marked" if marks else ""
        self.setAccessibleName(f"The network of {title}: {count(len(graph.nodes), 'layer')}{what}")
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    @property
    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(2 * GAP, 2 * GAP, -2 * GAP, -2 * GAP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("canvas"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setOpacity(0.4 if self.marks else 1.0)
        paint_graph(painter, self._room, self._graph, theme, LARGEST)
        painter.setOpacity(1.0)
        for node, box in boxes_of(self._room, self._graph, LARGEST).items():
            if node in self.marks:
                self._mark(painter, box, self.marks[node])

    def _mark(self, painter: QPainter, box: QRectF, what: str) -> None:
        token, sign = _LOOK[what]
        color = self._bridge.theme.color(token)
        pen = QPen(color, 2.0)
        if what == REMOVED:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(-3, -3, 3, 3), 3, 3)
        disc = QRectF(box.right() - SIGN / 2 + 2, box.top() - SIGN / 2 - 2, SIGN, SIGN)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(disc)
        painter.setPen(QPen(self._bridge.theme.color("canvas"), 1.5))
        middle, reach = disc.center(), SIGN * 0.26
        if sign == "~":
            painter.drawLine(middle + QPointF(-reach, -1.2), middle + QPointF(reach, -1.2))
            painter.drawLine(middle + QPointF(-reach, 1.6), middle + QPointF(reach, 1.6))
            return
        painter.drawLine(middle - QPointF(reach, 0), middle + QPointF(reach, 0))
        if sign == "+":
            painter.drawLine(middle - QPointF(0, reach), middle + QPointF(0, reach))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, where: QPointF) -> str:
        """What lies under a point: "Conv 2, changed"; "" where nothing does."""
        for node, box in boxes_of(self._room, self._graph, LARGEST).items():
            if box.adjusted(-3, -3, 3, 3).contains(where):
                name = display_name(self._graph, node)
                return f"{name}, {self.marks[node]}" if node in self.marks else name
        return ""

    def _restyle(self, _theme: object = None) -> None:
        self.update()
