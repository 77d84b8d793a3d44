"""Browsing 100,000 pictures, against a plain list view in icon mode over the same thumbnails.

Both show the same data set in a widget of the same size with tiles of the same size, and are scrolled alike: by steps
of a third of a row, one paint a step, and by flings that slow down, a movement every 16 ms. Told are the time of each
paint, how late a timer of 16 ms is called meanwhile (that is what a person feels; thumbnails are decoded beside it),
how long sifting and sorting take until the new order is painted, and the memory a picture.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.harness import Row, at_most, fact, interleave, rounds, slower_by

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea, QApplication

    from workbench.data.dataset import Dataset

PICTURES, QUICK_PICTURES = 100_000, 2_000
CLASSES = 100
DIFFERENT = 64
"""Pictures that are drawn; the others are copies, in files of their own."""
STEPS, QUICK_STEPS = 300, 40
SECONDS, QUICK_SECONDS = 4.0, 1.0
SIZE = (1280, 720)
EDGE = 96
HALF_A_FRAME = 8.0  # milliseconds
WORST = 33.0  # milliseconds: two frames are missed
P99 = 16.0
SIFTED = 50.0  # milliseconds


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    place = Path(tempfile.mkdtemp(prefix="workbench-yardstick-"))
    before = os.environ.get("WORKBENCH_HOME")
    os.environ["WORKBENCH_HOME"] = str(place / "home")
    try:
        return _measure(place, quick)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if before is None:
            del os.environ["WORKBENCH_HOME"]
        else:
            os.environ["WORKBENCH_HOME"] = before


def _measure(place: Path, quick: bool) -> list[Row]:
    from workbench.app import application
    from workbench.data.dataset import Dataset
    from workbench.document.project import DataSettings
    from workbench.training.warm import SWITCH_SECONDS
    from workbench.ui.collecting import Collecting

    app = application()
    sys.setswitchinterval(SWITCH_SECONDS)  # as the program does, and so with the collector
    collecting = Collecting(app)
    count = QUICK_PICTURES if quick else PICTURES
    _draw(place / "pictures", count)
    with Dataset.open(DataSettings(source=str(place / "pictures"), normalise="unit"), size=(32, 32)) as dataset:
        ours, theirs = _Ours(app, dataset), _Theirs(app, dataset)
        try:
            return _rows(app, ours, theirs, count, quick)
        finally:
            ours.close()
            theirs.close()
            collecting.stop()


def _rows(app: QApplication, ours: _Ours, theirs: _Theirs, count: int, quick: bool) -> list[Row]:
    steps, seconds = (QUICK_STEPS, QUICK_SECONDS) if quick else (STEPS, SECONDS)
    times = rounds(quick)
    found = interleave(
        {"ours": lambda: _by_steps(app, ours, steps), "theirs": lambda: _by_steps(app, theirs, steps)}, times
    )
    rows: list[Row] = []
    for words, limit, pick in (("median", None, np.median), ("p95", HALF_A_FRAME, _p95), ("worst", None, np.max)):
        mine, other = (statistics.median(float(pick(paints)) for paints in found[who]) for who in ("ours", "theirs"))
        holds = None if limit is None else mine <= limit
        rows.append(Row(f"paint, scrolled by steps: {words}", mine, "ms", other, mine / other, limit, holds))
    flung = interleave(
        {"ours": lambda: _flung(app, ours, seconds), "theirs": lambda: _flung(app, theirs, seconds)}, times
    )
    paints, late = (np.concatenate([turn[k] for turn in flung["ours"]]) for k in (0, 1))
    paints2, late2 = (np.concatenate([turn[k] for turn in flung["theirs"]]) for k in (0, 1))
    rows.append(fact("paint, flung: median", float(np.median(paints)), "ms", float(np.median(paints2))))
    rows.append(fact("paint, flung: worst", float(paints.max()), "ms", float(paints2.max())))
    rows.append(fact("late, flung: p95", _p95(late), "ms", _p95(late2)))
    for words, limit, pick in (("p99", P99, _p99), ("worst", WORST, np.max)):
        value, base = float(pick(late)), float(pick(late2))
        rows.append(Row(f"late, flung: {words}", value, "ms", base, value / max(base, 1e-9), limit, value <= limit))
    rows += _sifting(ours, times)
    resets = interleave({"ours": ours.turn_round, "theirs": theirs.turn_round}, times)
    rows += slower_by("all turned round, until painted", resets["ours"], resets["theirs"], "ms", 1.0)
    rows.append(at_most("memory a picture, beside the index", ours.bytes / count, "bytes", 100.0))
    rows.append(fact("thumbnails kept, at most", 128.0, "MB"))
    return rows


def _sifting(ours: _Ours, times: int) -> list[Row]:
    """How long until the answer to a question is painted."""
    from workbench.ui.datasets.browser.query import Query

    questions = {
        "find by name": Query(text="picture_77"),
        "find by a common letter": Query(text="p"),
        "one class": Query(classes=frozenset({"class_7"})),
        "sort by size in bytes": Query(sort="bytes", descending=True),
        "sort by loss": Query(sort="loss", descending=True),
        "sort by class": Query(),
    }
    rows = []
    for words, query in questions.items():
        took = [ours.ask(query) for _ in range(times)]
        rows.append(at_most(f"{words}, until painted", statistics.median(took), "ms", SIFTED))
    return rows


class _Shown:
    """One of the two widgets, with the times of its paints in milliseconds."""

    widget: QAbstractScrollArea

    def __init__(self, app: QApplication, dataset: Dataset) -> None:
        self.app, self.dataset = app, dataset
        self.paints: list[float] = []

    def show(self) -> None:
        self.widget.resize(*SIZE)
        self.widget.show()
        self.until_painted()

    def until_painted(self) -> None:
        self.widget.viewport().repaint()

    def watched(self, paint: Callable[[Any], None]) -> Callable[[Any], None]:
        def painted(event: Any) -> None:
            began = time.perf_counter()
            paint(event)
            self.paints.append((time.perf_counter() - began) * 1e3)

        return painted


class _Ours(_Shown):
    def __init__(self, app: QApplication, dataset: Dataset) -> None:
        from workbench.session.scores import Scores
        from workbench.ui.bridge import Bridge
        from workbench.ui.datasets.browser.columns import columns_of
        from workbench.ui.datasets.browser.grid import SampleGrid
        from workbench.ui.datasets.browser.query import Query
        from workbench.ui.theme import Theme

        super().__init__(app, dataset)
        watched = self.watched

        class Grid(SampleGrid):
            def paintEvent(self, event: Any) -> None:
                watched(super().paintEvent)(event)

        self.bridge = Bridge(Theme("dark"))
        self.grid = self.widget = Grid(self.bridge)
        self.grid.thumbnails.use(dataset)
        self.grid.set_edge(EDGE)
        chance, count = np.random.default_rng(0), len(dataset.index)
        scores = Scores(
            dataset.classes,
            dataset.index.labels,
            chance.exponential(size=count).astype(np.float32),
            chance.uniform(0.3, 1, count).astype(np.float32),
            dataset.index.labels.astype(np.int32),
        )
        self.columns = columns_of(dataset, scores)
        self._down = False
        self.show()
        self.ask(Query())

    def ask(self, query: Any) -> float:
        """Milliseconds until the answer is painted."""
        from workbench.ui.datasets.browser.query import find

        began = time.perf_counter()
        self.grid.show_found(self.columns, find(self.columns, query), query.sort, stay=False)
        self.until_painted()
        return (time.perf_counter() - began) * 1e3

    def turn_round(self) -> float:
        from workbench.ui.datasets.browser.query import Query

        self._down = not self._down
        return self.ask(Query(sort="name", descending=self._down))

    @property
    def bytes(self) -> int:
        """What the browser keeps of the samples: the columns that are not the index's own, the order, the choice."""
        columns, grid = self.columns, self.grid
        own = (columns.splits, columns.shapes, columns.loss, columns.confidence, columns.predicted)
        text = len(self.dataset.index.paths.bytes_only)  # in small letters, kept from the first search on
        order = grid.found.numbers.nbytes + len(columns) * (4 + 1)  # where each is shown, and whether it is chosen
        return sum(column.nbytes for column in own) + text + order

    def close(self) -> None:
        self.grid.thumbnails.close()
        self.grid.close()
        self.grid.deleteLater()


