"""Renaming in place: a line edit over the card's title."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from workbench.document.edits import rename
from workbench.document.rules import LONGEST_NAME
from workbench.ui.canvas.view import CanvasView


class NameField(QLineEdit):
    """Shown over one card at a time. Enter or leaving it takes the name, Esc does not; an empty name is the layer's."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._node: str | None = None
        self._take_name: Callable[[str, str], None] | None = None
        self.setObjectName("canvas_rename")
        self.setAccessibleName("Name of the layer")
        self.setMaxLength(LONGEST_NAME)
        self.hide()
        self.installEventFilter(self)
        self.editingFinished.connect(self._take)
        view.moved.connect(self._place)

    def open(self, node: str, name: str | None = None, take: Callable[[str, str], None] | None = None) -> None:
        """Ask for the name of a node. `take(node, name)` hears it in place of the node, which then shows `name`."""
        item = self._view.canvas.node(node)
        if item is None or self._view.session is None:
            return
        self._node = node
        self._take_name = take
        self.setText(self._view.canvas.graph.nodes[node].name if name is None else name)
        self.setPlaceholderText(item.card.title)
        self._view.show_node(node)
        self._place()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def dismiss(self) -> None:
        """Close without taking the name."""
        if self._node is not None:
            self._node = None
            self._close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Esc must not reach the window's shortcuts while a name is typed.
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            event.accept()
            return
        super().keyPressEvent(event)
        event.accept()  # whatever it has no use for is not meant for the canvas below it

    def _take(self) -> None:
        node, self._node = self._node, None
        if node is None:
            return
        self._close()
        session, name, take = self._view.session, self.text().strip(), self._take_name
        if take is not None:
            take(node, name)
        elif session is not None and node in session.graph.nodes:
            session.apply("Rename layer", lambda graph: rename(graph, node, name))

    def _close(self) -> None:
        # The keyboard goes first: a field that hides with it would pass it on as Tab does, to the next card.
        if self.hasFocus():
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

    def _place(self) -> None:
        item = self._view.canvas.node(self._node) if self._node is not None else None
        if item is None:
            return
        zoom = self._view.zoom
        corner = self._view.mapFromScene(item.rect.topLeft())
        width = max(140, round(item.frame.width * zoom) - 12)
        height = max(24, min(34, round(26 * zoom)))
        self.setGeometry(QRect(corner.x() + round(7 * zoom), corner.y() + round(4 * zoom), width, height))
