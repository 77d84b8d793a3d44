"""Draws one card. Knows nothing of scenes and items: a frame, a card, a look and a painter are all it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen

from workbench.ui import icons
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import BAR, PORT_RADIUS, RADIUS, SIGN, Frame
from workbench.ui.canvas.look import Look, elided

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
TEXT_FROM = 0.42  # below this scale words are a grey smudge and left out
THUMB_RADIUS = 3.0
SQUARES_UP_TO = 16  # numbers on a side up to which a map is drawn as squares
LIT, FADED = 1, 2
"""How a port looks while a wire is drawn: it fits, or it does not. Anything else is as usual."""


@dataclass(slots=True)
class Mood:
    """What is true of a card at the moment and not of its document: selected, pointed at, ports lit for a wire."""

    selected: bool = False
    hovered: bool = False
    input_marks: tuple[int, ...] = ()
    output_marks: tuple[int, ...] = ()
    faded: bool = False


def paint_card(
    painter: QPainter,
    card: Card,
    frame: Frame,
    look: Look,
    mood: Mood,
    images: Sequence[QImage] = (),
    scale: float = 1.0,
) -> None:
    """The whole card at the painter's origin. `scale` is the zoom: screen pixels for a scene pixel."""
    if mood.faded:
        painter.setOpacity(0.45)
    body = frame.rect
    _body(painter, body, card, look, mood, scale)
    if scale >= TEXT_FROM:
        _texts(painter, card, frame, look)
    if card.maps:
        _thumbnails(painter, frame, look, images)
    painter.setOpacity(1.0)
    _ports(painter, frame.inputs, card, look, mood.input_marks, inputs=True)
    _ports(painter, frame.outputs, card, look, mood.output_marks, inputs=False)


def _body(painter: QPainter, body: QRectF, card: Card, look: Look, mood: Mood, scale: float) -> None:
    outline, bar = _shapes(body.width(), body.height())
    if scale >= TEXT_FROM:
        painter.fillPath(outline.translated(0, 2), look.shadow)
    painter.fillPath(outline, look.card)
    if card.placeholder:
        painter.fillPath(outline, QBrush(_with_alpha(look.faint, 70), Qt.BrushStyle.BDiagPattern))
    painter.fillPath(bar, look.category(card.category))
    colour, width = edge(card, look, mood)
    inset = width / 2 if width < 2 else 0.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(colour, width)
    if card.placeholder and not mood.selected:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawRoundedRect(body.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)


@lru_cache(maxsize=256)
def _shapes(width: float, height: float) -> tuple[QPainterPath, QPainterPath]:
    """The outline of a card of this size, and the part of it that is the bar."""
    outline, bar = QPainterPath(), QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, width, height), RADIUS, RADIUS)
    bar.addRect(QRectF(0, 0, BAR, height))
    return outline, bar.intersected(outline)


def edge(card: Card, look: Look, mood: Mood) -> tuple[QColor, float]:
    """Colour and width of the line around a card."""
    if mood.selected:
        return look.accent, 2.0
    if card.fault is not None:
        return look.bad, 2.0
    if card.doubt is not None:
        return look.warning, 2.0
    if mood.hovered:
        return look.wire, 1.0
    return look.card_edge, 1.0


def _texts(painter: QPainter, card: Card, frame: Frame, look: Look) -> None:
    painter.setFont(look.title_font)
    painter.setPen(look.text)
    painter.drawText(frame.title, _LEFT, elided(card.title, look.title_metrics, frame.title.width()))
    if card.count:
        painter.setFont(look.count_font)
        painter.setPen(look.faint)
        painter.drawText(frame.count, _RIGHT, card.count)
    painter.setFont(look.body_font)
    if card.words:
        painter.setPen(look.dim)
        painter.drawText(frame.words, _LEFT, elided(card.words, look.body_metrics, frame.words.width()))
    if card.shape:
        painter.setPen(look.text)
        painter.drawText(frame.shape, _RIGHT, elided(card.shape, look.body_metrics, frame.shape.width()))
    if card.sign:
        colour = look.bad if card.gap is not None else look.warning if card.warning is not None else look.dim
        ratio = max(1.0, min(4.0, math.ceil(painter.deviceTransform().m11() * 2) / 2))
        drawn = icons.pixmap(card.sign, colour, SIGN, ratio)
        where = QRectF(frame.width - 12 - SIGN, frame.title.center().y() - SIGN / 2, SIGN, SIGN)
        painter.drawPixmap(where, drawn, QRectF(drawn.rect()))


def _thumbnails(painter: QPainter, frame: Frame, look: Look, images: Sequence[QImage]) -> None:
    for rect, image in zip(frame.thumbnails, images, strict=False):
        # Of a small map every number is to be seen as one square, not a blur that was never computed.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, image.width() > SQUARES_UP_TO)
        rounded = QPainterPath()
        rounded.addRoundedRect(_fitted(rect, image), THUMB_RADIUS, THUMB_RADIUS)
        painter.save()
        painter.setClipPath(rounded, Qt.ClipOperation.IntersectClip)
        painter.drawImage(_fitted(rect, image), image)
        painter.restore()
    for rect in frame.thumbnails[len(images) :]:  # room kept for maps that have not come yet
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.dots)
        painter.drawRoundedRect(rect, THUMB_RADIUS, THUMB_RADIUS)


def _fitted(rect: QRectF, image: QImage) -> QRectF:
    """The largest rectangle of the image's proportions within `rect`, at its left edge."""
    if image.height() == 0 or image.width() == image.height():
        return rect
    width, height = rect.width(), rect.height()
    if image.width() > image.height():
        height = max(4.0, width * image.height() / image.width())
    else:
        width = max(4.0, height * image.width() / image.height())
    return QRectF(rect.left(), rect.center().y() - height / 2, width, height)


def _ports(
    painter: QPainter, points: Sequence[QPointF], card: Card, look: Look, marks: Sequence[int], *, inputs: bool
) -> None:
    for i, point in enumerate(points):
        mark = marks[i] if i < len(marks) else 0
        is_open = inputs and card.inputs[i].id in card.open_inputs
        radius, fill, ring = PORT_RADIUS, look.port, look.card
        if is_open:  # a ring: nothing is plugged in here
            fill, ring = look.card, look.bad if card.gap is not None else look.port
        if mark == LIT:
            radius, fill, ring = PORT_RADIUS + 1.5, look.accent, look.card
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_with_alpha(look.accent, 70))
            painter.drawEllipse(point, radius + 4, radius + 4)
        elif mark == FADED:
            painter.setOpacity(0.3)
        painter.setPen(QPen(ring, 1.5))
        painter.setBrush(fill)
        painter.drawEllipse(point, radius, radius)
        painter.setOpacity(1.0)


def _with_alpha(colour: QColor, alpha: int) -> QColor:
    shaded = QColor(colour)
    shaded.setAlpha(alpha)
    return shaded
