"""Building a network from the keyboard alone, and through the outline; no mouse event is sent in this file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from workbench.document.storage import load

OpenWindow = Callable[..., Any]


class NoMouse(QObject):
    """Counts mouse events that anything sends."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.Drop)
        if event.type() in pressed and isinstance(event, QMouseEvent):
            self.seen += 1
        return False


@pytest.fixture
def person(open_window: OpenWindow, small: Path) -> Any:
    """At a project that was emptied, with the keyboard on the canvas."""
    found = open_window(small)
    found.panels.canvas.view.setFocus(Qt.FocusReason.TabFocusReason)
    found.key("Ctrl+A")
    found.key("Delete")
    assert not found.session.graph.nodes
    return found


def add_behind(person: Any, words: str) -> str:
    """Shift+A, some letters, Enter; gives the id of what is new."""
    before = set(person.session.graph.nodes)
    person.key("Shift+A")
    person.choose(words)
    (new,) = set(person.session.graph.nodes) - before
    assert person.panels.canvas.view.hasFocus(), "the keyboard is lost"
    return str(new)


def set_first(person: Any, value: str) -> None:
    """Enter to the settings, type into the first field, Enter, Esc back."""
    person.key("Return")
    person.settle()
    field = QApplication.focusWidget()
    assert person.panels.inspector.isAncestorOf(field), f"Enter led to {field}"
    person.key("Ctrl+A")
    person.type(value)
    person.key("Return")
    person.settle()
    person.key("Esc")
    assert person.panels.canvas.view.hasFocus(), "Esc does not lead back"


def test_a_network_is_built_changed_and_saved_by_keys(person: Any) -> None:
    mouse = NoMouse()
    QApplication.instance().installEventFilter(mouse)
    session, view = person.session, person.panels.canvas.view

    # LeNet-5, one layer behind the other
    person.key("Space")
    person.choose("pictures")
    conv1 = add_behind(person, "conv 2d")
    set_first(person, "6")
    add_behind(person, "tanh")
    add_behind(person, "average pool 2d")
    add_behind(person, "conv 2d")
    set_first(person, "16")
    tanh = add_behind(person, "tanh")
    pool = add_behind(person, "average pool 2d")
    add_behind(person, "flatten")
    linear = add_behind(person, "linear")
    set_first(person, "84")
    last = add_behind(person, "linear")
    set_first(person, "2")
    add_behind(person, "output")
    layers = [session.graph.nodes[i].layer for i in session.inferred.order]
    expected = ["pictures", "conv2d", "tanh", "avg_pool2d", "conv2d", "tanh", "avg_pool2d", "flatten", "linear"]
    assert layers == [*expected, "linear", "output"]
    assert session.graph.nodes[conv1].params["filters"] == 6
    assert not [d for d in session.errors if d.node is not None], session.errors

    # a layer in between, and away again
    person.key("Home")
    person.key("Ctrl+Right")
    assert person.bridge.selection == (conv1,)
    norm = add_behind(person, "batch norm 2d")
    assert {(conv1, norm)} <= person.wires()
    person.key("Delete")
    assert norm not in session.graph.nodes

    # a branch past the second tanh: Add, fed by both ends
    person.bridge.select((tanh,))
    branch = add_behind(person, "add")
    before = {e.target_port for e in session.graph.incoming(branch)}
    person.key("Ctrl+Left")
    person.key("Ctrl+Left")
    source = person.bridge.selection[0]
    person.key("W")
    person.choose("add")
    assert (source, branch) in person.wires()
    assert len(session.graph.incoming(branch)) == len(before) + 1
    assert (branch, pool) in person.wires()

    # wire it elsewhere, name, lay out, look, save
    person.key("Ctrl+Z")
    assert (source, branch) not in person.wires()
    person.key("Ctrl+Y")
    person.key("End")
    person.key("Shift+Tab")
    assert person.bridge.selection == (last,)
    person.key("F2")
    person.type("answers")
    person.key("Return")
    assert session.graph.nodes[last].name == "answers"
    person.key("Ctrl+Shift+F")
    view.arranging.gliding.settle()
    person.key("Esc")
    person.key(".")
    assert view.visible_rect().contains(person.panels.canvas.canvas.bounds())
    person.key("Ctrl+S")
    person.wait(lambda: session.is_saved, 5)
    saved = load(session.folder).graph
    assert saved.nodes[last].name == "answers"
    assert set(saved.nodes) == set(session.graph.nodes)
    assert saved.nodes[linear].params["units"] == 84
    assert mouse.seen == 0


