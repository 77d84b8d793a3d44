"""Delete, duplicate, clipboard, rename, context menu: what the actions and keys do to the document."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from workbench.ui.canvas.actions import SPECS

NONE = Qt.KeyboardModifier.NoModifier


def test_delete_heals_the_chain_in_one_step(hands):
    hands.bridge.select(("relu_1",))
    hands.do("delete")
    assert "conv2d_1.out->flatten_1.in" in hands.edges()
    assert hands.bridge.selection == ()
    assert hands.steps() == 1
    assert hands.canvas.ids() == {*hands.graph.nodes, *hands.edges()}


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_the_delete_keys_work_while_the_canvas_has_the_focus(hands, qtbot: QtBot, key):
    hands.bridge.select(("relu_1",))
    qtbot.waitUntil(hands.view.hasFocus, timeout=2000)
    qtbot.keyClick(hands.view, key)
    assert "relu_1" not in hands.graph.nodes


def test_duplicate_copies_inner_wires_and_selects_the_copies(hands):
    hands.bridge.select(("conv2d_1", "relu_1"))
    hands.do("duplicate")
    assert set(hands.bridge.selection) == {"conv2d_2", "relu_2"}
    assert hands.graph.incoming("relu_2")[0].source == "conv2d_2"
    assert not hands.graph.incoming("conv2d_2")
    assert hands.graph.nodes["conv2d_2"].params == hands.graph.nodes["conv2d_1"].params
    assert hands.steps() == 1


def test_duplicate_with_wires_feeds_the_copies_too(hands):
    hands.bridge.select(("conv2d_1",))
    hands.do("duplicate_with_wires")
    assert hands.graph.incoming("conv2d_2")[0].source == "pictures_1"


def test_copy_and_paste_go_through_the_clipboard_as_text(hands):
    hands.bridge.select(("conv2d_1", "relu_1"))
    hands.do("copy")
    assert "conv2d" in QGuiApplication.clipboard().text()
    hands.do("paste")
    assert len(hands.graph) == 8
    assert len(hands.bridge.selection) == 2
    assert set(hands.bridge.selection).isdisjoint({"conv2d_1", "relu_1"})
    assert hands.steps() == 1


def test_cut_takes_away_and_paste_brings_back(hands):
    hands.bridge.select(("relu_1",))
    hands.do("cut")
    assert "relu_1" not in hands.graph.nodes
    hands.do("paste")
    assert [n.layer for n in hands.graph].count("relu") == 1


def test_pasting_something_else_gives_a_sentence(hands, qtbot):
    QGuiApplication.clipboard().setText("hello")
    before = hands.graph
    with qtbot.waitSignal(hands.bridge.noticed) as notice:
        hands.do("paste")
    assert notice.args[0].message.endswith(".")
    assert hands.graph is before


def test_rename_in_place(hands):
    hands.bridge.select(("relu_1",))
    hands.do("rename")
    field = hands.panel.name_field
    assert field.isVisible()
    assert field.placeholderText() == "ReLU"
    field.setText("Gate")
    _key(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert hands.graph.nodes["relu_1"].name == "Gate"
    assert hands.canvas.node("relu_1").card.title == "Gate"
    assert hands.steps() == 1


def test_esc_in_the_name_field_keeps_the_old_name(hands):
    hands.double_click(hands.middle("conv2d_1"))
    field = hands.panel.name_field
    assert field.text() == "Conv 1"
    field.setText("Other")
    _key(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert hands.graph.nodes["conv2d_1"].name == "Conv 1"
    assert hands.steps() == 0


def test_the_name_field_follows_the_view(hands):
    hands.bridge.select(("relu_1",))
    hands.do("rename")
    before = hands.panel.name_field.pos()
    hands.view.pan(40, 0)
    assert hands.panel.name_field.pos() == before - QPoint(40, 0)
    hands.panel.name_field.dismiss()


def test_the_context_menu_of_a_card_offers_remedies_first(hands):
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    menu = _context_menu(hands, hands.at(hands.middle("linear_1")))
    words = [a.text() for a in menu.actions() if not a.isSeparator()]
    fixes = [f.label for f in hands.canvas.node("linear_1").card.fault.fixes]
    assert words[: len(fixes)] == fixes
    assert {"Rename…", "Duplicate", "Delete"} <= set(words)
    menu.actions()[0].trigger()
    assert hands.canvas.node("linear_1").card.fault is None
    menu.close()


def test_the_context_menu_of_a_wire_deletes_or_inserts(hands):
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    menu = _context_menu(hands, hands.at(between))
    words = [a.text() for a in menu.actions()]
    assert words == ["Insert a layer…", "Delete"]
    menu.actions()[1].trigger()
    menu.close()
    assert "conv2d_1.out->relu_1.in" not in hands.edges()


def test_a_right_click_on_nothing_opens_the_list(hands):
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(900, 600), QPoint(900, 600))
    QApplication.sendEvent(hands.view.viewport(), event)
    hands.choose("flatten")
    assert "flatten_2" in hands.graph.nodes


def test_every_action_has_words_a_tip_a_name_and_a_group(hands):
    found = {a.objectName(): a for a in hands.panel.actions()}
    assert len(found) == len(SPECS)
    for action in found.values():
        assert action.text()
        assert action.statusTip().endswith(".")
        assert action.property("group") in {"Add", "Align", "Edit", "Facts", "View"}
    keys = [k.toString() for a in found.values() for k in a.shortcuts()]
    assert len(keys) == len(set(keys))


def test_actions_follow_what_can_be_done(hands):
    assert not hands.panel.action("duplicate").isEnabled()
    hands.bridge.select(("relu_1",))
    assert hands.panel.action("duplicate").isEnabled()
    hands.bridge.set_session(None)
    assert not hands.panel.action("paste").isEnabled()
    assert not hands.panel.action("duplicate").isEnabled()
    hands.bridge.set_session(hands.session)


def _context_menu(hands, at: QPoint) -> QMenu:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, hands.view.viewport().mapToGlobal(at))
    QApplication.sendEvent(hands.view.viewport(), event)
    (menu,) = [m for m in hands.view.findChildren(QMenu) if m.isVisible()]
    return menu


def _key(widget, key) -> None:
    QApplication.sendEvent(widget, QKeyEvent(QKeyEvent.Type.KeyPress, key, NONE))
