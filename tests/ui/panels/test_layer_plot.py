"""What training does to each layer: the strip of colours, the lines, and what is read from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.session.state import RunState
from workbench.training.layer_log import LayerLog
from workbench.training.scalars import ScalarLog
from workbench.ui.bridge import Bridge
from workbench.ui.training.layer_plot import MOST_LINES, LayerPlot

NAMES = ("conv2d_1", "stage_1/conv2d_1", "linear_1")
LEFT = Qt.MouseButton.LeftButton


def run_with(log: LayerLog, **changes: object) -> RunState:
    run = RunState("run-1", "running", 10, 100, 10, ScalarLog(), 1, 5, layers=log)
    return replace(run, **changes)  # type: ignore[arg-type]


def measured(steps: int, names: tuple[str, ...] = NAMES) -> LayerLog:
    """Updates of 1e-3, 1e-2 and so on by layer; gradients and weights of 1."""
    log = LayerLog(names)
    for step in range(1, steps + 1):
        rows = np.ones((len(names), 3), np.float32)
        rows[:, 2] = 10.0 ** (np.arange(len(names)) - 3)
        log.append(step, rows)
    return log


@pytest.fixture
def plot(bridge: Bridge, qtbot: QtBot) -> LayerPlot:
    made = LayerPlot(bridge)
    qtbot.addWidget(made)
    made.resize(500, 220)
    made.show()
    qtbot.waitExposed(made)
    return made


def row_place(plot: LayerPlot, row: int) -> QPoint:
    """The middle of a layer's row."""
    heat = plot.heat
    return QPoint(heat.width() // 2, int((row + 0.5) * (heat.height() - 20) / len(NAMES)))


def test_the_strip_shows_each_layer_in_its_colour(plot: LayerPlot) -> None:
    plot.follow(run_with(measured(100)))
    plot.refresh()
    assert plot.heat.scale == (-3.0, -1.0)
    image = plot.heat.grab().toImage()
    colours = [image.pixelColor(row_place(plot, row)) for row in range(3)]
    assert len({colour.name() for colour in colours}) == 3
    assert colours[0].lightness() < colours[2].lightness(), "more is brighter"
    assert [plot.heat.at(row, 5.0) for row in range(3)] == pytest.approx([1e-3, 1e-2, 1e-1])


def test_what_is_under_the_pointer_is_read(plot: LayerPlot, qtbot: QtBot) -> None:
    plot.follow(run_with(measured(100)))
    plot.refresh()
    heard: list[object] = []
    plot.cursorMoved.connect(heard.append)
    QTest.mouseMove(plot.heat, row_place(plot, 1))
    qtbot.waitUntil(lambda: "stage_1/conv2d_1" in plot._scale.text(), timeout=2000)
    assert plot._scale.text().endswith(" 0.01")
    assert isinstance(heard[-1], float)
    QTest.keyClick(plot.heat, Qt.Key.Key_Down)
    assert plot._scale.text().startswith("linear_1")


def test_another_quantity_has_a_scale_of_its_own(plot: LayerPlot) -> None:
    plot.follow(run_with(measured(50)))
    plot.refresh()
    plot.quantity.setCurrentIndex(plot.quantity.findData("weight"))
    assert plot.heat.scale is not None
    assert plot.heat.scale[0] == 0.0
    assert plot.heat.at(0, 2.0) == pytest.approx(1.0)
    assert "weights" in plot.quantity.toolTip()


def test_layers_are_chosen_as_lines_by_a_click(plot: LayerPlot) -> None:
    run = run_with(measured(40))
    plot.follow(run)
    plot.refresh()
    QTest.mouseClick(plot.heat, LEFT, pos=row_place(plot, 2))
    assert plot.chosen == ("linear_1",)
    QTest.mouseClick(plot.as_lines, LEFT)
    series = plot.curves.series
    assert list(series) == ["linear_1"]
    assert len(series["linear_1"].raw) == 40
    assert series["linear_1"].raw.y[-1] == pytest.approx(0.1)
    assert run.layers is not None
    run.layers.append(41, np.full((3, 3), 0.5, np.float32))
    plot.follow(run)
    assert series["linear_1"].raw.y[-1] == 0.5
    plot.quantity.setCurrentIndex(plot.quantity.findData("gradient"))
    assert plot.curves.series["linear_1"].raw.y[0] == 1.0
    QTest.mouseClick(plot.as_lines, LEFT)
    assert not plot.curves.series


def test_without_a_choice_lines_are_spread_over_the_network(plot: LayerPlot) -> None:
    names = tuple(f"linear_{i}" for i in range(30))
    plot.follow(run_with(measured(5, names)))
    plot.as_lines.setChecked(True)
    assert 1 < len(plot.chosen) <= MOST_LINES
    assert {names[0], names[-1]} <= set(plot.chosen)


def test_a_resumed_run_measures_no_step_twice_and_another_begins_anew(plot: LayerPlot) -> None:
    log = LayerLog(NAMES)
    for step in (1, 2, 3, 2, 3, 4):
        log.append(step, np.ones((3, 3), np.float32))
    plot.as_lines.setChecked(True)
    plot.follow(run_with(log))
    assert list(plot.curves.series["conv2d_1"].raw.x) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    plot.choose(("linear_1",))
    assert list(plot.curves.series["linear_1"].raw.x) == pytest.approx([0.1, 0.2, 0.3, 0.4])
    plot.follow(run_with(measured(2), id="run-2"))
    assert len(plot.curves.series["linear_1"].raw) == 2
    plot.follow(None)
    plot.refresh()
    assert plot.chosen == ()


def test_numbers_that_are_none_leave_a_hole_and_stop_nothing(plot: LayerPlot) -> None:
    log = measured(10)
    log.append(11, np.full((3, 3), np.nan, np.float32))
    log.append(12, np.full((3, 3), np.inf, np.float32))
    log.append(13, np.zeros((3, 3), np.float32))
    plot.follow(run_with(log))
    plot.refresh()
    assert not plot.heat.grab().isNull()
    assert plot.heat.at(0, 1.1) is None
