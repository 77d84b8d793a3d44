"""A project comes into the window without anything flashing up, and the keyboard stays in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication

OpenWindow = Callable[..., Any]


class Watcher(QObject):
    """Counts windows of the system that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QWindow) and event.type() == QEvent.Type.Show:
            self.shown.append(watched.objectName())
        return False


def test_no_other_window_flashes_up_when_a_project_opens(
    open_window: OpenWindow, small: Path, qapp: QApplication
) -> None:
    person = open_window()
    watcher = Watcher()
    qapp.installEventFilter(watcher)
    try:
        person.window.projects.open_any(small)
        for place in ("data", "train", "look", "export", "build"):
            person.go_to(place)
    finally:
        qapp.removeEventFilter(watcher)
    assert watcher.shown == []
    assert QGuiApplication.focusWindow() is person.window.windowHandle()