def test_the_ring_says_where_the_keyboard_is(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    view, ring = person.panels.canvas.view, person.panels.canvas.view._ring
    view.setFocus()
    assert not ring.is_shown
    person.key("Tab")
    assert ring.is_shown
    card = view.mapFromScene(person.panels.canvas.canvas.node("pictures_1").rect).boundingRect()
    assert ring.rect.contains(card)
    person.key("Ctrl+Right")
    assert person.bridge.selection == ("conv2d_1",)
    card = view.mapFromScene(person.panels.canvas.canvas.node("conv2d_1").rect).boundingRect()
    assert ring.rect.contains(card)
    picture = view.grab().toImage()
    edge = ring.rect.topLeft().toPoint()
    around = [picture.pixelColor(edge.x() + x, edge.y() + 1).lightness() for x in range(12, 60)]
    assert max(around) > 150, "the ring cannot be seen on the dark ground"
    person.panels.palette.search.setFocus()
    assert not ring.is_shown


def test_from_card_to_card_along_the_wires_and_adding_to_the_selection(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.panels.canvas.view.setFocus()
    person.key("Ctrl+Right")
    assert person.bridge.selection == ("pictures_1",), "nothing was selected: the first"
    for expected in ("conv2d_1", "relu_1", "flatten_1", "linear_1", "output_1", "output_1"):
        person.key("Ctrl+Right")
        assert person.bridge.selection == (expected,)
    person.key("Ctrl+Up")
    assert person.bridge.selection == ("relu_1",), "the card above, in another row"
    person.key("Ctrl+Shift+Left")
    assert person.bridge.selection == ("relu_1", "conv2d_1")
    person.key("Home")
    assert person.bridge.selection == ("pictures_1",)
    person.key("End")
    assert person.bridge.selection == ("output_1",)


def test_the_menu_key_opens_what_can_be_done_with_the_layer(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.panels.canvas.view.setFocus()
    person.bridge.select(("relu_1",))
    view = person.panels.canvas.view
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1)))
    menu = next(m for m in person.window.findChildren(QMenu) if m.isVisible())
    words = [a.text() for a in menu.actions()]
    assert {"Rename…", "Duplicate", "Delete"} <= set(words)
    delete = words.index("Delete")
    for _ in range(60):
        if menu.activeAction() is menu.actions()[delete]:
            break
        person.key("Down")
    person.key("Return")
    person.wait(lambda: "relu_1" not in person.session.graph.nodes, 5)


TYPED = (
    *("a", "W", ".", "Space", "Up", "Down", "Ctrl+D", "Ctrl+Shift+D", "Ctrl+A", "Backspace", "Delete", "Shift+A"),
    *("Alt+Shift+L", "Ctrl+G", "Ctrl+X", "Ctrl+V", "Ctrl+Z", "Home", "Ctrl+Right", "F2"),
)


