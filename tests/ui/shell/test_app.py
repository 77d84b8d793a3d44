"""The program as it is started: the window first, torch behind it, a tidy end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.session.session import Session

PROGRAM = """
import sys
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
import workbench.app

app = QApplication([])

class Watch(QObject):
    def look(self):
        window = next((w for w in app.topLevelWidgets() if w.objectName() == "window"), None)
        if window is None or not window.was_seen:
            return
        session = window.bridge.session
        if "--project" in sys.argv and session is None and window.notices.shown is None:
            return
        print("title:", window.windowTitle(), flush=True)
        print("notice:", window.notices.shown.message if window.notices.shown else "none", flush=True)
        self.timer.stop()
        window.close()

loaded = [m for m in ("torch", "pyqtgraph", "numpy", "onnx") if m in sys.modules]
import workbench.ui.window
loaded += [m for m in ("torch", "pyqtgraph", "numpy", "onnx") if m in sys.modules]
print("loaded before the window:", loaded, flush=True)
watch = Watch()
watch.timer = QTimer()
watch.timer.timeout.connect(watch.look)
watch.timer.start(20)
path = sys.argv[sys.argv.index("--project") + 1] if "--project" in sys.argv else None
print("status:", workbench.app.run(path), flush=True)
"""


def start(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "WORKBENCH_HOME": str(home), "PYTHONPATH": os.getcwd()}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


def test_the_window_comes_before_everything_heavy_and_ends_tidily(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "loaded before the window: []" in done.stdout
    assert "title: Workbench" in done.stdout
    assert "status: 0" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("qapp")
def test_a_project_named_at_the_start_is_opened(tmp_path: Path, session: Session) -> None:
    folder = session.folder
    session.close()
    done = start(tmp_path, "--project", str(folder))
    assert done.returncode == 0, done.stderr
    assert "title: small" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_is_no_project_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("words")
    done = start(tmp_path / "home", "--project", str(file))
    assert done.returncode == 0, done.stderr
    assert "neither a project nor a folder of pictures" in done.stdout
    assert "title: Workbench" in done.stdout
