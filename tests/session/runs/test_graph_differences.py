from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from workbench.document.graph import Block, Edge, Graph, Node, frozen
from workbench.session.runs.graph_differences import ADDED, CHANGED, REMOVED, graph_differences, in_short


def node(identity: str, layer: str, name: str = "", **params: Any) -> Node:
    return Node(identity, layer, name, frozen(params))


def chain(*nodes: Node) -> Graph:
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    return Graph({n.id: n for n in nodes}, edges)


PICTURES = node("pictures_1", "pictures")
CONV = node("conv2d_1", "conv2d", "First look", filters=16)
RELU = node("relu_1", "relu")
LINEAR = node("linear_1", "linear", units=3)
BEFORE = chain(PICTURES, CONV, RELU, LINEAR)


def change(graph: Graph, identity: str, **changes: Any) -> Graph:
    return replace(graph, nodes={**graph.nodes, identity: replace(graph.nodes[identity], **changes)})


def test_the_same_network_has_no_differences_wherever_its_layers_lie() -> None:
    found = graph_differences(BEFORE, change(BEFORE, "relu_1", x=400, colour="red", collapsed=True))
    assert not found
    assert in_short(found) == "the same network"
    assert found.marks == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": frozen({"filters": 32})}, "First look: filters 16 → 32"),
        ({"params": frozen({"filters": 16, "kernel": (5, 5)})}, "First look: kernel 3 × 3 → 5 × 5"),
        ({"name": "Second look"}, "Second look: is called Second look, not First look"),
        ({"state": "muted"}, "First look: muted, not at work"),
        ({"frozen": True}, "First look: frozen"),
        ({"rate": 0.1}, "First look: learning rate × 0.1, not × 1"),
        ({"layer": "linear", "params": frozen({"units": 4})}, "First look: Conv 2D became Linear"),
    ],
)
def test_what_changed_is_said_with_both_values(changes: dict[str, Any], said: str) -> None:
    found = graph_differences(BEFORE, change(BEFORE, "conv2d_1", **changes))
    assert [s.replace("Conv2D", "Conv 2D").replace("Convolution 2D", "Conv 2D") for s in found.sentences] == [said]
    assert found.marks == found.gone == {"conv2d_1": CHANGED}
    assert in_short(found) == "1 layer differs"


def test_a_default_written_out_is_no_difference() -> None:
    assert not graph_differences(BEFORE, change(BEFORE, "conv2d_1", params=frozen({"filters": 16, "kernel": (3, 3)})))


def test_layers_that_came_and_went_are_said_and_marked() -> None:
    dropout = node("dropout_1", "dropout", rate=0.3)
    after = chain(PICTURES, CONV, dropout, LINEAR)
    found = graph_differences(BEFORE, after)
    assert found.sentences[0] == "ReLU 1 was removed"
    assert found.sentences[1].startswith("Dropout 1 was added (")
    assert found.sentences[1].endswith(" behind First look")
    assert len(found.sentences) == 2
    assert found.gone == {"relu_1": REMOVED}
    assert found.marks == {"dropout_1": ADDED}


def test_a_layer_put_into_a_wire_is_said_once() -> None:
    after = chain(PICTURES, CONV, node("dropout_1", "dropout"), RELU, LINEAR)
    for before, now, said in ((BEFORE, after, "added"), (after, BEFORE, "removed")):
        (sentence,) = graph_differences(before, now).sentences
        assert said in sentence


def test_a_wire_between_layers_that_stayed_is_said() -> None:
    after = replace(BEFORE, edges=(BEFORE.edges - {Edge("conv2d_1", "out", "relu_1", "in")}))
    after = replace(after, edges=after.edges | {Edge("pictures_1", "out", "relu_1", "in")})
    found = graph_differences(BEFORE, after)
    assert found.sentences == ("First look no longer leads to ReLU 1", "Pictures leads to ReLU 1")
    assert in_short(found) == "other wires"


def block(filters: int, inner: int) -> Graph:
    """A network that uses a block twice, which uses another block itself."""
    small = Block("small", "Small", chain(node("x", "block_input"), node("conv2d_1", "conv2d", filters=inner)))
    large = Block(
        "large",
        "Large",
        chain(node("x", "block_input"), node("conv2d_1", "conv2d", filters=filters), node("small_1", "block:small")),
    )
    graph = chain(PICTURES, node("large_1", "block:large"), node("large_2", "block:large"), LINEAR)
    return replace(graph, blocks={"small": small, "large": large})


def test_what_differs_inside_a_block_is_said_once_and_marks_its_uses() -> None:
    found = graph_differences(block(8, 4), block(16, 4))
    (sentence,) = found.sentences
    assert sentence.startswith("In Large: ")
    assert sentence.endswith("filters 8 → 16")
    assert found.marks == found.gone == {"large_1": CHANGED, "large_2": CHANGED}
    deeper = graph_differences(block(8, 4), block(8, 2))
    assert [s.partition(":")[0] for s in deeper.sentences] == ["In Small"]


def test_unknown_layers_differ_in_plain_words() -> None:
    before = chain(PICTURES, node("warp_1", "warp", speed=8))
    after = chain(PICTURES, node("warp_1", "warp", speed=9))
    assert graph_differences(before, after).sentences == ("warp_1: speed 8 → 9",)
