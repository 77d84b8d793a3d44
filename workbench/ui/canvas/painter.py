"""Draws one card. Knows nothing of scenes and items: a frame, a card, a look and a painter are all it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap

from workbench.ui import icons
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import BAR, PORT_RADIUS, RADIUS, SHEET, SIGN, Frame
from workbench.ui.canvas.look import Look, blended, elided
from workbench.ui.canvas.thumbnail_painter import paint_thumbs
from workbench.ui.canvas.thumbnails import NO_THUMBS, Thumbs
from workbench.ui.canvas.wires import wire_path

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
TEXT_FROM = 0.42  # below this scale words are a grey smudge and left out
ASIDE = 0.7  # how strong the words of a layer are that does not take part
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
    thumbs: Thumbs = NO_THUMBS,
    scale: float = 1.0,
) -> None:
    """The whole card at the painter's origin. `scale` is the zoom: screen pixels for a scene pixel."""
    painter.setOpacity(0.45 if mood.faded else 1.0)
    body = frame.rect
    _body(painter, body, card, look, mood, scale)
    if card.state == "bypassed":
        _through(painter, card, frame, look)
    if scale >= TEXT_FROM:
        _texts(painter, card, frame, look, aside=bool(card.state))
    if card.maps:
        if card.state:
            painter.setOpacity(painter.opacity() * ASIDE)
        paint_thumbs(painter, frame.thumbnails, look, thumbs, scale)
    painter.setOpacity(1.0)
    _ports(painter, frame.inputs, card, look, mood.input_marks, inputs=True)
    _ports(painter, frame.outputs, card, look, mood.output_marks, inputs=False)


def _body(painter: QPainter, body: QRectF, card: Card, look: Look, mood: Mood, scale: float) -> None:
    outline, bar = _shapes(body.width(), body.height())
    colour, width = edge(card, look, mood)
    if card.block:
        _sheets(painter, body, card, look, colour)
    if scale >= TEXT_FROM:
        painter.fillPath(outline.translated(0, 2), look.shadow)
    painter.fillPath(outline, look.ground(card.colour))
    if card.placeholder:
        painter.fillPath(outline, QBrush(_with_alpha(look.faint, 70), Qt.BrushStyle.BDiagPattern))
    if card.frozen:
        painter.fillPath(outline, QBrush(_frost(_with_alpha(look.accent, 64).rgba())))
    if card.state == "muted":
        painter.fillPath(outline, _hatching(_with_alpha(look.dim, 64)))
    painter.setOpacity(painter.opacity() * (ASIDE if card.state else 1.0))
    painter.fillPath(bar, look.category(card.category))
    painter.setOpacity(0.45 if mood.faded else 1.0)
    inset = width / 2 if width < 2 else 0.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(colour, width)
    if card.placeholder and not mood.selected:
        pen.setStyle(Qt.PenStyle.DashLine)
    if card.state == "bypassed":  # also while it is selected: then the accent is dashed
        pen = QPen(colour if width >= 2 else look.wire, max(width, 1.5))
        pen.setDashPattern((4.0, 3.0))
        inset = 0.5
    painter.setPen(pen)
    painter.drawRoundedRect(body.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)


def _sheets(painter: QPainter, body: QRectF, card: Card, look: Look, colour: QColor) -> None:
    """A block is a stack: one sheet looks out below the card, two where it is repeated."""
    painter.setPen(QPen(blended(colour, look.wire, 0.5), 1.0))
    for number in range(2 if card.repeat > 1 else 1, 0, -1):
        painter.setBrush(blended(look.canvas, look.ground(card.colour), 0.8 if number == 1 else 0.55))
        sheet = body.adjusted(number * SHEET + 2, 0, -number * SHEET - 2, 0).translated(0, number * SHEET)
        painter.drawRoundedRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def _hatching(colour: QColor) -> QBrush:
    """Lines from bottom left to top right, some pixels apart; Qt's own pattern is a grey veil at most zooms."""
    return QBrush(colour, _hatch(colour.rgba()))


