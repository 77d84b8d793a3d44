"""How late the window's event loop is while training on all cores, plots and maps live, against the idle window.

A timer of 16 ms asks again and again how much later than asked it is called: that is what a person feels. The window is
the real one (drawn offscreen where there is no display), the project is the shipped scenes network on pictures of
64 × 64, and every round measures three states in turn: no run; a run with loss, accuracy and feature maps on the
screen; a run with the window's panels hidden, which tells what the drawing costs the training.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Row, fact, interleave, rounds

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from workbench.session.session import Session
    from workbench.ui.window import MainWindow

INTERVAL = 16.0  # milliseconds
SECONDS, QUICK_SECONDS = 12.0, 2.0
SETTLE = 2.0
"""Seconds of a run that are not measured: its threads start and its thread count is being found."""
P95, P99, WORST = 2.0, 8.0, 33.0  # milliseconds, the floors of the yardstick
IDLE, LIVE, HIDDEN = "no run", "run, plots and maps live", "run, panels hidden"


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="workbench-yardstick-") as place:
        before = os.environ.get("WORKBENCH_HOME")
        os.environ["WORKBENCH_HOME"] = place
        try:
            return _measure(Path(place), quick)
        finally:
            if before is None:
                del os.environ["WORKBENCH_HOME"]
            else:
                os.environ["WORKBENCH_HOME"] = before


def _measure(place: Path, quick: bool) -> list[Row]:
    from workbench.app import application
    from workbench.core.paths import projects_dir
    from workbench.training.warm import Warmup
    from workbench.ui.bridge import Bridge
    from workbench.ui.settings import Settings
    from workbench.ui.theme import Theme
    from workbench.ui.window import MainWindow

    app = application()
    Warmup().start().wait()
    settings = Settings(place / "settings.ini")
    bridge = Bridge(Theme("dark"))
    window = MainWindow(bridge, settings, bridge.theme)
    window.resize(1440, 900)
    window.show()
    project = place / "scenes-convnet"
    shutil.copytree(projects_dir() / "scenes-convnet", project)
    window.projects.open(project)
    session = bridge.session
    assert session is not None
    _until(app, lambda: session.data.phase in ("ready", "failed"), 300)
    assert session.data.phase == "ready", session.data.diagnostic
    stage = _Stage(app, window, session, QUICK_SECONDS if quick else SECONDS)
    try:
        stage.late("warm up", 1.0, live=True)
        peers = {IDLE: stage.idle, LIVE: stage.live, HIDDEN: stage.hidden}
        found = interleave(peers, rounds(quick))
    finally:
        session.history.mark_saved()
        window.close()
    return _rows(found)


def _rows(found: dict[str, list[tuple[np.ndarray, float]]]) -> list[Row]:
    rows: list[Row] = []
    idle = np.concatenate([late for late, _ in found[IDLE]])
    for state, limits in ((LIVE, (None, P95, P99, WORST)), (HIDDEN, (None, None, None, None))):
        late = np.concatenate([late for late, _ in found[state]])
        words = ("median", "p95", "p99", "worst")
        for word, limit, value, base in zip(words, limits, _summary(late), _summary(idle), strict=True):
            holds = None if limit is None else value <= limit
            ratio = value / base if base > 0 else None
            rows.append(Row(f"late, {state}: {word}", value, "ms", base, ratio, limit, holds))
    worst_rounds = [float(np.percentile(late, 95)) for late, _ in found[LIVE]]
    rows.append(fact(f"late, {LIVE}: p95 in the worst round", max(worst_rounds), "ms"))
    live, hidden = (statistics.median([rate for _, rate in found[s]]) for s in (LIVE, HIDDEN))
    rows.append(fact("pictures a second while drawn, against hidden", live, "pictures/s", hidden))
    return rows


def _summary(late: np.ndarray) -> tuple[float, float, float, float]:
    return (float(np.median(late)), *(float(np.percentile(late, p)) for p in (95, 99)), float(late.max()))  # type: ignore[return-value]


class _Stage:
    """The window with its run, and the timer."""

    def __init__(self, app: QApplication, window: MainWindow, session: Session, seconds: float) -> None:
        self._app, self._window, self._session, self._seconds = app, window, session, seconds

    def idle(self) -> tuple[np.ndarray, float]:
        self._window.bridge.go_to("build")
        _until(self._app, lambda: False, 0.5)
        return lateness(self._app, self._seconds), 0.0

    def live(self) -> tuple[np.ndarray, float]:
        return self.late("live", self._seconds, live=True)

    def hidden(self) -> tuple[np.ndarray, float]:
        return self.late("hidden", self._seconds, live=False)

    def late(self, _name: str, seconds: float, *, live: bool) -> tuple[np.ndarray, float]:
        """Start a run, measure while it goes, stop it: lateness in ms and pictures learned a second."""
        session, panels = self._session, self._window.furnish()
        self._window.bridge.go_to("build")
        for dock in (panels.docks["training"], panels.docks["viewers"]):
            dock.setVisible(live)
        session.start_training(epochs=10_000)
        _until(self._app, lambda: session.run is not None and session.run.step > 3, 120)
        _until(self._app, lambda: False, SETTLE)
        if live:
            assert panels.training.isVisible(), "the training panel must be on the screen"
            assert panels.viewers.isVisible(), "the viewers must be on the screen"
        assert session.run is not None
        first, began = _learned(session), time.perf_counter()
        late = lateness(self._app, seconds)
        rate = (_learned(session) - first) / (time.perf_counter() - began)
        session.stop()
        _until(self._app, lambda: session.run is None or not session.run.is_live, 60)
        return late, rate


def _learned(session: Session) -> float:
    """Pictures learned since the run began."""
    run = session.run
    newest = run.scalars.last() if run is not None else None
    return newest["step"] * session.project.recipe.batch_size if newest is not None else 0.0


def lateness(app: QApplication, seconds: float) -> np.ndarray:
    """How many milliseconds later than asked a timer of 16 ms is called, each time anew, over some seconds."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer

    loop, timer, clock = QEventLoop(), QTimer(), QElapsedTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(True)
    found: list[float] = []
    asked = 0

    def called() -> None:
        nonlocal asked
        found.append((clock.nsecsElapsed() - asked) / 1e6 - INTERVAL)
        if clock.elapsed() >= seconds * 1000:
            loop.quit()
            return
        asked = clock.nsecsElapsed()
        timer.start(round(INTERVAL))

    timer.timeout.connect(called)
    clock.start()
    timer.start(round(INTERVAL))
    loop.exec()
    return np.maximum(np.array(found), 0.0)


def _until(app: QApplication, condition: object, seconds: float) -> None:
    """Let the window live until the condition holds, or so many seconds have gone."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer()
    deadline = time.monotonic() + seconds

    def look() -> None:
        if condition() or time.monotonic() > deadline:  # type: ignore[operator]
            loop.quit()

    timer.timeout.connect(look)
    timer.start(10)
    loop.exec()
    timer.stop()
