"""Where the keyboard is: a ring around the leading card, or around the canvas, while a person goes by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.geometry import RADIUS

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

_AWAY = 5.0  # screen pixels from the card's edge


class KeyboardRing(QObject):
    """Follows the leading card of the selection; hidden as soon as the mouse is used."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._by_keys = False
        self._ring = _Ring(view)
        view.bridge.selectionChanged.connect(self._place)
        view.bridge.themeChanged.connect(self._place)
        view.moved.connect(self._place)
        view.canvas.boundsChanged.connect(self._place)

    @property
    def is_shown(self) -> bool:
        return not self._ring.isHidden()

    @property
    def rect(self) -> QRectF:
        """Where it is, in the viewport."""
        return QRectF(self._ring.geometry())

    def show_for_keys(self, by_keys: bool) -> None:
        """Whether the person goes by keys now."""
        self._by_keys = by_keys
        self._place()

    def _place(self, _why: object = None) -> None:
        view = self._view
        leading = view.canvas.node(view.bridge.selection[-1]) if view.bridge.selection else None
        if not self._by_keys or not view.hasFocus():
            self._ring.hide()
            return
        area = QRectF(view.viewport().rect())
        if leading is not None:
            area = QRectF(view.mapFromScene(leading.rect).boundingRect()).adjusted(-_AWAY, -_AWAY, _AWAY, _AWAY)
        self._ring.setGeometry(area.toAlignedRect())
        self._ring.round = RADIUS * view.zoom + _AWAY if leading is not None else 0.0
        self._ring.show()
        self._ring.update()


class _Ring(QWidget):
    """Lies over the viewport and lets every event through."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self.round = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._view.canvas.look.text, 1.5, Qt.PenStyle.DotLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self.round, self.round)
        painter.end()
