"""The view: turns events into gestures, keeps zoom and place, paints the dotted ground."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QToolTip, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.canvas.editing import STEP, Editing
from workbench.ui.canvas.interactions.choice import gesture_for
from workbench.ui.canvas.interactions.gesture import Gesture, Pointer
from workbench.ui.canvas.interactions.pan import Pan
from workbench.ui.canvas.interactions.place import PlaceLayer, layer_of
from workbench.ui.canvas.menus import Menus
from workbench.ui.canvas.scene import FAR, CanvasScene, Hit
from workbench.ui.canvas.tips import tip_for

NEAREST, FARTHEST = 4.0, 0.05
ZOOM_STEP = 1.2
DOTS = 24  # scene pixels between two dots
GROUND = QRectF(-200_000, -200_000, 400_000, 400_000)
"""Where one can scroll. Wide and fixed, so that the view never jumps when a card is added at the rim."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CanvasView(QGraphicsView):
    """Shows the scene and hands every press to one gesture; commands go to `editing`."""

    zoomed = Signal(float)
    moved = Signal()  # another part of the scene is seen
    renameAsked = Signal(str)

    def __init__(self, canvas: CanvasScene, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas  # also keeps the scene alive
        self.bridge = bridge
        self.theme = bridge.theme
        self.commands: Mapping[str, QAction] = {}  # by name, filled in by `actions.build`
        self.editing = Editing(self)
        self.menus = Menus(self)
        self.gesture: Gesture | None = None
        self._placing: PlaceLayer | None = None
        self._space_held = False
        self._space_used = False
        self._hovered: str | None = None
        self.setScene(canvas)
        self.setSceneRect(GROUND)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        self.setObjectName("canvas_view")
        self.setAccessibleName("Canvas")
        self.centerOn(0, 0)

    # --- zoom and place ----------------------------------------------------------------------------------------------

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
        self.pan(after.x() - before.x(), after.y() - before.y())
        self.canvas.set_far(zoom < FAR)
        self.zoomed.emit(zoom)
        self.moved.emit()

    def pan(self, dx: int, dy: int) -> None:
        """Scroll by screen pixels."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + dy)
        self.moved.emit()

    def fit(self, rect: QRectF, most: float = 1.0) -> None:
        """Show a rectangle of the scene whole, with a margin, no larger than `most`."""
        if rect.isEmpty():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            self.moved.emit()
            return
        room = self.viewport().size()
        margin = 48
        zoom = min(
            max(1, room.width() - 2 * margin) / rect.width(), max(1, room.height() - 2 * margin) / rect.height(), most
        )
        self.set_zoom(zoom)
        self.centerOn(rect.center())
        self.moved.emit()

    def show_node(self, node: str) -> None:
        """Scroll as little as it takes to see a node whole."""
        item = self.canvas.node(node)
        if item is None:
            return
        seen, wanted = self.visible_rect(), item.rect.adjusted(-24, -24, 24, 24)
        if not seen.contains(wanted):
            dx = min(0.0, wanted.left() - seen.left()) or max(0.0, wanted.right() - seen.right())
            dy = min(0.0, wanted.top() - seen.top()) or max(0.0, wanted.bottom() - seen.bottom())
            self.pan(round(dx * self.zoom), round(dy * self.zoom))

    def visible_rect(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def pointer_place(self) -> QPointF:
        """Where in the scene the pointer is, the middle of the view if it is elsewhere."""
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        inside = self.viewport().rect().contains(at)
        return self.mapToScene(at if inside else self.viewport().rect().center())

    # --- gestures ----------------------------------------------------------------------------------------------------

    def begin(self, gesture: Gesture, pointer: Pointer) -> None:
        self.cancel_gesture()
        self.gesture = gesture
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)
        gesture.start(pointer)

    def finish(self, pointer: Pointer) -> None:
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.end(pointer)
        self._show_cursor()

    def cancel_gesture(self) -> bool:
        """Drop what is being done; gives whether anything was."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
            self._show_cursor()
        return gesture is not None

    def pointer(self, event: QMouseEvent) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self.mapToScene(at), at, event.modifiers())

    def hit(self, at: QPoint) -> Hit:
        return self.canvas.hit(self.mapToScene(at), self.zoom)

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.gesture is not None:
            self.cancel_gesture()  # a second button during a drag means: never mind
            return
        pointer = self.pointer(event)
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space_held and event.button() == Qt.MouseButton.LeftButton
        ):
            self._space_used = True
            self.begin(Pan(self), pointer)
        elif event.button() == Qt.MouseButton.LeftButton:
            gesture = gesture_for(self, self.canvas.hit(pointer.scene, self.zoom), pointer)
            if gesture is not None:
                self.begin(gesture, pointer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            self.gesture.move(self.pointer(event))
        elif event.buttons() == Qt.MouseButton.NoButton:
            self._hover(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self.finish(self.pointer(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        self.cancel_gesture()
        hit = self.hit(event.position().toPoint())
        if hit.nothing or hit.edge is not None:
            self.menus.open_add_menu(self.pointer(event).scene, onto=hit.edge)
        elif hit.node is not None and not hit.on_port:
            self.renameAsked.emit(hit.node)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            about = self.mapToScene(event.position().toPoint())
            self.set_zoom(self.zoom * ZOOM_STEP ** (turned / 120), about)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel_gesture()
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.menus.open_context_menu(self.hit(event.pos()), self.mapToScene(event.pos()), event.globalPos())
        else:
            self.menus.open_context_menu_at_selection()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(None)
        super().leaveEvent(event)

    def _hover(self, at: QPoint) -> None:
        hit = self.hit(at)
        self._set_hovered(hit.node)
        item = self.canvas.node(hit.node) if hit.node is not None else None
        if item is not None and item.note is not None:
            item.note.set_hovered(hit.fix)
        self._show_cursor(hit)

    def _set_hovered(self, node: str | None) -> None:
        if node != self._hovered:
            for identity, on in ((self._hovered, False), (node, True)):
                item = self.canvas.node(identity) if identity is not None else None
                if item is not None:
                    item.set_hovered(on)
                    if item.note is not None and not on:
                        item.note.set_hovered(None)
            self._hovered = node

    def _show_cursor(self, hit: Hit | None = None) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._space_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif hit is not None and hit.fix is not None:
            shape = Qt.CursorShape.PointingHandCursor
        elif hit is not None and hit.on_port:
            shape = Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)

    # --- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            if not event.isAutoRepeat():
                self._space_held, self._space_used = True, False
                self._show_cursor()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
            event.accept()
        elif self.gesture is not None:
            event.accept()  # no command while something is in hand
        elif not self._arrow(event):
            QWidget.keyPressEvent(self, event)  # not QGraphicsView's: it would scroll with the arrow keys

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            tapped = self._space_held and not self._space_used and self.gesture is None
            self._space_held = False
            self._show_cursor()
            if tapped:
                self.menus.open_add_menu(self.pointer_place())
            event.accept()
        else:
            QWidget.keyReleaseEvent(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held = False
        super().focusOutEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from card to card; past the last (or first) one it leaves the canvas."""
        return self.editing.step_selection(1 if next else -1) or super().focusNextPrevChild(next)

    def _arrow(self, event: QKeyEvent) -> bool:
        """Arrow keys move the selected cards a step of the grid, with Shift by one pixel."""
        direction = _ARROWS.get(Qt.Key(event.key()))
        if direction is None or not self.bridge.selection:
            return False
        step = 1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        self.editing.nudge(direction[0] * step, direction[1] * step)
        event.accept()
        return True

    def _escape(self) -> None:
        if self.cancel_gesture():
            return
        self.canvas.choose_wire(None)
        self.bridge.select(())

    # --- drag and drop -----------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        layer = layer_of(event.mimeData())
        session = self.bridge.session
        if layer is None or session is None:
            event.ignore()  # a folder of pictures is the window's to take
            return
        self.cancel_gesture()
        self._placing = PlaceLayer(self, layer)
        self._placing.start(self._drag_pointer(event))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._placing is None:
            event.ignore()
            return
        self._placing.move(self._drag_pointer(event))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        if self._placing is not None:
            self._placing.cancel()
            self._placing = None
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        placing, self._placing = self._placing, None
        if placing is None:
            event.ignore()
            return
        placing.end(self._drag_pointer(event))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _drag_pointer(self, event: QDropEvent) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self.mapToScene(at), at, event.modifiers())

    # --- painting ----------------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        look = self.canvas.look
        area = QRectF(rect)
        painter.fillRect(area, look.canvas)
        spacing = DOTS
        while spacing * self.zoom < 14:
            spacing *= 2
        if self.zoom < 0.12:
            return
        pen = QPen(look.dots, 2.0 if self.zoom >= 0.75 else 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        painter.setPen(pen)
        left, top = math.floor(area.left() / spacing), math.floor(area.top() / spacing)
        right, bottom = math.ceil(area.right() / spacing), math.ceil(area.bottom() / spacing)
        painter.drawPoints(
            [QPointF(x * spacing, y * spacing) for x in range(left, right + 1) for y in range(top, bottom + 1)]
        )

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self._tool_tip(event)
            return True
        return super().viewportEvent(event)

    def _tool_tip(self, event: QEvent) -> None:
        at = event.pos()  # type: ignore[attr-defined]
        text = tip_for(self.canvas, self.hit(at))
        if text:
            QToolTip.showText(event.globalPos(), text, self.viewport())  # type: ignore[attr-defined]
        else:
            QToolTip.hideText()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.moved.emit()
