"""A confusion matrix as a small picture: a row for each class, its shares in one colour, the diagonal right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge

LARGEST, SMALLEST = 320, 180
MOST_NAMED = 16
"""Classes whose names and numbers have room."""
NAMES = 88


class ConfusionPicture(QWidget):
    """Shows how often samples of each class (down) were taken for each class (across): int64 K × K."""

    def __init__(self, bridge: Bridge, title: str, confusion: NDArray[np.int64], classes: tuple[str, ...]) -> None:
        super().__init__()
        self._bridge = bridge
        self._counts = confusion
        self._shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
        known = len(classes) == len(confusion)
        self._classes = classes if known else tuple(str(number) for number in range(len(confusion)))
        self.setMinimumSize(SMALLEST, SMALLEST)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        right = int(np.trace(confusion))
        total = count(int(confusion.sum()), "sample")
        self.setAccessibleName(f"Confusion matrix of {title}: {right:,} of {total} right")
        self.setAccessibleDescription(self.worst)
        bridge.themeChanged.connect(self._restyle)

    @property
    def worst(self) -> str:
        """What is mixed up most: "cat is taken for dog 12 times"."""
        wrong = self._counts.copy()
        np.fill_diagonal(wrong, 0)
        if not wrong.any():
            return "Nothing is mixed up."
        i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
        times = count(int(wrong[i, j]), "time")
        return f"Most often {self._classes[i]} is taken for {self._classes[j]}: {times}."

    def sizeHint(self) -> QSize:
        return QSize(LARGEST, LARGEST)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(SMALLEST, min(width, LARGEST))

    @property
    def _names_room(self) -> int:
        return min(NAMES, self.width() // 3) if len(self._classes) <= MOST_NAMED else 0

    @property
    def _square(self) -> QRectF:
        left = self._names_room
        edge = min(self.width() - left, self.height())
        return QRectF(left, 0, edge, edge)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, square, size = self._bridge.theme, self._square, len(self._classes)
        if not size:
            return
        painter = QPainter(self)
        ground, ink = theme.color("raised"), theme.color("accent")
        mix = self._shares[:, :, None] ** 0.6  # so that a few in a hundred can be seen
        colors = np.asarray(ground.getRgb()[:3]) * (1 - mix) + np.asarray(ink.getRgb()[:3]) * mix  # type: ignore[index]
        pixels = np.ascontiguousarray(colors.round().astype(np.uint8))
        image = QImage(pixels.data, size, size, 3 * size, QImage.Format.Format_RGB888).copy()
        painter.drawImage(square, image)
        if size > MOST_NAMED:
            return
        cell = square.width() / size
        painter.setPen(theme.color("panel"))
        for line in range(1, size):
            x, y = square.left() + line * cell, line * cell
            painter.drawLine(QPointF(x, 0), QPointF(x, square.height()))
            painter.drawLine(QPointF(square.left(), y), QPointF(square.right(), y))
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        for i, name in enumerate(self._classes):
            painter.setPen(theme.color("dim"))
            room = QRectF(0, i * cell, self._names_room - 6, cell)
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            for j in range(size):
                number = int(self._counts[i, j])
                text = f"{number:,}"
                if number and metrics.horizontalAdvance(text) + 4 <= cell and metrics.height() <= cell:
                    painter.setPen(theme.color("on_accent" if self._shares[i, j] > 0.45 else "text"))
                    place = QRectF(square.left() + j * cell, i * cell, cell, cell)
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, where: QPointF) -> str:
        """What a cell says: "cat taken for dog: 12 of 40 samples (30 %)"; "" beside the cells."""
        square, size = self._square, len(self._classes)
        if not size or not square.contains(where):
            return ""
        cell = square.width() / size
        i = min(int(where.y() / cell), size - 1)
        j = min(int((where.x() - square.left()) / cell), size - 1)
        of = count(int(self._counts[i].sum()), "sample")
        verb = "found" if i == j else f"taken for {self._classes[j]}"
        share = f"{self._shares[i, j] * 100:.0f} %"
        return f"{self._classes[i]} {verb}: {int(self._counts[i, j]):,} of {of} ({share})"

    def _restyle(self, _theme: object = None) -> None:
        self.update()
