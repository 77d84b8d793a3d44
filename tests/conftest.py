"""What every test gets: a home of its own, and the duty to leave no thread, timer or window behind."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from workbench.core.collector import collect_what_is_due

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Test processes side by side (pytest -n) share the cores; OpenMP threads that fight over them cost more than they give.
os.environ.setdefault("OMP_NUM_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")

# The same draws every time, so that a failure is a change of the code.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

# A shell that starts the tests in the background has them ignore Ctrl+C, nohup a closed terminal; and so would every
# program they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What hostile input left in the log may hold half characters, which cannot travel between test processes."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report


# In a background thread the collector may destroy Qt objects, which can stand still for ever (workbench.ui.collecting
# says why); so it runs between tests, on the thread that runs them.
gc.disable()
_windows = itertools.count(1)

LINGERING = ("pytest", "Dummy", "QThread", "asyncio", "tqdm", "ThreadPoolExecutor-sklearn")
"""Threads that libraries keep for the life of the process."""


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, caches, samples and logs of a test go to a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, an active timer or a window alive, or a button of the mouse pressed."""
    threads = set(threading.enumerate())
    with_qt = "qapp" in request.fixturenames
    if with_qt:
        request.getfixturevalue("qapp")
    yield
    left = _wait_for_threads(threads)
    if with_qt:  # a window is a large circle of objects
        gc.collect(2 if next(_windows) % 40 == 0 else 1)
    else:
        collect_what_is_due()
    assert not left, f"threads still alive: {[t.name for t in left]}"
    if with_qt:
        _check_qt()


def _wait_for_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    deadline = time.monotonic() + 30.0  # a thread may be importing torch, which takes long on a busy machine
    while True:
        left = [t for t in threading.enumerate() if t not in before and not t.name.startswith(LINGERING)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def _check_qt() -> None:
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    # pytest-qt closes what was handed to qtbot; a deferred delete runs only when its event is delivered
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.sendPostedEvents()
    windows = [w for w in QApplication.topLevelWidgets() if shiboken6.isValid(w) and w.isVisible()]
    assert not windows, f"windows still open: {windows}"
    # The clicks of every test after this one would go astray. (QTest.mouseDClick leaves the left one, which does not.)
    pressed = QGuiApplication.mouseButtons() & ~Qt.MouseButton.LeftButton
    assert pressed == Qt.MouseButton.NoButton, f"still pressed: {pressed}"
    # by type: isinstance() would ask every object for its class, and some of torch's answer with a warning
    timers = [o for o in gc.get_objects() if issubclass(type(o), QTimer) and shiboken6.isValid(o) and o.isActive()]
    assert not timers, f"timers still running: {[(t, t.parent()) for t in timers]}"
