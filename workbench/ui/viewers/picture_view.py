"""The chosen sample as the network sees it; a file dropped here becomes the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.theme import RADIUS

_ENLARGED_SHARP = 6
"""From this enlargement on pixels are drawn as squares: at 8 × 8 they are what there is to see."""


class PictureView(QWidget):
    """Shows uint8 H × W × C (1 or 3 channels), or the words of a sample that is no picture."""

    fileDropped = Signal(str)
    openAsked = Signal()  # clicked, or Enter
    stepAsked = Signal(int)  # left and right keys: the picture before, the next one

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._array: NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self._words = ""
        self._dropping = False
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(56, 56)
        self.setAccessibleName("Chosen sample")
        self.setToolTip("Click to test a file, or drop one here. Left and right keys walk the data.")
        bridge.themeChanged.connect(self._restyle)

    def show_picture(self, picture: NDArray[np.uint8] | None, words: str = "") -> None:
        """`words` are shown where there is no picture."""
        if picture is self._array and words == self._words:
            return
        self._array, self._words = picture, words
        self.setAccessibleDescription(words[:400])
        self._image = None if picture is None else image_of(picture)
        self.update()

    @property
    def image(self) -> QImage | None:
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(120, 120)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        room = QRectF(0, 0, side, side).adjusted(1, 1, -1, -1)
        if self._image is None and self._words:
            self._paint_words(painter)
            return
        if self._image is None:
            painter.setPen(QPen(theme.color("line"), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(room, RADIUS, RADIUS)
            painter.setPen(theme.color("dim"))
            painter.setFont(theme.font("label"))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), "Drop a file")
            return
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        target = QRectF(room.left(), room.top(), self._image.width() * scale, self._image.height() * scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _ENLARGED_SHARP)
        clip = QPainterPath()
        clip.addRoundedRect(target, RADIUS - 2, RADIUS - 2)
        painter.save()
        painter.setClipPath(clip)
        painter.drawImage(target, self._image)
        painter.restore()
        if self._dropping or self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(target, RADIUS - 1, RADIUS - 1)

    def _paint_words(self, painter: QPainter) -> None:
        """The beginning of a text, or the columns of a row, as much as there is room for."""
        theme = self._bridge.theme
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.color("accent"), 2) if self._dropping or self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(room, RADIUS - 2, RADIUS - 2)
        painter.setPen(theme.color("text"))
        painter.setFont(theme.font("label"))
        inside = room.adjusted(8, 6, -8, -6)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWrapAnywhere)
        if " " in self._words:
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        painter.setClipRect(inside)
        painter.drawText(inside, flags, self._words)

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    # --- choosing ----------------------------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.openAsked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.openAsked.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepAsked.emit(-1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event) is not None:
            self._dropping = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._dropping = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event)
        self._dropping = False
        self.update()
        if path is not None:
            event.acceptProposedAction()
            self.fileDropped.emit(str(path))


def dropped_file(event: QDropEvent) -> Path | None:
    """The one local file of a drop; folders are left to the window, which starts a project from them."""
    urls = event.mimeData().urls() if event.mimeData().hasUrls() else []
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_file() else None


def image_of(picture: NDArray[Any]) -> QImage:
    """A uint8 picture H × W, H × W × 1 or H × W × 3 as an image with a copy of its pixels."""
    pixels = np.ascontiguousarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, width, height, pixels.strides[0], kind).copy()
