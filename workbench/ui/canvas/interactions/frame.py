"""Frames in the hand: moved with all that lies wholly on them, or stretched at their sides and corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt

from workbench.document.frame_edits import frames_within, nodes_within
from workbench.ui.canvas.geometry import snapped
from workbench.ui.canvas.interactions.gesture import ALT, Gesture, Pointer
from workbench.ui.canvas.interactions.snapping import Snapping
from workbench.ui.canvas.items.passing import Guides

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

LEAST_WIDTH, LEAST_HEIGHT = 96, 64

RIM_CURSORS = {
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
}


class MoveFrame(Gesture):
    """Begins with a press on a frame's title. Without a drag it only chooses the frame."""

    def __init__(self, view: CanvasView, frame: str) -> None:
        super().__init__(view)
        self._frame = frame
        self._moving = False
        self._frames: dict[str, QPointF] = {}
        self._nodes: dict[str, QPointF] = {}
        self._snapping: Snapping | None = None
        self._guides: Guides | None = None
        self._step = (0, 0)

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self.view.bridge.choose_frame(self._frame)

    def move(self, pointer: Pointer) -> None:
        if self.view.session is None or (not self._moving and not self.is_drag(pointer)):
            return
        if not self._moving:
            self._begin()
        step = pointer.scene - self.origin.scene
        lines: list[QLineF] = []
        if pointer.holds(ALT) or self._snapping is None:
            self._step = (round(step.x()), round(step.y()))
        else:
            *at, lines = self._snapping.snap(step.x(), step.y(), self.view.zoom)
            self._step = (at[0], at[1])
        self._show(QPointF(*self._step))
        if self._guides is not None:
            self._guides.show_lines(lines)

    def end(self, pointer: Pointer) -> None:
        if not self._moving:
            return
        self._clear()
        session, item = self.view.session, self.canvas.frames.item(self._frame)
        if session is None or item is None or self._step == (0, 0):
            self._show(QPointF())
            return
        place = self._frames[self._frame]
        at = (place.x() + self._step[0], place.y() + self._step[1])
        if session.move_frames({self._frame: at}, self.canvas.sizes()) is not None:
            self._show(QPointF())

    def cancel(self) -> None:
        if self._moving:
            self._clear()
            self._show(QPointF())

    def _begin(self) -> None:
        self._moving = True
        canvas, graph = self.canvas, self.canvas.graph
        inside = nodes_within(graph, self._frame, canvas.sizes())
        frames = {self._frame, *frames_within(graph, self._frame)}
        self._nodes = {i: card.pos() for i in inside if (card := canvas.node(i)) is not None}
        self._frames = {i: item.pos() for i in frames if (item := canvas.frames.item(i)) is not None}
        seen = self.view.visible_rect()
        still = [n.rect for n in canvas.nodes() if n.id not in self._nodes and n.rect.intersects(seen)]
        still += [rect for i, rect in canvas.frames.rects().items() if i not in frames]
        self._snapping = Snapping(canvas.frames.rects()[self._frame], still)
        self._guides = Guides(canvas.look)
        canvas.addItem(self._guides)
        self.view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def _show(self, step: QPointF) -> None:
        """Show everything that goes along so far from where the document has it."""
        for identity, place in self._frames.items():
            if (frame := self.canvas.frames.item(identity)) is not None:
                frame.setPos(place + step)
                self.canvas.frames.follow(frame)
        for identity, place in self._nodes.items():
            if (card := self.canvas.node(identity)) is not None:
                card.setPos(place + step)
        self.canvas.route(self._nodes)

    def _clear(self) -> None:
        if self._guides is not None:
            self.canvas.removeItem(self._guides)
            self._guides = None


class StretchFrame(Gesture):
    """Begins with a press on a frame's rim; `rim` names the sides that follow the pointer ("n", "se", …).

    They keep to the grid; with Alt held they do not.
    """

    def __init__(self, view: CanvasView, frame: str, rim: str) -> None:
        super().__init__(view)
        self._frame, self._rim = frame, rim
        self.cursor = RIM_CURSORS.get(rim)
        self._rect: QRectF | None = None

    def start(self, pointer: Pointer) -> None:
        super().start(pointer)
        self.view.bridge.choose_frame(self._frame)

    def move(self, pointer: Pointer) -> None:
        item = self.canvas.frames.item(self._frame)
        if item is None or self.view.session is None or (self._rect is None and not self.is_drag(pointer)):
            return
        frame = item.frame
        before = QRectF(frame.x, frame.y, frame.width, frame.height)
        self._rect = stretched(before, self._rim, pointer.scene - self.origin.scene, free=pointer.holds(ALT))
        item.stretch(self._rect)
        self.canvas.frames.follow(item)
        self.canvas.seen_from_afar()

    def end(self, pointer: Pointer) -> None:
        session, rect = self.view.session, self._rect
        if session is None or rect is None:
            return
        x, y, width, height = (round(pixels) for pixels in (rect.x(), rect.y(), rect.width(), rect.height()))
        if session.change_frame(self._frame, x=x, y=y, width=width, height=height) is not None:
            self.cancel()

    def cancel(self) -> None:
        if self._rect is not None:
            self.canvas.frames.restore(self._frame)
            self.canvas.seen_from_afar()


def stretched(rect: QRectF, rim: str, step: QPointF, *, free: bool = False) -> QRectF:
    """The rectangle with the sides `rim` moved by a step, no smaller than a frame may be; on the grid unless free."""

    def at(side: float, by: float) -> float:
        return round(side + by) if free else snapped(side + by)

    result = QRectF(rect)
    if "w" in rim:
        result.setLeft(min(at(rect.left(), step.x()), rect.right() - LEAST_WIDTH))
    if "e" in rim:
        result.setRight(max(at(rect.right(), step.x()), rect.left() + LEAST_WIDTH))
    if "n" in rim:
        result.setTop(min(at(rect.top(), step.y()), rect.bottom() - LEAST_HEIGHT))
    if "s" in rim:
        result.setBottom(max(at(rect.bottom(), step.y()), rect.top() + LEAST_HEIGHT))
    return result
