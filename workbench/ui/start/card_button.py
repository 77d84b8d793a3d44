"""A card on the start page: the graph as a picture, the name, a line of words. It is one button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen, QTextLayout
from PySide6.QtWidgets import QAbstractButton

from workbench.ui.bridge import Bridge
from workbench.ui.start.cards import ProjectCard
from workbench.ui.start.thumbnail import paint_graph
from workbench.ui.theme import RADIUS

CARD = QSize(220, 158)
_PICTURE = 92
_INSET = 12


class CardButton(QAbstractButton):
    """Paints one `ProjectCard`. Click, Enter and Space press it."""

    def __init__(self, bridge: Bridge, card: ProjectCard) -> None:
        super().__init__()
        self._theme = bridge.theme
        self.card = card
        self.setFixedSize(CARD)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setText(card.title)
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(" ".join(filter(None, (card.words, card.details))))
        place = card.target if "/" in card.target or "\\" in card.target else ""
        self.setToolTip("\n".join(filter(None, (card.words, card.details, place))))

    def sizeHint(self) -> QSize:
        return CARD

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        lit = self.underMouse() or self.isDown()
        outline = theme.color("accent") if self.hasFocus() else theme.color("outline" if lit else "line")
        path = QPainterPath()
        path.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(path, theme.color("hover" if lit else "panel"))
        painter.setClipPath(path)
        picture = QRectF(box.left(), box.top(), box.width(), _PICTURE)
        painter.fillRect(picture, theme.color("canvas"))
        paint_graph(painter, picture.adjusted(_INSET, _INSET, -_INSET, -_INSET), self.card.graph, theme)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(picture.bottomLeft(), picture.bottomRight())
        painter.setClipping(False)
        painter.setPen(QPen(outline, 1))
        painter.drawPath(path)
        room = box.adjusted(_INSET, _PICTURE + 7, -_INSET, -6)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("dim"))
        note_width = QFontMetricsF(painter.font()).horizontalAdvance(self.card.note)
        painter.drawText(
            room.adjusted(0, 2, 0, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self.card.note
        )
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.color("dim" if self.card.missing else "text"))
        left = room.width() - (note_width + 8 if note_width else 0)
        title = QFontMetricsF(painter.font()).elidedText(self.card.title, Qt.TextElideMode.ElideRight, left)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("bad" if self.card.missing else "dim"))
        for place, line in enumerate(self._lines(room.width())):
            painter.drawText(QPointF(room.left(), room.top() + 33 + 14 * place), line)
        painter.end()

    def _lines(self, width: float) -> list[str]:
        """The words on two lines at most, the second cut with "…"."""
        font = self._theme.font("label")
        layout = QTextLayout(self.card.words, font)
        layout.beginLayout()
        first = layout.createLine()
        if first.isValid():
            first.setLineWidth(width)
        layout.endLayout()
        if not first.isValid():
            return []
        end = first.textLength()
        rest = self.card.words[end:].strip()
        lines = [self.card.words[:end].strip()]
        if rest:
            lines.append(QFontMetricsF(font).elidedText(rest, Qt.TextElideMode.ElideRight, width))
        return lines
