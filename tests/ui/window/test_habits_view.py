"""Habits people bring along: zooming, panning, fitting, finding, the minimap, the rubber band, the rim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QNativeGestureEvent, QPointingDevice
from PySide6.QtWidgets import QApplication

from workbench.ui.canvas.edge_scroll import RIM
from workbench.ui.palette.model import MIME

OpenWindow = Callable[..., Any]
NOWHERE = QPointF(560, 330)
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def person(open_window: OpenWindow, small: Path) -> Any:
    return open_window(small)


def test_the_wheel_zooms_about_the_pointer(person: Any) -> None:
    view, at = person.panels.canvas.view, person.middle("relu_1")
    point, before = view.mapToScene(at), view.zoom
    person.wheel(at, 1)
    assert view.zoom > before
    assert (view.mapFromScene(point) - at).manhattanLength() <= 2
    person.wheel(at, -1)
    assert view.zoom == pytest.approx(before)


def test_a_pinch_zooms_about_the_fingers(person: Any) -> None:
    view, at = person.panels.canvas.view, person.middle("linear_1")
    point, before = view.mapToScene(at), view.zoom
    place = QPointF(at)
    zoom, device = Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(zoom, device, 2, place, place, place, 0.25, QPointF())
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom == pytest.approx(before * 1.25)
    assert (view.mapFromScene(point) - at).manhattanLength() <= 2


def test_the_middle_button_pans(person: Any) -> None:
    before, start = person.on_canvas(QPointF(0, 0)), person.middle("relu_1")
    person.sweep(start, start + QPoint(-70, 40), MIDDLE)
    assert person.on_canvas(QPointF(0, 0)) - before == QPoint(-70, 40)
    assert person.session.graph.nodes["relu_1"].x == 464
    assert person.bridge.selection == ()


def test_ctrl_0_shows_the_natural_size(person: Any) -> None:
    person.wheel(person.middle("relu_1"), 3)
    person.key("Ctrl+0")
    assert person.panels.canvas.view.zoom == 1.0


def test_a_full_stop_fits_the_selection_and_without_one_everything(person: Any) -> None:
    view, canvas = person.panels.canvas.view, person.panels.canvas.canvas
    person.click_node("output_1")
    person.wheel(person.middle("output_1"), 6)
    person.key(".")
    assert (view.visible_rect().center() - canvas.node("output_1").rect.center()).manhattanLength() < 60
    person.key("Esc")
    person.wheel(person.middle("output_1"), 6)
    person.key(".")
    assert view.visible_rect().contains(canvas.bounds())


def test_ctrl_f_finds_a_layer(person: Any) -> None:
    person.panels.canvas.view.pan(5000, 0)
    person.key("Ctrl+F")
    person.choose("lin")
    assert person.bridge.selection == ("linear_1",)
    assert person.panels.canvas.view.visible_rect().contains(person.panels.canvas.canvas.node("linear_1").rect)


def test_ctrl_shift_f_lays_out(person: Any) -> None:
    person.sweep(person.middle("relu_1"), person.on_canvas(NOWHERE))
    person.key("Esc")
    person.key("Ctrl+Shift+F")
    person.panels.canvas.view.arranging.gliding.settle()
    xs = [person.session.graph.nodes[i].x for i in ("pictures_1", "conv2d_1", "relu_1")]
    assert xs == sorted(xs)
    person.key("Ctrl+Z")
    assert person.session.graph.nodes["relu_1"].y > 200, "one undo step"


def test_the_minimap_goes_where_it_is_clicked_and_dragged(person: Any) -> None:
    view, minimap = person.panels.canvas.view, person.panels.canvas.overlays.minimap
    view.pan(900, 500)
    person.settle()
    assert minimap.isVisible()
    minimap.grab()
    middle = minimap.rect().center()
    person.press(minimap, middle)
    bounds = person.panels.canvas.canvas.bounds()
    assert (view.visible_rect().center() - bounds.center()).manhattanLength() < 30
    person.move(minimap, middle + QPoint(20, 0))
    assert view.visible_rect().center().x() > bounds.center().x() + 30
    assert minimap.isVisible(), "it goes away under the hand that drags in it"
    person.release(minimap, middle + QPoint(20, 0))
    seen_whole = view.visible_rect().contains(bounds)
    assert minimap.isVisible() == (not seen_whole)


def test_the_rubber_band_selects_and_shift_adds_and_ctrl_toggles(person: Any) -> None:
    top, below = person.on_canvas(QPointF(220, -20)), person.on_canvas(QPointF(700, 40))
    person.sweep(below, top)
    assert set(person.bridge.selection) == {"conv2d_1", "relu_1"}
    person.sweep(person.on_canvas(QPointF(-20, 280)), person.on_canvas(QPointF(60, 170)), keys=SHIFT)
    assert set(person.bridge.selection) == {"conv2d_1", "relu_1", "flatten_1"}
    person.sweep(person.on_canvas(QPointF(700, 40)), person.on_canvas(QPointF(480, -20)), keys=CTRL)
    assert set(person.bridge.selection) == {"conv2d_1", "flatten_1"}, "what was selected is let go"
    person.sweep(person.on_canvas(QPointF(700, 40)), person.on_canvas(QPointF(480, -20)), keys=CTRL)
    assert set(person.bridge.selection) == {"conv2d_1", "flatten_1", "relu_1"}


@pytest.mark.parametrize(
    ("key", "way"),
    [
        ("Right", (8, 0)),
        ("Left", (-8, 0)),
        ("Up", (0, -8)),
        ("Down", (0, 8)),
        ("Shift+Right", (80, 0)),
        ("Alt+Down", (0, 1)),
    ],
)
def test_arrow_keys_nudge(person: Any, key: str, way: tuple[int, int]) -> None:
    person.click_node("relu_1")
    person.key(key)
    node = person.session.graph.nodes["relu_1"]
    assert (node.x - 464, node.y) == way
    person.key("Ctrl+Z")
    assert person.session.graph.nodes["relu_1"].x == 464


# --- at the rim -------------------------------------------------------------------------------------------------------


def _card(person: Any) -> QPoint:
    at: QPoint = person.middle("relu_1")
    return at


def _wire(person: Any) -> QPoint:
    at: QPoint = person.output("relu_1")
    return at


def _band(person: Any) -> QPoint:
    at: QPoint = person.on_canvas(NOWHERE)
    return at


@pytest.mark.parametrize("take_hold", [_card, _wire, _band])
def test_whatever_is_held_at_the_rim_scrolls_the_view(person: Any, take_hold: Callable[[Any], QPoint]) -> None:
    view = person.panels.canvas.view
    left = view.visible_rect().left()
    rim = QPoint(view.viewport().width() - RIM // 4, view.viewport().height() // 2)
    start = take_hold(person)
    person.take(start)
    person.carry(start, rim)
    person.wait(lambda: view.visible_rect().left() > left + 80, 10)
    person.key("Esc")
    person.let_go(rim)
    stopped = view.visible_rect().left()
    person.qtbot.wait(50)
    assert view.visible_rect().left() == stopped


def test_a_layer_dragged_in_and_held_at_the_rim_scrolls_the_view(person: Any) -> None:
    view = person.panels.canvas.view
    data = QMimeData()
    data.setData(MIME, b"dropout")
    rim = QPoint(view.viewport().width() - 4, 200)
    left = view.visible_rect().left()
    args = (Qt.DropAction.CopyAction, data, LEFT, NONE)
    QApplication.sendEvent(view.viewport(), QDragEnterEvent(rim - QPoint(90, 0), *args))
    QApplication.sendEvent(view.viewport(), QDragMoveEvent(rim, *args))
    person.wait(lambda: view.visible_rect().left() > left + 60, 10)
    QApplication.sendEvent(view.viewport(), QDragLeaveEvent())
    stopped = view.visible_rect().left()
    person.qtbot.wait(50)
    assert view.visible_rect().left() == stopped


# --- pictures of the canvas -------------------------------------------------------------------------------------------


def test_the_canvas_is_copied_as_a_picture_by_key(person: Any) -> None:
    clipboard = QApplication.clipboard()
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+Shift+C")
    whole = clipboard.image()
    assert not whole.isNull()
    person.click_node("relu_1")
    person.key("Ctrl+Shift+C")
    part = clipboard.image()
    assert 0 < part.width() < whole.width()


def test_the_sheet_for_pictures_opens_by_key_and_closes_by_esc(person: Any) -> None:
    person.click_node("relu_1")
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+Shift+E")
    sheet = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "canvas_picture_sheet")
    person.wait(sheet.isVisible, 5)
    person.key("Esc")
    person.wait(lambda: person.window.findChild(type(sheet)) is None, 5)
