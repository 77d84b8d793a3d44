"""A view one can zoom and pan over a dotted ground; it knows nothing of graphs."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

NEAREST, FARTHEST = 4.0, 0.05
ZOOM_STEP = 1.2
DOTS = 24  # scene pixels between two dots
MARGIN = 32  # screen pixels left around what is fitted
GROUND = QRectF(-200_000, -200_000, 400_000, 400_000)
"""Where one can scroll. Wide and fixed, so that the view never jumps when a card is added at the rim."""


class LensView(QGraphicsView):
    """Zooms about a point, pans by screen pixels, fits rectangles; tells when it shows something else."""

    zoomed = Signal(float)
    moved = Signal()  # another part of the scene is seen

    def __init__(self, scene: QGraphicsScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(scene)
        self.setSceneRect(GROUND)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.viewport().setMouseTracking(True)
        self.covered = 0
        """Screen pixels at the top, below the margin, that something may lie over: what is fitted stays clear."""
        self._fitted: tuple[QRectF, float, float] | None = None
        self.centerOn(0, 0)

    def ground_colours(self) -> tuple[QColor, QColor]:
        """The ground's colour and that of its dots."""
        return self.palette().base().color(), self.palette().mid().color()

    @property
    def zoom(self) -> float:
        """Screen pixels for a scene pixel."""
        return self.transform().m11()

    def set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        """Zoom so that the scene point `about` (the middle by default) stays where it is on the screen."""
        zoom = max(FARTHEST, min(NEAREST, zoom))
        about = about if about is not None else self.mapToScene(self.viewport().rect().center())
        before = self.mapFromScene(about)
        self.setTransform(self.transform().fromScale(zoom, zoom))
        after = self.mapFromScene(about)
        self._fitted = None
        self.pan(after.x() - before.x(), after.y() - before.y())
        self.zoomed.emit(zoom)
        self.moved.emit()

    def pan(self, dx: int, dy: int) -> None:
        """Scroll by screen pixels."""
        self._fitted = None
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + dy)
        self.moved.emit()

    def fit(self, rect: QRectF, most: float = 1.0, least: float = FARTHEST) -> None:
        """Show a rectangle of the scene whole, no larger than `most`, no smaller than `least`.

        Where it is too large for `least`, its top left is shown. It stays so when the view is resized, until somebody
        zooms or scrolls.
        """
        if rect.isEmpty():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            self.moved.emit()
            return
        across = max(1, self.viewport().width() - 2 * MARGIN)
        down = max(1, self.viewport().height() - 2 * MARGIN - self.covered)
        self.set_zoom(max(least, min(across / rect.width(), down / rect.height(), most)))
        shown_across, shown_down = across / self.zoom, down / self.zoom
        x = rect.center().x() if rect.width() <= shown_across else rect.left() + shown_across / 2
        y = rect.center().y() if rect.height() <= shown_down else rect.top() + shown_down / 2
        above = (self.viewport().height() - rect.height() * self.zoom) / 2
        clear = max(0.0, min(self.covered / 2, MARGIN + self.covered - above))  # in the middle, if that leaves room
        self.centerOn(x, y - clear / self.zoom)
        self._fitted = (rect, most, least)
        self.moved.emit()

    def refit(self) -> None:
        """Fit what was fitted last, if it is still as it was left."""
        if self._fitted is not None:
            self.fit(*self._fitted)

    def show_rect(self, rect: QRectF) -> None:
        """Scroll as little as it takes to see a rectangle of the scene."""
        seen = self.visible_rect()
        if not seen.contains(rect):
            dx = min(0.0, rect.left() - seen.left()) or max(0.0, rect.right() - seen.right())
            dy = min(0.0, rect.top() - seen.top()) or max(0.0, rect.bottom() - seen.bottom())
            self.pan(round(dx * self.zoom), round(dy * self.zoom))

    def show_centred(self, at: QPointF) -> None:
        """Scroll so that a point of the scene is in the middle."""
        self._fitted = None
        self.centerOn(at)
        self.moved.emit()

    def visible_rect(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def pointer_place(self) -> QPointF:
        """Where in the scene the pointer is, the middle of the view if it is elsewhere."""
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        inside = self.viewport().rect().contains(at)
        return self.mapToScene(at if inside else self.viewport().rect().center())

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        colour, dots = self.ground_colours()
        area = QRectF(rect)
        painter.fillRect(area, colour)
        spacing = DOTS
        while spacing * self.zoom < 14:
            spacing *= 2
        if self.zoom < 0.12:
            return
        pen = QPen(dots, 2.0 if self.zoom >= 0.75 else 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap)
        pen.setCosmetic(True)
        painter.setPen(pen)
        left, top = math.floor(area.left() / spacing), math.floor(area.top() / spacing)
        right, bottom = math.ceil(area.right() / spacing), math.ceil(area.bottom() / spacing)
        painter.save()
        painter.translate(left * spacing, top * spacing)
        painter.drawPoints(_lattice(right - left + 1, bottom - top + 1, spacing))
        painter.restore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()
        self.moved.emit()


@lru_cache(maxsize=64)
def _lattice(columns: int, rows: int, spacing: int) -> QPolygonF:
    """So many points, `spacing` apart."""
    return QPolygonF([QPointF(x * spacing, y * spacing) for x in range(columns) for y in range(rows)])
