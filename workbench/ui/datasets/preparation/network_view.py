"""The original with the part that is kept, and beside it what reaches the network."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.preparation.looks import Original, Pixels
from workbench.ui.theme import GAP, LABEL, RADIUS, SPACE
from workbench.ui.viewers.picture_view import image_of

_CAPTION = LABEL + 2 * SPACE
_ARROW = 44
_SHARP = 5
"""From this enlargement on, pixels are drawn as the squares they are."""


class NetworkView(QWidget):
    """Paints both; `show` gives it what to paint, None while it is not there yet."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._original: Original | None = None
        self._network_pixels: Pixels | None = None
        self._image: QImage | None = None
        self._network: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(196)
        self.setMinimumWidth(220)
        self.setAccessibleName("The original and what the network sees")
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(460, 196)

    def show_pictures(self, original: Original | None, network: Pixels | None) -> None:
        if original is not self._original:
            self._original, self._image = original, None if original is None else image_of(original.pixels)
        if network is not self._network_pixels:
            self._network_pixels, self._network = network, None if network is None else image_of(network)
        self._describe()
        self.update()

    @property
    def network(self) -> QImage | None:
        return self._network

    @property
    def captions(self) -> tuple[str, str]:
        """Below the original and below the network's picture."""
        if self._original is None or self._network_pixels is None:
            return "", ""
        h, w = self._original.size
        to_h, to_w, channels = self._network_pixels.shape
        grey = ", grey" if channels == 1 else ""
        return f"original, {w:,} × {h:,}", f"network, {to_w:,} × {to_h:,}{grey}"

    def frame(self) -> QRectF:
        """Where the part that is kept lies on the widget; empty without an original."""
        if self._original is None or self._image is None:
            return QRectF()
        picture = self._places()[0]
        top, left, height, width = self._original.window
        return QRectF(
            picture.left() + left * picture.width(),
            picture.top() + top * picture.height(),
            width * picture.width(),
            height * picture.height(),
        )

    def _describe(self) -> None:
        self.setAccessibleDescription("; ".join(c for c in self.captions if c))

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    def _places(self) -> tuple[QRectF, QRectF]:
        """Where both pictures are painted: as high as there is room, side by side."""
        high, room = self.height() - _CAPTION, self.width() - _ARROW
        first = self._image.width() / self._image.height() if self._image is not None else 1.0
        second = self._network.width() / self._network.height() if self._network is not None else 1.0
        tall = min(high, room / (first + second))
        left = QRectF(0, 0, tall * first, tall)
        return left, QRectF(left.right() + _ARROW, 0, tall * second, tall)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._places()
        for image, place in ((self._image, left), (self._network, right)):
            if image is None:
                painter.setPen(QPen(theme.color("line"), 1, Qt.PenStyle.DashLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
                continue
            clip = QPainterPath()
            clip.addRoundedRect(place, SPACE, SPACE)
            painter.save()
            painter.setClipPath(clip)
            sharp = place.width() / image.width() >= _SHARP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sharp)
            painter.drawImage(place, image)
            painter.restore()
        if self._image is not None:
            self._paint_frame(painter, left)
        self._paint_arrow(painter, QRectF(left.right(), left.top(), _ARROW, left.height()))
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("dim"))
        for caption, place in zip(self.captions, (left, right), strict=True):
            below = QRectF(place.left(), place.bottom() + SPACE, max(place.width(), 150.0), _CAPTION)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), caption)

    def _paint_frame(self, painter: QPainter, picture: QRectF) -> None:
        """What is cut off is dimmed; a frame around what is kept."""
        theme, frame = self._bridge.theme, self.frame()
        outside = QPainterPath()
        outside.addRect(picture)
        inside = QPainterPath()
        inside.addRect(frame)
        shade = theme.color("panel", 0.7)
        painter.fillPath(outside.subtracted(inside), shade)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((theme.color("panel"), 4.0), (theme.color("accent"), 2.0)):  # seen on any picture
            painter.setPen(QPen(colour, width))
            painter.drawRect(frame.adjusted(1, 1, -1, -1))

    def _paint_arrow(self, painter: QPainter, room: QRectF) -> None:
        painter.setPen(QPen(self._bridge.theme.color("dim"), 1.5))
        middle, y = room.center().x(), room.center().y()
        painter.drawLine(int(middle - GAP), int(y), int(middle + GAP), int(y))
        painter.drawLine(int(middle + GAP - 4), int(y - 4), int(middle + GAP), int(y))
        painter.drawLine(int(middle + GAP - 4), int(y + 4), int(middle + GAP), int(y))
