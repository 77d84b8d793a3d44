"""Maps as one image: the right map in the right tile, in the right colour, readable under the pointer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.inspection.colours import GAP, LEVELS, NO_VALUE, quantise, table
from workbench.inspection.scale import Scale, round_up
from workbench.ui.bridge import Bridge
from workbench.ui.viewers import tiling
from workbench.ui.viewers.filters import FiltersView
from workbench.ui.viewers.layer_view import LayerView
from workbench.ui.viewers.mosaic_view import MosaicView
from workbench.ui.viewers.vector_view import VectorView

sides = st.integers(1, 70)


# --- colours and scale -----------------------------------------------------------------------------------


def test_viridis_is_viridis() -> None:
    """Against pyqtgraph's copy of the published table."""
    import pyqtgraph as pg

    published = pg.colormap.get("viridis").getLookupTable(nPts=LEVELS)[:, :3].astype(int)
    assert np.abs(table(signed=False)[:LEVELS].astype(int) - published).max() <= 3


def test_the_diverging_table_is_neutral_at_zero_and_told_apart_at_its_ends() -> None:
    shades = table(signed=True)[:LEVELS].astype(int)
    middle, low, high = shades[LEVELS // 2], shades[0], shades[-1]
    assert np.ptp(middle) < 30
    assert low[2] > low[0]  # blue below
    assert high[0] > high[2]  # orange above
    brightness = shades.sum(axis=1)
    assert brightness.argmin() == pytest.approx(LEVELS / 2, abs=40)


def test_values_beyond_the_scale_take_its_ends_and_missing_ones_their_own_colour() -> None:
    places = quantise(np.array([-5.0, 0.0, 1.0, 9.0, np.nan, np.inf, -np.inf]), 0.0, 1.0)
    assert places.tolist() == [0, 0, LEVELS - 1, LEVELS - 1, NO_VALUE, LEVELS - 1, 0]
    assert quantise(np.array([3.0]), 2.0, 2.0).tolist() == [0]


def test_a_scale_holds_still_until_the_values_have_clearly_left_it() -> None:
    noise = np.random.default_rng(0).random((8, 9, 9))
    scale = Scale.around(noise)
    assert scale == Scale(0.0, 1.0)
    assert scale.kept(noise * 0.01) == scale
    assert scale.kept(noise * 1.8) == scale
    assert scale.kept(noise * 5) == Scale(0.0, 5.0)
    assert scale.kept(noise - 0.5).low < 0
    signed = Scale.around(noise - 0.5)
    assert signed.low == -signed.high
    assert signed.kept(noise).signed


def test_a_scale_of_nothing_is_harmless() -> None:
    assert Scale.around(np.full((2, 2, 2), np.nan)) == Scale(0.0, 1.0)
    assert Scale.around(np.zeros((2, 2, 2))) == Scale(0.0, 1.0)


@given(st.floats(1e-30, 1e30))
def test_scales_end_on_round_numbers(value: float) -> None:
    rounded = round_up(value)
    assert value <= rounded * (1 + 1e-8)
    assert rounded <= 2.001 * value


# --- tiles -----------------------------------------------------------------------------------------------


@given(count=st.integers(1, 600), height=sides, width=sides, room_w=st.integers(40, 1200), room_h=st.integers(40, 900))
def test_every_map_has_a_tile_within_the_width(count: int, height: int, width: int, room_w: int, room_h: int) -> None:
    layout = tiling.tile(count, height, width, room_w, room_h, 4, 160)
    assert layout.columns * layout.rows >= count
    assert layout.tile_width >= 1
    assert layout.tile_height >= 1
    assert layout.width <= max(room_w, layout.tile_width)
    for place in {0, count // 2, count - 1}:
        x, y = layout.corner(place)
        assert layout.at(x, y) == (place, 0.0, 0.0)
        assert layout.at(x + layout.tile_width - 0.01, y + layout.tile_height - 0.01) is not None
    assert layout.at(layout.width + 1, 0) is None


@given(count=st.integers(1, 40), side=st.integers(1, 40), room=st.integers(60, 500), seed=st.integers(0, 99))
def test_each_tile_shows_its_map(count: int, side: int, room: int, seed: int) -> None:
    """Maps of one value each: the tile must hold that value's place in the table and nothing else."""
    random = np.random.default_rng(seed)
    levels = random.random(count)
    maps = np.broadcast_to(levels[:, None, None], (count, side, side)).astype(np.float32)
    order = random.permutation(count)
    layout = tiling.tile(count, side, side, room, room, 2, 100)
    image = tiling.paint(maps, order, layout, Scale(0.0, 1.0), radius=2)
    assert image.shape == (layout.height, layout.width)
    for place, channel in enumerate(order):
        x, y = layout.corner(place)
        part = image[y : y + layout.tile_height, x : x + layout.tile_width]
        expected = int(quantise(levels[channel : channel + 1].astype(np.float32), 0.0, 1.0)[0])
        assert set(np.unique(part).tolist()) <= {expected, GAP}
        assert part[layout.tile_height // 2, layout.tile_width // 2] == expected


def test_large_maps_are_averaged_so_that_thin_lines_stay() -> None:
    maps = np.zeros((1, 256, 256), np.float32)
    maps[0, :, 101] = 1.0
    layout = tiling.Tiling(1, 1, 64, 64, 0)
    image = tiling.paint(maps, np.arange(1), layout, Scale(0.0, 1.0), radius=0)
    assert (image[:, 25] > 50).all()


# --- the widgets -----------------------------------------------------------------------------------------


@pytest.fixture
def mosaic(bridge: Bridge, qtbot: QtBot) -> MosaicView:
    view = MosaicView(bridge)
    qtbot.addWidget(view)
    view.resize(420, 300)
    ramp = np.linspace(0, 1, 6, dtype=np.float32)[:, None, None] * np.ones((6, 8, 8), np.float32)
    view.show_maps(ramp, Scale(0.0, 1.0))
    view.show()
    qtbot.waitExposed(view)
    view.grab()
    return view


def hover(widget: QWidget, at: QPoint) -> None:
    """A real move event with no button pressed."""
    place = QPointF(at)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, widget.mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def tile_middle(view: MosaicView, place: int) -> QPoint:
    assert view.layout_shown is not None
    ratio = view.devicePixelRatioF()
    x, y = view.layout_shown.corner(place)
    half_w, half_h = view.layout_shown.tile_width / 2, view.layout_shown.tile_height / 2
    return QPointF((x + half_w) / ratio, (y + half_h) / ratio).toPoint()


def test_the_screen_shows_the_tables_colours(mosaic: MosaicView) -> None:
    image = mosaic.grab().toImage()
    low, high = (image.pixelColor(tile_middle(mosaic, place)) for place in (0, 5))
    assert (low.red(), low.green(), low.blue()) == tuple(table(False)[0])
    assert (high.red(), high.green(), high.blue()) == tuple(table(False)[LEVELS - 1])


def test_the_pointer_reads_channel_and_value(mosaic: MosaicView) -> None:
    readings: list[Any] = []
    mosaic.hovered.connect(readings.append)
    hover(mosaic, tile_middle(mosaic, 3))
    channel, row, column, value = readings[-1]
    assert channel == 3
    assert (row, column) == (4, 4)
    assert value == pytest.approx(0.6)


def test_a_click_enlarges_a_map_and_another_shows_all(mosaic: MosaicView) -> None:
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=tile_middle(mosaic, 2))
    assert mosaic.alone == 2
    assert mosaic.grab().toImage().pixelColor(200, 150).name() == mosaic.grab().toImage().pixelColor(20, 20).name()
    reading = mosaic.read(QPointF(100, 100))
    assert reading is not None
    assert reading[0] == 2
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert mosaic.alone is None


def test_keys_walk_and_enlarge(mosaic: MosaicView) -> None:
    readings: list[Any] = []
    mosaic.hovered.connect(readings.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(mosaic, key)
    assert mosaic.alone == 1
    assert readings[-1][0] == 1
    QTest.keyClick(mosaic, Qt.Key.Key_Right)
    assert mosaic.alone == 2
    QTest.keyClick(mosaic, Qt.Key.Key_Escape)
    assert mosaic.alone is None


def test_the_strongest_come_first_when_asked_and_stay_in_place_while_live(mosaic: MosaicView) -> None:
    mosaic.sort_by_strength(True)
    assert mosaic.order == (5, 4, 3, 2, 1, 0)
    other = np.zeros((6, 8, 8), np.float32)
    other[0] = 1.0
    mosaic.show_maps(other, Scale(0.0, 1.0))
    assert mosaic.order == (5, 4, 3, 2, 1, 0)
    mosaic.sort_by_strength(False)
    assert mosaic.order == (0, 1, 2, 3, 4, 5)


def test_a_hundred_frames_draw_nothing_until_they_are_seen(mosaic: MosaicView) -> None:
    mosaic.hide()
    before = mosaic.frames_drawn
    for _ in range(100):
        mosaic.show_maps(np.random.default_rng(0).random((6, 8, 8)), Scale(0.0, 1.0))
    assert mosaic.frames_drawn == before


def test_thousands_of_small_maps_fit_or_run_on(bridge: Bridge, qtbot: QtBot) -> None:
    view = MosaicView(bridge)
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    view.show_maps(np.zeros((2048, 2, 2), np.float32), Scale(0.0, 1.0))
    view.grab()
    assert view.layout_shown is not None
    assert view.layout_shown.columns * view.layout_shown.rows >= 2048
    view.show_maps(None, Scale(0.0, 1.0))
    view.grab()


@pytest.mark.parametrize("count", [3, 40, 3000])
def test_vectors_are_read_unit_by_unit(bridge: Bridge, qtbot: QtBot, count: int) -> None:
    view = VectorView(bridge)
    qtbot.addWidget(view)
    view.resize(600, 300)
    values = np.linspace(-1, 1, count).astype(np.float32)
    view.show_values(values, Scale(-1.0, 1.0))
    view.show()
    view.grab()
    found = {view.unit_at(x, y) for x in range(0, 600, 3) for y in range(0, 300, 3)} - {None}
    assert {0, count - 1} <= found
    readings: list[Any] = []
    view.hovered.connect(readings.append)
    hover(view, QPoint(0, 0))
    assert readings == [(0, -1.0)]


def test_a_layer_keeps_its_scale_while_others_are_looked_at(bridge: Bridge, qtbot: QtBot) -> None:
    view = LayerView(bridge)
    qtbot.addWidget(view)
    loud, quiet = np.full((2, 3, 3), 4.0, np.float32), np.full((2, 3, 3), 0.4, np.float32)
    view.show_values("a", loud)
    first = view.scale
    view.show_values("b", quiet)
    assert view.scale != first
    view.show_values("a", quiet)
    assert view.scale == first  # fixed while live
    view.fit()
    assert view.scale == Scale.around(quiet)
    view.show_values("a", loud)
    view.forget_scales()
    view.show_values("a", quiet)
    assert view.scale == Scale.around(quiet)


def test_sequences_are_one_map_and_numbers_are_bars(bridge: Bridge, qtbot: QtBot) -> None:
    view = LayerView(bridge)
    qtbot.addWidget(view)
    view.show_values("a", np.ones((5, 7), np.float32))
    assert view.is_mosaic
    assert view.mosaic.maps is not None
    assert view.mosaic.maps.shape == (1, 5, 7)
    view.show_values("b", np.ones(4, np.float32), ("k", "l", "m", "n"))
    assert not view.is_mosaic
    view.show_values("c", None)
    assert view.scale is None
    assert view.to_image() is None


def test_filters_are_shown_as_they_are(bridge: Bridge, qtbot: QtBot) -> None:
    filters = np.zeros((5, 3, 3, 3), np.uint8)
    filters[1] = (250, 10, 20)
    view = FiltersView(bridge)
    qtbot.addWidget(view)
    view.resize(300, 80)
    view.set_filters(filters)
    view.show()
    image = view.grab().toImage()
    spots = {
        view.filter_at(QPointF(x, y)): image.pixelColor(x, y).getRgb()[:3]
        for x in range(6, 290, 4)
        for y in range(6, 70, 4)
        if view.filter_at(QPointF(x, y)) is not None
    }
    assert set(spots) == {0, 1, 2, 3, 4}
    assert spots[1] == (250, 10, 20)
    assert view.heightForWidth(300) > 20
