"""The plot: draws only while seen, reads all series at the cursor, zooms, and can be taken along."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.bridge import Bridge
from workbench.ui.parts import save_view
from workbench.ui.plots.plot import CurvePlot
from workbench.ui.theme import Theme

PNG = b"\x89PNG"


def accent() -> QColor:
    return QColor("#5B9DFF")


@pytest.fixture
def plot(bridge: Bridge, qtbot: QtBot) -> CurvePlot:
    made = CurvePlot(bridge, "Loss", "epoch")
    qtbot.addWidget(made)
    made.add_series("train", "training", accent, smooth=True)
    made.add_series("val", "validation", accent)
    made.resize(420, 260)
    x = np.linspace(0.01, 10, 1000)
    made.append("train", x, 2 / (1 + x))
    made.append("val", np.arange(1, 11), np.linspace(2, 0.5, 10))
    return made


@pytest.fixture
def shown(plot: CurvePlot, qtbot: QtBot) -> CurvePlot:
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def middle(plot: CurvePlot) -> QPoint:
    assert plot.surface is not None
    return plot.surface.viewport().rect().center()


def colours(plot: CurvePlot) -> set[str]:
    image = plot.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(60, image.width(), 2) for y in range(40, image.height() - 30)}


def test_nothing_is_drawn_before_it_is_seen(plot: CurvePlot) -> None:
    plot.refresh()
    assert plot.surface is None


def test_lines_are_drawn_in_their_colours(shown: CurvePlot) -> None:
    assert "#5b9dff" in colours(shown)


def test_the_axes_start_where_the_data_does(shown: CurvePlot) -> None:
    assert shown.surface is not None
    low, high = shown.surface.x_range()
    assert low == pytest.approx(0.01)
    assert high == pytest.approx(10)


def test_the_cursor_reads_every_series(shown: CurvePlot, qtbot: QtBot) -> None:
    assert shown.surface is not None
    QTest.mouseMove(shown.surface.viewport(), middle(shown))
    qtbot.waitUntil(lambda: shown.reading["val"] != "validation", timeout=2000)
    name, value = shown.reading["train"].split()
    assert name == "training"
    assert 0.2 < float(value) < 0.6
    assert "validation" in shown.accessibleDescription()
    QApplication.sendEvent(shown.surface, _leave())
    assert shown.reading == {"train": "training", "val": "validation"}


def _leave() -> object:
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def test_keys_move_the_cursor(shown: CurvePlot) -> None:
    assert shown.surface is not None
    QTest.keyClick(shown.surface, Qt.Key.Key_Home)
    first = shown.reading["train"]
    for _ in range(10):
        QTest.keyClick(shown.surface, Qt.Key.Key_Right)
    assert shown.reading["train"] != first
    QTest.keyClick(shown.surface, Qt.Key.Key_Escape)
    assert shown.reading["train"] == "training"


def test_the_wheel_zooms_and_a_double_click_shows_all_again(shown: CurvePlot, qtbot: QtBot) -> None:
    surface = shown.surface
    assert surface is not None
    whole = surface.x_range()
    _wheel(shown, 480)
    assert surface.x_range()[1] - surface.x_range()[0] < 0.9 * (whole[1] - whole[0])
    zoomed = surface.x_range()
    shown.append("train", [11.0], [0.1])
    shown.refresh()
    assert surface.x_range() == pytest.approx(zoomed)  # what a person zoomed to stays
    QTest.mouseDClick(surface.viewport(), Qt.MouseButton.LeftButton, pos=middle(shown))
    assert surface.x_range()[1] == pytest.approx(11.0)


def _wheel(plot: CurvePlot, delta: int) -> None:
    from PySide6.QtGui import QWheelEvent

    assert plot.surface is not None
    at = QPointF(middle(plot))
    event = QWheelEvent(
        at,
        QPointF(plot.surface.viewport().mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.surface.viewport(), event)


def test_a_log_axis_leaves_gaps_where_there_is_no_logarithm(shown: CurvePlot) -> None:
    shown.append("val", [11, 12, 13], [0.0, -1.0, 0.001])
    shown.set_log(True)
    assert shown.log
    assert shown.surface is not None
    assert shown.surface.log
    shown.set_log(False)
    assert not shown.surface.log


def test_what_is_not_finite_is_a_gap(shown: CurvePlot) -> None:
    shown.append("train", [10.5, 10.6, 10.7], [np.nan, np.inf, 0.2])
    shown.refresh()
    assert "#5b9dff" in colours(shown)


def test_cleared_series_begin_anew(shown: CurvePlot) -> None:
    shown.clear("train")
    shown.clear("val")
    shown.append("train", [1.0, 2.0], [5.0, 4.0])
    shown.refresh()
    assert shown.surface is not None
    assert shown.surface.x_range() == pytest.approx((1.0, 2.0))


def test_dropped_series_leave_no_name(shown: CurvePlot) -> None:
    shown.drop_series("val")
    shown.refresh()
    assert set(shown.reading) == {"train"}


def test_the_theme_reaches_the_plot(shown: CurvePlot, bridge: Bridge) -> None:
    bridge.set_theme("light")
    assert Theme("light").hex("panel").lower() in colours(shown)


def test_values_can_be_copied(shown: CurvePlot) -> None:
    lines = shown.as_text().splitlines()
    assert lines[0] == "series\tepoch\tloss"
    assert len(lines) == 1 + 1000 + 10
    assert lines[-1] == "validation\t10\t0.5"


def test_the_view_can_be_saved(shown: CurvePlot, tmp_path: object) -> None:
    assert save_view.as_png(shown).startswith(PNG)
    drawing = save_view.as_svg(shown)
    assert b"<svg" in drawing
    assert b"polyline" in drawing or b"path" in drawing


def test_refreshing_costs_no_more_for_a_million_points(shown: CurvePlot) -> None:
    shown.clear("train")
    shown.append("train", np.linspace(0, 10, 1_000_000), np.random.default_rng(0).random(1_000_000))
    shown.refresh()
    assert shown.surface is not None
    assert shown.surface.points_drawn <= 8 * shown.surface.pixels
