"""The program with its window: builds the services once, opens the window, loads torch behind it."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

ENDING_SECONDS = 10.0
"""How long the end of the program waits for torch to finish loading; ending in the middle of that may crash."""


def run(project: str | None = None) -> int:
    """Open the window on a project or on the start page, and stay until it is closed. Gives the exit status."""
    app = application()
    from PySide6.QtCore import QTimer

    from workbench.core.log import install_excepthooks, start_log
    from workbench.training.warm import Warmup
    from workbench.ui.bridge import Bridge
    from workbench.ui.collecting import Collecting
    from workbench.ui.settings import Settings
    from workbench.ui.theme import Theme
    from workbench.ui.window import MainWindow

    collecting = Collecting()
    start_log("workbench")
    settings = Settings()
    theme = Theme(settings.theme)
    bridge = Bridge(theme)
    restore = install_excepthooks(bridge.notify)
    window = MainWindow(bridge, settings, theme)
    warmup = Warmup()
    window.painted.connect(partial(warmup.start, window.status.torch_loaded))
    window.painted.connect(window.offer_recoveries)
    window.show()
    if project is not None:
        QTimer.singleShot(0, window, partial(window.projects.open_any, Path(project)))  # after the first paint
    try:
        return app.exec()
    finally:
        restore()
        collecting.stop()
        if window.was_seen:
            warmup.wait(ENDING_SECONDS)


def run_tour(**wishes: Any) -> int:
    """`workbench tour`: the wishes are those of `workbench.ui.tour.Tour`. Gives the exit status."""
    app = application()
    with tempfile.TemporaryDirectory(prefix="workbench-tour-") as place:
        from workbench.ui.collecting import Collecting
        from workbench.ui.settings import Settings
        from workbench.ui.tour import Tour

        collecting = Collecting()
        try:
            # the tour's window has settings of its own: it leaves no trace in the person's, and always looks the same
            return Tour(**wishes).run(app, Settings(Path(place) / "settings.ini"))
        finally:
            collecting.stop()


def application() -> QApplication:
    """The Qt application, with its name, icon and style; torch is loaded before it where it must be."""
    if sys.platform == "win32":
        import torch  # noqa: F401  (its libraries must be loaded before Qt's there)
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from workbench.core.paths import resources_dir

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Workbench")
    app.setDesktopFileName("workbench")
    app.setWindowIcon(QIcon(str(resources_dir() / "workbench.svg")))
    app.setStyle("Fusion")
    return app
