"""The minimap: the whole network in a corner, with a frame around what the view shows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.view import CanvasView

SIZE = QSize(184, 112)
_MARGIN = 10


class Minimap(QWidget):
    """Click or drag in it to go there."""

    released = Signal()  # the drag in it is over

    def __init__(self, view: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._drawn: QPixmap | None = None
        self._world = QRectF()
        self.is_held = False
        """Whether somebody drags in it; it has to stay for so long."""
        self.setFixedSize(SIZE)
        self.setObjectName("canvas_minimap")
        self.setAccessibleName("Minimap")
        self.setToolTip("The whole network. Click to go there.")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.canvas.boundsChanged.connect(self.redraw)
        view.moved.connect(self.update)

    def redraw(self) -> None:
        """The cards changed."""
        self._drawn = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._view.canvas.look
        ground = QColor(look.panel)
        ground.setAlpha(235)
        painter.setPen(QPen(look.card_edge, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        if self._drawn is None or self._drawn.devicePixelRatio() != self.devicePixelRatio():
            self._drawn = self._draw()
        painter.drawPixmap(0, 0, self._drawn)
        seen = self._on_map(self._view.visible_rect())
        inner = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        if not self._world.isEmpty() and not seen.contains(inner):
            frame = QColor(look.accent)
            fill = QColor(frame)
            fill.setAlpha(22)
            painter.setPen(QPen(frame, 1))
            painter.setBrush(fill)
            painter.drawRoundedRect(seen.intersected(inner), 3, 3)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.is_held = True
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.is_held = False
        self.released.emit()

    def _go(self, at: QPointF) -> None:
        scale, offset = self._fit()
        if scale > 0:
            self._view.show_centred((at - offset) / scale)

    def _draw(self) -> QPixmap:
        """The frames and cards as the overview has them, drawn once and only copied while the view moves."""
        canvas = self._view.canvas
        self._world = canvas.bounds()
        ratio = self.devicePixelRatio()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        scale, offset = self._fit()
        if scale > 0:
            painter = QPainter(drawn)
            painter.translate(offset)
            painter.scale(scale, scale)
            canvas.overview.paint_frames(painter, scale)
            canvas.overview.paint_cards(painter, canvas.look, wrong_as_bad=True)
            painter.end()
        return drawn

    def _fit(self) -> tuple[float, QPointF]:
        """Scale and offset from the scene to the map."""
        if self._world.isEmpty():
            return 0.0, QPointF()
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = min(room.width() / self._world.width(), room.height() / self._world.height(), 0.16)
        return scale, room.center() - self._world.center() * scale

    def _on_map(self, rect: QRectF) -> QRectF:
        scale, offset = self._fit()
        return QRectF(rect.topLeft() * scale + offset, rect.size() * scale)
