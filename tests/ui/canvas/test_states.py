"""How a card says what state it is in: by pattern and icon, never by colour alone; blocks, collapsed cards, colours."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from workbench.catalogue.declaration import Port
from workbench.document.graph import Block, Edge, Graph, Node, frozen
from workbench.document.marking import set_rate
from workbench.ui import icons
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.drawings import Drawings
from workbench.ui.canvas.geometry import GRID, LOW, SHEET, frame
from workbench.ui.canvas.grid import Grid
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.painter import Mood, paint_card
from workbench.ui.canvas.speaking import spoken
from workbench.ui.theme import Theme

PLAIN = Card("n", "Conv 1", "3×3, 32 filters", "64 × 64 × 32", "896", "convolution", (Port("in"),), (Port("out"),))


def block_graph(**use: object) -> Graph:
    inside = {i: Node(i, layer) for i, layer in (("in", "block_input"), ("relu_1", "relu"), ("out", "block_output"))}
    wires = frozenset({Edge("in", "out", "relu_1", "in"), Edge("relu_1", "out", "out", "in")})
    params = frozen(use)
    nodes = {"pictures_1": Node("pictures_1", "pictures"), "stage_1": Node("stage_1", "block:stage", params=params)}
    edges = frozenset({Edge("pictures_1", "out", "stage_1", "in")})
    return Graph(nodes, edges, {"stage": Block("stage", "Stage", Graph(inside, wires))})


@pytest.fixture(scope="module", params=["dark", "light"])
def look(qapp, request) -> Look:
    return Look(Theme(request.param))


def drawn(card: Card, look: Look, *, grey: bool = False, mood: Mood | None = None) -> QImage:
    """The card on the canvas's ground, at 200 %."""
    laid = frame(card, look)
    image = QImage(2 * laid.width + 48, 2 * laid.height + 48, QImage.Format.Format_RGB32)
    image.fill(look.canvas)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(24, 24)
    painter.scale(2, 2)
    paint_card(painter, card, laid, look, mood or Mood(), scale=2.0)
    painter.end()
    return image.convertToFormat(QImage.Format.Format_Grayscale8) if grey else image


def differing(one: QImage, other: QImage) -> int:
    """How many pixels differ by more than one can overlook."""
    return sum(
        abs(one.pixelColor(x, y).lightness() - other.pixelColor(x, y).lightness()) > 12
        for x in range(min(one.width(), other.width()))
        for y in range(min(one.height(), other.height()))
    )


def test_every_state_is_told_without_colour(look):
    states = {state: drawn(replace(PLAIN, state=state), look, grey=True) for state in ("", "bypassed", "muted")}
    for one, other in combinations(states, 2):
        assert differing(states[one], states[other]) > 300, f"{one or 'plain'} and {other} look alike"


def test_a_frozen_card_is_told_without_colour_in_every_state(look):
    for state in ("", "bypassed", "muted"):
        plain, still = (replace(PLAIN, state=state, frozen=on) for on in (False, True))
        assert differing(drawn(plain, look, grey=True), drawn(still, look, grey=True)) > 100, state
        assert still.marks == (*plain.marks, "freeze")
        laid = frame(still, look)
        assert not any(laid.title.intersects(mark) for mark in laid.marks)


def test_a_selected_card_still_shows_its_state(look):
    chosen = Mood(selected=True)
    plain, bypassed = (drawn(replace(PLAIN, state=s), look, grey=True, mood=chosen) for s in ("", "bypassed"))
    assert differing(plain, bypassed) > 300


def test_states_have_icons_that_exist_and_stand_beside_what_is_wrong(look):
    assert replace(PLAIN, state="muted").marks == ("mute",)
    assert replace(PLAIN, state="bypassed").marks == ("bypass",)
    assert replace(PLAIN, conditional=True).marks == ("bypass",), "it may be, in another use"
    assert {"mute", "bypass", "frame"} <= set(icons.names())
    laid = frame(replace(PLAIN, state="bypassed"), look)
    assert not laid.title.intersects(laid.marks[0])
    assert not laid.count.intersects(laid.marks[0])


