"""Moving cards: drags, snapping, nudges; one undo step each."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.document.edits import rename
from workbench.ui.canvas.interactions.snapping import Snapping

ALT = Qt.KeyboardModifier.AltModifier


def place(hands, node):
    found = hands.graph.nodes[node]
    return found.x, found.y


def test_a_drag_moves_the_card_as_one_undo_step(hands):
    start = hands.middle("relu_1")
    hands.drag(start, start + QPointF(43, 101), steps=20)
    x, y = place(hands, "relu_1")
    assert (x % 8, y % 8) == (0, 0)
    assert (abs(x - 523), abs(y - 101)) <= (8, 8)
    assert hands.steps() == 1
    assert hands.canvas.node("relu_1").pos() == QPointF(x, y)
    hands.session.undo()
    assert place(hands, "relu_1") == (480, 0)
    assert hands.canvas.node("relu_1").pos() == QPointF(480, 0)


def test_two_drags_are_two_undo_steps(hands):
    for _ in range(2):
        start = hands.middle("relu_1")
        hands.drag(start, start + QPointF(0, 120))
    assert hands.steps() == 2


def test_all_selected_cards_move_together(hands):
    hands.bridge.select(("linear_1", "output_1"))
    start = hands.middle("linear_1")
    hands.drag(start, start + QPointF(0, 96))
    assert place(hands, "linear_1") == (240, 296)
    assert place(hands, "output_1") == (480, 296)
    assert hands.steps() == 1


def test_wires_follow_while_a_card_moves(hands):
    start = hands.middle("relu_1")
    hands.press(start)
    hands.carry(start, start + QPointF(0, 130))
    wire = hands.canvas.wire("conv2d_1.out->relu_1.in")
    assert wire.path.currentPosition() == hands.input("relu_1")
    assert wire.path.elementAt(0).x == hands.output("conv2d_1").x()
    hands.release(start + QPointF(0, 130))


def test_esc_puts_moved_cards_back_and_leaves_no_undo_step(hands):
    start = hands.middle("relu_1")
    hands.press(start)
    hands.carry(start, start + QPointF(64, 64))
    assert hands.canvas.node("relu_1").pos() != QPointF(480, 0)
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.node("relu_1").pos() == QPointF(480, 0)
    hands.release(start + QPointF(64, 64))
    assert place(hands, "relu_1") == (480, 0)
    assert hands.steps() == 0


def test_undo_during_a_drag_cancels_the_drag(hands):
    hands.session.apply("Rename layer", lambda graph: rename(graph, "relu_1", "R"))
    start = hands.middle("relu_1")
    hands.press(start)
    hands.carry(start, start + QPointF(64, 64))
    hands.session.undo()
    assert hands.view.gesture is None
    assert hands.canvas.node("relu_1").pos() == QPointF(480, 0)
    hands.release(start + QPointF(64, 64))
    assert place(hands, "relu_1") == (480, 0)


def test_a_press_that_hardly_moves_is_a_click(hands):
    start = hands.middle("relu_1")
    hands.drag(start, start + QPointF(2, 2), steps=2)
    assert place(hands, "relu_1") == (480, 0)
    assert hands.steps() == 0


def test_a_card_snaps_to_its_neighbours_row_and_shows_a_guide(hands):
    start = hands.middle("linear_1")
    hands.press(start)
    hands.carry(start, start + QPointF(0, -197))  # three pixels off the first row
    assert hands.canvas.node("linear_1").pos().y() == 0
    hands.release(start + QPointF(0, -197))
    assert place(hands, "linear_1")[1] == 0


def test_alt_moves_free_of_grid_and_guides(hands):
    start = hands.middle("linear_1")
    hands.drag(start, start + QPointF(3, 51), keys=ALT)
    assert place(hands, "linear_1") == (243, 251)


def test_snapping_prefers_a_near_guide_to_the_grid():
    snapping = Snapping(QRectF(0, 0, 100, 56), [QRectF(303, 205, 100, 56)])
    dx, dy, lines = snapping.snap(300, 100, 1.0)
    assert (dx, dy) == (303, 104)
    assert len(lines) == 1
    dx, dy, lines = snapping.snap(250, 203, 1.0)
    assert (dx, dy) == (248, 205)
    far = snapping.snap(200, 100, 1.0)
    assert far == (200, 104, [])


def test_arrow_keys_nudge_and_quick_presses_are_one_undo_step(hands):
    hands.bridge.select(("linear_1", "output_1"))
    for _ in range(3):
        hands.key(Qt.Key.Key_Right)
    hands.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    hands.key(Qt.Key.Key_Up, ALT)
    assert place(hands, "linear_1") == (264, 279), "three steps of the grid, ten down, a pixel up"
    assert place(hands, "output_1") == (504, 279)
    assert hands.steps() == 1
    hands.session.undo()
    assert place(hands, "linear_1") == (240, 200)


def test_arrow_keys_without_a_selection_move_nothing(hands):
    hands.key(Qt.Key.Key_Right)
    assert hands.steps() == 0


def test_holding_a_card_at_the_rim_scrolls_and_takes_it_along(hands, qtbot):
    rim = hands.view.mapToScene(hands.view.viewport().rect().right() - 4, 300)
    start = hands.middle("relu_1")
    left = hands.view.visible_rect().left()
    hands.press(start)
    hands.carry(start, rim)
    qtbot.waitUntil(lambda: hands.view.visible_rect().left() > left + 100, timeout=3000)
    held = hands.canvas.node("relu_1").pos().x()
    assert held > rim.x()
    hands.key(Qt.Key.Key_Escape)
    stopped = hands.view.visible_rect().left()
    qtbot.wait(60)
    assert hands.view.visible_rect().left() == stopped
    assert hands.canvas.node("relu_1").pos() == QPointF(480, 0)