def test_no_command_of_the_canvas_works_while_a_name_is_typed_on_it(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.bridge.select(("relu_1",))
    person.panels.canvas.view.setFocus()
    person.panels.canvas.show_outline(True)
    before = person.session.graph
    for ask in (person.panels.canvas.view, person.panels.canvas.outline):
        ask.setFocus()
        person.key("F2")
        field = QApplication.focusWidget()
        assert isinstance(field, QLineEdit)
        for keys in TYPED:
            person.key(keys)
            assert QApplication.focusWidget() is field, f"{keys} took the keyboard away"
            assert person.session.graph == before, f"{keys} went to the canvas"
        person.key("Esc")
        person.settle()
        assert person.session.graph == before


def test_the_canvas_speaks_of_the_card_the_keyboard_is_on(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    view = person.panels.canvas.view
    view.setFocus()
    person.key("Tab")
    person.key("Tab")
    found = QAccessible.queryAccessibleInterface(view)
    assert found.text(QAccessible.Text.Name) == "Canvas"
    said = found.text(QAccessible.Text.Description)
    assert "Selected: Edges, Conv 2D, gives 12 × 12 × 4, fed by Pictures, 112 parameters." in said
    person.key("Ctrl+B")
    assert "Edges, Conv 2D, bypassed, gives" in found.text(QAccessible.Text.Description)


# --- the outline ------------------------------------------------------------------------------------------------------


@pytest.fixture
def outlined(open_window: OpenWindow, small: Path) -> Any:
    """At the outline of the small project, on its first row."""
    person = open_window(small)
    person.key("Ctrl+Shift+O")
    outline = person.panels.canvas.outline
    outline.setFocus(Qt.FocusReason.TabFocusReason)
    person.key("Home")
    person.settle()
    return person


def names(person: Any) -> list[str]:
    table = person.panels.canvas.outline.table
    return [table.index(row, 0).data() for row in range(table.rowCount())]


def test_the_outline_selects_by_arrows(outlined: Any) -> None:
    assert outlined.bridge.selection == ("pictures_1",)
    outlined.key("Down")
    assert outlined.bridge.selection == ("conv2d_1",)
    outlined.key("Shift+Down")
    assert set(outlined.bridge.selection) == {"conv2d_1", "relu_1"}
    outlined.key("Ctrl+A")
    assert len(outlined.bridge.selection) == 6


def test_the_outline_renames_in_the_row(outlined: Any) -> None:
    outlined.key("Down")
    outlined.key("F2")
    outlined.key("Ctrl+A")
    outlined.type("edges found")
    outlined.key("Return")
    outlined.settle()
    assert outlined.session.graph.nodes["conv2d_1"].name == "edges found"
    assert "edges found" in names(outlined)
    assert outlined.panels.canvas.outline.hasFocus()


def test_the_outline_deletes_and_undoes(outlined: Any) -> None:
    outlined.key("Down")
    outlined.key("Down")
    outlined.key("Delete")
    assert "relu_1" not in outlined.session.graph.nodes
    assert ("conv2d_1", "flatten_1") in outlined.wires()
    assert len(names(outlined)) == 5
    outlined.key("Ctrl+Z")
    assert len(names(outlined)) == 6


@pytest.mark.parametrize("key", ["Space", "Shift+A"])
def test_the_outline_adds_behind(outlined: Any, key: str) -> None:
    outlined.key("Down")
    outlined.key("Down")
    outlined.key(key)
    outlined.choose("dropout")
    assert {("relu_1", "dropout_1"), ("dropout_1", "flatten_1")} <= outlined.wires()
    assert names(outlined).index("Dropout") == 3
    assert outlined.bridge.selection == ("dropout_1",)
    assert outlined.panels.canvas.outline.hasFocus()


def test_the_outline_wires(outlined: Any) -> None:
    outlined.key("Down")
    outlined.key("W")
    outlined.choose("flatten")
    assert ("conv2d_1", "flatten_1") in outlined.wires()
    assert ("relu_1", "flatten_1") not in outlined.wires(), "the wire that was there gave way"


def test_the_outline_moves_a_layer_along_its_chain(outlined: Any) -> None:
    outlined.key("Down")
    outlined.key("Down")
    outlined.key("Alt+Up")
    assert {("pictures_1", "relu_1"), ("relu_1", "conv2d_1"), ("conv2d_1", "flatten_1")} <= outlined.wires()
    assert names(outlined)[:4] == ["Pictures", "ReLU", "Edges", "Flatten"]
    assert outlined.bridge.selection == ("relu_1",)
    outlined.key("Alt+Down")
    assert names(outlined)[:4] == ["Pictures", "Edges", "ReLU", "Flatten"]
    outlined.key("Ctrl+Z")
    outlined.key("Ctrl+Z")
    assert ("conv2d_1", "relu_1") in outlined.wires()
    assert (outlined.session.graph.nodes["relu_1"].x, outlined.session.graph.nodes["conv2d_1"].x) == (464, 232)


def test_the_outline_says_why_a_layer_cannot_be_moved(outlined: Any) -> None:
    before = outlined.session.graph
    outlined.key("Down")
    outlined.key("Alt+Up")
    assert outlined.session.graph == before
    assert "begins the network" in outlined.notice


def test_the_outline_leads_to_the_settings_and_back(outlined: Any) -> None:
    outlined.key("Down")
    outlined.key("Return")
    outlined.settle()
    assert outlined.panels.inspector.isAncestorOf(QApplication.focusWidget())
    outlined.key("Esc")
    assert outlined.panels.canvas.view.hasFocus()


def test_the_outline_speaks(outlined: Any) -> None:
    found = QAccessible.queryAccessibleInterface(outlined.panels.canvas.outline)
    assert found.text(QAccessible.Text.Name) == "Outline of the network"
    assert "Space adds a layer" in found.text(QAccessible.Text.Description)
    table = outlined.panels.canvas.outline.table
    said = table.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("Edges, Conv 2D, gives 12 × 12 × 4, fed by Pictures, 112 parameters")