def test_a_wire_runs_through_a_bypassed_card_and_through_no_other(look):
    def line(card: Card) -> set[str]:
        laid, image = frame(card, look), drawn(card, look)
        y = round(24 + 2 * laid.inputs[0].y())
        return {image.pixelColor(x, y).name() for x in range(60, 2 * laid.width - 20)}

    assert line(replace(PLAIN, state="bypassed")) == {look.wire.name()}
    assert look.wire.name() not in line(PLAIN)


def test_a_block_is_a_stack_and_a_repeated_one_a_higher_stack(look):
    def below(card: Card) -> list[str]:
        laid, image = frame(card, look), drawn(card, look)
        middle, bottom = 24 + laid.width, 24 + 2 * laid.height
        return [image.pixelColor(middle, bottom + 2 * depth).name() for depth in (1, SHEET - 1, SHEET + 2)]

    ground = look.canvas.name()
    plain, block, repeated = (below(replace(PLAIN, **f)) for f in ({}, {"block": True}, {"block": True, "repeat": 3}))
    assert plain[1:] == [ground, ground]
    assert block[1] != ground
    assert block[2] == ground
    assert repeated[2] != ground


def test_a_use_of_a_block_says_how_often_and_how_much_stands_inside(open_canvas):
    hands = open_canvas(block_graph(repeat=3))
    card = hands.canvas.node("stage_1").card
    assert card.block
    assert card.times == "× 3"
    assert "1 layer" in card.words
    assert "×" not in card.words, "that stands beside the title"
    assert open_canvas(block_graph()).canvas.node("stage_1").card.times == ""


def test_a_mistake_inside_marks_every_use(open_canvas):
    graph = block_graph()
    inside = graph.blocks["stage"].graph
    hands = open_canvas(graph)
    assert hands.canvas.node("stage_1").card.fault is None
    wrong = Node("relu_1", "conv2d", params=frozen({"filters": 8, "groups": 5}))
    broken = Graph({**inside.nodes, "relu_1": wrong}, inside.edges)
    hands.session.set_block(Block("stage", "Stage", broken))
    card = hands.canvas.node("stage_1").card
    assert card.fault is not None
    assert "inside" in card.fault.message
    assert hands.canvas.node("stage_1").note is not None


def test_collapse_leaves_title_and_ports_and_comes_back(hands):
    item = hands.canvas.node("conv2d_1")
    tall = item.frame.height
    hands.bridge.select(("conv2d_1",))
    hands.do("collapse")
    assert hands.graph.nodes["conv2d_1"].collapsed
    assert item.frame.height == LOW < tall
    assert item.frame.words.isEmpty()
    assert item.frame.shape.isEmpty()
    assert not item.frame.thumbnails
    assert len(item.frame.inputs) == 1
    wire = hands.canvas.wire("pictures_1.out->conv2d_1.in")
    assert wire.line.p2() == item.pos() + QPointF(0, LOW / 2), "the wire follows the port"
    hands.do("collapse")
    assert item.frame.height == tall
    assert hands.steps() == 2


@given(
    inputs=st.integers(0, 12),
    outputs=st.integers(0, 4),
    title=st.text(max_size=40),
    state=st.sampled_from(("", "bypassed", "muted")),
    repeat=st.integers(1, 256),
    wrong=st.booleans(),
)
def test_a_collapsed_card_holds_its_parts(look, inputs, outputs, title, state, repeat, wrong):
    card = Card(
        "n", title, "words", "1 × 2", "3", inputs=tuple(Port(f"in_{i}") for i in range(inputs)),
        outputs=tuple(Port(f"out_{i}") for i in range(outputs)), state=state, collapsed=True, block=True,
        repeat=repeat, placeholder=wrong,
    )  # fmt: skip
    laid = frame(card, look)
    assert laid.height % GRID == 0
    assert laid.width % GRID == 0
    body = laid.rect
    for part in (laid.title, laid.times, *laid.marks):
        assert body.contains(part) or part.isEmpty()
    assert all(body.top() < p.y() < body.bottom() for p in (*laid.inputs, *laid.outputs))
    assert not any(laid.times.intersects(m) for m in laid.marks if not laid.times.isEmpty())


def test_bypassed_and_muted_come_from_the_document(hands):
    hands.bridge.select(("relu_1",))
    hands.do("bypass")
    assert hands.canvas.node("relu_1").card.state == "bypassed"
    hands.do("mute")
    assert hands.canvas.node("relu_1").card.state == "muted"
    hands.session.undo()
    hands.session.undo()
    assert hands.canvas.node("relu_1").card.state == ""


