"""The curves of a run, fed from its record by position, with other runs beside it; which plots are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.session.state import RunState
from workbench.training.messages import EpochEnd
from workbench.training.scalars import COLUMNS, Rows
from workbench.ui.bridge import Bridge
from workbench.ui.plots.grid import PlotGrid
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.theme import Theme
from workbench.ui.training.charts import ACCURACY, AT_FIRST, CHARTS, LAYERS, LOSS, MEMORY, ORDER, Chart, metric_chart
from workbench.ui.training.layer_plot import LayerPlot

STEP = COLUMNS.index("step")
USUAL_SMOOTHING = 0.02
"""The share of a run that the smoothed lines look back over, until a person chooses another."""
THIN = 1.2
"""Width of the lines of other runs' steps."""
_KNOWN = frozenset({"val_loss", "val_accuracy"})
"""Metrics that have a plot of their own anyway."""

Point = tuple[float, float, float, Mapping[str, float]]
"""A validation: where on the x axis, loss, accuracy (NaN: none) and further metrics by key."""


def token_color(theme: Theme, token: str) -> QColor:
    return theme.color(token)


def series_color(theme: Theme, number: int) -> QColor:
    colors = theme.series()
    return colors[number % len(colors)]


def memory_for(steps: int, share: float = USUAL_SMOOTHING) -> float:
    """How much of the smoothed line is kept from step to step, so that it looks back over a share of the run.

    A fixed number of steps would lag behind short runs and leave long ones as ragged as their ghost.
    """
    return 0.0 if share <= 0 else 1.0 - 1.0 / max(steps * share, 3.0)


