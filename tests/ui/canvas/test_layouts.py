"""Laying out: the whole or a part, from top to bottom, with frames, gliding, in the background."""

from __future__ import annotations

import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from workbench.document.edits import add
from workbench.document.graph import Edge, Frame, Graph, Node
from workbench.ui.canvas import arrange as arranging
from workbench.ui.canvas import arranging as commands
from workbench.ui.canvas.arrange import arrange
from workbench.ui.canvas.framing import content, lay_out, put
from workbench.ui.canvas.layering import layered, plain


def graph_of(count: int, pairs, frames=()) -> Graph:
    nodes = {f"n_{i}": Node(f"n_{i}", "add", x=10 * i, y=7 * i) for i in range(count)}
    ports = itertools.count()
    edges = frozenset(Edge(f"n_{a}", "out", f"n_{b}", f"in_{next(ports)}") for a, b in sorted(pairs))
    return Graph(nodes, edges, frames={f.id: f for f in frames})


@st.composite
def acyclic(draw) -> Graph:
    count = draw(st.integers(1, 16))
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=24))
    return graph_of(count, {(min(p), max(p)) for p in pairs if p[0] != p[1]})


def sizes_of(graph: Graph) -> dict[str, tuple[int, int]]:
    return {n: ((168, 232, 288)[i % 3], (56, 104)[i % 2]) for i, n in enumerate(graph.nodes)}


def rects(places, sizes) -> list[QRectF]:
    return [QRectF(x, y, *sizes[i]) for i, (x, y) in places.items()]


@pytest.mark.parametrize("place", [layered, plain])
@given(graph=acyclic())
def test_downwards_no_cards_overlap_and_wires_lead_down(patched, place, graph):
    patched.setattr(arranging, "layered", place)
    sizes = sizes_of(graph)
    places = arrange(graph, sizes, 1200, down=True)
    assert not any(a.intersects(b) for a, b in itertools.combinations(rects(places, sizes), 2))
    for edge in graph.edges:
        assert places[edge.source][1] + sizes[edge.source][1] <= places[edge.target][1]


