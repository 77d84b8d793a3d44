"""The same picture as sixteen epochs show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.preparation.looks import TIMES
from workbench.ui.theme import GAP, LABEL, RADIUS, SPACE
from workbench.ui.viewers.picture_view import image_of

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from workbench.data.variants import Variant

_CAPTION = LABEL + SPACE + 2
_LEAST, _MOST = 56, 168
_SHARP = 5
_UNEVEN = 0.85
"""A last row that is not full must pay in larger tiles."""


class Sixteen(QWidget):
    """Tiles in as many columns as make them largest. The left and right keys ask for another picture, Space for other
    draws."""

    stepAsked = Signal(int)
    againAsked = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._images: tuple[QImage, ...] = ()
        self._captions: tuple[str, ...] = ()
        self._tips: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(4 * (_LEAST + GAP), 2 * (_LEAST + _CAPTION + GAP))
        self.setAccessibleName("The picture augmented sixteen times")
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(640, self.minimumHeight())  # it takes what is left, and asks for no more than all sixteen need

    def show_variants(self, variants: Sequence[Variant], labels: Sequence[str], own: str) -> None:
        """Show these, of a picture of class `own`; `labels` are the classes of the pictures mixed in."""
        self._images = tuple(image_of(v.pixels) for v in variants)
        named = list(enumerate(zip(variants, labels, strict=True)))
        self._captions = tuple(caption(v, label, k) for k, (v, label) in named)
        self._tips = tuple(tip(v, label, own, k) for k, (v, label) in named)
        self.setAccessibleDescription("; ".join(self._tips))
        self.update()

    @property
    def images(self) -> tuple[QImage, ...]:
        return self._images

    @property
    def captions(self) -> tuple[str, ...]:
        return self._captions

    def tiles(self) -> list[QRectF]:
        """Where the pictures are painted, captions not counted."""
        ratio = self._images[0].height() / self._images[0].width() if self._images else 1.0
        fits = {columns: self._fit(columns, ratio) for columns in (4, 5, 6, 7, 8, 16)}
        columns = max(fits, key=lambda n: fits[n] * (1.0 if TIMES % n == 0 else _UNEVEN))
        side = min(fits[columns], float(_MOST))
        high = side * ratio
        return [
            QRectF((k % columns) * (side + GAP) + 2, (k // columns) * (high + _CAPTION + GAP) + 2, side, high)
            for k in range(TIMES)
        ]

    def _fit(self, columns: int, ratio: float) -> float:
        """How wide tiles can be in that many columns."""
        rows = -(-TIMES // columns)
        wide = (self.width() - 4 - (columns - 1) * GAP) / columns
        tall = (self.height() - 4 - (rows - 1) * GAP) / rows - _CAPTION
        return max(8.0, min(wide, tall / ratio))

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetricsF(painter.font())
        tiles = self.tiles()
        for k, place in enumerate(tiles):
            if k >= len(self._images):
                painter.setPen(QPen(theme.color("line"), 1))
                painter.drawRoundedRect(place, SPACE, SPACE)
                continue
            clip = QPainterPath()
            clip.addRoundedRect(place, SPACE, SPACE)
            painter.save()
            painter.setClipPath(clip)
            sharp = place.width() / self._images[k].width() >= _SHARP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sharp)
            painter.drawImage(place, self._images[k])
            painter.restore()
            painter.setPen(theme.color("dim"))
            words = metrics.elidedText(self._captions[k], Qt.TextElideMode.ElideRight, place.width())
            below = QRectF(place.left(), place.bottom() + 2, place.width(), _CAPTION)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), words)
        if self.hasFocus():
            around = tiles[0].united(tiles[-1]).adjusted(-1, -1, 1, _CAPTION)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(around, RADIUS, RADIUS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepAsked.emit(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.againAsked.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            for words, place in zip(self._tips, self.tiles(), strict=False):
                if place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), words, self)
                    return True
        return super().event(event)


def caption(variant: Variant, label: str, k: int) -> str:
    """ "+ 38 % “dog”" for a mixture, otherwise the epoch."""
    return f"epoch {k + 1}" if variant.other is None else f"+ {round(100 * (1 - variant.share))} % “{label}”"


def tip(variant: Variant, label: str, own: str, k: int) -> str:
    """The epoch, and what a mixture is made of."""
    if variant.other is None:
        return f"Epoch {k + 1}"
    share = round(100 * variant.share)
    return f"Epoch {k + 1}: {share} % “{own}”, {100 - share} % “{label}”"
