"""A node of the graph in the scene: holds its card, draws it, answers where its ports are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.ui.canvas.card import Card
from workbench.ui.canvas.drawings import Drawings
from workbench.ui.canvas.geometry import NOTE_GAP, Frame, frame
from workbench.ui.canvas.items.note import NoteItem
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.painter import Mood, paint_card
from workbench.ui.canvas.thumbnails import NO_THUMBS, Thumbs

_OVERHANG = 12.0  # ports, their glow and the shadow reach over the card's edge
Z_PLAIN, Z_NOTED, Z_SELECTED = 1.0, 2.0, 3.0


class NodeItem(QGraphicsItem):
    """Painted, not composed of widgets. Everything it shows comes from its card, its images and its mood."""

    def __init__(self, card: Card, look: Look) -> None:
        super().__init__()
        self.card = card
        self.frame: Frame = frame(card, look)
        self.mood = Mood()
        self.images: Thumbs = NO_THUMBS
        self.note: NoteItem | None = None
        self._look = look
        self._drawings: Drawings | None = None
        self._bounds = _around(self.frame)
        self._place_note()
        self.setZValue(self._z())

    @property
    def id(self) -> str:
        return self.card.id

    @property
    def rect(self) -> QRectF:
        """The card in scene coordinates, without what hangs over its edge."""
        at = self.pos()
        return QRectF(at.x(), at.y(), self.frame.width, self.frame.height)

    @property
    def extent(self) -> QRectF:
        """The card with its note, in scene coordinates."""
        if self.note is None:
            return self.rect
        return self.rect.united(self.note.mapRectToScene(self.note.boundingRect()))

    def set_card(self, card: Card, look: Look | None = None) -> bool:
        """Show another card. Gives whether the size or the ports moved, so that the wires have to follow."""
        if card == self.card and look is None:
            return False
        self._look = look or self._look
        before = self.frame
        self.prepareGeometryChange()
        self.card = card
        self.frame = frame(card, self._look)
        self._bounds = _around(self.frame)
        self._place_note()
        self.setZValue(self._z())
        self._repaint()
        return (before.width, before.height, before.inputs, before.outputs) != (
            self.frame.width,
            self.frame.height,
            self.frame.inputs,
            self.frame.outputs,
        )

    def keep_drawing(self, drawings: Drawings | None) -> None:
        """Copy the card from a store of drawings rather than paint it each time; None paints.

        As sharp on a screen, but not where the canvas is drawn into something else: a file, a larger picture.
        """
        if self._drawings is not None:
            self._drawings.forget(self.id)
        self._drawings = drawings

    def set_images(self, images: Thumbs) -> None:
        if images is not self.images:
            self.images = images
            if self._drawings is not None:
                self._drawings.outdate(self.id)
            self.update()

    def set_selected(self, selected: bool) -> None:
        if selected != self.mood.selected:
            self.mood.selected = selected
            self._place_note()
            self.setZValue(self._z())
            self._repaint()

    def set_hovered(self, hovered: bool) -> None:
        if hovered != self.mood.hovered:
            self.mood.hovered = hovered
            self._repaint()

    def mark_ports(self, inputs: tuple[int, ...] = (), outputs: tuple[int, ...] = (), faded: bool = False) -> None:
        """Light or fade ports while a wire is drawn; called with nothing, the card looks as usual."""
        if (inputs, outputs, faded) != (self.mood.input_marks, self.mood.output_marks, self.mood.faded):
            self.mood.input_marks, self.mood.output_marks, self.mood.faded = inputs, outputs, faded
            self._repaint()

    def input_at(self, port: str) -> QPointF:
        """Where an input port is, in scene coordinates. A port the layer lost stands where its first one is."""
        return self._port(self.frame.inputs, [p.id for p in self.card.inputs], port, 0.0)

    def output_at(self, port: str) -> QPointF:
        """Where an output port is, in scene coordinates."""
        return self._port(self.frame.outputs, [p.id for p in self.card.outputs], port, float(self.frame.width))

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._drawings is not None:
            self._drawings.show(painter, self.id, self._bounds, self._draw)
        else:
            self._draw(painter, option.levelOfDetailFromTransform(painter.worldTransform()))

    def _draw(self, painter: QPainter, scale: float) -> None:
        paint_card(painter, self.card, self.frame, self._look, self.mood, self.images, scale)

    def _repaint(self) -> None:
        """The card looks different: have it drawn anew."""
        if self._drawings is not None:
            self._drawings.forget(self.id)
        self.update()

    def _port(self, points: Sequence[QPointF], ids: list[str], port: str, x: float) -> QPointF:
        point = points[ids.index(port)] if port in ids else (points[0] if points else QPointF(x, 28.0))
        return self.pos() + point

    def _place_note(self) -> None:
        """The note below a card: where something wrong arrives; while selected also where a wire is missing.

        A child of this item, so that it moves along.
        """
        problem = self.card.fault or self.card.doubt or (self.card.gap if self.mood.selected else None)
        if problem is None:
            if self.note is not None:
                self.note.leave()
                self.note = None
            return
        if self.note is None:
            self.note = NoteItem(self)
        self.note.show_problem(problem, self._look, self.frame.width)
        self.note.setPos(0, self.frame.height + NOTE_GAP)

    def _z(self) -> float:
        return Z_SELECTED if self.mood.selected else Z_NOTED if self.note is not None else Z_PLAIN


def _around(laid: Frame) -> QRectF:
    return laid.rect.adjusted(-_OVERHANG, -_OVERHANG, _OVERHANG, _OVERHANG)
