"""A file dropped on the canvas (a picture, a text, a sound) becomes the sample that runs through the network."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractScrollArea

from workbench.data.decoding.formats import EXTENSIONS
from workbench.ui.bridge import Bridge
from workbench.ui.viewers.picture_view import dropped_file


class FileDrop(QObject):
    """Stands before a view's own drag and drop and takes single files of the kind of the data; all else passes."""

    dropped = Signal(object)  # Path

    def __init__(self, view: QAbstractScrollArea, bridge: Bridge) -> None:
        super().__init__(view)
        self._bridge = bridge
        self._viewport = view.viewport()
        self._viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._viewport or not isinstance(event, QDropEvent):  # enter and move are drop events too
            return False
        path = self._sample_in(event)
        if path is None:
            return False
        event.acceptProposedAction()
        if not isinstance(event, QDragEnterEvent | QDragMoveEvent):
            self.dropped.emit(path)
        return True

    def _sample_in(self, event: QDropEvent) -> Path | None:
        """The one file with a sample that a drag carries; None for anything else. A table is the window's to take."""
        path, session = dropped_file(event), self._bridge.session
        taken = EXTENSIONS if session is None else session.samples_kind.extensions
        return path if path is not None and path.suffix.casefold() in taken else None
