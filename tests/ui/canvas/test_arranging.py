"""Auto-layout: order, rows, no overlaps, the same each time, with and without the fast library."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.document.edits import add
from workbench.document.graph import Edge, Graph, Node
from workbench.ui.canvas import arrange as arranging
from workbench.ui.canvas.arrange import arrange
from workbench.ui.canvas.layering import layered, plain


def graph_of(count: int, pairs: set[tuple[int, int]]) -> Graph:
    nodes = [Node(f"n_{i}", "add") for i in range(count)]
    ports = itertools.count()
    made = add(Graph(), *nodes, edges=[Edge(f"n_{a}", "out", f"n_{b}", f"in_{next(ports)}") for a, b in sorted(pairs)])
    assert isinstance(made, Graph)
    return made


@st.composite
def acyclic(draw) -> Graph:
    count = draw(st.integers(1, 24))
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=40))
    return graph_of(count, {(min(p), max(p)) for p in pairs if p[0] != p[1]})


def sizes_of(graph: Graph, seed: int = 0) -> dict[str, tuple[int, int]]:
    rng = random.Random(seed)
    return {n: (rng.choice((168, 200, 232)), rng.choice((56, 104))) for n in graph.nodes}


@pytest.mark.parametrize("place", [layered, plain])
@given(graph=acyclic())
def test_no_cards_overlap_and_everything_is_on_the_grid(monkeypatch_module, place, graph):
    monkeypatch_module.setattr(arranging, "layered", place)
    sizes = sizes_of(graph)
    places = arrange(graph, sizes, 1200)
    assert list(places) == list(graph.nodes)
    assert all(x % 8 == 0 and y % 8 == 0 for x, y in places.values())
    for a, b in itertools.combinations(graph.nodes, 2):
        (ax, ay), (bx, by) = places[a], places[b]
        apart = ax + sizes[a][0] <= bx or bx + sizes[b][0] <= ax or ay + sizes[a][1] <= by or by + sizes[b][1] <= ay
        assert apart, (a, b)


@pytest.mark.parametrize("place", [layered, plain])
@given(graph=acyclic())
def test_wires_lead_to_later_columns(place, graph):
    edges = sorted({(e.source, e.target) for e in graph.edges})
    for part in arranging._parts(graph):
        inside = [e for e in edges if e[0] in part]
        at = place(part, inside)
        assert all(at[a].rank < at[b].rank for a, b in inside)
        assert min(p.rank for p in at.values()) == 0
        taken = [(p.rank, p.lane) for p in at.values()]
        assert len(taken) == len(set(taken))


def test_a_chain_runs_in_rows_like_text():
    graph = graph_of(10, {(i, i + 1) for i in range(9)})
    sizes = dict.fromkeys(graph.nodes, (200, 56))
    places = arrange(graph, sizes, 1000)
    rows = sorted({y for _, y in places.values()})
    assert len(rows) == 3
    assert all(x + 200 <= 1000 for x, _ in places.values())
    reading = sorted(places, key=lambda n: (places[n][1], places[n][0]))
    assert reading == [f"n_{i}" for i in range(10)]


def test_a_branch_is_not_cut_where_it_can_be_avoided():
    # A chain of four, a residual block of three, a chain of two: the row breaks before or after the block.
    chain = {(i, i + 1) for i in range(9)}
    graph = graph_of(10, chain | {(4, 7)})
    places = arrange(graph, dict.fromkeys(graph.nodes, (200, 56)), 1300)
    block = [places[f"n_{i}"] for i in (5, 6, 7)]
    assert block[0][0] < block[1][0] < block[2][0]


def test_layers_without_wires_come_last_side_by_side():
    graph = graph_of(5, {(0, 1)})
    places = arrange(graph, dict.fromkeys(graph.nodes, (200, 56)), 2000)
    loose = [places[f"n_{i}"] for i in (2, 3, 4)]
    assert len({y for _, y in loose}) == 1
    assert loose[0][1] > places["n_0"][1]


def test_the_same_graph_is_laid_out_the_same_way():
    rng = random.Random(5)
    pairs = {tuple(sorted(rng.sample(range(60), 2))) for _ in range(90)}
    graph = graph_of(60, pairs)
    sizes = sizes_of(graph)
    first = arrange(graph, sizes, 1400)
    shuffled = Graph(graph.nodes, frozenset(random.Random(1).sample(sorted(graph.edges), len(graph.edges))))
    assert arrange(shuffled, sizes, 1400) == first


def test_arrange_is_one_undo_step_and_shows_the_result(hands):
    for node in ("conv2d_1", "relu_1"):
        hands.bridge.select((node,))
        hands.view.arranging.nudge(0, 300)
    steps = hands.steps()
    hands.do("arrange")
    hands.view.arranging.gliding.settle()
    assert hands.steps() == steps + 1
    rects = [item.rect for item in hands.canvas.nodes()]
    assert not any(a.intersects(b) for a, b in itertools.combinations(rects, 2))
    assert hands.view.visible_rect().contains(hands.canvas.bounds())
    for edge in hands.graph.edges:
        path = hands.canvas.wire(edge.id).path
        assert path.currentPosition() == hands.input(edge.target, edge.target_port)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
