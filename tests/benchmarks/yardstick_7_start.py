"""The first paint, torch ready, and the worst hitch until then, against a window that imports torch first.

Both start the real program on its start page in a fresh process; the baseline imports torch before it makes the window,
as most programs do. Times count from the start of the process, the interpreter's own start included. A hitch is the
longest time between two calls of a 10-ms timer, from the first paint until torch is ready and a second more. Then the
panels are built, as they are when a first project is opened.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import Row, fact, interleave, rounds

FIRST_PAINT, HITCH = 0.4, 150.0  # seconds, milliseconds: the floors of the yardstick
TICK = 10  # milliseconds
OURS, TORCH_FIRST = "workbench", "torch first"


def measure(quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="workbench-yardstick-") as place:

        def start(mode: str) -> dict[str, float]:
            environment = {**os.environ, "WORKBENCH_HOME": place}
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
            command = [sys.executable, "-m", "tests.benchmarks.yardstick_7_start", mode, repr(time.time())]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                raise RuntimeError(f"{mode} ended with {done.returncode}: {done.stderr[-2000:]}")
            figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            return figures

        for mode in (OURS, TORCH_FIRST):
            start(mode)  # once beforehand: files into the disk cache, compiled modules written
        found = interleave({mode: lambda mode=mode: start(mode) for mode in (OURS, TORCH_FIRST)}, rounds(quick))
    rows = []
    for key, name, unit, limit in (
        ("paint", "first paint", "s", FIRST_PAINT),
        ("furnished", "building the panels", "ms", None),
        ("torch", "torch ready", "s", None),
        ("hitch", "worst hitch after the first paint", "ms", HITCH),
    ):
        ours, theirs = ([one[key] for one in found[mode]] for mode in (OURS, TORCH_FIRST))
        value, base = statistics.median(ours), statistics.median(theirs)
        holds = None if limit is None else value <= limit
        rows.append(Row(name, value, unit, base, value / base if base else None, limit, holds))
        rows.append(fact(f"{name}: worst round", max(ours), unit, max(theirs)))
    return rows


def child(mode: str, began: float) -> dict[str, Any]:
    """Start the program (in this process) and time it; `began` is when the process was started (time.time())."""
    if mode == TORCH_FIRST:
        from workbench.training.warm import build_an_optimizer

        build_an_optimizer()
    from PySide6.QtCore import QTimer

    from workbench.app import application

    app = application()
    from workbench.training.warm import Warmup
    from workbench.ui.bridge import Bridge
    from workbench.ui.settings import Settings
    from workbench.ui.theme import Theme
    from workbench.ui.window import MainWindow

    figures = {"paint": 0.0, "torch": 0.0, "hitch": 0.0, "furnished": 0.0}
    torch_ready = [time.time() if mode == TORCH_FIRST else 0.0]
    bridge = Bridge(Theme("dark"))
    with tempfile.TemporaryDirectory() as place:
        window = MainWindow(bridge, Settings(Path(place) / "settings.ini"), bridge.theme)
    warmup = Warmup()
    timer = QTimer()
    beats: list[float] = []

    def painted() -> None:
        figures["paint"] = time.time() - began
        if mode == OURS:
            warmup.start(note_ready)
        beats.append(time.perf_counter())
        timer.start(TICK)

    def note_ready() -> None:
        torch_ready[0] = time.time()

    def beat() -> None:
        beats.append(time.perf_counter())
        if torch_ready[0] and time.time() - max(torch_ready[0], began + figures["paint"]) > 1.0:
            app.quit()

    timer.timeout.connect(beat)
    window.painted.connect(painted)
    window.show()
    app.exec()
    timer.stop()
    before = time.perf_counter()
    window.furnish()
    figures["furnished"] = 1000 * (time.perf_counter() - before)
    window.close()
    figures["torch"] = torch_ready[0] - began
    gaps = [1000 * (b - a) - TICK for a, b in pairwise(beats)]
    figures["hitch"] = max(gaps, default=0.0)
    return figures


if __name__ == "__main__":
    print(json.dumps(child(sys.argv[1], float(sys.argv[2]))), flush=True)
    sys.stdout.flush()
    os._exit(0)  # the figures are out; nothing here is worth waiting for
