"""The program with its window: builds the services once, opens the window, loads torch behind it."""

from __future__ import annotations

import sys
from pathlib import Path

ENDING_SECONDS = 10.0
"""How long the end of the program waits for torch to finish loading; ending in the middle of that may crash."""


def run(project: str | None = None) -> int:
    """Open the window on a project or on the start page, and stay until it is closed. Gives the exit status."""
    if sys.platform == "win32":
        import torch  # noqa: F401  (its libraries must be loaded before Qt's there)
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from workbench.core.log import install_excepthooks, start_log
    from workbench.core.paths import resources_dir
    from workbench.training.warm import Warmup
    from workbench.ui.bridge import Bridge
    from workbench.ui.settings import Settings
    from workbench.ui.theme import Theme
    from workbench.ui.window import MainWindow

    start_log("workbench")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Workbench")
    app.setDesktopFileName("workbench")
    app.setWindowIcon(QIcon(str(resources_dir() / "workbench.svg")))
    app.setStyle("Fusion")
    settings = Settings()
    theme = Theme(settings.theme)
    bridge = Bridge(theme)
    restore = install_excepthooks(bridge.notify)
    window = MainWindow(bridge, settings, theme)
    warmup = Warmup()
    window.painted.connect(warmup.start)
    window.show()
    window.offer_recoveries()
    if project is not None:
        path = Path(project)
        QTimer.singleShot(0, lambda: window.projects.open_any(path))  # after the first paint
    try:
        return app.exec()
    finally:
        restore()
        if window.was_seen:
            warmup.wait(ENDING_SECONDS)