@pytest.mark.parametrize("place", [layered, plain])
def test_a_wide_and_deep_network_of_three_thousand_layers_is_laid_out(patched, place):
    patched.setattr(arranging, "layered", place)
    chain = {(i, i + 1) for i in range(2999)}
    graph = graph_of(3000, chain | {(i, i + 7) for i in range(0, 2990, 5)})
    sizes = sizes_of(graph)
    places = arrange(graph, sizes, 1600)
    assert len(set(places.values())) == 3000
    rows: dict[int, list[QRectF]] = {}
    for rect in rects(places, sizes):
        rows.setdefault(round(rect.top()) // 104, []).append(rect)
    near = [a.intersects(b) for row in rows.values() for a, b in itertools.combinations(row, 2)]
    assert near
    assert not any(near)


# --- frames -----------------------------------------------------------------------------------------------------------

SIZES = {f"n_{i}": (168, 56) for i in range(10)}


def framed(*frames: Frame, pairs=((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))) -> Graph:
    """Six cards in a row of no particular order, 200 apart."""
    graph = graph_of(6, set(pairs), frames)
    nodes = {f"n_{i}": Node(f"n_{i}", "add", x=200 * i, y=0) for i in range(6)}
    return Graph(nodes, graph.edges, frames=graph.frames)


def test_a_frame_stays_around_what_lay_on_it_and_holds_nothing_else():
    graph = framed(Frame("frame_1", x=390, y=-60, width=400, height=140))
    assert content(graph, SIZES) == {"frame_1": {"n_2", "n_3"}}
    layout = lay_out(graph, SIZES, 700)
    after = put(Graph({i: Node(i, "add", x=x, y=y) for i, (x, y) in layout.nodes.items()}, frames=graph.frames), layout)
    assert content(after, SIZES) == {"frame_1": {"n_2", "n_3"}}
    x, y, width, height = layout.frames["frame_1"]
    area = QRectF(x, y, width, height)
    outside = [QRectF(*layout.nodes[n], 168, 56) for n in ("n_0", "n_1", "n_4", "n_5")]
    assert not any(area.intersects(r) for r in outside)
    cards = rects(layout.nodes, SIZES)
    assert not any(a.intersects(b) for a, b in itertools.combinations(cards, 2))


def test_frames_within_frames_stay_within():
    outer = Frame("frame_1", x=190, y=-90, width=600, height=240)
    inner = Frame("frame_2", x=390, y=-40, width=380, height=120)
    graph = framed(outer, inner)
    layout = lay_out(graph, SIZES, 900)
    boxes = {i: QRectF(*area) for i, area in layout.frames.items()}
    assert boxes["frame_1"].contains(boxes["frame_2"])
    assert boxes["frame_2"].contains(QRectF(*layout.nodes["n_2"], 168, 56))
    assert boxes["frame_1"].contains(QRectF(*layout.nodes["n_1"], 168, 56))
    assert not boxes["frame_2"].contains(QRectF(*layout.nodes["n_1"], 168, 56))


def test_a_frame_that_wires_leave_and_enter_again_is_drawn_around_its_content():
    # n_1 and n_3 lie on the frame, n_2 between them does not
    frame = Frame("frame_1", x=190, y=-60, width=600, height=140)
    graph = framed(frame)
    nodes = {**graph.nodes, "n_2": Node("n_2", "add", x=400, y=400)}
    graph = Graph(nodes, graph.edges, frames=graph.frames)
    assert content(graph, SIZES) == {"frame_1": {"n_1", "n_3"}}
    layout = lay_out(graph, SIZES, 2000)
    box = QRectF(*layout.frames["frame_1"])
    assert all(box.contains(QRectF(*layout.nodes[n], 168, 56)) for n in ("n_1", "n_3"))
    assert layout.nodes["n_1"][0] < layout.nodes["n_2"][0] < layout.nodes["n_3"][0]


def test_an_empty_frame_stays_where_it_is():
    graph = framed(Frame("frame_1", x=3000, y=3000))
    assert lay_out(graph, SIZES, 900).frames == {}


# --- the command ------------------------------------------------------------------------------------------------------


def tidy(hands) -> bool:
    cards = [item.rect for item in hands.canvas.nodes()]
    return not any(a.intersects(b) for a, b in itertools.combinations(cards, 2))


def test_the_key_lays_everything_out_in_one_step(hands):
    hands.drag(hands.middle("relu_1"), hands.middle("linear_1"))
    assert not tidy(hands)
    steps = hands.steps()
    hands.keys("Ctrl+Shift+F")
    hands.settle()
    assert tidy(hands)
    assert hands.steps() == steps + 1


def test_of_a_selection_only_that_is_laid_out_and_clear_of_the_rest(hands):
    chosen = ("conv2d_1", "relu_1", "flatten_1")
    hands.drag(hands.middle("relu_1"), hands.middle("conv2d_1") + QPointF(40, 30))
    rest = {i: (n.x, n.y) for i, n in hands.graph.nodes.items() if i not in chosen}
    hands.bridge.select(chosen)
    steps = hands.steps()
    hands.keys("Ctrl+Shift+F")
    hands.settle()
    assert {i: (n.x, n.y) for i, n in hands.graph.nodes.items() if i not in chosen} == rest
    assert tidy(hands)
    xs = [hands.graph.nodes[i].x for i in chosen]
    assert xs == sorted(xs)
    assert hands.steps() == steps + 1
    assert hands.bridge.selection == chosen


def test_from_top_to_bottom_where_a_person_likes_that(hands):
    hands.panel.action("arrange_down").trigger()
    hands.keys("Ctrl+Shift+F")
    hands.settle()
    ys = [hands.graph.nodes[i].y for i in hands.session.inferred.order]
    assert ys == sorted(ys)
    assert len(set(ys)) == len(ys)


def test_cards_glide_to_their_places_and_a_press_ends_that(hands, qtbot):
    hands.session.apply("Prepare", lambda graph: Graph({**graph.nodes, "relu_1": moved(graph)}, graph.edges))
    hands.keys("Ctrl+Shift+F")
    gliding = hands.view.arranging.gliding
    assert gliding.state() == gliding.State.Running
    assert 120 <= gliding.duration() <= 180
    there = hands.graph.nodes["relu_1"]
    assert hands.canvas.node("relu_1").pos() != QPointF(there.x, there.y), "it is still on its way"
    hands.press(QPointF(2000, 2000))
    assert gliding.state() == gliding.State.Stopped
    assert hands.canvas.node("relu_1").pos() == QPointF(there.x, there.y)
    wire = hands.canvas.wire("conv2d_1.out->relu_1.in")
    assert wire.path.currentPosition() == hands.input("relu_1")
    hands.release(QPointF(2000, 2000))


def moved(graph: Graph) -> Node:
    return Node("relu_1", "relu", x=900, y=600)


def test_a_glide_ends_by_itself_in_the_right_place(hands, qtbot):
    hands.session.apply("Prepare", lambda graph: Graph({**graph.nodes, "relu_1": moved(graph)}, graph.edges))
    hands.keys("Ctrl+Shift+F")
    gliding = hands.view.arranging.gliding
    qtbot.waitUntil(lambda: gliding.state() == gliding.State.Stopped, timeout=3000)
    for node in hands.graph:
        assert hands.canvas.node(node.id).pos() == QPointF(node.x, node.y)


def test_nothing_glides_where_the_system_asks_for_less_motion(hands, monkeypatch):
    monkeypatch.setattr("workbench.ui.canvas.gliding.duration", lambda _widget: 0)
    hands.session.apply("Prepare", lambda graph: Graph({**graph.nodes, "relu_1": moved(graph)}, graph.edges))
    hands.keys("Ctrl+Shift+F")
    assert hands.view.arranging.gliding.state() == hands.view.arranging.gliding.State.Stopped
    assert tidy(hands)


def test_undo_during_a_glide_shows_the_places_before(hands):
    before = {n.id: QPointF(n.x, n.y) for n in hands.graph}
    hands.session.apply("Prepare", lambda graph: Graph({**graph.nodes, "relu_1": moved(graph)}, graph.edges))
    hands.keys("Ctrl+Shift+F")
    hands.session.undo()
    hands.session.undo()
    assert {item.id: item.pos() for item in hands.canvas.nodes()} == before


@pytest.fixture
def large(open_canvas):
    """A canvas whose layout is worked out in the background."""
    count = commands.MANY + 20
    nodes = [Node(f"relu_{i}", "relu", x=(i % 20) * 50, y=i // 20) for i in range(count)]
    edges = [Edge(f"relu_{i}", "out", f"relu_{i + 1}", "in") for i in range(count - 1)]
    graph = add(Graph(), *nodes, edges=edges)
    assert isinstance(graph, Graph)
    return open_canvas(graph)


def test_a_large_network_is_laid_out_off_the_windows_thread(large, qtbot, monkeypatch):
    threads = []
    solve = commands._solve
    monkeypatch.setattr(commands, "_solve", lambda order: (threads.append(threading.current_thread()), solve(order))[1])
    large.keys("Ctrl+Shift+F")
    qtbot.waitUntil(lambda: large.session.history.can_undo, timeout=20_000)
    large.settle()
    assert threads[0] is not threading.main_thread()
    assert large.steps() == 1
    assert len({(n.x, n.y) for n in large.graph}) == len(large.graph)


def test_a_layout_of_what_was_changed_meanwhile_is_dropped(large, qtbot, monkeypatch):
    asked, go_on = threading.Event(), threading.Event()
    solve = commands._solve

    def slow(order):
        asked.set()
        assert go_on.wait(10)
        return solve(order)

    monkeypatch.setattr(commands, "_solve", slow)
    large.keys("Ctrl+Shift+F")
    assert asked.wait(10)
    large.bridge.select(("relu_3",))
    large.keys("Delete")
    go_on.set()
    qtbot.wait(150)
    assert large.steps() == 1, "only the deletion"


@pytest.fixture(scope="module")
def patched():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
