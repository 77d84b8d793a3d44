"""Live plots of a run of a million steps, against those of a run of a thousand.

Both runs have 20 layers and are shown in the same widget of the same size, with loss, accuracy, learning rate, gradient
norm, speed and the strip of layers. A beat takes in ten new steps and draws everything at once, as the window does ten
times a second. Told are the time of a beat, the longest piece of it (what the window is held up by, for plots are drawn
one after the other), how long the million steps take to be read and drawn at first, and to be smoothed anew.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Row, at_most, fact, interleave, rounds, slower_by

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from workbench.session.state import RunState

FEW, MANY, QUICK_MANY = 1_000, 1_000_000, 20_000
LAYERS, MEASURED = 20, 2_000
BEATS, QUICK_BEATS = 60, 10
SIZE = (900, 700)
SAME = 1.2
"""A million may take so many times what a thousand takes: what is drawn has as many points, and other shapes."""
FIRST = 1.0  # seconds, to read and draw a million steps


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from workbench.app import application

    app = application()
    many = QUICK_MANY if quick else MANY
    beats = QUICK_BEATS if quick else BEATS
    found = interleave(
        {"few": lambda: _watch(app, FEW, beats), "many": lambda: _watch(app, many, beats)}, rounds(quick)
    )
    beat = {name: [result[0] for result in results] for name, results in found.items()}
    piece = {name: [result[1] for result in results] for name, results in found.items()}
    rows = slower_by("a beat of all plots", beat["many"], beat["few"], "ms", SAME)
    rows += slower_by("the longest piece of a beat", piece["many"], piece["few"], "ms", SAME)
    rows.append(at_most("a million steps, read and drawn at first", _median(found["many"], 2), "s", FIRST))
    rows.append(fact("a million steps, smoothed anew", _median(found["many"], 3), "s"))
    return rows


def _median(results: list[tuple[float, ...]], place: int) -> float:
    return statistics.median(result[place] for result in results)


def _watch(app: QApplication, steps: int, beats: int) -> tuple[float, float, float, float]:
    """A beat and its longest piece (median, ms), the first drawing and another smoothing (s)."""
    from workbench.ui.bridge import Bridge
    from workbench.ui.theme import Theme
    from workbench.ui.training.charts import ORDER
    from workbench.ui.training.curves import RunCurves

    theme = Theme("dark")
    app.setStyleSheet(theme.stylesheet())
    bridge = Bridge(theme)
    curves = RunCurves(bridge)
    curves.choose(ORDER)
    curves.resize(*SIZE)
    curves.show()
    app.processEvents()
    curves.prepare()
    run = _run(steps)
    began = time.perf_counter()
    curves.follow(run)
    curves.refresh()
    app.processEvents()
    first = time.perf_counter() - began
    times, pieces = [], []
    for beat in range(beats):
        _add(run, steps + 10 * beat, 10)
        longest, began = 0.0, time.perf_counter()
        curves.follow(run)
        curves.refresh_soon()
        while curves.waits:
            begun = time.perf_counter()
            curves.draw_next()
            app.processEvents()
            longest = max(longest, time.perf_counter() - begun)
        times.append(1000 * (time.perf_counter() - began))
        pieces.append(1000 * longest)
    began = time.perf_counter()
    curves.smoothen(0.1)
    app.processEvents()
    smoothed = time.perf_counter() - began
    curves.close()
    curves.deleteLater()
    bridge.close()
    app.processEvents()
    return statistics.median(times), statistics.median(pieces), first, smoothed


def _run(steps: int) -> RunState:
    from workbench.session.state import RunState
    from workbench.training.layer_log import LayerLog
    from workbench.training.scalars import ScalarLog

    run = RunState(
        "run-1",
        "running",
        100,
        2 * steps,
        max(steps // 50, 1),
        ScalarLog(),
        layers=LayerLog([f"l{i}" for i in range(LAYERS)]),
    )
    _add(run, 0, steps)
    return run


def _add(run: RunState, start: int, count: int) -> None:
    """Steps with a falling, noisy loss; layers are measured `MEASURED` times in all."""
    draw = np.random.default_rng(start)
    at = np.arange(start + 1, start + count + 1)
    loss = 2.3 / (1 + at / 500) + draw.gamma(2.0, 0.1, count)
    accuracy = np.clip(1 - loss / 2.4, 0, 1)
    norm = draw.gamma(3.0, 1.0, count)
    for row in np.stack([at, loss, accuracy, 0.001 + 0 * loss, 1500 + 50 * norm, norm], 1).tolist():
        run.scalars.append(*row)
    assert run.layers is not None
    for step in at[:: max(run.steps // 2 // MEASURED, 1)].tolist():
        run.layers.append(step, draw.gamma(2.0, 1e-3, (LAYERS, 3)).astype(np.float32))
