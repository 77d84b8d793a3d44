"""A confusion matrix to read and to walk through: a click on a cell shows its samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge

LARGEST_CELL, SMALLEST_CELL = 56, 18
NAMED = 40
"""Classes up to which rows and columns have their names beside them."""
LONGEST_NAME = 110
SIDE = 420
"""Pixels on a side where there are too many classes to name."""
STEEP = 0.55
"""Shares are shown by this power, so that a few in a hundred can be seen."""
KEYS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class ConfusionView(QWidget):
    """A row for each true class, a column for each answer. `cellChosen(true, answered)`: a click, or Enter.

    `show_shares` writes percentages of the row in place of counts.
    """

    cellChosen = Signal(int, int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._shares: NDArray[np.float64] = np.zeros((0, 0))
        self._classes: tuple[str, ...] = ()
        self._in_shares = False
        self.current = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        bridge.themeChanged.connect(self._restyle)

    def show_confusion(self, confusion: NDArray[np.int64], classes: tuple[str, ...]) -> None:
        self._counts, self._classes = confusion, classes
        self._shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
        self.current, self._hovered = self._worst() or (0, 0), None
        self.setAccessibleName("Confusion matrix")
        self._tell()
        self.updateGeometry()
        self.update()

    def show_shares(self, on: bool) -> None:
        """Write shares of each row, or counts."""
        self._in_shares = on
        self.update()

    @property
    def worst_words(self) -> str:
        """What is mixed up most, in a few words."""
        worst = self._worst()
        return "Nothing is mixed up" if worst is None else f"Most mixed up: {self.words(*worst)}"

    def _worst(self) -> tuple[int, int] | None:
        wrong = self._counts.copy()
        np.fill_diagonal(wrong, 0)
        if not wrong.any():
            return None
        true, answered = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return int(true), int(answered)

    # --- where things are ---------------------------------------------------------------------------------------------

    @property
    def _is_named(self) -> bool:
        return len(self._classes) <= NAMED

    def _names_room(self) -> tuple[int, int]:
        """(pixels left of the cells, pixels above them)."""
        metrics = QFontMetrics(self._bridge.theme.font("label"))
        axis = metrics.height() + 6
        if not self._is_named or not self._classes:
            return axis, axis
        widest = min(max(metrics.horizontalAdvance(name) for name in self._classes), LONGEST_NAME)
        across = axis + metrics.height() + 6 if self._lies_flat(metrics) else axis + widest + 8
        return axis + widest + 8, across

    def _lies_flat(self, metrics: QFontMetrics) -> bool:
        return all(metrics.horizontalAdvance(name) + 6 <= self._cell() for name in self._classes)

    def _cell(self) -> float:
        classes = max(len(self._classes), 1)
        if not self._is_named:
            return SIDE / classes
        return float(max(SMALLEST_CELL, min(LARGEST_CELL, SIDE // classes)))

    def sizeHint(self) -> QSize:
        left, above = self._names_room()
        side = round(self._cell() * len(self._classes))
        return QSize(left + side + 2, above + side + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def cell_rect(self, true: int, answered: int) -> QRectF:
        left, above = self._names_room()
        cell = self._cell()
        return QRectF(left + answered * cell, above + true * cell, cell, cell)

    def cell_at(self, where: QPointF) -> tuple[int, int] | None:
        """(true class, answer) of the cell under a point."""
        left, above = self._names_room()
        cell, classes = self._cell(), len(self._classes)
        true, answered = int((where.y() - above) // cell), int((where.x() - left) // cell)
        return (true, answered) if 0 <= true < classes and 0 <= answered < classes else None

    def words(self, true: int, answered: int) -> str:
        """ "cat taken for dog: 12 of 40 samples (30 %)"."""
        of = count(int(self._counts[true].sum()), "sample")
        verb = "recognised" if true == answered else f"taken for {self._classes[answered]}"
        share = self._shares[true, answered] * 100
        return f"{self._classes[true]} {verb}: {int(self._counts[true, answered]):,} of {of} ({share:.0f} %)"

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setFont(self._bridge.theme.font("label"))
        self._paint_cells(painter)
        self._paint_names(painter)
        theme = self._bridge.theme
        shown = self._hovered or (self.current if self.hasFocus() else None)
        if shown is not None:
            painter.setPen(QPen(theme.color("text"), 2))
            painter.drawRect(self.cell_rect(*shown).adjusted(1, 1, -1, -1))

    def _paint_cells(self, painter: QPainter) -> None:
        theme, classes = self._bridge.theme, len(self._classes)
        wrong = ~np.eye(classes, dtype=bool)
        mix = self._shares**STEEP
        ground, right, bad = (np.asarray(theme.color(t).getRgb()[:3]) for t in ("raised", "accent", "bad"))  # type: ignore[index]
        ink = np.where(wrong[:, :, None], bad, right)
        pixels = np.ascontiguousarray((ground * (1 - mix[:, :, None]) + ink * mix[:, :, None]).round().astype(np.uint8))
        image = QImage(pixels.data, classes, classes, 3 * classes, QImage.Format.Format_RGB888).copy()
        whole = self.cell_rect(0, 0).united(self.cell_rect(classes - 1, classes - 1))
        painter.drawImage(whole, image)
        cell = self._cell()
        if cell < SMALLEST_CELL:
            return
        painter.setPen(QPen(theme.color("panel"), 1))
        for line in range(1, classes):
            x, y = whole.left() + line * cell, whole.top() + line * cell
            painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()))
            painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
        metrics = painter.fontMetrics()
        for true, answered in zip(*self._counts.nonzero(), strict=True):
            amount, share = int(self._counts[true, answered]), float(self._shares[true, answered])
            text = f"{share * 100:.0f}" if self._in_shares else f"{amount:,}"
            if metrics.horizontalAdvance(text) + 4 <= cell:
                painter.setPen(theme.color("on_accent" if mix[true, answered] > 0.6 else "text"))
                painter.drawText(self.cell_rect(true, answered), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter) -> None:
        theme, metrics = self._bridge.theme, painter.fontMetrics()
        left, above = self._names_room()
        side, line = self._cell() * len(self._classes), metrics.height() + 6
        painter.setPen(theme.color("faint"))
        painter.drawText(QRectF(left, 0, side, line), Qt.AlignmentFlag.AlignCenter, "Answer")
        painter.save()
        painter.translate(0, above + side)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, side, line), Qt.AlignmentFlag.AlignCenter, "True class")
        painter.restore()
        if not self._is_named:
            return
        flat, cell = self._lies_flat(metrics), self._cell()
        middle = Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(self._classes):
            marked = self._hovered or self.current if self.hasFocus() or self._hovered else None
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST_NAME)
            painter.setPen(theme.color("text" if marked is not None and marked[0] == place else "dim"))
            row = QRectF(line, above + place * cell, left - line - 6, cell)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, words)
            painter.setPen(theme.color("text" if marked is not None and marked[1] == place else "dim"))
            if flat:
                column = QRectF(left + place * cell, line, cell, above - line)
                painter.drawText(column, Qt.AlignmentFlag.AlignCenter, words)
                continue
            painter.save()
            painter.translate(left + place * cell, above - 6)
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, above - line, cell), Qt.AlignmentFlag.AlignLeft | middle, words)
            painter.restore()

    # --- pointer and keys ---------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.current = cell
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._classes:
            self._choose()
        elif key in KEYS and self._classes:
            last = len(self._classes) - 1
            self.current = (
                min(max(self.current[0] + KEYS[key][0], 0), last),
                min(max(self.current[1] + KEYS[key][1], 0), last),
            )
            self._tell()
            self.update()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        self._tell()
        self.update()
        if self._counts[self.current]:
            self.cellChosen.emit(*self.current)

    def _tell(self) -> None:
        self.setAccessibleDescription(self.words(*self.current) if self._classes else "")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if cell is None else self.words(*cell), self)
            return True
        return super().event(event)

    def _restyle(self, _theme: object = None) -> None:
        self.update()
