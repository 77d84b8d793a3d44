"""Habits people bring along: undo, the clipboard, duplicates, deleting, letting go, names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

OpenWindow = Callable[..., Any]
NOWHERE = QPointF(560, 330)
MIDDLE = Qt.MouseButton.MiddleButton


@pytest.fixture
def person(open_window: OpenWindow, small: Path) -> Any:
    """Somebody at a window with the small project: pictures, convolution, ReLU, flatten, linear, output."""
    return open_window(small)


@pytest.mark.parametrize("redo", ["Ctrl+Y", "Ctrl+Shift+Z"])
def test_undo_and_redo(person: Any, redo: str) -> None:
    before = person.session.graph
    person.click_node("relu_1")
    person.key("Delete")
    after = person.session.graph
    assert "relu_1" not in after.nodes
    person.key("Ctrl+Z")
    assert person.session.graph == before
    person.key(redo)
    assert person.session.graph == after


def test_copy_and_paste(person: Any) -> None:
    person.click_node("conv2d_1")
    person.key("Ctrl+C")
    person.key("Ctrl+V")
    (new,) = set(person.session.graph.nodes) - set(before_names())
    assert person.session.graph.nodes[new].params["filters"] == 4
    assert person.session.graph.nodes[new].name == "Edges"
    assert not person.session.graph.incoming(new)
    assert person.bridge.selection == (new,)
    person.key("Ctrl+Z")
    assert set(person.session.graph.nodes) == set(before_names()), "one undo step"


def test_cut_closes_the_gap_and_paste_brings_it_back(person: Any) -> None:
    person.click_node("relu_1")
    person.key("Ctrl+X")
    assert ("conv2d_1", "flatten_1") in person.wires()
    assert "relu_1" not in person.session.graph.nodes
    person.key("Ctrl+V")
    assert [n.layer for n in person.session.graph].count("relu") == 1


def test_select_all(person: Any) -> None:
    person.click_node("relu_1")
    person.key("Ctrl+A")
    assert set(person.bridge.selection) == set(person.session.graph.nodes)


def test_duplicate(person: Any) -> None:
    person.click_node("conv2d_1")
    person.key("Ctrl+D")
    assert person.bridge.selection == ("conv2d_2",)
    assert not person.session.graph.incoming("conv2d_2")


def test_duplicate_with_wires(person: Any) -> None:
    person.click_node("conv2d_1")
    person.key("Ctrl+Shift+D")
    assert ("pictures_1", "conv2d_2") in person.wires()
    assert ("pictures_1", "conv2d_1") in person.wires()


def test_paste_with_wires(person: Any) -> None:
    person.click_node("conv2d_1")
    person.click(person.panels.canvas.view.viewport(), person.middle("relu_1"), Qt.KeyboardModifier.ShiftModifier)
    person.key("Ctrl+C")
    person.key("Ctrl+Shift+V")
    new = {person.session.graph.nodes[i].layer: i for i in person.bridge.selection}
    assert set(new) == {"conv2d", "relu"}
    assert {("pictures_1", new["conv2d"]), (new["conv2d"], new["relu"])} <= person.wires()
    assert ("conv2d_1", "relu_1") in person.wires()
    person.key("Ctrl+Z")
    assert set(person.session.graph.nodes) == set(before_names())


def test_paste_between_two_windows(open_window: OpenWindow, small: Path, write_project: Callable[..., Path]) -> None:
    first, second = open_window(small), open_window(write_project("other"))
    activate(first)
    first.click_node("conv2d_1")
    first.click(first.panels.canvas.view.viewport(), first.middle("relu_1"), Qt.KeyboardModifier.ControlModifier)
    first.key("Ctrl+C")
    activate(second)
    second.panels.canvas.view.setFocus()
    second.key("Ctrl+V")
    assert {"conv2d_2", "relu_2"} <= set(second.session.graph.nodes)
    assert ("conv2d_2", "relu_2") in second.wires()
    assert "conv2d_2" not in first.session.graph.nodes


def test_layers_go_through_a_text_editor_as_text_one_can_read_and_change(person: Any, qtbot: Any) -> None:
    person.click_node("conv2d_1")
    person.key("Ctrl+C")
    editor = QPlainTextEdit()
    qtbot.addWidget(editor)
    editor.show()
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    document = json.loads(editor.toPlainText())
    assert [n["layer"] for n in document["nodes"]] == ["conv2d"]
    assert document["nodes"][0]["params"] == {"filters": 4}
    assert editor.toPlainText().count("\n") > 3, "one long line is not readable"
    document["nodes"][0]["params"]["filters"] = 6
    editor.setPlainText(json.dumps(document))
    editor.selectAll()
    QTest.keyClick(editor, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    editor.close()
    activate(person)
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+V")
    assert person.session.graph.nodes["conv2d_2"].params["filters"] == 6


@pytest.mark.parametrize("key", ["Delete", "Backspace"])
def test_delete_closes_the_gap(person: Any, key: str) -> None:
    person.click_node("relu_1")
    person.key(key)
    assert "relu_1" not in person.session.graph.nodes
    assert ("conv2d_1", "flatten_1") in person.wires()


@pytest.mark.parametrize("key", ["Delete", "Ctrl+X"])
def test_a_gap_stays_open_where_the_shapes_do_not_fit(person: Any, key: str) -> None:
    person.click_node("flatten_1")
    person.key(key)
    assert "flatten_1" not in person.session.graph.nodes
    assert ("relu_1", "linear_1") not in person.wires(), "maps do not fit a linear layer"
    person.key("Ctrl+Z")
    assert ("flatten_1", "linear_1") in person.wires()


def test_a_chosen_wire_is_deleted_alone(person: Any) -> None:
    between = (person.output("conv2d_1") + person.input("relu_1")) / 2
    person.click(person.panels.canvas.view.viewport(), between)
    person.key("Delete")
    assert ("conv2d_1", "relu_1") not in person.wires()
    assert set(person.session.graph.nodes) == set(before_names())


def test_f2_renames(person: Any) -> None:
    person.click_node("relu_1")
    person.key("F2")
    person.type("gate")
    person.key("Return")
    assert person.session.graph.nodes["relu_1"].name == "gate"
    assert person.panels.canvas.view.hasFocus()
    person.key("F2")
    person.type("other")
    person.key("Esc")
    assert person.session.graph.nodes["relu_1"].name == "gate"


# --- Esc --------------------------------------------------------------------------------------------------------------


def _card(person: Any) -> tuple[QPoint, QPoint, Qt.MouseButton]:
    return person.middle("relu_1"), person.on_canvas(NOWHERE), Qt.MouseButton.LeftButton


def _band(person: Any) -> tuple[QPoint, QPoint, Qt.MouseButton]:
    return person.on_canvas(NOWHERE), person.middle("linear_1"), Qt.MouseButton.LeftButton


def _wire(person: Any) -> tuple[QPoint, QPoint, Qt.MouseButton]:
    return person.output("conv2d_1"), person.input("flatten_1"), Qt.MouseButton.LeftButton


def _plug(person: Any) -> tuple[QPoint, QPoint, Qt.MouseButton]:
    return person.input("relu_1"), person.on_canvas(NOWHERE), Qt.MouseButton.LeftButton


def _view(person: Any) -> tuple[QPoint, QPoint, Qt.MouseButton]:
    return person.on_canvas(NOWHERE), person.middle("linear_1"), MIDDLE


@pytest.mark.parametrize("gesture", [_card, _band, _wire, _plug, _view])
def test_esc_takes_back_what_is_in_hand(person: Any, gesture: Callable[[Any], Any]) -> None:
    view, canvas = person.panels.canvas.view, person.panels.canvas.canvas
    person.click_node("pictures_1")
    before, items, seen = person.session.graph, len(canvas.items()), view.visible_rect()
    start, end, button = gesture(person)
    person.take(start, button)
    person.carry(start, end, button)
    assert view.gesture is not None
    person.key("Esc")
    assert view.gesture is None
    person.let_go(end, button)
    assert person.session.graph is before
    assert len(canvas.items()) == items, "something of the gesture is left"
    assert view.visible_rect() == seen
    assert canvas.node("relu_1").pos() == QPointF(464, 0)
    assert person.bridge.selection == ("relu_1" if gesture is _card else "pictures_1",)
    assert not any(item.mood.faded for item in canvas.nodes())


def test_esc_closes_the_list_and_then_lets_go_of_the_selection(person: Any) -> None:
    person.click_node("relu_1")
    person.key("Space")
    assert person.chooser.isVisible()
    person.key("Esc")
    person.settle()
    assert person.bridge.selection == ("relu_1",)
    person.key("Esc")
    assert person.bridge.selection == ()


def test_no_command_works_while_something_is_in_hand(person: Any) -> None:
    before = person.session.graph
    start = person.middle("relu_1")
    person.take(start)
    person.carry(start, start + QPoint(60, 60))
    for keys in ("Delete", "Ctrl+D", "Right"):
        person.key(keys)
        assert set(person.session.graph.nodes) == set(before.nodes), keys
    person.key("Esc")
    assert person.session.graph.nodes["relu_1"] == before.nodes["relu_1"]


def before_names() -> tuple[str, ...]:
    return "pictures_1", "conv2d_1", "relu_1", "flatten_1", "linear_1", "output_1"


def activate(person: Any) -> None:
    """Bring a window in front, as a click on its frame does."""
    person.window.activateWindow()
    person.window.raise_()
    person.wait(lambda: QGuiApplication.focusWindow() is person.window.windowHandle(), 5)