@lru_cache(maxsize=8)
def _hatch(rgba: int) -> QPixmap:
    tile = QPixmap(16, 16)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(rgba), 1.5))
    for start in (-8, 0, 8, 16):
        painter.drawLine(start, 16, start + 16, 0)
    painter.end()
    return tile


@lru_cache(maxsize=8)
def _frost(rgba: int) -> QPixmap:
    """Small crystals in rows that are set off against each other."""
    tile = QPixmap(20, 20)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(rgba), 1.0))
    for x, y in ((5.0, 5.0), (15.0, 15.0)):
        for dx, dy in ((2.0, 0.0), (1.0, 1.73), (-1.0, 1.73)):
            painter.drawLine(QPointF(x - dx, y - dy), QPointF(x + dx, y + dy))
    painter.end()
    return tile


def _through(painter: QPainter, card: Card, frame: Frame, look: Look) -> None:
    """What arrives at the first input leaves at the output: the wire drawn through the card."""
    if frame.inputs and frame.outputs:
        painter.setPen(QPen(look.wire, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.save()
        if card.collapsed:  # its title stands in the way
            around = QPainterPath()
            around.addRect(frame.rect)
            words = QPainterPath()
            words.addRect(frame.title.adjusted(-4, 0, look.title_width(card.title) - frame.title.width() + 4, 0))
            painter.setClipPath(around - words, Qt.ClipOperation.IntersectClip)
        painter.drawPath(wire_path(frame.inputs[0], frame.outputs[0]))
        painter.restore()


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
    swatch = look.swatch(card.colour)
    return (look.card_edge if swatch is None else blended(look.card, swatch, 0.75)), 1.0


def _texts(painter: QPainter, card: Card, frame: Frame, look: Look, *, aside: bool) -> None:
    """Title and numbers; those of a layer that stands aside are fainter."""
    before = painter.opacity()
    painter.setOpacity(before * (0.85 if aside else 1.0))
    painter.setFont(look.title_font)
    painter.setPen(look.text)
    painter.drawText(frame.title, _LEFT, elided(card.title, look.title_metrics, frame.title.width()))
    painter.setOpacity(before * (ASIDE if aside else 1.0))
    if card.times:
        painter.setFont(look.count_font)
        painter.setPen(QPen(look.wire, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame.times, 8, 8)
        painter.setPen(look.text)
        painter.drawText(frame.times, Qt.AlignmentFlag.AlignCenter, card.times)
    if frame.count.width() > 0:
        painter.setFont(look.count_font)
        painter.setPen(look.faint)
        painter.drawText(frame.count, _RIGHT, card.count)
    painter.setFont(look.body_font)
    if card.words and not card.collapsed:
        painter.setPen(look.dim_on(card.colour))
        painter.drawText(frame.words, _LEFT, elided(card.words, look.body_metrics, frame.words.width()))
    if card.shape and not card.collapsed:
        painter.setPen(look.text)
        painter.drawText(frame.shape, _RIGHT, elided(card.shape, look.body_metrics, frame.shape.width()))
    if card.fact:
        painter.setFont(look.count_font)
        painter.setPen(look.dim_on(card.colour))
        painter.drawText(frame.fact, _LEFT, elided(card.fact, look.count_metrics, frame.fact.width()))
    painter.setOpacity(before)
    ratio = max(1.0, min(4.0, math.ceil(painter.deviceTransform().m11() * 2) / 2))
    for mark, where in zip(card.marks, frame.marks, strict=True):
        colour = look.bad if card.gap is not None else look.warning if card.warning is not None else look.dim
        drawn = icons.pixmap(mark, colour if mark == card.sign else look.text, SIGN, ratio)
        painter.drawPixmap(where, drawn, QRectF(drawn.rect()))


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