def test_freezing_comes_from_the_document_and_is_spoken_of(hands):
    hands.bridge.select(("conv2d_1", "linear_1"))
    hands.do("freeze")
    assert hands.canvas.node("conv2d_1").card.frozen
    assert hands.canvas.node("linear_1").card.frozen
    assert "frozen" in spoken(hands.session, "conv2d_1")
    hands.bridge.select(("conv2d_1", "relu_1"))
    hands.do("freeze")
    assert hands.canvas.node("relu_1").card.frozen, "all of them, as long as one was not"
    hands.do("freeze")
    assert not hands.canvas.node("conv2d_1").card.frozen
    for _ in range(3):
        hands.session.undo()
    assert not hands.canvas.node("linear_1").card.frozen


def test_a_rate_of_its_own_stands_among_the_words(hands):
    before = hands.canvas.node("conv2d_1").card.words
    hands.session.apply("Slow it down", lambda graph: set_rate(graph, ["conv2d_1", "relu_1"], 0.1))
    assert hands.canvas.node("conv2d_1").card.words == f"{before} · rate × 0.1"
    assert hands.canvas.node("relu_1").card.words == "rate × 0.1"
    assert "learns at 0.1 times the rate" in spoken(hands.session, "conv2d_1")


# --- drawings that are kept ------------------------------------------------------------------------------------------


def test_a_kept_drawing_is_what_painting_gives(hands):
    hands.canvas.keep_drawings(False)
    painted = hands.view.viewport().grab().toImage()
    hands.canvas.keep_drawings(True)
    hands.view.viewport().grab()
    copied = hands.view.viewport().grab().toImage()
    assert differing(painted, copied) < 40, "but for the rounding of wires at their ends"


def test_a_drawing_is_made_anew_when_its_card_changes(hands):
    hands.canvas.keep_drawings(True)
    before = hands.view.viewport().grab().toImage()
    hands.session.set_colour(("relu_1",), "red")
    after = hands.view.viewport().grab().toImage()
    where = hands.at(hands.middle("relu_1") + QPointF(0, 20))
    assert after.pixelColor(where) != before.pixelColor(where)
    hands.session.undo()
    assert hands.view.viewport().grab().toImage().pixelColor(where) == before.pixelColor(where)


def test_drawings_are_bounded(qapp, monkeypatch):
    monkeypatch.setattr("workbench.ui.canvas.drawings.MOST_BYTES", 40 * 40 * 4 * 3)
    drawings = Drawings(qapp)
    image = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    made: list[str] = []
    painter = QPainter(image)
    for identity in ("a", "b", "c", "d", "d", "a"):
        drawings.show(painter, identity, QRectF(0, 0, 40, 40), lambda _p, _s, i=identity: made.append(i))
    painter.end()
    assert made == ["a", "b", "c", "d", "a"], "the oldest made room"
    drawings.forget("a")
    drawings.clear()
    assert drawings._bytes == 0
    drawings.deleteLater()


@given(
    st.lists(
        st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000), st.integers(0, 3000), st.integers(0, 3000)),
        max_size=12,
    ),
    st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000), st.integers(1, 60_000), st.integers(1, 4000)),
)
def test_the_grid_finds_all_that_meets_an_area(rects, area):
    grid = Grid()
    placed = {f"w{i}": QRectF(*rect) for i, rect in enumerate(rects)}
    for identity, rect in placed.items():
        grid.put(identity, QRectF(0, 0, 10, 10))
        grid.put(identity, rect)
    there = QRectF(*area)
    touching = {i for i, r in placed.items() if r.adjusted(0, 0, 1, 1).intersects(there)}
    assert touching <= grid.near(there.adjusted(-1, -1, 1, 1))
    for identity in placed:
        grid.drop(identity)
    assert grid.near(there) == set()


def test_the_menu_of_a_card_offers_states_colours_and_frames(hands):
    hands.bridge.select(("relu_1",))
    menu = hands.view.menus._node_menu("relu_1")
    names = [action.objectName() for action in menu.actions()]
    assert {"canvas_bypass", "canvas_mute", "canvas_collapse", "canvas_frame"} <= set(names)
    assert any(action.menu() is not None and action.text() == "Colour" for action in menu.actions())
    menu.deleteLater()
