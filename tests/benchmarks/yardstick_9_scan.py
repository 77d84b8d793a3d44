"""Scanning 100,000 pictures against a loop of os.walk and Image.open, and the window while 1,000,000 are scanned.

The pictures are small JPEGs in ten class folders, just written, so that what is measured is the work and not the disk.
Each round reads them with Pillow, scans them as if for the first time, and scans them again, when only what changed is
opened. The memory is what Python and numpy hold for an index once everything it can tell has been asked for.

For the window, the real one with a project open is told to use a folder of empty files with a few pictures among them.
A timer of 16 ms tells how much later than asked it is called, from the choice of the folder until all bad files are
listed, against the idle window before and after. On Linux the time in which the window's thread was ready and merely
had no processor is told apart: what is left it spent on its own work and on waiting for the interpreter.
"""

from __future__ import annotations

import gc
import io
import os
import shutil
import statistics
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Row, at_most, fact, faster, interleave, rounds

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

FILES, QUICK_FILES = 100_000, 2_000
ENTRIES, QUICK_ENTRIES = 1_000_000, 100_000
CLASSES = 10
FOLDERS = 100

SECONDS = 10.0  # for 100,000 files
BYTES = 200.0  # a sample
INTERVAL = 16.0  # milliseconds
P95, WORST = 2.0, 33.0  # milliseconds

FIRST, AGAIN, PILLOW = "first scan", "scanned again", "os.walk and Image.open"


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="workbench-yardstick-") as place:
        before = os.environ.get("WORKBENCH_HOME")
        os.environ["WORKBENCH_HOME"] = os.path.join(place, "home")
        try:
            files, entries = (QUICK_FILES, QUICK_ENTRIES) if quick else (FILES, ENTRIES)
            return [*_reading(Path(place), files, quick), *_window(Path(place), entries)]
        finally:
            if before is None:
                del os.environ["WORKBENCH_HOME"]
            else:
                os.environ["WORKBENCH_HOME"] = before


# --- reading ----------------------------------------------------------------------------------------------------------


def _reading(place: Path, files: int, quick: bool) -> list[Row]:
    from workbench.core.paths import user_dir
    from workbench.data.scanning.scan import scan

    folder = place / "pictures"
    _write_pictures(folder, files)

    def first() -> float:
        shutil.rmtree(user_dir("cache") / "headers", ignore_errors=True)
        return _seconds(lambda: scan(folder))

    def again() -> float:
        return _seconds(lambda: scan(folder))

    def with_pillow() -> float:
        return _seconds(lambda: _walk_with_pillow(folder))

    again()
    results: dict[str, list[float]] = {FIRST: [], AGAIN: [], PILLOW: []}
    for turn in range(rounds(quick)):  # "again" must follow "first"; Pillow stands before and after in turn
        order = (PILLOW, FIRST, AGAIN) if turn % 2 else (FIRST, AGAIN, PILLOW)
        for name in order:
            results[name].append({FIRST: first, AGAIN: again, PILLOW: with_pillow}[name]())
    rates = {name: [files / seconds for seconds in times] for name, times in results.items()}
    rows = [at_most(f"{FIRST} of {files:,} files", statistics.median(results[FIRST]), "s", SECONDS * files / FILES)]
    rows += faster(FIRST, rates[FIRST], rates[PILLOW], "files/s", None)
    rows += faster(AGAIN, rates[AGAIN], rates[PILLOW], "files/s", None)
    rows.append(at_most("memory of the index", _bytes_a_sample(folder), "bytes/sample", BYTES))
    shutil.rmtree(folder)
    return rows


