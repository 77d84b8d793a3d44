"""Looking around: pan, zoom, fit, far away; the outline, the minimap, the totals, tooltips."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from workbench.document.graph import Graph
from workbench.ui.canvas.hits import Hit, hit_at
from workbench.ui.canvas.tips import tip_for

MIDDLE = Qt.MouseButton.MiddleButton


def test_the_wheel_zooms_about_the_pointer(hands):
    at = hands.middle("relu_1")
    before = hands.at(at)
    hands.wheel(at, 2)
    assert hands.view.zoom == pytest.approx(1.44)
    assert (hands.at(at) - before).manhattanLength() <= 2
    hands.wheel(at, -2)
    assert hands.view.zoom == pytest.approx(1.0)


def test_zoom_has_limits(hands):
    hands.wheel(QPointF(0, 0), 40)
    assert hands.view.zoom == 4.0
    hands.wheel(QPointF(0, 0), -80)
    assert hands.view.zoom == pytest.approx(0.05)


def test_the_zoom_is_told_to_the_bridge(hands, qtbot):
    with qtbot.waitSignal(hands.bridge.zoomChanged) as told:
        hands.wheel(QPointF(0, 0), 1)
    assert told.args[0] == pytest.approx(1.2)


def test_middle_drag_pans_and_selects_nothing(hands):
    start, end = QPointF(400, 60), QPointF(300, 20)
    a, b = hands.at(start), hands.at(end)
    before = hands.at(QPointF(0, 0))
    hands.mouse(QEvent.Type.MouseButtonPress, a, MIDDLE)
    hands.mouse(QEvent.Type.MouseMove, b, held=MIDDLE)
    hands.mouse(QEvent.Type.MouseButtonRelease, b, MIDDLE, Qt.MouseButton.NoButton)
    assert hands.at(QPointF(0, 0)) - before == b - a
    assert hands.bridge.selection == ()


def test_space_drag_pans_and_opens_no_list(hands):
    before = hands.at(QPointF(0, 0))
    hands.key_down(Qt.Key.Key_Space)
    hands.mouse(QEvent.Type.MouseButtonPress, QPoint(500, 300), Qt.MouseButton.LeftButton)
    hands.mouse(QEvent.Type.MouseMove, QPoint(540, 330), held=Qt.MouseButton.LeftButton)
    hands.mouse(QEvent.Type.MouseButtonRelease, QPoint(540, 330), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)
    hands.key_up(Qt.Key.Key_Space)
    assert hands.at(QPointF(0, 0)) - before == QPoint(40, 30)
    assert QApplication.activePopupWidget() is None


def test_fit_shows_the_selection_or_all(hands):
    hands.view.pan(5000, 5000)
    hands.panel.fit()
    assert hands.view.visible_rect().contains(hands.canvas.bounds())
    hands.bridge.select(("output_1",))
    hands.panel.fit()
    assert (hands.view.visible_rect().center() - hands.middle("output_1")).manhattanLength() < 4
    assert hands.view.zoom == pytest.approx(1.0), "never larger than life"


def test_the_keys_for_fit_and_actual_size(hands, qtbot):
    hands.view.set_zoom(0.5)
    qtbot.waitUntil(hands.view.hasFocus, timeout=2000)
    qtbot.keyClick(hands.view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert hands.view.zoom == 1.0
    hands.view.pan(4000, 0)
    qtbot.keyClick(hands.view, Qt.Key.Key_Period)
    assert hands.view.visible_rect().contains(hands.canvas.bounds())


def seen(hands, point: QPointF) -> str:
    """The colour on the screen at a place of the scene."""
    return hands.view.viewport().grab().toImage().pixelColor(hands.at(point)).name()


def test_far_away_the_overview_stands_in_and_cards_can_still_be_selected_and_moved(hands):
    hands.view.set_zoom(0.12)
    assert hands.canvas.far
    assert seen(hands, hands.middle("relu_1")) == hands.canvas.look.category("activation").name()
    hands.click(hands.middle("relu_1"))
    assert hands.bridge.selection == ("relu_1",)
    start = hands.middle("relu_1")
    hands.drag(start, start + QPointF(0, 400))
    assert hands.graph.nodes["relu_1"].y == pytest.approx(400, abs=16)
    hands.session.undo()
    hands.view.set_zoom(1.0)
    assert seen(hands, hands.middle("relu_1")) == hands.canvas.look.card.name()
    assert hands.canvas.node("relu_1").mood.selected


def test_what_a_gesture_holds_is_seen_from_far_away(hands):
    hands.view.set_zoom(0.2)
    before = hands.view.viewport().grab().toImage()
    hands.press(QPointF(-400, -400))
    hands.carry(QPointF(-400, -400), QPointF(400, 300))
    assert hands.view.viewport().grab().toImage() != before, "the rubber band"
    hands.key(Qt.Key.Key_Escape)
    assert hands.view.viewport().grab().toImage() == before


def test_layers_added_while_far_away_are_there_when_near(hands):
    hands.view.set_zoom(0.1)
    hands.view.editing.add("relu", 0, 400)
    colour = hands.canvas.look.category("activation").name()
    assert seen(hands, hands.middle("relu_2")) == colour
    hands.view.set_zoom(1.0)
    hands.view.show_node("relu_2")
    assert seen(hands, hands.middle("relu_2") + QPointF(0, 20)) == hands.canvas.look.card.name()


def test_a_node_asked_for_comes_into_view(hands):
    hands.view.pan(3000, 0)
    hands.bridge.revealed.emit("pictures_1")
    assert hands.view.visible_rect().contains(hands.canvas.node("pictures_1").rect)


def test_the_minimap_goes_where_it_is_clicked(hands):
    minimap = hands.panel.overlays.minimap
    assert not minimap.isVisible()  # the whole network is seen
    hands.view.pan(2000, 2000)
    assert minimap.isVisible()
    minimap.grab()
    at = QPointF(minimap.rect().center())
    for kind, held in (
        (QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseMove, Qt.MouseButton.LeftButton),
    ):
        QApplication.sendEvent(
            minimap, QMouseEvent(kind, at, at, Qt.MouseButton.LeftButton, held, Qt.KeyboardModifier.NoModifier)
        )
    assert (hands.view.visible_rect().center() - hands.canvas.bounds().center()).manhattanLength() < 20
    hands.view.pan(2000, 2000)
    assert minimap.isVisible()
    hands.panel.action("minimap").setChecked(False)
    assert not minimap.isVisible()


def test_the_totals_are_in_words(hands):
    text = hands.panel.overlays.summary.text()
    assert text.startswith("6 layers")
    parameters = hands.session.inferred.parameters
    assert f"{parameters:,} parameters" in text
    assert "FLOPs a picture" in text
    assert "at batch 64" in text
    hands.bridge.select(("relu_1",))
    hands.do("delete")
    assert hands.panel.overlays.summary.text().startswith("5 layers")


def test_tooltips_say_what_was_cut_and_what_is_wrong(hands):
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    fault = hands.canvas.node("linear_1").card.fault
    tip = tip_for(hands.canvas, hit_at(hands.canvas, hands.middle("linear_1"), 1.0))
    assert fault.message.split(",")[0] in tip
    between = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    assert "64 × 64 × 8" in tip_for(hands.canvas, hit_at(hands.canvas, between, 1.0))
    assert tip_for(hands.canvas, Hit()) == ""


def test_the_outline_lists_the_layers_in_order_and_syncs_the_selection(hands):
    hands.panel.show_outline(True)
    outline = hands.panel.outline
    names = [outline.table.index(row, 0).data() for row in range(outline.table.rowCount())]
    assert names == ["Pictures", "Conv 1", "ReLU", "Flatten", "Linear", "Output"]
    spoken = outline.table.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "fed by Pictures" in spoken
    assert "64 × 64 × 8" in spoken
    hands.bridge.select(("flatten_1",))
    assert [i.row() for i in outline.selectionModel().selectedRows()] == [3]
    QApplication.sendEvent(outline, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier))
    assert hands.bridge.selection == ("linear_1",)
    hands.do("delete")
    assert outline.table.rowCount() == 5
    hands.session.undo()
    assert outline.table.rowCount() == 6
    hands.panel.action("outline").setChecked(False)
    assert outline.isHidden()
    assert not hands.panel.overlays.outline_button.isChecked()


def test_the_outline_names_problems(hands):
    hands.panel.show_outline(True)
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    table = hands.panel.outline.table
    row = table.row_of("linear_1")
    assert table.index(row, 3).data(Qt.ItemDataRole.DecorationRole) is not None
    assert (
        table.index(row, 3).data(Qt.ItemDataRole.AccessibleTextRole)
        == hands.canvas.node("linear_1").card.problems[0].message
    )


def test_another_theme_repaints_everything(hands):
    before = hands.panel.grab().toImage().pixelColor(5, 300)
    hands.bridge.set_theme("light")
    after = hands.panel.grab().toImage().pixelColor(5, 300)
    assert before.lightness() < 60 < 200 < after.lightness()
    hands.bridge.set_theme("dark")


def test_closing_the_project_empties_the_canvas_and_another_fills_it(hands, open_canvas):
    hands.bridge.set_session(None)
    assert hands.canvas.ids() == frozenset()
    assert not hands.panel.overlays.empty.isVisible()
    hands.bridge.set_session(hands.session)
    assert hands.canvas.ids() == {*hands.graph.nodes, *hands.edges()}
    other = open_canvas(Graph())
    assert other.panel.overlays.empty.isVisible()


def test_what_was_fitted_stays_whole_when_the_view_is_resized_until_one_scrolls(hands):
    hands.view.editing.add("relu", 1000, 640)
    hands.bridge.select(())
    hands.panel.fit()
    before = hands.view.zoom
    hands.panel.resize(hands.panel.width() // 2, hands.panel.height())
    assert hands.view.zoom < before
    assert hands.view.visible_rect().contains(hands.canvas.bounds())
    hands.view.pan(10, 0)
    own = hands.view.zoom
    hands.panel.resize(hands.panel.width() * 2, hands.panel.height())
    assert hands.view.zoom == own


def test_far_away_no_port_is_in_reach(hands):
    hands.view.set_zoom(0.2)
    assert hit_at(hands.canvas, hands.output("conv2d_1"), 0.2).output is None


def test_a_network_too_large_to_read_is_shown_from_its_beginning(hands):
    hands.view.editing.add("relu", 6000, 5000)
    hands.bridge.select(())
    hands.panel.show_network()
    assert hands.view.zoom == pytest.approx(0.55)
    bounds, seen = hands.canvas.bounds(), hands.view.visible_rect()
    assert seen.left() < bounds.left()
    assert seen.top() < bounds.top()
    assert not seen.contains(bounds)
    hands.panel.fit()
    assert hands.view.visible_rect().contains(hands.canvas.bounds())