class RunCurves(QWidget):
    """Plots over epochs, of the present run and of those beside it. `follow` takes what is new, `refresh` draws it."""

    metricsChanged = Signal()  # the run has counted further metrics

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, bridge.theme
        self.smoothing = USUAL_SMOOTHING
        self.chosen: tuple[str, ...] = AT_FIRST
        self._run: tuple[str, int] | None = None
        self._rows_read = self._epochs_read = self._validated_read = 0
        self._steps = 0
        self._last_step = 0.0
        self._others: dict[str, int] = {}
        self._other_epochs: dict[str, tuple[EpochEnd, ...]] = {}
        self._waiting: list[CurvePlot | LayerPlot] = []
        self.charts: dict[str, Chart] = {}
        self.plots: dict[str, CurvePlot] = {}
        self.grid = PlotGrid()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)
        for chart in CHARTS:
            self._add_plot(chart)
        for key in (LOSS.id, ACCURACY.id):
            self._add_validation(self.plots[key])
        self.layers = LayerPlot(bridge)
        self.layers.cursorMoved.connect(self._share_cursor)
        self._place()

    def _add_plot(self, chart: Chart) -> CurvePlot:
        plot = CurvePlot(
            self._bridge, chart.title, "epoch", y_words=chart.words, y_value=chart.value, y_limits=chart.limits
        )
        plot.set_log(chart.log)
        plot.cursorMoved.connect(self._share_cursor)
        self.charts[chart.id], self.plots[chart.id] = chart, plot
        if chart.column or chart is MEMORY:
            name = "training" if chart in (LOSS, ACCURACY) else ""
            keep = memory_for(self._steps, self.smoothing)
            plot.add_series("train", name, partial(token_color, self._theme, "accent"), smooth=chart.smooth, keep=keep)
        return plot

    def _add_validation(self, plot: CurvePlot) -> None:
        plot.add_series("val", "validation", partial(token_color, self._theme, "warning"))

    @property
    def loss(self) -> CurvePlot:
        return self.plots[LOSS.id]

    @property
    def accuracy(self) -> CurvePlot:
        return self.plots[ACCURACY.id]

    # --- which are shown ---------------------------------------------------------------------------------------------

    def choose(self, ids: Iterable[str]) -> None:
        """Show these plots (ids of `charts.ORDER`), in the order of that list."""
        wanted = set(ids)
        self.chosen = tuple(i for i in ORDER if i in wanted) or (LOSS.id,)
        self._place()
        self.refresh()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Keys of the further metrics that have been counted."""
        known = {chart.id for chart in CHARTS}
        return tuple(key for key in self.plots if key not in known)

    def _place(self) -> None:
        self._placed_accuracy = self._has_accuracy
        shown: list[QWidget] = []
        for name in self.chosen:
            if name == LAYERS:
                shown.append(self.layers)
            elif name == "metrics":
                shown += [self.plots[key] for key in self.metrics]
            elif name != ACCURACY.id or self._has_accuracy:
                shown.append(self.plots[name])
        self.grid.show_plots(shown or [self.loss])

    @property
    def _has_accuracy(self) -> bool:
        """Whether there are right and wrong answers at all: networks that answer with numbers have none."""
        raw = self.accuracy.series["train"].raw
        return not len(raw) or raw.bounds() is not None

    def prepare(self) -> None:
        """Load what drawing needs while the run itself is still being prepared."""
        for plot in (self.loss, self.accuracy):
            plot.prepare()

    # --- the present run ---------------------------------------------------------------------------------------------

    def follow(self, run: RunState | None) -> None:
        """Take in what the run has written since the last call; another run begins anew."""
        key = None if run is None else (run.id, run.steps)
        if key is None or key != self._run:
            self._run = key
            self._begin(0 if run is None else run.steps)
        self.layers.follow(run)
        if run is None:
            return
        total = float(run.epochs) if run.is_live else None
        for plot in self.plots.values():
            plot.x_total = total
        rows = run.scalars.read(self._rows_read)
        self._rows_read += len(rows)
        self._take(rows, run)
        self._take_validations(run)
        if self._placed_accuracy != self._has_accuracy:
            self._place()

    def _begin(self, steps: int) -> None:
        self._rows_read = self._epochs_read = self._validated_read = 0
        self._last_step, self._steps = 0.0, steps
        for plot in self.plots.values():
            for name in {"train", "val"} & plot.series.keys():
                plot.clear(name, keep=memory_for(steps, self.smoothing))

    def _take(self, rows: Rows, run: RunState) -> None:
        # a resumed run writes the steps since its checkpoint again: only what goes beyond all before is new
        reached = np.maximum.accumulate(np.concatenate(([self._last_step], rows[:, STEP])))
        rows = rows[rows[:, STEP] > reached[:-1]]
        if not len(rows):
            return
        self._last_step = float(rows[-1, STEP])
        x = rows[:, STEP] / max(run.steps_per_epoch, 1)
        for chart in CHARTS:
            if chart.column:
                self.plots[chart.id].append("train", x, rows[:, COLUMNS.index(chart.column)])
        if run.memory:
            self.plots[MEMORY.id].append("train", x[-1:], [run.memory])

    def _take_validations(self, run: RunState) -> None:
        """What was measured at the ends of epochs and in between, as it came."""
        epochs, between = run.epochs_log[self._epochs_read :], run.validated[self._validated_read :]
        self._epochs_read, self._validated_read = len(run.epochs_log), len(run.validated)
        steps = max(run.steps_per_epoch, 1)
        points = _points(epochs)
        points += [(v.step / steps, v.loss, v.accuracy, v.metrics) for v in between]
        self._append("val", sorted(points, key=_first))

    def _append(self, key: str, points: list[Point]) -> None:
        """Add validations to the plots; those before the last one that is there already are left out."""
        for x, loss, accuracy, metrics in points:
            values = {LOSS.id: loss, ACCURACY.id: accuracy, **{k: v for k, v in metrics.items() if k not in _KNOWN}}
            for name, value in values.items():
                if name not in self.plots:
                    self._add_metric(name)
                raw = self.plots[name].series[key].raw
                if not len(raw) or x > raw.x[-1]:
                    self.plots[name].append(key, [x], [value])

    def _add_metric(self, key: str) -> None:
        """A plot for a metric that is counted for the first time, with all runs that are shown."""
        plot = self._add_plot(metric_chart(key))
        self._add_validation(plot)
        for run, number in self._others.items():
            plot.add_series(f"run:{run}", run.replace("-", " "), partial(series_color, self._theme, number))
            points = [(e.epoch, e.metrics[key]) for e in self._other_epochs[run] if key in e.metrics]
            if points:
                plot.append(f"run:{run}", *np.asarray(points, np.float64).T)
        self._place()
        self.metricsChanged.emit()

    # --- other runs --------------------------------------------------------------------------------------------------

    def compare(self, run: str, name: str, epochs: tuple[EpochEnd, ...]) -> None:
        """Show an old run's validation curves beside the present one."""
        if run in self._others:
            return
        free = next(n for n in range(len(self._others) + 1) if n not in self._others.values())
        self._others[run], self._other_epochs[run] = free, epochs
        for plot in self.plots.values():
            if "val" in plot.series:
                plot.add_series(f"run:{run}", name, partial(series_color, self._theme, free))
        self._append(f"run:{run}", _points(epochs))
        self.refresh()

    def add_steps(self, run: str, name: str, rows: Rows) -> None:
        """Show what a compared run recorded step by step, thinner than its validation."""
        steps_per_epoch = next((e.step / e.epoch for e in self._other_epochs.get(run, ()) if e.step), 0.0)
        if not steps_per_epoch:
            return  # it ended within its first epoch: nobody knows how long that would have been
        if run not in self._others or not len(rows) or f"steps:{run}" in self.loss.series:
            return
        reached = np.maximum.accumulate(rows[:, STEP])
        fresh = np.concatenate(([True], reached[1:] > reached[:-1])) & (rows[:, STEP] >= reached)
        rows = rows[fresh]
        x = rows[:, STEP] / max(steps_per_epoch, 1e-9)
        color = partial(series_color, self._theme, self._others[run])
        for chart in CHARTS:
            if chart.column:
                plot, key = self.plots[chart.id], f"steps:{run}"
                keep = memory_for(len(rows), self.smoothing)
                named = "val" not in plot.series
                plot.add_series(key, name, color, smooth=chart.smooth, keep=keep, ghost=False, width=THIN, named=named)
                plot.append(key, x, _column(rows, chart.column))
        self.refresh()

    def stop_comparing(self, run: str) -> None:
        if self._others.pop(run, None) is not None:
            del self._other_epochs[run]
            for plot in self.plots.values():
                plot.drop_series(f"run:{run}")
                plot.drop_series(f"steps:{run}")
            self.refresh()

    @property
    def compared(self) -> tuple[str, ...]:
        return tuple(self._others)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def smoothen(self, share: float) -> None:
        """Let the smoothed lines look back over this share of the run; 0 draws the values as they are."""
        if share == self.smoothing:
            return
        self.smoothing = share
        for plot in self.plots.values():
            for key, series in plot.series.items():
                if series.smooth:
                    plot.smoothen(key, memory_for(self._steps if key == "train" else len(series.raw), share))
        self.refresh()

    def _share_cursor(self, x: float | None) -> None:
        """One reading line through all plots."""
        asked = self.sender()
        for plot in self._all:
            if plot is not asked:
                plot.show_cursor(x)

    @property
    def _all(self) -> tuple[CurvePlot | LayerPlot, ...]:
        return (*self.plots.values(), self.layers)

    def refresh(self) -> None:
        """Draw what changed, at once."""
        self._waiting.clear()
        for plot in self._all:
            plot.refresh()

    def refresh_soon(self) -> None:
        """Draw what changed, a plot with each call of `draw_next`, so that the window is never held up for long."""
        if not self._waiting:
            self._waiting = [plot for plot in self._all if plot.isVisible()]

    @property
    def waits(self) -> bool:
        """Whether anything is still to be drawn."""
        return bool(self._waiting)

    def draw_next(self) -> None:
        """Draw one of the plots that wait."""
        if self._waiting:
            self._waiting.pop(0).refresh()


def _points(epochs: Iterable[EpochEnd]) -> list[Point]:
    """The validations at the ends of epochs; epochs without one are left out."""
    return [
        (float(e.epoch), e.val_loss, np.nan if e.val_accuracy is None else e.val_accuracy, e.metrics)
        for e in epochs
        if e.val_loss is not None
    ]


def _first(point: Point) -> float:
    return point[0]


def _column(rows: Rows, name: str) -> NDArray[np.float64]:
    """A column of rows that an older version may have recorded without it."""
    place = COLUMNS.index(name)
    return rows[:, place] if place < rows.shape[1] else np.full(len(rows), np.nan)
