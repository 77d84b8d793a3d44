"""Draws the thumbnails of a card into the places its frame has for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath

from workbench.inspection.previews import Preview
from workbench.ui import icons
from workbench.ui.canvas.look import Look, elided
from workbench.ui.canvas.thumbnails import Score, Thumbs

THUMB_RADIUS = 3.0
SQUARES_UP_TO = 16  # numbers on a side up to which a map is drawn as squares
WORDS_FROM = 0.42  # below this scale words are a grey smudge and left out
STALE_OPACITY = 0.35
BADGE = 14.0

POSITIVE, NEGATIVE, MAGNITUDE = QColor(220, 124, 36), QColor(52, 134, 232), QColor(31, 158, 137)
"""Bars in the hues of the maps: what the diverging scale has above and below zero, and the middle of viridis."""


def paint_thumbs(painter: QPainter, places: Sequence[QRectF], look: Look, thumbs: Thumbs, scale: float = 1.0) -> None:
    """Everything into `places` (squares in a row). `scale` is the zoom: screen pixels for a scene pixel."""
    if not places:
        return
    whole = places[0].united(places[-1])
    opacity = painter.opacity()
    if thumbs.stale:
        painter.setOpacity(opacity * STALE_OPACITY)
    if thumbs.scores:
        _scores(painter, whole, look, thumbs.scores, scale)
    elif thumbs.preview is not None and thumbs.preview.kind == "numbers":
        _bars(painter, whole, look, thumbs.preview)
    elif thumbs.is_wide:
        _image(painter, whole, thumbs.images()[0])
    else:
        images = thumbs.images()
        for place, image in zip(places, images, strict=False):
            _image(painter, _fitted(place, image), image)
        for place in places[len(images) :]:  # room kept for maps that have not come yet
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.dots)
            painter.drawRoundedRect(place, THUMB_RADIUS, THUMB_RADIUS)
    painter.setOpacity(opacity)
    if thumbs.stale:
        _badge(painter, whole, look)


def _image(painter: QPainter, target: QRectF, image: QImage) -> None:
    # Of a small map every number is to be seen as one square, not a blur that was never computed.
    smooth = max(image.width(), image.height()) > SQUARES_UP_TO
    clip = QPainterPath()
    clip.addRoundedRect(target, THUMB_RADIUS, THUMB_RADIUS)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.setClipPath(clip, Qt.ClipOperation.IntersectClip)
    painter.drawImage(target, image)
    painter.restore()


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


def _bars(painter: QPainter, room: QRectF, look: Look, preview: Preview) -> None:
    """One bar a number, from a line at zero."""
    values = preview.values
    if values is None or not len(values):
        return
    scale = preview.scale
    reach = scale.high - scale.low
    zero = room.bottom() + scale.low / reach * room.height() if scale.signed else room.bottom()
    step = room.width() / len(values)
    gap = 1.0 if step >= 3 else 0.0
    up: list[QRectF] = []
    down: list[QRectF] = []
    for i, value in enumerate(values.tolist()):
        share = min(max(value, scale.low), scale.high) / reach if math.isfinite(value) else 0.0
        height = share * room.height()
        left = room.left() + i * step
        if height >= 0:
            up.append(QRectF(left, zero - height, step - gap, height))
        else:
            down.append(QRectF(left, zero, step - gap, -height))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, gap > 0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(POSITIVE if scale.signed else MAGNITUDE)
    painter.drawRects(up)
    painter.setBrush(NEGATIVE)
    painter.drawRects(down)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(look.card_edge)
    painter.drawLine(QPointF(room.left(), zero), QPointF(room.right(), zero))


def _scores(painter: QPainter, room: QRectF, look: Look, scores: Sequence[Score], scale: float) -> None:
    """A line a class: its name, a bar, its share; the name of the right one is bold."""
    height = room.height() / 3
    wide = look.count_width("100 %")
    right = QFont(look.count_font)
    right.setWeight(QFont.Weight.DemiBold)
    names = min(room.width() * 0.42, max(look.count_width(score.name) for score in scores) + 2)
    for i, score in enumerate(scores):
        line = QRectF(room.left(), room.top() + i * height, room.width(), height)
        bar = QRectF(line.left() + names + 6, line.center().y() - 3, line.width() - names - wide - 12, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.dots)
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(look.accent if i == 0 else look.dim)
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), max(2.0, bar.width() * score.share), bar.height()), 2, 2)
        if scale < WORDS_FROM:
            continue
        painter.setFont(right if score.is_label else look.count_font)
        painter.setPen(look.text if i == 0 or score.is_label else look.dim)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        name = QRectF(line.left(), line.top(), names, line.height())
        painter.drawText(name, flags | Qt.AlignmentFlag.AlignLeft, elided(score.name, look.count_metrics, names))
        painter.setFont(look.count_font)
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, f"{round(100 * score.share)} %")


def _badge(painter: QPainter, room: QRectF, look: Look) -> None:
    """A small clock: this is from before the last edit."""
    at = QRectF(room.right() - BADGE - 3, room.top() + 3, BADGE, BADGE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.card)
    painter.drawEllipse(at.adjusted(-2, -2, 2, 2))
    ratio = max(1.0, min(4.0, math.ceil(painter.deviceTransform().m11() * 2) / 2))
    drawn = icons.pixmap("clock", look.dim, int(BADGE), ratio)
    painter.drawPixmap(at, drawn, QRectF(drawn.rect()))