def _write_pictures(folder: Path, count: int) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    encoded = []
    for _ in range(20):
        data = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize((64, 48)).save(data, "JPEG", quality=90)
        encoded.append(data.getvalue())
    for name in range(CLASSES):
        (folder / f"class {name}").mkdir(parents=True)
        for k in range(count // CLASSES):
            (folder / f"class {name}" / f"IMG_{k:06}.jpg").write_bytes(encoded[k % len(encoded)])


def _walk_with_pillow(folder: Path) -> int:
    from PIL import Image

    seen = 0
    for at, _folders, names in os.walk(folder):
        for name in names:
            with Image.open(os.path.join(at, name)) as image:
                seen += image.size[0] > 0
    return seen


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _bytes_a_sample(folder: Path) -> float:
    from workbench.data.scanning.scan import scan

    gc.collect()
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        index = scan(folder)
        index.find("nothing")
        _asked = (index.identities, index.fingerprint, index.contents)
        gc.collect()
        after, _peak = tracemalloc.get_traced_memory()
        return (after - before) / len(index)
    finally:
        tracemalloc.stop()


# --- the window -------------------------------------------------------------------------------------------------------


def _window(place: Path, entries: int) -> list[Row]:
    from workbench.app import application
    from workbench.document.project import Project
    from workbench.session.session import Session
    from workbench.training.warm import Warmup
    from workbench.ui.bridge import Bridge
    from workbench.ui.settings import Settings
    from workbench.ui.theme import Theme
    from workbench.ui.window import MainWindow

    folder = place / "entries"
    _write_entries(folder, entries)
    app = application()
    Warmup().start().wait()
    bridge = Bridge(Theme("dark"))
    window = MainWindow(bridge, Settings(place / "settings.ini"), bridge.theme)
    window.resize(1440, 900)
    window.show()
    with Session.create(place / "project", Project("Scan")):
        pass
    window.projects.open(place / "project")
    session = bridge.session
    assert session is not None
    bridge.go_to("data")
    times: list[float] = []

    def scanned() -> tuple[np.ndarray, np.ndarray]:
        session.use_folder(folder)
        began = time.perf_counter()
        found = _lateness(app, lambda: session.data.phase in ("ready", "failed"))
        times.append(time.perf_counter() - began)
        assert session.data.dataset is not None, session.data.diagnostic
        assert len(session.data.dataset.bad) == entries + FOLDERS - 2, "all files, and the folders without a picture"
        session.undo()
        return found

    try:
        _lateness(app, _after(2.0))
        results = interleave({"idle": lambda: _lateness(app, _after(5.0)), "scanning": scanned}, 2)
    finally:
        session.history.mark_saved()
        window.close()
    rows = [fact(f"{entries:,} entries", statistics.median(times), "s")]
    for which, words in enumerate(("late", "late for other reasons than the processor")):
        idle, late = (np.concatenate([found[which] for found in results[name]]) for name in ("idle", "scanning"))
        limits = (None, P95, None, WORST) if which == 0 else (None,) * 4
        for q, word, limit in zip((50, 95, 99, 100), ("median", "p95", "p99", "worst"), limits, strict=True):
            value, base = float(np.percentile(late, q)), float(np.percentile(idle, q))
            holds = None if limit is None else value <= limit
            ratio = value / base if base > 0 else None
            rows.append(Row(f"window {words}, while scanning: {word}", value, "ms", base, ratio, limit, holds))
    return rows


def _write_entries(folder: Path, count: int) -> None:
    from PIL import Image

    each = count // FOLDERS
    for number in range(FOLDERS):
        at = folder / f"class {number}"
        at.mkdir(parents=True)
        for k in range(each):
            os.close(os.open(at / f"IMG_{k:06}.jpg", os.O_CREAT | os.O_WRONLY))
        if number < 2:
            for k in range(6):
                Image.new("RGB", (16, 16), (40 * k, 90, 120 * number)).save(at / f"picture {k}.png")


def _after(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def _lateness(app: QApplication, until: Callable[[], bool]) -> tuple[np.ndarray, np.ndarray]:
    """How many milliseconds later than asked a timer of 16 ms is called, and how many of these were no waiting for a
    processor, over and over until the condition holds."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer

    loop, timer, clock = QEventLoop(), QTimer(), QElapsedTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(True)
    late: list[float] = []
    own: list[float] = []
    asked, waited = 0, _waited_for_processor()

    def called() -> None:
        nonlocal asked, waited
        late.append((clock.nsecsElapsed() - asked) / 1e6 - INTERVAL)
        own.append(late[-1] - (_waited_for_processor() - waited))
        if until():
            loop.quit()
            return
        waited = _waited_for_processor()
        asked = clock.nsecsElapsed()
        timer.start(round(INTERVAL))

    timer.timeout.connect(called)
    clock.start()
    timer.start(round(INTERVAL))
    loop.exec()
    return np.maximum(np.array(late), 0.0), np.maximum(np.array(own), 0.0)


def _waited_for_processor() -> float:
    """Milliseconds this thread was ready to run and did not; 0 where the system does not tell."""
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/schedstat") as file:
            return int(file.read().split()[1]) / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0
