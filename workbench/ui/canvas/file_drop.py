"""A picture file dropped on the canvas becomes the picture that runs through the network."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractScrollArea

from workbench.data.formats import has_picture_name
from workbench.ui.viewers.picture_view import dropped_file


class FileDrop(QObject):
    """Stands before a view's own drag and drop and takes single picture files; layers and folders pass by."""

    dropped = Signal(object)  # Path

    def __init__(self, view: QAbstractScrollArea) -> None:
        super().__init__(view)
        self._viewport = view.viewport()
        self._viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._viewport or not isinstance(event, QDropEvent):  # enter and move are drop events too
            return False
        path = picture_in(event)
        if path is None:
            return False
        event.acceptProposedAction()
        if not isinstance(event, QDragEnterEvent | QDragMoveEvent):
            self.dropped.emit(path)
        return True


def picture_in(event: QDropEvent) -> Path | None:
    """The one picture file a drag carries; None for anything else."""
    path = dropped_file(event)
    return path if path is not None and has_picture_name(path.name) else None