class _Theirs(_Shown):
    """A list view as Qt's manual has it: icon mode, uniform sizes, one model, the usual delegate."""

    def __init__(self, app: QApplication, dataset: Dataset) -> None:
        from PySide6.QtCore import QAbstractListModel, QSize, Qt
        from PySide6.QtWidgets import QListView

        from workbench.ui.datasets.thumbnails import Thumbnails

        super().__init__(app, dataset)
        thumbnails = self.thumbnails = Thumbnails(EDGE)
        thumbnails.use(dataset)
        watched = self.watched

        class Model(QAbstractListModel):
            def __init__(self) -> None:
                super().__init__()
                self.numbers = np.arange(len(dataset.index))

            def rowCount(self, parent: Any = None) -> int:
                return 0 if parent is not None and parent.isValid() else len(self.numbers)

            def data(self, place: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
                if role == Qt.ItemDataRole.DecorationRole:
                    return thumbnails.get(int(self.numbers[place.row()]))
                if role == Qt.ItemDataRole.DisplayRole:
                    return dataset.index.path(int(self.numbers[place.row()])).rpartition("/")[2]
                return None

            def turn_round(self) -> None:
                self.beginResetModel()
                self.numbers = self.numbers[::-1]
                self.endResetModel()

        class List(QListView):
            def paintEvent(self, event: Any) -> None:
                watched(super().paintEvent)(event)

        self.model, view = Model(), List()
        self.widget = self.view = view
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setMovement(QListView.Movement.Static)
        view.setUniformItemSizes(True)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setIconSize(QSize(EDGE, EDGE))
        view.setGridSize(QSize(EDGE + 8, EDGE + 28))
        view.setModel(self.model)
        thumbnails.arrived.connect(self._arrived)
        self.show()

    def _arrived(self, number: int) -> None:
        at = int(np.searchsorted(self.model.numbers, number)) if self.model.numbers[0] == 0 else -1 - number
        self.view.update(self.model.index(at % len(self.model.numbers), 0))

    def turn_round(self) -> float:
        began = time.perf_counter()
        self.model.turn_round()
        self.until_painted()
        return (time.perf_counter() - began) * 1e3

    def close(self) -> None:
        self.thumbnails.close()
        self.view.close()
        self.view.deleteLater()


def _by_steps(app: QApplication, shown: _Shown, steps: int) -> np.ndarray:
    """Milliseconds of each paint while scrolling by a third of a row from the middle on."""
    from PySide6.QtCore import QEventLoop

    bar = shown.widget.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    _turn(0.3)
    shown.paints.clear()
    for _ in range(steps):
        bar.setValue(bar.value() + (EDGE + 28) // 3)
        app.sendPostedEvents()
        QEventLoop().processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 30)
    return np.array(shown.paints)


def _flung(app: QApplication, shown: _Shown, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """(paints, lateness) in milliseconds while flings of up to 6,000 pixels a frame slow down, one after another."""
    from PySide6.QtCore import Qt, QTimer

    from tests.benchmarks.yardstick_5_window import lateness

    bar = shown.widget.verticalScrollBar()
    bar.setValue(bar.maximum() // 4)
    _turn(0.3)
    shown.paints.clear()
    speed = 0.0

    def move() -> None:
        nonlocal speed
        speed = speed * 0.93 if speed > 3 else 6000.0
        bar.setValue(bar.value() + round(speed))

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(16)
    timer.timeout.connect(move)
    timer.start()
    late = lateness(app, seconds)
    timer.stop()
    return np.array(shown.paints), late


def _turn(seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def _p95(values: np.ndarray) -> float:
    return float(np.percentile(values, 95))


def _p99(values: np.ndarray) -> float:
    return float(np.percentile(values, 99))


def _draw(folder: Path, count: int) -> None:
    """So many JPEGs of 64 × 64 in a hundred classes."""
    import io

    from PIL import Image

    chance = np.random.default_rng(0)
    drawn = []
    for _ in range(DIFFERENT):
        small = chance.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC).save(file, "JPEG", quality=80)
        drawn.append(file.getvalue())
    for label in range(CLASSES):
        (folder / f"class_{label}").mkdir(parents=True)
    for i in range(count):
        (folder / f"class_{i % CLASSES}" / f"picture_{i:06d}.jpg").write_bytes(drawn[i % DIFFERENT])
