"""A frame behind the cards: a titled area with a note that a person can move and stretch."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.document.graph import Frame
from workbench.ui.canvas.look import Look, elided

TITLE_BAND = 32  # scene pixels from the top in which a frame is taken hold of
RIM = 6.0  # screen pixels from the edge in which it is stretched
PAD = 12
RADIUS = 10.0
UNTITLED = "Frame"
_NOTE_FROM = 0.42  # below this zoom the note is a grey smudge and left out
_LEAST_TITLE = 11.0  # screen pixels a title keeps, however far away the frame is
_OVERHANG = 2.0


class FrameItem(QGraphicsItem):
    """Painted behind wires and cards. A smaller frame lies on a larger one."""

    def __init__(self, frame: Frame, look: Look) -> None:
        super().__init__()
        self.id = frame.id
        self.chosen = False
        self._look = look
        self._note = _Note()
        self._shown: str | None = None
        self.frame = frame
        self._size = QRectF()
        self.set_frame(frame)

    def set_frame(self, frame: Frame, look: Look | None = None) -> None:
        """Show a frame as the document has it."""
        self.prepareGeometryChange()
        self.frame, self._look = frame, look or self._look
        self.setPos(frame.x, frame.y)
        self._size = QRectF(0, 0, frame.width, frame.height)
        self.setZValue(-2.0 - frame.width * frame.height / 1e12)
        self._lay_out_note()
        self.update()

    def stretch(self, rect: QRectF) -> None:
        """Stand elsewhere or be of another size for as long as it is in somebody's hand."""
        self.prepareGeometryChange()
        self.setPos(rect.topLeft())
        self._size = QRectF(QPointF(), rect.size())
        self._lay_out_note()
        self.update()

    def set_chosen(self, chosen: bool) -> None:
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    @property
    def rect(self) -> QRectF:
        """The frame in scene coordinates."""
        return self._size.translated(self.pos())

    @property
    def title(self) -> str:
        return self.frame.title or UNTITLED

    @property
    def note_text(self) -> str:
        """The note as it is read: without its Markdown signs."""
        return self._note.toPlainText()

    @property
    def colour(self) -> QColor:
        return self._look.swatch(self.frame.colour) or self._look.wire

    def rim_at(self, point: QPointF, zoom: float) -> str:
        """Which sides are within reach of a scene point: "n", "se", … or "" for none."""
        rect, reach = self.rect, RIM / zoom
        if not rect.adjusted(-reach, -reach, reach, reach).contains(point):
            return ""
        upright = "n" if point.y() - rect.top() <= reach else "s" if rect.bottom() - point.y() <= reach else ""
        across = "w" if point.x() - rect.left() <= reach else "e" if rect.right() - point.x() <= reach else ""
        return upright + across

    def is_title_at(self, point: QPointF, zoom: float) -> bool:
        """Whether a scene point is in the band with the title."""
        rect = self.rect
        rect.setHeight(min(rect.height(), max(TITLE_BAND, 18.0 / zoom)))
        return rect.contains(point)

    def boundingRect(self) -> QRectF:
        return self._size.adjusted(-_OVERHANG, -_OVERHANG, _OVERHANG, _OVERHANG)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        scale = option.levelOfDetailFromTransform(painter.worldTransform())
        look, colour = self._look, self.colour
        fill, line = QColor(colour), QColor(colour)
        fill.setAlpha(30 if look.is_dark else 24)
        line.setAlpha(170)
        painter.setBrush(fill)
        painter.setPen(QPen(look.accent, 2.0) if self.chosen else QPen(line, 1.0))
        inset = 0.0 if self.chosen else 0.5
        painter.drawRoundedRect(self._size.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
        paint_title(painter, self._size, self.title, look, scale, faint=not self.frame.title)
        room = self._size.adjusted(PAD, TITLE_BAND, -PAD, -PAD / 2)
        if self.frame.note and scale >= _NOTE_FROM and room.isValid():
            painter.save()
            painter.translate(room.topLeft())
            context = QAbstractTextDocumentLayout.PaintContext()
            context.clip = QRectF(QPointF(), room.size())  # type: ignore[misc]
            context.palette = _palette(look)  # type: ignore[misc]
            painter.setClipRect(context.clip, Qt.ClipOperation.IntersectClip)
            self._note.documentLayout().draw(painter, context)
            painter.restore()

    def _lay_out_note(self) -> None:
        if self.frame.note != self._shown:
            self._shown = self.frame.note
            self._note.setMarkdown(self.frame.note, _MARKDOWN)
        self._note.setDefaultFont(self._look.body_font)
        self._note.colour_links(self._look.accent)
        self._note.setTextWidth(max(1.0, self._size.width() - 2 * PAD))


def paint_title(painter: QPainter, rect: QRectF, title: str, look: Look, scale: float, *, faint: bool = False) -> None:
    """A frame's title at its top left, never smaller on the screen than can be read, cut where it is too long."""
    larger = max(1.0, _LEAST_TITLE / (look.title_font.pixelSize() * scale))
    room = (rect.width() - 2 * PAD) / larger
    if room < 24 or rect.height() / larger < 20:
        return
    painter.save()
    painter.translate(rect.left() + PAD, rect.top() + 7)
    painter.scale(larger, larger)
    painter.setFont(look.title_font)
    painter.setPen(look.dim if faint else look.text)
    painter.drawText(
        QRectF(0, 0, room, 18),
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
        elided(title, look.title_metrics, room),
    )
    painter.restore()


_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class _Note(QTextDocument):
    """A note that loads nothing: a project from elsewhere may name any file as a picture in its notes."""

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMargin(0)
        self.setUndoRedoEnabled(False)
        self.setIndentWidth(18)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setDefaultTextOption(option)

    def colour_links(self, colour: QColor) -> None:
        """Links are in the colour they got when the note was read, whatever the theme is now."""
        mark = QTextCharFormat()
        mark.setForeground(colour)
        block = self.begin()
        while block.isValid():
            for piece in block:  # type: ignore[attr-defined]
                if piece.fragment().charFormat().isAnchor():
                    cursor = QTextCursor(self)
                    cursor.setPosition(piece.fragment().position())
                    end = piece.fragment().position() + piece.fragment().length()
                    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                    cursor.mergeCharFormat(mark)
            block = block.next()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        return None


def _palette(look: Look) -> QPalette:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Text, look.text)
    palette.setColor(QPalette.ColorRole.Link, look.accent)
    return palette
