"""Going from card to card, moving a layer along its chain, and closing the gap where layers are taken away."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from tests.ui.canvas.conftest import chain
from workbench.compiler.inference import infer
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import add
from workbench.document.graph import Edge, Graph, Node
from workbench.session.healing import removed
from workbench.ui.canvas.chaining import moved
from workbench.ui.canvas.walking import neighbour

# a and b feed c; d stands alone below
NODES = {"a": (0, 0), "b": (0, 200), "c": (400, 190), "d": (400, 700)}
CARDS = {i: QRectF(x, y, 168, 56) for i, (x, y) in NODES.items()}
GRAPH = Graph(
    {i: Node(i, "add", x=x, y=y) for i, (x, y) in NODES.items()},
    frozenset({Edge("a", "out", "c", "in_1"), Edge("b", "out", "c", "in_2")}),
)


@pytest.mark.parametrize(
    ("start", "way", "end"),
    [
        ("a", "right", "c"),
        ("c", "left", "b"),  # of two that feed it, the one nearer in height
        ("a", "down", "b"),
        ("b", "up", "a"),
        ("c", "down", "d"),
        ("d", "left", None),  # no wire, and nothing within a right angle
        ("a", "up", None),
        ("a", "left", None),
    ],
)
def test_the_next_card(start, way, end):
    assert neighbour(GRAPH, CARDS, start, way) == end


def test_a_wire_counts_for_more_than_the_place():
    graph = Graph(GRAPH.nodes, frozenset({Edge("c", "out", "a", "in_1")}))
    assert neighbour(graph, CARDS, "c", "right") == "a", "the next row begins at the left"


@given(st.sampled_from(sorted(NODES)), st.sampled_from(("left", "right", "up", "down")))
def test_the_next_card_is_another_one(node, way):
    assert neighbour(GRAPH, CARDS, node, way) != node


# --- along the chain --------------------------------------------------------------------------------------------------


def wires(graph: Graph) -> set[tuple[str, str]]:
    return {(e.source, e.target) for e in graph.edges}


def test_a_layer_changes_places_with_the_one_before_it():
    graph = moved(chain(), "relu_1", "up")
    assert isinstance(graph, Graph)
    order = ["pictures_1", "relu_1", "conv2d_1", "flatten_1", "linear_1", "output_1"]
    assert wires(graph) == set(pairwise(order))
    assert (graph.nodes["relu_1"].x, graph.nodes["conv2d_1"].x) == (240, 480)


def test_down_takes_back_what_up_did():
    there = moved(chain(), "relu_1", "up")
    assert moved(there, "relu_1", "down") == chain()


def test_further_inputs_stay_where_they_are():
    graph = add(
        chain(),
        Node("add_1", "add", x=960),
        edges=(Edge("relu_1", "out", "add_1", "in_1"), Edge("conv2d_1", "out", "add_1", "in_2")),
    )
    assert isinstance(moved(graph, "relu_1", "up"), Diagnostic), "the convolution feeds two layers"
    down = moved(graph, "flatten_1", "down")
    assert isinstance(down, Graph)
    assert {("relu_1", "add_1"), ("conv2d_1", "add_1")} <= wires(down)


@pytest.mark.parametrize(
    ("node", "way", "why"),
    [
        ("pictures_1", "up", "nothing feeds it"),
        ("conv2d_1", "up", "begins the network"),
        ("output_1", "down", "feeds nothing"),
        ("linear_1", "down", "ends the network"),
    ],
)
def test_where_a_layer_cannot_go_a_sentence_says_why(node, way, why):
    refused = moved(chain(), node, way)
    assert isinstance(refused, Diagnostic)
    assert why in refused.message
    assert refused.message.endswith(".")


# --- healing ----------------------------------------------------------------------------------------------------------


def test_a_gap_is_closed_where_the_shapes_fit_and_left_open_where_they_do_not():
    graph = chain()
    inferred = infer(graph)
    assert ("conv2d_1", "flatten_1") in wires(removed(graph, ["relu_1"], known=inferred))
    assert ("relu_1", "linear_1") not in wires(removed(graph, ["flatten_1"], known=inferred))
    across = wires(removed(graph, ["conv2d_1", "relu_1"], known=inferred))
    assert ("pictures_1", "flatten_1") in across, "over a whole chain of removed layers"


def test_where_nothing_is_known_the_gap_is_closed():
    graph = Graph(chain().nodes, frozenset(e for e in chain().edges if e.source != "pictures_1"))
    assert ("relu_1", "linear_1") in wires(removed(graph, ["flatten_1"], known=infer(graph)))


def test_wires_that_were_wrong_before_stay():
    graph = Graph(
        chain().nodes, frozenset({*chain().edges, Edge("relu_1", "out", "linear_1", "in")} - {
            Edge("flatten_1", "out", "linear_1", "in")
        })
    )  # fmt: skip
    left = removed(graph, ["output_1"], known=infer(graph))
    assert ("relu_1", "linear_1") in wires(left)


def test_what_is_not_there_is_refused():
    assert isinstance(removed(chain(), ["gone_1"], known=infer(chain())), Diagnostic)
