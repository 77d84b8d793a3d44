"""The note below a card that says what is wrong, with its remedies as links."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.ui.canvas.geometry import NOTE_LINE, NOTE_NARROWEST, NOTE_PAD, RADIUS
from workbench.ui.canvas.look import Look, elided

MOST_LINES = 6
_SEPARATOR = "   ·   "


class NoteItem(QGraphicsItem):
    """A sentence, wrapped, and below it the remedies, each a link a person can click."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.problem: Diagnostic | None = None
        self.lines: tuple[str, ...] = ()
        self.links: tuple[tuple[QRectF, Fix], ...] = ()
        self.hovered: Fix | None = None
        self._look: Look | None = None
        self._size = QRectF()

    def show_problem(self, problem: Diagnostic, look: Look, width: int) -> None:
        self.prepareGeometryChange()
        self.problem, self._look = problem, look
        width = max(width, NOTE_NARROWEST)
        inner = width - 2 * NOTE_PAD
        self.lines = wrapped(problem.message, look, inner)
        top = NOTE_PAD - 2 + NOTE_LINE * len(self.lines)
        self.links, rows = _place_links(problem.fixes, look, inner, top)
        self._size = QRectF(0, 0, width, top + rows * NOTE_LINE + NOTE_PAD - 2)
        self.update()

    def leave(self) -> None:
        """Take the note out of the scene."""
        self.prepareGeometryChange()
        self.setParentItem(None)  # type: ignore[arg-type]
        if self.scene() is not None:
            self.scene().removeItem(self)

    def link_at(self, point: QPointF) -> Fix | None:
        """The remedy under a point (the note's coordinates), if there is one."""
        return next((fix for rect, fix in self.links if rect.contains(point)), None)

    def set_hovered(self, fix: Fix | None) -> None:
        if fix is not self.hovered:
            self.hovered = fix
            self.update()

    def boundingRect(self) -> QRectF:
        return self._size.adjusted(-1, -1, 1, 1)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = self._look
        if look is None or option.levelOfDetailFromTransform(painter.worldTransform()) < 0.42:
            return
        painter.setPen(QPen(look.bad if self.problem is not None and self.problem.is_error else look.warning, 1))
        painter.setBrush(look.card)
        painter.drawRoundedRect(self._size.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setFont(look.body_font)
        painter.setPen(look.text)
        for i, line in enumerate(self.lines):
            rect = QRectF(NOTE_PAD, NOTE_PAD - 2 + i * NOTE_LINE, self._size.width() - 2 * NOTE_PAD, NOTE_LINE)
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)
        painter.setFont(look.link_font)
        for i, (rect, fix) in enumerate(self.links):
            painter.setPen(look.accent)
            label = elided(fix.label, look.link_metrics, rect.width() + 1)
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
            if fix is self.hovered:
                painter.drawLine(QPointF(rect.left(), rect.bottom() - 2), QPointF(rect.right(), rect.bottom() - 2))
            if i and self.links[i - 1][0].top() == rect.top():
                painter.setPen(look.faint)
                gap = QRectF(
                    self.links[i - 1][0].right(), rect.top(), rect.left() - self.links[i - 1][0].right(), NOTE_LINE
                )
                painter.drawText(gap, Qt.AlignmentFlag.AlignCenter, "·")


def wrapped(text: str, look: Look, width: float, most: int = MOST_LINES) -> tuple[str, ...]:
    """The text in lines no wider than `width`; past `most` lines it ends in "…" (the tooltip has all of it)."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and look.body_width(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    lines = [elided(line, look.body_metrics, width) for line in lines]
    if len(lines) > most:
        lines = [*lines[: most - 1], elided(f"{lines[most - 1]} …", look.body_metrics, width)]
    return tuple(lines)


def _place_links(
    fixes: tuple[Fix, ...], look: Look, width: float, top: float
) -> tuple[tuple[tuple[QRectF, Fix], ...], int]:
    """Links side by side, wrapping to further rows. Gives each with its rectangle, and the number of rows."""
    placed: list[tuple[QRectF, Fix]] = []
    gap = look.link_metrics.horizontalAdvance(_SEPARATOR)
    x, row = 0.0, 0
    for fix in fixes:
        wide = min(width, look.link_metrics.horizontalAdvance(fix.label))
        if x and x + gap + wide > width:
            x, row = 0.0, row + 1
        left = x + gap if x else 0.0
        placed.append((QRectF(NOTE_PAD + left, top + row * NOTE_LINE, wide, NOTE_LINE), fix))
        x = left + wide
    return tuple(placed), (row + 1 if fixes else 0)
