"""Adding layers: dropped from the palette, from the searchable list, appended."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication

from workbench.ui.canvas.placing import COLUMN_GAP

FREE = QPointF(700, 300)


def overlaps(hands) -> list[tuple[str, str]]:
    """Pairs of cards that lie on each other."""
    cards = list(hands.canvas.nodes())
    return [(a.id, b.id) for i, a in enumerate(cards) for b in cards[i + 1 :] if a.rect.intersects(b.rect)]


def test_a_layer_dropped_on_the_canvas_stands_under_the_pointer_and_is_selected(hands):
    assert hands.drop("relu", FREE)
    rect = hands.canvas.node("relu_2").rect
    assert rect.contains(FREE)
    assert (rect.x() % 8, rect.y() % 8) == (0, 0)
    assert hands.bridge.selection == ("relu_2",)
    assert not hands.graph.incoming("relu_2")
    assert hands.steps() == 1
    hands.session.undo()
    assert "relu_2" not in hands.canvas.ids()


def test_a_layer_dropped_on_a_wire_is_inserted_and_makes_room(hands):
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    wire = hands.canvas.wire("conv2d_1.out->relu_1.in")
    assert hands.drag_in("batch_norm2d", FREE)
    assert not wire.hot
    hands.drag_over("batch_norm2d", between)
    assert wire.hot, "the wire lights up while a layer is over it"
    hands.drag_over("batch_norm2d", FREE)
    assert not wire.hot
    assert hands.drop("batch_norm2d", between)
    assert {"conv2d_1.out->batch_norm2d_1.in", "batch_norm2d_1.out->relu_1.in"} <= hands.edges()
    assert "conv2d_1.out->relu_1.in" not in hands.edges()
    assert overlaps(hands) == []
    conv, norm = hands.canvas.node("conv2d_1").rect, hands.canvas.node("batch_norm2d_1").rect
    assert norm.top() == conv.top(), "in the row, so that the wire runs straight"
    assert norm.left() >= conv.right() + COLUMN_GAP - 8
    assert hands.graph.nodes["linear_1"].y == 200, "another row stays where it is"
    assert hands.graph.nodes["linear_1"].x == 240
    assert hands.steps() == 1


def test_an_input_layer_over_a_wire_does_not_light_it(hands):
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    hands.drag_in("pictures", between)
    hands.drag_over("pictures", between)
    assert not hands.canvas.wire("conv2d_1.out->relu_1.in").hot
    hands.drag_out()


def test_a_drag_that_leaves_takes_its_ghost_along(hands):
    items = len(hands.canvas.items())
    hands.drag_in("relu", FREE)
    assert len(hands.canvas.items()) > items
    hands.drag_out()
    assert len(hands.canvas.items()) == items
    assert hands.steps() == 0


def test_other_drags_are_left_to_the_window(hands):
    data = QMimeData()
    data.setText("a file")
    event = QDragEnterEvent(
        hands.at(FREE), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(hands.view.viewport(), event)
    assert not event.isAccepted()


def test_an_unknown_layer_is_not_taken(hands):
    assert not hands.drag_in("no_such_layer", FREE)


def test_a_read_only_project_takes_no_layer_and_no_move(hands):
    hands.session.read_only = True
    assert not hands.drag_in("relu", FREE)
    start = hands.middle("relu_1")
    hands.drag(start, start + QPointF(0, 100))
    assert hands.canvas.node("relu_1").pos() == QPointF(480, 0)
    hands.drag(hands.output("conv2d_1"), hands.input("flatten_1"))
    assert hands.steps() == 0


def test_double_click_opens_the_list_and_enter_adds_the_best_match(hands):
    hands.double_click(FREE)
    hands.choose("max p")
    (new,) = [n for n in hands.graph if n.layer.startswith("max_pool")]
    assert hands.canvas.node(new.id).rect.contains(FREE)


def test_a_tap_of_space_opens_the_list(hands):
    hands.key(Qt.Key.Key_Space)
    hands.choose("dropout")
    assert "dropout_1" in hands.graph.nodes


def test_the_list_narrows_and_says_when_nothing_is_found(hands):
    hands.do("add")
    chooser = hands.chooser()
    everything = chooser.model.rowCount()
    chooser.field.setText("conv")
    assert 0 < chooser.model.rowCount() < everything
    assert chooser.model.entry(0).title.startswith("Conv")
    chooser.field.setText("zzzz")
    assert chooser.model.rowCount() == 0
    assert not chooser.list.isVisible()
    chooser.close()


def test_arrow_keys_go_through_the_list_over_headings(hands):
    hands.do("add")
    chooser = hands.chooser()
    first = chooser.list.currentIndex().row()
    assert chooser.model.entry(first) is not None
    for _ in range(6):
        _key(chooser.field, Qt.Key.Key_Down)
        assert chooser.model.entry(chooser.list.currentIndex().row()) is not None
    for _ in range(9):
        _key(chooser.field, Qt.Key.Key_Up)
    assert chooser.list.currentIndex().row() == first
    _key(chooser.field, Qt.Key.Key_Escape)
    assert not [c for c in hands.view.findChildren(type(chooser)) if c.isVisible()]


def test_double_click_on_a_wire_inserts_the_chosen_layer(hands):
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    hands.double_click(between)
    hands.choose("batch norm 2d")
    assert {"conv2d_1.out->batch_norm2d_1.in", "batch_norm2d_1.out->relu_1.in"} <= hands.edges()
    assert overlaps(hands) == []


def test_append_wires_behind_the_selection_and_makes_room(hands):
    hands.bridge.select(("conv2d_1",))
    new = hands.panel.append_layer("batch_norm2d")
    assert {"conv2d_1.out->batch_norm2d_1.in", "batch_norm2d_1.out->relu_1.in"} <= hands.edges()
    assert hands.bridge.selection == (new,)
    assert overlaps(hands) == []


def test_append_on_an_empty_canvas_begins_it(empty_hands):
    hands = empty_hands
    assert hands.panel.overlays.empty.isVisible()
    assert not hands.panel.overlays.minimap.isVisible()
    hands.panel.append_layer("pictures")
    hands.panel.append_layer("conv2d")
    assert hands.edges() == {"pictures_1.out->conv2d_1.in"}
    assert not hands.panel.overlays.empty.isVisible()
    assert overlaps(hands) == []


def _key(widget, key) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
