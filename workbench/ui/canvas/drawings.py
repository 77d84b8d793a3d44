"""Cards as they were drawn, kept so that showing one again is only a copy; while the zoom moves, a scaled copy.

A card with its words takes ten times as long to paint as its drawing to copy. Drawings are made for the zoom a card is
seen at, to the pixel; while a person zooms, those of the zoom before are stretched, and when the hand rests they are
made anew, a few milliseconds' worth in each frame.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap, QTransform

MOST_BYTES = 96 * 1024 * 1024
"""Room for drawings: those of the cards on a large screen at 200 %."""

REST = 120  # milliseconds without a zoom after which the hand rests
SMOOTH_FROM = 1.2
"""Zoom from which stretched drawings are smoothed; below there are many of them, and it would cost half the frame."""

BUDGET = 0.006  # seconds a frame may spend on making stretched drawings sharp again

SHARE = 0.004  # seconds into a frame after which cards keep their thumbnails of before: few frames, none too long
SPACE = 100  # milliseconds until the next of them are painted, where nothing else is painted before

Draw = Callable[[QPainter, float], None]


class Drawings(QObject):
    """A bounded store of pictures of cards, by the card's id."""

    sharpen = Signal()
    """Something was shown stretched and may be painted sharp now."""
    renew = Signal(object)
    """The ids of cards that were shown as they were before, and may be painted as they are now."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[str, tuple[QPixmap, float]] = OrderedDict()
        self._bytes = 0
        self._frame_began = 0.0
        self._owed = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.sharpen)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self.sharpen)
        self._outdated: set[str] = set()
        self._passed_over: set[str] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SPACE)
        self._soon.timeout.connect(self._renew)

    def zoomed(self) -> None:
        """The zoom moves: stretch until it rests."""
        self._rest.start()

    def begin_frame(self) -> None:
        """A frame is about to be painted."""
        self._frame_began, self._owed = time.perf_counter(), False

    def end_frame(self) -> None:
        if self._passed_over and not self._soon.isActive():
            self._soon.start()
        if self._owed and not self._rest.isActive():
            self._again.start()

    def outdate(self, identity: str) -> None:
        """A card's thumbnails are others now. A live run changes those of all cards at once, again and again: they are
        painted a few in a frame, so that no frame holds the window up."""
        if identity in self._kept:
            self._outdated.add(identity)

    def renew_now(self) -> None:
        """Something is painted anyway: have cards that still wait painted along with it."""
        if self._soon.isActive():
            self._soon.stop()
            self._renew()

    def _renew(self) -> None:
        passed_over, self._passed_over = self._passed_over, set()
        self.renew.emit(passed_over)

    def forget(self, identity: str) -> None:
        """A card looks different now, or is gone."""
        self._outdated.discard(identity)
        self._passed_over.discard(identity)
        kept = self._kept.pop(identity, None)
        if kept is not None:
            self._bytes -= _size(kept[0])

    def clear(self) -> None:
        self._kept.clear()
        self._outdated.clear()
        self._passed_over.clear()
        self._bytes = 0

    def show(self, painter: QPainter, identity: str, rect: QRectF, draw: Draw) -> None:
        """Paint a card at the painter's origin: `rect` is all it covers, `draw` paints it at a given zoom."""
        world = painter.worldTransform()
        ratio = painter.device().devicePixelRatioF()
        scale = world.m11() * ratio
        kept = self._kept.get(identity)
        if kept is not None and abs(kept[1] - scale) > 1e-6:
            stretched = self._rest.isActive() or time.perf_counter() - self._frame_began > BUDGET
            if stretched:
                self._owed = True
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, world.m11() >= SMOOTH_FROM)
                picture = kept[0]
                covered = QRectF(rect.topLeft(), picture.deviceIndependentSize() / kept[1] * picture.devicePixelRatio())
                painter.drawPixmap(covered, picture, QRectF(picture.rect()))
                return
            self.forget(identity)
            kept = None
        if kept is not None and identity in self._outdated:
            if time.perf_counter() - self._frame_began > SHARE:
                self._passed_over.add(identity)
            else:
                self.forget(identity)
                kept = None
        if kept is None:
            kept = (_drawn(rect, scale, draw, world.m11()), scale)
            self._keep(identity, kept)
        else:
            self._kept.move_to_end(identity)
        at = world.map(rect.topLeft()) * ratio
        painter.setWorldTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
        painter.drawPixmap(QPointF(round(at.x()), round(at.y())), kept[0])
        painter.setWorldTransform(world)

    def _keep(self, identity: str, kept: tuple[QPixmap, float]) -> None:
        self._kept[identity] = kept
        self._bytes += _size(kept[0])
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, (old, _scale) = self._kept.popitem(last=False)
            self._bytes -= _size(old)


def _drawn(rect: QRectF, scale: float, draw: Draw, zoom: float) -> QPixmap:
    """A picture of a card, one of its pixels for one of the screen's."""
    picture = QPixmap(math.ceil(rect.width() * scale), math.ceil(rect.height() * scale))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    painter.translate(-rect.topLeft())
    draw(painter, zoom)
    painter.end()
    return picture


def _size(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4
