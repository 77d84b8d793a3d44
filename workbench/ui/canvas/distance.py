"""A view of the canvas that draws from far away what cannot be told apart there: one overview instead of all items."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.lens import LensView
from workbench.ui.canvas.scene import FAR, CanvasScene


class DistantView(LensView):
    """Near it is a view of items as any other; far away it asks the scene for its overview and paints no item."""

    def __init__(self, canvas: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self.canvas = canvas  # also keeps the scene alive
        self.zoomed.connect(self._distance_changed)
        canvas.overviewChanged.connect(self._paint_again)
        canvas.drawings.sharpen.connect(self._paint_again)

    def _paint_again(self) -> None:
        self.viewport().update()

    def _distance_changed(self, zoom: float) -> None:
        self.canvas.drawings.zoomed()
        far = zoom < FAR
        if far != self.canvas.far:
            self.canvas.set_far(far)
            self._paint_again()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.canvas.far:
            self.canvas.drawings.begin_frame()
            super().paintEvent(event)
            self.canvas.drawings.end_frame()
            return
        painter = QPainter(self.viewport())
        painter.setWorldTransform(self.viewportTransform())
        self.drawBackground(painter, self.mapToScene(event.rect()).boundingRect())
        self.canvas.paint_far(painter, self.zoom)
        painter.end()
