"""The canvas's view: turns events into gestures and commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.canvas.arranging import Arranging
from workbench.ui.canvas.copying import Copying
from workbench.ui.canvas.distance import DistantView
from workbench.ui.canvas.edge_scroll import EdgeScroll
from workbench.ui.canvas.editing import Editing
from workbench.ui.canvas.framed import FrameCommands
from workbench.ui.canvas.hits import Hit, hit_at
from workbench.ui.canvas.interactions.choice import gesture_for
from workbench.ui.canvas.interactions.frame import RIM_CURSORS
from workbench.ui.canvas.interactions.gesture import Gesture, Pointer
from workbench.ui.canvas.interactions.pan import Pan
from workbench.ui.canvas.interactions.place import PlaceLayer, carried
from workbench.ui.canvas.keyboard_ring import KeyboardRing
from workbench.ui.canvas.keys import CanvasKeys
from workbench.ui.canvas.lens import ZOOM_STEP
from workbench.ui.canvas.marking import Marking
from workbench.ui.canvas.menus import Menus
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.space_key import SpaceKey
from workbench.ui.canvas.tips import tip_for

if TYPE_CHECKING:
    from workbench.session.session import Session

CHIP = 28
"""Screen pixels by which the picture's chip, at the top right, reaches below the margin."""

