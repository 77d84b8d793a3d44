"""What training does to each layer: gradients, weights and updates, as a strip of colours or as lines."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from workbench.session.state import RunState
from workbench.training.layer_log import COLUMNS, LayerLog
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.plots.bins import Bins
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.plots.ticks import plain, x_end
from workbench.ui.theme import GAP, Theme, mark
from workbench.ui.training.layer_heat import LayerHeat

QUANTITIES = (
    (
        "update",
        "Update ÷ weight",
        "How far a step moves a layer's weights, as a share of their size. About 0.001 is usual: much more is "
        "unsteady, much less learns slowly.",
    ),
    ("gradient", "Gradient norm", "The length of a layer's gradient. Where it fades from layer to layer, those learn "
     "nothing; where it grows without limit, training breaks."),
    ("weight", "Weight norm", "The length of a layer's weights."),
)  # fmt: skip
AT_FIRST = 5
"""Layers shown as lines until others are chosen: spread from the first to the last."""
MOST_LINES = 8


class LayerPlot(QWidget):
    """Follows a run's `LayerLog`. A click on a layer of the strip chooses it as a line."""

    cursorMoved = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._log: LayerLog | None = None
        self._bins: Bins | None = None
        self._names: tuple[str, ...] = ()
        self._read = 0
        self._last = 0.0
        self._steps_per_epoch = 1
        self._end = 1.0
        self._changed = False
        self._lines: tuple[int, ...] = ()
        self._title = QLabel("Layers")
        mark(self._title, role="group")
        self.quantity = QComboBox()
        self.quantity.setAccessibleName("What is shown of each layer")
        for key, words, tip in QUANTITIES:
            self.quantity.addItem(words, key)
            self.quantity.setItemData(self.quantity.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._scale = ElidedLabel("label")
        self._scale.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.as_lines = IconButton(
            bridge,
            "chart",
            "As lines",
            "Shows some layers as lines; click layers in the strip of colours to choose them.",
            quiet=True,
            small=True,
            checkable=True,
        )
        self.heat = LayerHeat(bridge)
        self.curves = CurvePlot(bridge, "", "epoch", y_words=plain, y_value=_short)
        self.curves.setMinimumSize(120, 40)
        self.curves.set_log(True)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(GAP)
        head.addWidget(self._title)
        head.addWidget(self.quantity)
        head.addWidget(self._scale, 1)
        head.addWidget(self.as_lines)
        stage = QWidget()
        self._stack = QStackedLayout(stage)
        self._stack.addWidget(self.heat)
        self._stack.addWidget(self.curves)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(stage, 1)
        self.setAccessibleName("Layers over epochs")
        self.quantity.currentIndexChanged.connect(self._quantity_changed)
        self.as_lines.toggled.connect(self._show_lines)
        self.heat.hovered.connect(self._hovered)
        self.heat.clicked.connect(self._toggle)
        self.curves.cursorMoved.connect(self.cursorMoved)
        self._quantity_changed()

    # --- following ---------------------------------------------------------------------------------------------------

    def follow(self, run: RunState | None) -> None:
        """Take in what was measured since the last call."""
        log = None if run is None else run.layers
        if log is not self._log or (log is not None and (log.names != self._names or len(log) < self._read)):
            self._begin(log)
        if run is None or log is None or self._bins is None:
            return
        self._steps_per_epoch = max(run.steps_per_epoch, 1)
        steps, values = log.read(self._read)
        self._read += len(steps)
        # a resumed run measures again from its checkpoint on: what goes back behind the last step is left out
        fresh = steps > np.maximum.accumulate(np.concatenate(([self._last], steps)))[:-1]
        steps, values = steps[fresh], values[fresh]
        if len(steps):
            self._last = float(steps[-1])
            x = steps / self._steps_per_epoch
            self._bins.append(x, values.reshape(len(steps), -1))
            self._extend_lines(x, values)
            self._changed = True
        end = x_end(self._last / self._steps_per_epoch, float(run.epochs) if run.is_live else None)
        if end != self._end:
            self._end, self._changed = end, True
            self.curves.x_total = float(run.epochs) if run.is_live else None

    def _begin(self, log: LayerLog | None) -> None:
        self._log, self._read, self._last = log, 0, 0.0
        names = () if log is None else log.names
        if names != self._names:
            self._names, self._lines = names, ()
        self._bins = Bins(len(names) * len(COLUMNS)) if names else None
        self.heat.forget_scale()
        self._drop_lines()
        self._changed = True
        if self.as_lines.isChecked():
            self._add_lines()

    def refresh(self) -> None:
        """Draw what changed; nothing while it cannot be seen."""
        if not self._changed or not self.isVisible() or self.visibleRegion().isEmpty():
            return
        self._changed = False
        if self.as_lines.isChecked():
            self.curves.refresh()
        elif self._bins is not None:
            self.heat.show_values(self._names, self._titles(), self._bins, self._part, self._end)
            self._show_scale()
        else:
            self.heat.show_values((), (), Bins(0), slice(0, 0), 1.0)
            self._scale.setText("")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._changed = True
        self.refresh()

    @property
    def _column(self) -> int:
        return COLUMNS.index(str(self.quantity.currentData()))

    @property
    def _part(self) -> slice:
        return slice(self._column, None, len(COLUMNS))

    def _titles(self) -> tuple[str, ...]:
        """The layers as people call them: by the names they gave, or by their place inside of blocks."""
        session = self._bridge.session
        nodes = session.project.graph.nodes if session is not None else {}
        return tuple(nodes[n].name or n if n in nodes else n for n in self._names)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _show_scale(self) -> None:
        row, scale = self.heat.row, self.heat.scale
        if row >= 0 and self.heat.cursor_x is not None and row < len(self._names):
            value = self.heat.at(row, self.heat.cursor_x)
            words = "not measured" if value is None else _short(value)
            self._scale.setText(f"{self._titles()[row]}: {words}")
        elif scale is not None:
            self._scale.setText(f"dark {_power(scale[0])}, bright {_power(scale[1])}")
        else:
            self._scale.setText("")

    def _hovered(self, row: int, x: float) -> None:
        self._show_scale()
        self.cursorMoved.emit(x if row >= 0 else None)

    def show_cursor(self, x: float | None) -> None:
        """Where the reading line of the other plots stands."""
        self.curves.show_cursor(x)
        if self.heat.row < 0 and self.heat.cursor_x != x:
            self.heat.cursor_x = x
            self.heat.update()

    # --- lines -------------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> tuple[str, ...]:
        """The layers that are lines."""
        return tuple(self._names[i] for i in self._lines)

    def choose(self, layers: tuple[str, ...]) -> None:
        """Show these layers as lines."""
        self._lines = tuple(self._names.index(name) for name in layers if name in self._names)[-MOST_LINES:]
        self.heat.choose(frozenset(self._lines))
        self._drop_lines()
        if self.as_lines.isChecked():
            self._add_lines()
            self._changed = True
            self.refresh()

    def _toggle(self, row: int) -> None:
        name = self._names[row]
        self.choose(tuple(n for n in self.chosen if n != name) if name in self.chosen else (*self.chosen, name))

    def _quantity_changed(self, _place: int = 0) -> None:
        self.quantity.setToolTip(QUANTITIES[self.quantity.currentIndex()][2])
        self.heat.forget_scale()
        self._drop_lines()
        if self.as_lines.isChecked():
            self._add_lines()
        self._changed = True
        self.refresh()

    def _show_lines(self, on: bool) -> None:
        self._drop_lines()
        if on:
            self._add_lines()
        self._scale.setText("")
        self._stack.setCurrentIndex(1 if on else 0)
        self._changed = True
        self.refresh()

    def _drop_lines(self) -> None:
        for key in tuple(self.curves.series):
            self.curves.drop_series(key)

    def _add_lines(self) -> None:
        """The whole course of each chosen layer, from the run's own record."""
        if not self._lines and self._names:
            spread = np.unique(np.linspace(0, len(self._names) - 1, AT_FIRST).round().astype(int))
            self._lines = tuple(int(i) for i in spread)
            self.heat.choose(frozenset(self._lines))
        titles = self._titles()
        for number, row in enumerate(self._lines):
            self.curves.add_series(
                self._names[row], titles[row], partial(_line_color, self._bridge.theme, number), width=1.5
            )
        if self._log is not None and self._lines:
            steps, values = self._log.read(0)
            steps, values = steps[: self._read], values[: self._read]
            fresh = steps > np.maximum.accumulate(np.concatenate(([0.0], steps)))[:-1]
            self._extend_lines(steps[fresh] / self._steps_per_epoch, values[fresh])

    def _extend_lines(self, x: np.ndarray, values: np.ndarray) -> None:
        if not len(x):
            return
        for row in self._lines:
            if self._names[row] in self.curves.series:
                self.curves.append(self._names[row], x, values[:, row, self._column])


def _short(value: float) -> str:
    """Two digits: the names of several layers share one line."""
    return f"{value:.2g}".replace("e-0", "e-")


def _line_color(theme: Theme, number: int) -> QColor:
    colors = (theme.color("accent"), theme.color("warning"), *theme.series())
    return colors[number % len(colors)]


_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _power(exponent: float) -> str:
    """ "10⁻³"."""
    return f"10{str(int(exponent)).translate(_DIGITS)}"
