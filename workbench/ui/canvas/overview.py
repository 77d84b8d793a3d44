"""The whole graph from far away: cards as plain rectangles, wires as straight lines, drawn in a few batched calls.

Kept up to date piece by piece, so that moving one card of thousands costs one rectangle. Below a certain zoom the view
draws this instead of the items; the minimap draws it at every zoom.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workbench.ui.canvas.items.frame import paint_title
from workbench.ui.canvas.look import Look, blended

TINTED_FROM = 0.16
"""From this zoom on a card is large enough to be a tinted body with a bar; below, it is all colour."""

BAR = 14.0  # scene pixels: three to six on the screen
_RING = 6.0


class Overview:
    """Rectangles by card and lines by wire, in scene coordinates."""

    def __init__(self) -> None:
        self._rects: dict[str, QRectF] = {}
        self._colours: dict[str, int] = {}
        self._groups: dict[int, dict[str, QRectF]] = {}
        self._wrong: set[str] = set()
        self._lines: dict[str, QLineF] = {}
        self._frames: dict[str, tuple[QRectF, QColor, str]] = {}
        self._extents: dict[str, QRectF] = {}
        self._bounds: QRectF | None = QRectF()

    # --- keeping up ------------------------------------------------------------------------------------------------

    def put_card(self, identity: str, rect: QRectF, extent: QRectF, colour: QColor, wrong: bool) -> None:
        """Where a card stands now. `extent` is the card with its note."""
        rgba = colour.rgba()
        before = self._colours.get(identity)
        if before is not None and before != rgba:
            del self._groups[before][identity]
        self._rects[identity] = rect
        self._colours[identity] = rgba
        self._groups.setdefault(rgba, {})[identity] = rect
        (self._wrong.add if wrong else self._wrong.discard)(identity)
        self._put_extent(identity, extent)

    def drop_card(self, identity: str) -> None:
        colour = self._colours.pop(identity, None)
        if colour is not None:
            del self._groups[colour][identity]
            del self._rects[identity]
            self._wrong.discard(identity)
            self._put_extent(identity, None)

    def put_wire(self, identity: str, line: QLineF) -> None:
        self._lines[identity] = line

    def drop_wire(self, identity: str) -> None:
        self._lines.pop(identity, None)

    def put_frame(self, identity: str, rect: QRectF, colour: QColor, title: str) -> None:
        self._frames[identity] = (rect, colour, title)
        self._put_extent(f"frame {identity}", rect)

    def drop_frame(self, identity: str) -> None:
        if self._frames.pop(identity, None) is not None:
            self._put_extent(f"frame {identity}", None)

    def _put_extent(self, identity: str, extent: QRectF | None) -> None:
        if extent is None:
            self._extents.pop(identity, None)
        else:
            self._extents[identity] = extent
        self._bounds = None

    @property
    def bounds(self) -> QRectF:
        """The rectangle around everything; null when there is nothing."""
        if self._bounds is None:
            bounds = QRectF()
            for rect in self._extents.values():
                bounds = bounds.united(rect)
            self._bounds = bounds
        return QRectF(self._bounds)

    # --- drawing ---------------------------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, look: Look, scale: float, selection: Iterable[str], frame: str | None = None
    ) -> None:
        """Everything, at the scene's origin. `scale` is the zoom; `frame` is the chosen one."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self.paint_frames(painter, scale)
        if self._lines:
            painter.setPen(_hairline(look.wire, 1.0))
            painter.drawLines(list(self._lines.values()))
        if scale < TINTED_FROM:
            self.paint_cards(painter, look)
        else:
            self._paint_tinted(painter, look)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, ids in ((look.bad, self._wrong), (look.accent, selection)):
            rings = [self._rects[i].adjusted(-_RING, -_RING, _RING, _RING) for i in ids if i in self._rects]
            if rings:
                painter.setPen(_hairline(colour, 2.0))
                painter.drawRects(rings)
        if frame in self._frames:
            painter.setPen(_hairline(look.accent, 2.0))
            painter.drawRect(self._frames[frame][0])
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        for rect, _colour, title in self._frames.values():
            paint_title(painter, rect, title, look, scale)

    def paint_frames(self, painter: QPainter, scale: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for rect, colour, _title in self._frames.values():
            fill = QColor(colour)
            fill.setAlpha(36)
            painter.setPen(_hairline(colour, 1.0 if scale < TINTED_FROM else 1.5))
            painter.setBrush(fill)
            painter.drawRect(rect)

    def paint_cards(self, painter: QPainter, look: Look, *, wrong_as_bad: bool = False) -> None:
        """The cards alone, each all in its colour."""
        painter.setPen(Qt.PenStyle.NoPen)
        for rgba, rects in self._groups.items():
            if rects:
                painter.setBrush(QColor.fromRgba(rgba))
                painter.drawRects(list(rects.values()))
        if wrong_as_bad and self._wrong:
            painter.setBrush(look.bad)
            painter.drawRects([self._rects[i] for i in self._wrong])

    def _paint_tinted(self, painter: QPainter, look: Look) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for rgba, rects in self._groups.items():
            if not rects:
                continue
            colour = QColor.fromRgba(rgba)
            painter.setBrush(blended(look.card, colour, 0.3))
            painter.drawRects(list(rects.values()))
            painter.setBrush(colour)
            painter.drawRects([QRectF(r.x(), r.y(), BAR, r.height()) for r in rects.values()])


def _hairline(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen
