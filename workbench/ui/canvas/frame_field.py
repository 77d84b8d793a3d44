"""Giving a frame its title in place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt

from workbench.ui.canvas.items.frame import UNTITLED
from workbench.ui.canvas.rename import NameField
from workbench.ui.canvas.view import CanvasView

_HEIGHT = 26


class FrameField(NameField):
    """The field of the cards' names, over a frame's title band; an empty title is none."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.setObjectName("canvas_frame_title")
        self.setAccessibleName("Title of the frame")
        self.setPlaceholderText(UNTITLED)

    def open(self, node: str, name: str | None = None, take: Callable[[str, str], None] | None = None) -> None:
        item = self._view.canvas.frames.item(node)
        if item is None or self._view.session is None:
            return
        self._view.bridge.choose_frame(node)
        self._node = node
        self.setText(item.frame.title if name is None else name)
        self._place()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def _take(self) -> None:
        frame, self._node = self._node, None
        if frame is None:
            return
        self._close()
        session, title = self._view.session, self.text().strip()
        if session is not None and frame in session.graph.frames:
            session.change_frame(frame, title=title)

    def _place(self) -> None:
        item = self._view.canvas.frames.item(self._node)
        if item is None:
            return
        zoom = self._view.zoom
        corner = self._view.mapFromScene(item.rect.topLeft())
        width = max(140, min(360, round(item.rect.width() * zoom) - 12))
        self.setGeometry(QRect(corner.x() + 6, corner.y() + round(3 * zoom), width, _HEIGHT))
