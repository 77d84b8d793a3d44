"""Lining cards up, spreading them evenly, and snapping to what stands there."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt

from workbench.document.edits import move
from workbench.ui.canvas.aligning import CLEAR, aligned, distributed
from workbench.ui.canvas.geometry import PORT_Y
from workbench.ui.canvas.interactions.snapping import Snapping

ALT = Qt.KeyboardModifier.AltModifier
THREE = ("conv2d_1", "flatten_1", "output_1")

EDGES = {
    "Alt+Shift+L": QRectF.left,
    "Alt+Shift+C": lambda r: r.center().x(),
    "Alt+Shift+R": QRectF.right,
    "Alt+Shift+T": QRectF.top,
    "Alt+Shift+M": lambda r: r.center().y(),
    "Alt+Shift+B": QRectF.bottom,
}


def scattered(hands) -> None:
    """Three cards at no particular places, as if the project had been opened so, and selected."""
    places = {"conv2d_1": (250, 3), "flatten_1": (733, 190), "output_1": (481, 511)}
    hands.session.apply("Prepare", lambda graph: move(graph, places))
    hands.bridge.select(THREE)


def rects(hands, nodes=THREE) -> list[QRectF]:
    return [hands.canvas.node(i).rect for i in nodes]


@pytest.mark.parametrize(("keys", "edge"), EDGES.items(), ids=EDGES)
def test_the_selected_cards_are_lined_up(hands, keys, edge):
    scattered(hands)
    steps = hands.steps()
    hands.keys(keys)
    hands.settle()
    found = [edge(r) for r in rects(hands)]
    assert max(found) - min(found) <= 1, found
    assert hands.steps() == steps + 1
    assert not any(a.intersects(b) for a, b in itertools.combinations(rects(hands), 2))
    hands.session.undo()
    assert hands.graph.nodes["conv2d_1"].x == 250


@pytest.mark.parametrize(
    ("keys", "low", "high"),
    [("Alt+Shift+H", QRectF.left, QRectF.right), ("Alt+Shift+V", QRectF.top, QRectF.bottom)],
    ids=["Alt+Shift+H", "Alt+Shift+V"],
)
def test_the_gaps_between_the_selected_cards_become_equal(hands, keys, low, high):
    scattered(hands)
    steps = hands.steps()
    before = sorted(rects(hands), key=low)
    hands.keys(keys)
    hands.settle()
    row = sorted(rects(hands), key=low)
    gaps = [low(b) - high(a) for a, b in itertools.pairwise(row)]
    assert max(gaps) - min(gaps) <= 1, gaps
    assert (low(row[0]), low(row[-1])) == (low(before[0]), low(before[-1])), "the outermost stay"
    assert hands.steps() == steps + 1


def test_one_card_alone_has_nothing_to_line_up_with(hands):
    hands.bridge.select(("relu_1",))
    assert not hands.panel.action("align_left").isEnabled()
    hands.keys("Alt+Shift+L")
    assert hands.steps() == 0


cards_ = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2),
    st.builds(QRectF, st.integers(-900, 900), st.integers(-900, 900), st.sampled_from((168, 200, 288)), st.just(56)),
    min_size=1,
    max_size=7,
)


@given(cards_, st.sampled_from(("left", "centre", "right", "top", "middle", "bottom")))
def test_cards_lined_up_never_lie_on_each_other(cards, line):
    places = aligned(cards, line)
    assert places.keys() == cards.keys()
    moved = {i: QRectF(x, y, cards[i].width(), cards[i].height()) for i, (x, y) in places.items()}
    assert not any(a.intersects(b) for a, b in itertools.combinations(moved.values(), 2))


@given(cards_, st.sampled_from(("across", "down")))
def test_cards_spread_evenly_keep_their_order_and_their_other_coordinate(cards, axis):
    places = distributed(cards, axis)
    at, other = (0, 1) if axis == "across" else (1, 0)
    before = {i: (r.left(), r.top()) for i, r in cards.items()}
    assert all(places[i][other] == before[i][other] for i in cards)
    if len(cards) < 3:
        assert all(places[i][at] == before[i][at] for i in cards)
        return
    length = {i: r.width() if axis == "across" else r.height() for i, r in cards.items()}
    order = sorted(cards, key=lambda i: (before[i][at] + length[i] / 2, i))
    gaps = [places[b][at] - places[a][at] - length[a] for a, b in itertools.pairwise(order)]
    assert min(gaps) >= CLEAR - 1
    assert max(gaps) - min(gaps) <= 1


# --- snapping ---------------------------------------------------------------------------------------------------------

CARD = QRectF(0, 0, 168, 56)


def snap(still: list[QRectF], x: float, y: float) -> tuple[int, int, list[QLineF]]:
    """Where a card that was dragged to (x, y) comes to stand."""
    return Snapping(CARD, still).snap(x, y, 1.0)


@pytest.mark.parametrize(
    ("still", "at", "expected"),
    [
        (QRectF(503, 5, 168, 56), (505, 301), (503, 304)),  # left edges
        (QRectF(503, 5, 288, 56), (620, 301), (623, 304)),  # right edges
        (QRectF(503, 5, 288, 56), (560, 301), (563, 304)),  # centres below each other
        (QRectF(503, 5, 168, 56), (203, 8), (200, 5)),  # tops, so that wires run straight
        (QRectF(503, 5, 168, 104), (203, 50), (200, 53)),  # bottoms
        (QRectF(503, 5, 168, 104), (203, 27), (200, 29)),  # middles beside each other
    ],
    ids=["left", "right", "centre", "top", "bottom", "middle"],
)
def test_a_card_snaps_to_edges_and_middles(still, at, expected):
    x, y, lines = snap([still], *at)
    assert (x, y) == expected
    assert lines


def test_ports_get_a_guide_along_the_wire():
    _, _, lines = snap([QRectF(503, 5, 168, 56)], 203, 8)
    assert any(line.y1() == line.y2() == 5 + PORT_Y for line in lines)


def test_a_card_snaps_to_the_gap_its_neighbours_keep():
    row = [QRectF(0, 0, 168, 56), QRectF(215, 0, 168, 56)]  # a gap of 47
    x, y, lines = snap(row, 428, 2)
    assert (x, y) == (430, 0)
    gaps = {(line.x1(), line.x2()) for line in lines if line.y1() == line.y2() and line.x1() != line.x2()}
    assert {(168.0, 215.0), (383.0, 430.0)} <= gaps, "both gaps are shown"
    assert snap(row, -213, 2)[0] == -215


def test_a_card_snaps_to_the_middle_between_two():
    row = [QRectF(0, 0, 168, 56), QRectF(603, 0, 168, 56)]
    assert snap(row, 300, 1)[:2] == (302, 0)


def test_a_card_snaps_to_equal_gaps_in_a_column():
    column = [QRectF(0, 0, 168, 56), QRectF(0, 99, 168, 56)]
    assert snap(column, 2, 196)[:2] == (0, 198)


def test_far_from_everything_there_is_the_grid():
    assert snap([QRectF(2003, 2005, 168, 56)], 301, 99) == (304, 96, [])


def test_guides_show_while_a_card_is_held_and_alt_switches_them_off(hands):
    start = hands.middle("linear_1")
    hands.press(start)
    hands.carry(start, start + QPointF(3, -197))
    guides = [item for item in hands.canvas.items() if type(item).__name__ == "Guides"]
    assert guides[0].boundingRect().width() > 0
    hands.carry(start + QPointF(3, -197), start + QPointF(3, -197), keys=ALT)
    assert guides[0].boundingRect().isEmpty()
    hands.release(start + QPointF(3, -197), keys=ALT)
    assert (hands.graph.nodes["linear_1"].x, hands.graph.nodes["linear_1"].y) == (243, 3)
    assert not [item for item in hands.canvas.items() if type(item).__name__ == "Guides"]