_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class CanvasView(DistantView):
    """Shows the scene and hands every press to one gesture; commands go to `editing`."""

    renameAsked = Signal(str)
    frameRenameAsked = Signal(str)
    openAsked = Signal(str)  # go into a block
    leaveAsked = Signal()  # and out of it again
    inspectAsked = Signal()  # Enter on the canvas: on to what is said of the selection

    def __init__(self, canvas: CanvasScene, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self.bridge = bridge
        self.theme = bridge.theme
        self.commands: Mapping[str, QAction] = {}  # by name, filled in by `actions.build`
        self.editing = Editing(self)
        self.copying = Copying(self)
        self.arranging = Arranging(self)
        self.framed = FrameCommands(self)
        self.marking = Marking(self)
        self.menus = Menus(self)
        self.gesture: Gesture | None = None
        self._placing: PlaceLayer | None = None
        self._last = Pointer(QPointF(), QPoint())
        self.covered = CHIP  # always: a view that moved when the chip appears would move under the mouse
        self._edge = EdgeScroll(self._scroll_on, self)
        self._space = SpaceKey()
        self._hovered: str | None = None
        self._keys = CanvasKeys(self)
        self._ring = KeyboardRing(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().installEventFilter(self)
        self.installEventFilter(self)
        self.setObjectName("canvas_view")
        self.setAccessibleName("Canvas")

    @property
    def session(self) -> Session | None:
        """The session whose graph may be edited here: None without a project, or if that is open to read only."""
        session = self.bridge.session
        return session if session is not None and not session.read_only else None

    def ground_colours(self) -> tuple[QColor, QColor]:
        return self.canvas.look.canvas, self.canvas.look.dots

    def show_node(self, node: str) -> None:
        """Scroll as little as it takes to see a node whole, with what is noted below it."""
        if self.canvas.node(node) is not None:
            self.show_rect(self.canvas.bounds([node]).adjusted(-24, -24, 24, 24))

    def enter_selected(self) -> None:
        """Enter: into the leading block, or on to what is said of the leading layer."""
        leading = self.canvas.graph.nodes.get(self.bridge.selection[-1]) if self.bridge.selection else None
        if leading is not None and leading.block is not None:
            self.openAsked.emit(leading.id)
        else:
            self.inspectAsked.emit()

    # --- gestures ----------------------------------------------------------------------------------------------------

    def begin(self, gesture: Gesture, pointer: Pointer) -> None:
        self.cancel_gesture()
        self.arranging.gliding.settle()
        self.gesture = gesture
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)
        gesture.start(pointer)

    def finish(self, pointer: Pointer) -> None:
        gesture, self.gesture = self.gesture, None
        self._edge.stop()
        if gesture is not None:
            gesture.end(pointer)
        self._show_cursor()

    def cancel_gesture(self) -> bool:
        """Drop what is being done; gives whether anything was."""
        gesture, self.gesture = self.gesture, None
        self._edge.stop()
        if gesture is not None:
            gesture.cancel()
            self._show_cursor()
        return gesture is not None

    def _scroll_on(self, dx: int, dy: int) -> None:
        """A beat of the scrolling at the rim: what is held goes along."""
        self.pan(dx, dy)
        held = self.gesture or self._placing
        if held is not None:
            held.move(Pointer(self.mapToScene(self._last.view), self._last.view, self._last.modifiers))

    def pointer(self, event: QMouseEvent) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self.mapToScene(at), at, event.modifiers())

    def hit(self, at: QPoint) -> Hit:
        return hit_at(self.canvas, self.mapToScene(at), self.zoom)

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._ring.show_for_keys(False)
        if self.gesture is not None:
            self.cancel_gesture()  # a second button during a drag means: never mind
            return
        pointer = self.pointer(event)
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space.is_held and event.button() == Qt.MouseButton.LeftButton
        ):
            self._space.use()
            self.begin(Pan(self), pointer)
        elif event.button() == Qt.MouseButton.LeftButton:
            gesture = gesture_for(self, hit_at(self.canvas, pointer.scene, self.zoom), pointer)
            if gesture is not None:
                self.begin(gesture, pointer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            self._last = self.pointer(event)
            self.gesture.move(self._last)
            if self.gesture.scrolls and self.gesture.is_drag(self._last):
                self._edge.follow(self._last.view, self.viewport().rect())
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
        if hit.frame is not None:
            self.frameRenameAsked.emit(hit.frame)
        elif hit.nothing or hit.edge is not None:
            self.menus.open_add_menu(self.pointer(event).scene, onto=hit.edge)
        elif hit.node is not None and not hit.on_port:
            is_block = self.canvas.graph.nodes[hit.node].block is not None
            (self.openAsked if is_block else self.renameAsked).emit(hit.node)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        touchpad = event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchPad
        if touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            swiped = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 4
            self.pan(-swiped.x(), -swiped.y())  # two fingers move what they touch; pinching comes with Ctrl
        elif turned:
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
        if self._space.is_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif hit is not None and hit.fix is not None:
            shape = Qt.CursorShape.PointingHandCursor
        elif hit is not None and hit.rim:
            shape = RIM_CURSORS[hit.rim]
        elif hit is not None and hit.on_port:
            shape = Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)

    # --- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._space.press(event)
            self._show_cursor()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
            event.accept()
        elif self.gesture is not None:
            event.accept()  # no command while something is in hand
        elif self._keys.take(event):
            self._ring.show_for_keys(True)
            event.accept()
        else:
            QWidget.keyPressEvent(self, event)  # not QGraphicsView's: it would scroll with the arrow keys

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            tapped = self._space.release(event)
            self._show_cursor()
            if tapped and self.gesture is None:
                self.menus.open_add_menu(self.pointer_place())
            event.accept()
        else:
            QWidget.keyReleaseEvent(self, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring.show_for_keys(event.reason() in _BY_KEY)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space.let_go()
        self._ring.show_for_keys(False)
        super().focusOutEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from card to card; past the last (or first) one it leaves the canvas."""
        step = 1 if next else -1
        stepped = self.framed.step(step) or (self.bridge.frame is None and self.editing.step_selection(step))
        self._ring.show_for_keys(stepped)
        return stepped or super().focusNextPrevChild(next)

    def _escape(self) -> None:
        if self.cancel_gesture():
            return
        if self.bridge.frame is not None:
            self.bridge.choose_frame(None)
            return
        if self.canvas.chosen_wire is None and not self.bridge.selection:
            self.leaveAsked.emit()
            return
        self.canvas.choose_wire(None)
        self.bridge.select(())

    # --- drag and drop -----------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        layer = carried(event.mimeData(), self.session)
        if layer is None or self.session is None:
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
        self._last = self._drag_pointer(event)
        self._placing.move(self._last)
        self._edge.follow(self._last.view, self.viewport().rect())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._edge.stop()
        if self._placing is not None:
            self._placing.cancel()
            self._placing = None
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self._edge.stop()
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

    # --- tooltips ----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Not `viewportEvent`: a handler that fails inside its base class's call takes the program down with PySide.
        if watched is self.viewport() and isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tool_tip(event)
            return True
        if watched is self and event.type() == QEvent.Type.ShortcutOverride and self.gesture is not None:
            event.accept()  # no command while something is in hand
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            about = self.mapToScene(event.position().toPoint())
            self.set_zoom(self.zoom * max(0.2, 1.0 + event.value()), about)
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _tool_tip(self, event: QHelpEvent) -> None:
        text = tip_for(self.canvas, self.hit(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self.viewport())
        else:
            QToolTip.hideText()
