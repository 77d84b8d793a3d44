"""Habits people bring along: the searchable list, wires dropped on nothing, layers dropped on wires, the palette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from workbench.document.edits import add, disconnect
from workbench.document.graph import Node
from workbench.ui.canvas.offers import FITS
from workbench.ui.canvas.painter import FADED, LIT
from workbench.ui.palette.model import MIME

OpenWindow = Callable[..., Any]
NOWHERE = QPointF(560, 330)
LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


@pytest.fixture
def person(open_window: OpenWindow, small: Path) -> Any:
    return open_window(small)


def _double_click(person: Any, at: QPoint) -> None:
    person.double_click(at)


def _right_click(person: Any, at: QPoint) -> None:
    person.right_click(at)


def _space(person: Any, at: QPoint) -> None:
    """A tap; the pointer stands on the canvas."""
    view = person.panels.canvas.view
    view.setFocus()
    place = view.mapToScene(at)
    view.pointer_place = lambda: place  # without a screen the pointer cannot be put anywhere
    person.key("Space")


@pytest.mark.parametrize("ask", [_double_click, _right_click, _space])
def test_a_searchable_list_adds_where_it_was_asked_for(person: Any, ask: Callable[[Any, QPoint], None]) -> None:
    ask(person, person.on_canvas(NOWHERE))
    person.type("drop")
    entries = [person.chooser.model.entry(row) for row in range(person.chooser.model.rowCount())]
    assert entries[0].title == "Dropout"
    person.key("Return")
    person.settle()
    node = person.session.graph.nodes["dropout_1"]
    assert abs(node.x + 84 - NOWHERE.x()) <= 16
    assert abs(node.y + 28 - NOWHERE.y()) <= 16
    assert person.bridge.selection == ("dropout_1",)
    assert person.panels.canvas.view.hasFocus(), "the keyboard is back on the canvas"


def test_space_held_for_a_drag_opens_no_list(person: Any) -> None:
    view = person.panels.canvas.view
    view.setFocus()
    before = person.on_canvas(QPointF(0, 0))
    start = person.on_canvas(NOWHERE)
    person.hold("Space")
    person.sweep(start, start + QPoint(50, 30))
    person.let_up("Space")
    assert person.on_canvas(QPointF(0, 0)) - before == QPoint(50, 30)
    assert QApplication.activePopupWidget() is None
    assert person.bridge.selection == ()


def test_a_wire_dropped_on_nothing_lists_what_fits_and_wires_the_chosen_one(person: Any) -> None:
    person.sweep(person.output("conv2d_1"), person.on_canvas(NOWHERE))
    offered = person.offered()
    assert offered["max_pool2d"] == FITS
    assert offered["linear"] != FITS
    assert "pictures" not in offered
    person.choose("max pool 2d")
    assert ("conv2d_1", "max_pool2d_1") in person.wires()
    person.key("Ctrl+Z")
    assert "max_pool2d_1" not in person.session.graph.nodes, "layer and wire are one step"


def test_a_wire_pulled_out_of_an_input_lists_what_could_feed_it(person: Any) -> None:
    wire = person.session.graph.into("linear_1", "in")
    person.session.apply("Prepare", lambda graph: disconnect(graph, wire))
    person.sweep(person.input("linear_1"), person.on_canvas(NOWHERE))
    offered = person.offered()
    assert offered["flatten"] == FITS, "from maps of this network it makes what a linear layer takes"
    assert offered["conv2d"] != FITS
    assert "output" not in offered
    person.choose("flatten")
    assert ("flatten_2", "linear_1") in person.wires()


def test_only_ports_that_fit_light_up_while_a_wire_is_drawn(person: Any) -> None:
    person.take(person.output("conv2d_1"))
    person.carry(person.output("conv2d_1"), person.on_canvas(NOWHERE))
    canvas = person.panels.canvas.canvas
    marks = {item.id: item.mood.input_marks for item in canvas.nodes()}
    assert marks["flatten_1"] == marks["relu_1"] == (LIT,)
    assert marks["linear_1"] == (FADED,)
    person.let_go(person.on_canvas(NOWHERE))
    person.key("Esc")
    assert not any(item.mood.input_marks for item in canvas.nodes())


def test_a_layer_dropped_on_a_wire_goes_into_it(person: Any) -> None:
    between = (person.output("conv2d_1") + person.input("relu_1")) / 2
    data = QMimeData()
    data.setData(MIME, b"batch_norm2d")
    viewport = person.panels.canvas.view.viewport()
    wire = person.panels.canvas.canvas.wire("conv2d_1.out->relu_1.in")
    QApplication.sendEvent(viewport, QDragEnterEvent(person.on_canvas(NOWHERE), COPY, data, LEFT, NONE))
    QApplication.sendEvent(viewport, QDragMoveEvent(between, COPY, data, LEFT, NONE))
    assert wire.hot
    QApplication.sendEvent(viewport, QDropEvent(QPointF(between), COPY, data, LEFT, NONE))
    assert {("conv2d_1", "batch_norm2d_1"), ("batch_norm2d_1", "relu_1")} <= person.wires()
    assert ("conv2d_1", "relu_1") not in person.wires()


def test_the_list_opened_on_a_wire_inserts(person: Any) -> None:
    person.double_click((person.output("conv2d_1") + person.input("relu_1")) / 2)
    assert "output" not in person.offered(), "only what can stand in a wire"
    person.choose("batch norm 2d")
    assert {("conv2d_1", "batch_norm2d_1"), ("batch_norm2d_1", "relu_1")} <= person.wires()


@pytest.fixture
def loose(person: Any) -> Any:
    """With a dropout that is wired to nothing, below the network."""
    node = Node("dropout_1", "dropout", x=480, y=320)
    person.session.apply("Prepare", lambda graph: add(graph, node))
    person.settle()
    return person


def test_an_unwired_card_dragged_onto_a_wire_goes_into_it(loose: Any) -> None:
    between = (loose.output("linear_1") + loose.input("output_1")) / 2
    wire = loose.panels.canvas.canvas.wire("linear_1.out->output_1.in")
    start = loose.middle("dropout_1")
    loose.take(start)
    loose.carry(start, between)
    assert wire.hot
    loose.let_go(between)
    assert {("linear_1", "dropout_1"), ("dropout_1", "output_1")} <= loose.wires()
    assert ("linear_1", "output_1") not in loose.wires()
    assert not loose.panels.canvas.canvas.node("dropout_1").rect.intersects(
        loose.panels.canvas.canvas.node("output_1").rect
    ), "room is made for it"
    loose.key("Ctrl+Z")
    node = loose.session.graph.nodes["dropout_1"]
    assert (node.x, node.y) == (480, 320), "one undo step"
    assert ("linear_1", "output_1") in loose.wires()


def test_with_alt_held_it_is_only_put_there(loose: Any) -> None:
    between = (loose.output("linear_1") + loose.input("output_1")) / 2
    loose.sweep(loose.middle("dropout_1"), between, keys=Qt.KeyboardModifier.AltModifier)
    assert ("linear_1", "output_1") in loose.wires()
    assert not loose.session.graph.incoming("dropout_1")


def test_a_wired_card_dragged_over_a_wire_keeps_its_wires(person: Any) -> None:
    before = person.wires()
    person.sweep(person.middle("relu_1"), (person.output("linear_1") + person.input("output_1")) / 2)
    assert person.wires() == before


def test_a_click_in_the_palette_appends_and_enter_does_too(person: Any) -> None:
    person.click_node("relu_1")
    person.key("/")
    person.type("dropout")
    palette = person.panels.palette.list
    person.settle()
    model = person.panels.palette.model
    row = next(r for r in range(model.rowCount()) if (found := model.layer(model.index(r))) and found.id == "dropout")
    person.click(palette.viewport(), palette.visualRect(model.index(row)).center())
    assert {("relu_1", "dropout_1"), ("dropout_1", "flatten_1")} <= person.wires()
    person.key("/")
    person.type("dropout")
    person.key("Return")
    assert {("dropout_1", "dropout_2"), ("dropout_2", "flatten_1")} <= person.wires()
