"""Frames: drawn behind the cards, moved with what lies on them, stretched, named, coloured; by mouse and by key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from tests.ui.canvas.conftest import NONE, chain
from workbench.document.frame_edits import add_frame
from workbench.document.graph import COLOURS, Frame, Graph
from workbench.ui.canvas.hits import hit_at
from workbench.ui.canvas.interactions.frame import LEAST_HEIGHT, LEAST_WIDTH, stretched
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.picture import svg
from workbench.ui.theme import Theme, contrast

ALT = Qt.KeyboardModifier.AltModifier
HEAD = Frame("frame_1", "Head", "Makes the **scores**.\n\n![](file:///etc/passwd)", 216, 112, 260, 232, "green")


@pytest.fixture
def framed(open_canvas):
    """The chain, with a frame around Linear."""
    graph = add_frame(chain(), HEAD)
    assert isinstance(graph, Graph)
    return open_canvas(graph)


def enter(field: QWidget) -> None:
    QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE))


def title_of(hands, frame: str = "frame_1") -> QPointF:
    return hands.canvas.frames.item(frame).rect.topLeft() + QPointF(40, 14)


def test_a_frame_is_drawn_behind_the_cards_with_title_and_note(framed):
    item = framed.canvas.frames.item("frame_1")
    assert item.rect == QRectF(216, 112, 260, 232)
    assert item.zValue() < framed.canvas.node("linear_1").zValue()
    assert all(item.zValue() < wire.zValue() for wire in framed.canvas.wires())
    assert item.title == "Head"
    assert "Makes the scores." in item.note_text
    assert "**" not in item.note_text
    ground = framed.canvas.look.canvas
    on_frame = framed.view.viewport().grab().toImage().pixelColor(framed.at(QPointF(460, 330)))
    assert on_frame.green() > ground.green()
    framed.session.change_frame("frame_1", title="", note="# More")
    assert item.title == "Frame"
    assert item.note_text == "More"


def test_the_title_takes_hold_and_the_ground_of_a_frame_does_not(framed):
    framed.click(title_of(framed))
    assert framed.bridge.frame == "frame_1"
    assert framed.canvas.frames.item("frame_1").chosen
    framed.click(QPointF(230, 330))
    assert framed.bridge.frame is None, "the ground is as the canvas beside it"
    assert hit_at(framed.canvas, framed.middle("linear_1"), 1.0).node == "linear_1"


def test_a_frame_moves_with_what_lies_wholly_on_it_in_one_step(framed):
    before = dict(framed.graph.nodes)
    start = title_of(framed)
    framed.drag(start, start + QPointF(80, 160))
    moved = framed.graph.frames["frame_1"]
    dx, dy = moved.x - HEAD.x, moved.y - HEAD.y
    assert dx == pytest.approx(80, abs=12)
    assert dy == pytest.approx(160, abs=12)
    linear = framed.graph.nodes["linear_1"]
    assert (linear.x, linear.y) == (before["linear_1"].x + dx, before["linear_1"].y + dy)
    assert framed.canvas.node("linear_1").pos() == QPointF(linear.x, linear.y)
    assert all(framed.graph.nodes[i] is before[i] for i in before if i != "linear_1")
    assert framed.steps() == 1
    framed.session.undo()
    assert framed.graph.frames["frame_1"] == HEAD
    assert framed.canvas.frames.item("frame_1").rect.topLeft() == QPointF(HEAD.x, HEAD.y)


def test_esc_puts_a_held_frame_back(framed):
    start = title_of(framed)
    framed.press(start)
    framed.carry(start, start + QPointF(200, 100))
    assert framed.canvas.node("linear_1").pos() != QPointF(240, 200)
    framed.key(Qt.Key.Key_Escape)
    assert framed.canvas.node("linear_1").pos() == QPointF(240, 200)
    assert framed.canvas.frames.item("frame_1").rect.topLeft() == QPointF(HEAD.x, HEAD.y)
    assert framed.steps() == 0


@pytest.mark.parametrize(
    ("rim", "at", "expected"),
    [
        ("e", (476, 190), (216, 112, 292, 232)),
        ("s", (300, 344), (216, 112, 260, 272)),
        ("w", (216, 320), (248, 112, 228, 232)),
        ("n", (400, 112), (216, 152, 260, 192)),
        ("se", (476, 344), (216, 112, 292, 272)),
        ("nw", (216, 112), (248, 152, 228, 192)),
    ],
)
def test_every_side_and_corner_stretches(framed, rim, at, expected):
    assert hit_at(framed.canvas, QPointF(*at), 1.0).rim == rim
    framed.drag(QPointF(*at), QPointF(*at) + QPointF(32, 40), keys=ALT)
    frame = framed.graph.frames["frame_1"]
    assert (frame.x, frame.y, frame.width, frame.height) == expected
    assert framed.graph.nodes["linear_1"].x == 240, "stretching moves nothing"
    assert framed.steps() == 1


@given(
    step=st.tuples(st.integers(-900, 900), st.integers(-900, 900)),
    rim=st.sampled_from(("n", "e", "s", "w", "ne", "se", "sw", "nw")),
    free=st.booleans(),
)
def test_a_stretched_frame_keeps_its_other_sides_and_never_turns_over(step, rim, free):
    rect = QRectF(80, 40, 320, 240)
    result = stretched(rect, rim, QPointF(*step), free=free)
    assert result.width() >= LEAST_WIDTH
    assert result.height() >= LEAST_HEIGHT
    for side, before, after in (
        ("w", rect.left(), result.left()),
        ("e", rect.right(), result.right()),
        ("n", rect.top(), result.top()),
        ("s", rect.bottom(), result.bottom()),
    ):
        assert side in rim or before == after


def test_a_frame_is_put_around_what_is_selected_and_asks_for_its_title(hands):
    hands.bridge.select(("linear_1", "output_1"))
    hands.do("frame")
    (made,) = hands.graph.frames.values()
    around = QRectF(made.x, made.y, made.width, made.height)
    assert around.contains(hands.canvas.bounds(("linear_1", "output_1")))
    assert not around.intersects(hands.canvas.node("conv2d_1").rect)
    field = hands.panel.frame_field
    assert field.isVisible()
    field.setText("Classifier")
    enter(field)
    assert hands.graph.frames[made.id].title == "Classifier"
    assert not field.isVisible()
    assert hands.bridge.frame == made.id


def test_double_click_and_f2_edit_the_title_in_place(framed):
    field = framed.panel.frame_field
    framed.double_click(title_of(framed))
    assert field.isVisible()
    assert field.text() == "Head"
    field.setText("Tail")
    enter(field)
    assert framed.graph.frames["frame_1"].title == "Tail"
    framed.do("rename")
    assert field.isVisible()
    field.dismiss()
    assert framed.graph.frames["frame_1"].title == "Tail"


def test_deleting_a_frame_keeps_the_layers(framed):
    framed.click(title_of(framed))
    framed.do("delete")
    assert not framed.graph.frames
    assert set(framed.graph.nodes) == set(chain().nodes)
    assert not framed.canvas.frames.ids()
    assert framed.bridge.frame is None
    framed.session.undo()
    assert framed.canvas.frames.ids() == {"frame_1"}


def test_keys_reach_a_frame_move_it_and_let_it_go(framed):
    framed.bridge.select((framed.canvas.inferred.order[-1],))
    assert framed.view.focusNextPrevChild(True)
    assert framed.bridge.frame == "frame_1"
    assert framed.bridge.selection == ()
    for _ in range(3):
        framed.key(Qt.Key.Key_Right)
    assert framed.graph.frames["frame_1"].x > HEAD.x
    assert framed.graph.nodes["linear_1"].x - 240 == framed.graph.frames["frame_1"].x - HEAD.x
    assert framed.steps() == 1, "presses in a row are one step"
    assert framed.view.focusNextPrevChild(False)
    assert framed.bridge.frame is None
    assert framed.bridge.selection == (framed.canvas.inferred.order[-1],)
    framed.bridge.choose_frame("frame_1")
    framed.key(Qt.Key.Key_Escape)
    assert framed.bridge.frame is None


def test_colours_for_frames_and_layers_come_from_one_menu(framed):
    framed.click(title_of(framed))
    menu = framed.view.marking.colour_menu(framed.panel)
    by_name = {action.data(): action for action in menu.actions()}
    assert set(by_name) == {"", *COLOURS}
    assert [name for name, action in by_name.items() if action.isChecked()] == ["green"]
    by_name["red"].trigger()
    assert framed.graph.frames["frame_1"].colour == "red"
    framed.bridge.select(("relu_1", "conv2d_1"))
    by_name["blue"].trigger()
    assert {framed.graph.nodes[i].colour for i in ("relu_1", "conv2d_1")} == {"blue"}
    assert framed.canvas.node("relu_1").card.colour == "blue"
    assert framed.steps() == 2


def test_the_context_menu_of_a_title_is_the_frames(framed):
    framed.view.menus.open_context_menu(
        framed.view.hit(framed.at(title_of(framed))), title_of(framed), framed.at(QPointF())
    )
    (menu,) = [m for m in framed.view.findChildren(QMenu) if m.isVisible() and m.objectName() != "canvas_colours"]
    assert framed.bridge.frame == "frame_1"
    assert framed.panel.action("rename") in menu.actions()
    assert framed.panel.action("rename").isEnabled()
    menu.close()


def test_frames_are_seen_from_far_away_on_the_map_and_in_drawings(framed, tmp_path: Path):
    assert framed.canvas.bounds().contains(QRectF(216, 112, 260, 232))
    assert b">Head<" in svg(framed.canvas)
    framed.view.set_zoom(0.2)
    before = framed.view.viewport().grab().toImage()
    map_before = framed.panel.overlays.minimap.grab().toImage()
    framed.session.change_frame("frame_1", x=HEAD.x, y=HEAD.y + 240)
    assert framed.view.viewport().grab().toImage() != before
    assert framed.panel.overlays.minimap.grab().toImage() != map_before
    framed.click(framed.canvas.frames.item("frame_1").rect.topLeft() + QPointF(120, 40))
    assert framed.bridge.frame == "frame_1"


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("colour", COLOURS)
def test_words_on_a_coloured_card_can_be_read_and_its_colour_be_told(qapp, name, colour):
    theme = Theme(name)
    look = Look(theme)
    ground = look.ground(colour)
    assert contrast(look.text, ground) >= 4.5
    assert contrast(look.dim_on(colour), ground) >= 4.5
    assert contrast(theme.swatch(colour), look.card) >= 3
    assert contrast(theme.swatch(colour), look.canvas) >= 3
