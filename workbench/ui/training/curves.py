"""Loss and accuracy of the run, side by side; fed from the run's record by position, with old runs beside it."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from workbench.session.state import RunState
from workbench.training.messages import EpochEnd
from workbench.training.scalars import COLUMNS, Rows
from workbench.ui.bridge import Bridge
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.plots.ticks import percent
from workbench.ui.theme import Theme

STEP, LOSS, ACCURACY = (COLUMNS.index(name) for name in ("step", "loss", "accuracy"))


def token_color(theme: Theme, token: str) -> QColor:
    return theme.color(token)


def series_color(theme: Theme, number: int) -> QColor:
    colors = theme.series()
    return colors[number % len(colors)]


def accuracy_words(value: float) -> str:
    return f"{value * 100:.1f} %"


def memory_for(steps: int) -> float:
    """How much of the smoothed line is kept from step to step, so that it looks back over about 2 % of the run.

    A fixed share would lag behind short runs and leave long ones as ragged as their ghost.
    """
    return 1.0 - 1.0 / min(max(steps / 50, 3.0), 200.0)


class RunCurves(QWidget):
    """Two plots over epochs. `follow` takes what is new, `refresh` draws it."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        theme = bridge.theme
        self._theme = theme
        self.loss = CurvePlot(bridge, "Loss", "epoch")
        self.accuracy = CurvePlot(
            bridge, "Accuracy", "epoch", y_words=percent, y_value=accuracy_words, y_limits=(0.0, 1.0)
        )
        self._run: tuple[str, int] | None = None
        self._rows_read = 0
        self._epochs_read = 0
        self._last_step = 0.0
        self._others: dict[str, int] = {}
        for plot in self.plots:
            plot.add_series("train", "training", partial(token_color, theme, "accent"), smooth=True)
            plot.add_series("val", "validation", partial(token_color, theme, "warning"))
        split = self._split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(24)
        split.setStyleSheet("QSplitter::handle { background: transparent; }")
        split.setChildrenCollapsible(False)
        split.addWidget(self.loss)
        split.addWidget(self.accuracy)
        self._above_each_other = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)

    @property
    def plots(self) -> tuple[CurvePlot, CurvePlot]:
        return self.loss, self.accuracy

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tall = self.height() > 0.7 * self.width()
        if tall != self._above_each_other:  # curves are read along their length: better wide than high
            self._above_each_other = tall
            self._split.setOrientation(Qt.Orientation.Vertical if tall else Qt.Orientation.Horizontal)
            self._split.setHandleWidth(12 if tall else 24)
            self._split.setSizes([1000, 1000])

    def prepare(self) -> None:
        """Load what drawing needs while the run itself is still being prepared."""
        for plot in self.plots:
            plot.prepare()

    def follow(self, run: RunState | None) -> None:
        """Take in what the run has written since the last call; another run begins anew."""
        key = None if run is None else (run.id, run.steps)
        if key is None or key != self._run:
            self._run = key
            self._rows_read = self._epochs_read = 0
            self._last_step = 0.0
            for plot in self.plots:
                plot.clear("train", keep=0.9 if run is None else memory_for(run.steps))
                plot.clear("val")
        if run is None:
            return
        for plot in self.plots:
            plot.x_total = float(run.epochs) if run.is_live else None
        rows = run.scalars.read(self._rows_read)
        self._rows_read += len(rows)
        self._take(rows, max(run.steps_per_epoch, 1))
        fresh = run.epochs_log[self._epochs_read :]
        self._epochs_read += len(fresh)
        self._take_epochs("val", fresh)

    def _take(self, rows: Rows, steps_per_epoch: int) -> None:
        # a resumed run writes the steps since its checkpoint again: only what goes beyond all before is new
        reached = np.maximum.accumulate(np.concatenate(([self._last_step], rows[:, STEP])))
        rows = rows[rows[:, STEP] > reached[:-1]]
        if not len(rows):
            return
        self._last_step = float(rows[-1, STEP])
        x = rows[:, STEP] / steps_per_epoch
        self.loss.append("train", x, rows[:, LOSS])
        self.accuracy.append("train", x, rows[:, ACCURACY])

    def _take_epochs(self, key: str, epochs: tuple[EpochEnd, ...]) -> None:
        measured = [
            (e.epoch, e.val_loss, e.val_accuracy)
            for e in epochs
            if e.val_loss is not None and e.val_accuracy is not None
        ]
        if measured:
            x, loss, accuracy = np.asarray(measured, np.float64).T
            self.loss.append(key, x, loss)
            self.accuracy.append(key, x, accuracy)

    def compare(self, run: str, name: str, epochs: tuple[EpochEnd, ...]) -> None:
        """Show an old run's validation curves beside the present one."""
        if run in self._others:
            return
        free = next(n for n in range(len(self._others) + 1) if n not in self._others.values())
        self._others[run] = free
        for plot in self.plots:
            plot.add_series(f"run:{run}", name, partial(series_color, self._theme, free))
        self._take_epochs(f"run:{run}", epochs)
        self.refresh()

    def stop_comparing(self, run: str) -> None:
        if self._others.pop(run, None) is not None:
            for plot in self.plots:
                plot.drop_series(f"run:{run}")
            self.refresh()

    @property
    def compared(self) -> tuple[str, ...]:
        return tuple(self._others)

    def refresh(self) -> None:
        for plot in self.plots:
            plot.refresh()
