"""Where the parts of a card and the curve of a wire come to lie."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from workbench.catalogue.declaration import Port
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import GRID, HEIGHT, PORT_Y, WIDEST, frame, snapped
from workbench.ui.canvas.items.note import MOST_LINES, wrapped
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.wires import samples, wire_path
from workbench.ui.theme import Theme

words = st.text(st.characters(codec="ascii", exclude_categories=("C",)), max_size=60)


@pytest.fixture(scope="module")
def look(qapp) -> Look:
    return Look(Theme("dark"))


def test_a_plain_card_is_two_lines_high_with_its_port_between_them(look):
    laid = frame(
        Card("n", "Conv 1", "3×3, 32 filters", "64 × 64 × 32", "896", inputs=(Port("in"),), outputs=(Port("out"),)),
        look,
    )
    assert laid.height == HEIGHT
    assert laid.inputs == (QPointF(0, PORT_Y),)
    assert laid.outputs == (QPointF(laid.width, PORT_Y),)
    assert laid.title.bottom() <= laid.words.top() + 4


@given(
    title=words, below=words, shape=words, count=st.integers(0, 10**9), ports=st.integers(0, 16), maps=st.integers(0, 4)
)
def test_no_part_leaves_the_card_or_covers_another(look, title, below, shape, count, ports, maps):
    inputs = tuple(Port(f"in_{i}") for i in range(ports))
    laid = frame(Card("n", title, below, shape, f"{count:,}" if count else "", inputs=inputs, maps=maps), look)
    body = laid.rect
    assert laid.width % GRID == 0
    assert laid.height % GRID == 0
    assert laid.width <= WIDEST
    for part in (laid.title, laid.count, laid.words, laid.shape, *laid.thumbnails):
        assert body.contains(part) or part.isEmpty()
    assert not laid.title.intersects(laid.count)
    assert not laid.words.intersects(laid.shape)
    assert all(body.top() < p.y() < body.bottom() for p in laid.inputs)
    assert len({(p.x(), p.y()) for p in laid.inputs}) == ports
    assert all(not a.intersects(b) for i, a in enumerate(laid.thumbnails) for b in laid.thumbnails[i + 1 :])


def test_usual_words_are_not_cut(look):
    card = Card("n", "Global Average Pool", "3×3, 512 filters", "128 × 128 × 512", "2,359,808")
    laid = frame(card, look)
    assert look.title_width(card.title) <= laid.title.width()
    assert look.body_width(card.words) <= laid.words.width()
    assert look.body_width(card.shape) <= laid.shape.width()


@given(st.integers(-10_000, 10_000))
def test_snapping_finds_the_nearest_line(value):
    assert snapped(value) % GRID == 0
    assert abs(snapped(value) - value) <= GRID / 2


coordinate = st.integers(-2000, 2000)


@given(coordinate, coordinate, coordinate, coordinate)
def test_a_wire_begins_and_ends_at_its_ports_and_leaves_them_sideways(x1, y1, x2, y2):
    start, end = QPointF(x1, y1), QPointF(x2, y2)
    path = wire_path(start, end, QRectF(x1 - 168, y1 - 28, 168, 56), QRectF(x2, y2 - 28, 168, 56))
    assert path.elementAt(0).x == start.x()
    assert path.currentPosition() == end
    if path.length() > 20:
        near = path.pointAtPercent(path.percentAtLength(1.0))
        assert near.x() >= start.x() - 0.01
        near = path.pointAtPercent(path.percentAtLength(path.length() - 1.0))
        assert near.x() <= end.x() + 0.01


def test_a_wire_to_the_next_row_runs_between_the_rows():
    source, target = QRectF(900, 0, 168, 56), QRectF(0, 160, 168, 56)
    path = wire_path(QPointF(1068, 28), QPointF(0, 188), source, target)
    points = samples(path)
    inside = [p for p in points if 40 < p.x() < 1020]
    assert inside
    assert all(source.bottom() < p.y() < target.top() for p in inside)
    assert path.boundingRect().left() < 0
    assert path.boundingRect().right() > 1068


def test_samples_lie_on_the_path_in_order():
    path = wire_path(QPointF(0, 0), QPointF(300, 120))
    points = samples(path)
    assert points[0] == QPointF(0, 0)
    assert (points[-1] - QPointF(300, 120)).manhattanLength() < 0.5
    assert all(a.x() <= b.x() + 1e-6 for a, b in pairwise(points))


@given(st.text(max_size=600))
def test_notes_wrap_within_their_width(look, text):
    lines = wrapped(text, look, 212)
    assert len(lines) <= MOST_LINES
    assert all(look.body_width(line) <= 212 for line in lines)


def test_a_short_sentence_is_wrapped_whole(look):
    text = "Linear takes 128 numbers a picture, this wire carries 16 × 16 × 128."
    assert " ".join(wrapped(text, look, 212)) == text


def test_a_card_tells_a_mistake_from_work_in_progress():
    unwired = Diagnostic("port.unwired", "Add has nothing on its input.", port="in_1")
    wrong = Diagnostic("shape", "It does not fit.", port="in", fixes=(Fix("Add Flatten", "insert_on_edge"),))
    assert Card("n", "N", problems=(unwired,)).fault is None
    assert Card("n", "N", problems=(unwired,)).gap == unwired
    assert Card("n", "N", problems=(unwired, wrong)).fault == wrong
    assert Card("n", "N", problems=(unwired,)).sign == "warning"
    assert Card("n", "N", problems=(wrong,)).sign == "", "the note says it already"


def test_of_a_branch_that_leads_nowhere_only_the_last_card_shows_a_sign():
    idle = Diagnostic("node.idle", "What it gives does not reach an output.", Severity.WARNING)
    assert Card("n", "N", problems=(idle,)).sign == "warning"
    assert Card("n", "N", problems=(idle,), leads_on=True).sign == ""
