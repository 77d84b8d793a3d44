"""Selecting with the pointer and with keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_click_selects_one_card_and_a_click_on_nothing_none(hands):
    hands.click(hands.middle("conv2d_1"))
    assert hands.bridge.selection == ("conv2d_1",)
    assert hands.canvas.node("conv2d_1").mood.selected
    hands.click(hands.middle("relu_1"))
    assert hands.bridge.selection == ("relu_1",)
    assert not hands.canvas.node("conv2d_1").mood.selected
    hands.click(QPointF(500, 120))
    assert hands.bridge.selection == ()


def test_ctrl_click_adds_and_takes_away(hands):
    hands.click(hands.middle("conv2d_1"))
    hands.click(hands.middle("relu_1"), CTRL)
    assert hands.bridge.selection == ("conv2d_1", "relu_1")
    hands.click(hands.middle("conv2d_1"), CTRL)
    assert hands.bridge.selection == ("relu_1",)


def test_a_click_on_one_of_several_selected_cards_leaves_only_that_one(hands):
    hands.bridge.select(hands.graph.nodes)
    hands.click(hands.middle("relu_1"))
    assert hands.bridge.selection == ("relu_1",)


def test_a_rubber_band_selects_what_it_touches_and_shift_adds_to_it(hands):
    hands.drag(QPointF(230, 120), QPointF(700, 30))
    assert set(hands.bridge.selection) == {"conv2d_1", "relu_1"}
    hands.drag(QPointF(700, 300), QPointF(560, 210), keys=Qt.KeyboardModifier.ShiftModifier)
    assert set(hands.bridge.selection) == {"conv2d_1", "relu_1", "output_1"}
    assert hands.canvas.ids() == {*hands.graph.nodes, *hands.edges()}


def test_esc_during_a_rubber_band_gives_back_the_selection(hands):
    hands.bridge.select(("linear_1",))
    hands.press(QPointF(230, 120), keys=CTRL)
    hands.carry(QPointF(230, 120), QPointF(700, 30), keys=CTRL)
    assert "conv2d_1" in hands.bridge.selection
    hands.key(Qt.Key.Key_Escape)
    assert hands.bridge.selection == ("linear_1",)


def test_tab_goes_along_the_order_of_computation_and_shift_tab_back(hands):
    hands.key(Qt.Key.Key_Tab)
    seen = [hands.bridge.selection]
    for _ in range(5):
        hands.key(Qt.Key.Key_Tab)
        seen.append(hands.bridge.selection)
    assert seen == [(i,) for i in hands.session.inferred.order]
    hands.key(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert hands.bridge.selection == ("linear_1",)


def test_tab_past_the_last_card_leaves_the_canvas(hands):
    hands.bridge.select(("output_1",))
    assert not hands.view.editing.step_selection(1)


def test_select_all_then_esc(hands):
    hands.do("select_all")
    assert set(hands.bridge.selection) == set(hands.graph.nodes)
    hands.key(Qt.Key.Key_Escape)
    assert hands.bridge.selection == ()


def test_wires_that_leave_a_selected_card_lead(hands):
    hands.bridge.select(("conv2d_1",))
    assert hands.canvas.wire("conv2d_1.out->relu_1.in").leading
    assert not hands.canvas.wire("pictures_1.out->conv2d_1.in").leading


def test_a_click_chooses_a_wire_and_delete_removes_only_it(hands):
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    hands.bridge.select(("linear_1",))
    hands.click(between)
    assert hands.bridge.selection == ()
    assert hands.canvas.chosen_wire == "conv2d_1.out->relu_1.in"
    hands.do("delete")
    assert "conv2d_1.out->relu_1.in" not in hands.edges()
    assert len(hands.graph) == 6
    assert hands.canvas.chosen_wire is None
