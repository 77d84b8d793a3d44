"""Graphs written down: ids, wires and places as a person would have chosen them."""

from __future__ import annotations

import pytest

from workbench.catalogue.drawing import COLUMN, LANE, Drawing, layer, use
from workbench.document.graph import BlockParam, Edge, Graph

CHANNELS = BlockParam("channels", "Channels", "int", 8, "How many maps come out.", 1, 64)


def places(graph: Graph) -> dict[str, tuple[int, int]]:
    return {node.id: (node.x, node.y) for node in graph}


def test_a_chain_runs_to_the_right_and_its_nodes_are_called_by_their_names() -> None:
    d = Drawing()
    d.chain(d.put(layer("pictures")), layer("conv2d", "Stem", filters=4), layer("relu"), layer("relu"))
    graph = d.graph()
    assert list(graph.nodes) == ["pictures_1", "stem", "relu_1", "relu_2"]
    assert graph.nodes["stem"].name == "Stem"
    assert graph.nodes["stem"].params == {"filters": 4}
    assert [x for x, _ in places(graph).values()] == [0, COLUMN, 2 * COLUMN, 3 * COLUMN]
    assert {y for _, y in places(graph).values()} == {0}
    assert Edge("relu_1", "out", "relu_2", "in") in graph.edges


def test_a_branch_lies_beneath_and_a_merge_right_of_both() -> None:
    d = Drawing()
    x = d.put(layer("pictures"))
    long = d.chain(x, layer("relu"), layer("relu"))
    with d.lane(1):
        short = d.chain(x, layer("tanh"))
    d.put(layer("add", "Sum"), long, short)
    at = places(d.graph())
    assert at["tanh_1"] == (COLUMN, LANE)
    assert at["sum"] == (3 * COLUMN, 0)
    assert {e.target_port for e in d.graph().edges if e.target == "sum"} == {"in_1", "in_2"}


def test_the_end_of_a_shorter_branch_stands_next_to_the_merge() -> None:
    d = Drawing(main=1)
    x = d.put(layer("pictures"))
    with d.lane(0):
        long = d.chain(x, *(layer("relu") for _ in range(4)))
    short = d.chain(x, layer("tanh"), layer("sigmoid"))
    d.put(layer("add"), long, short)
    at = places(d.graph())
    assert (at["tanh_1"], at["sigmoid_1"]) == ((COLUMN, LANE), (4 * COLUMN, LANE))
    assert at["relu_4"] == (4 * COLUMN, 0)
    assert at["add_1"] == (5 * COLUMN, LANE)


def test_a_node_that_feeds_others_stays_where_it_is() -> None:
    d = Drawing()
    x = d.chain(d.put(layer("pictures")), layer("tanh"))
    with d.lane(1):
        y = d.chain(x, *(layer("relu") for _ in range(3)))
    d.put(layer("add"), x, y)
    assert places(d.graph())["tanh_1"] == (COLUMN, 0)


def test_three_wires_make_a_merge_with_three_inputs() -> None:
    d = Drawing()
    x = d.put(layer("pictures"))
    d.put(layer("concat"), x, x, x)
    assert d.graph().nodes["concat_1"].params["inputs"] == 3


def test_two_cards_never_lie_on_each_other() -> None:
    d = Drawing()
    x = d.put(layer("pictures"))
    for _ in range(3):
        d.put(layer("relu"), x)
    at = places(d.graph())
    assert len(set(at.values())) == len(at)


def test_a_new_line_begins_at_the_left_beneath_everything() -> None:
    d = Drawing()
    x = d.chain(d.put(layer("pictures")), layer("relu"))
    with d.lane(2):
        d.put(layer("tanh"), x)
    d.row()
    d.put(layer("sigmoid"), x)
    assert places(d.graph())["sigmoid_1"] == (0, 3 * LANE)


def test_a_frame_lies_around_what_was_put_inside_and_nothing_else() -> None:
    d = Drawing()
    with d.frame("First", "blue"):
        x = d.chain(d.put(layer("pictures")), layer("relu"))
    d.row()
    with d.frame("Second"):
        d.put(layer("tanh"), x)
    graph = d.graph()
    first, second = graph.frames.values()
    assert (first.title, first.colour, second.title) == ("First", "blue", "Second")
    within = [
        [n.id for n in graph if f.x < n.x < f.x + f.width and f.y < n.y < f.y + f.height] for f in (first, second)
    ]
    assert within == [["pictures_1", "relu_1"], ["tanh_1"]]
    assert first.y + first.height <= second.y


def plain_block() -> Drawing:
    d = Drawing()
    x = d.input()
    d.output(d.chain(x, layer("conv2d", "Conv", filters="=channels").bypassed("channels == 1")))
    with d.lane(1):
        d.output(x, "Untouched", "skip")
    return d


def test_a_block_has_ports_parameters_and_states() -> None:
    made = plain_block().block("plain", "Plain", "A convolution.", CHANNELS)
    assert list(made.block.graph.nodes) == ["in", "conv", "out", "skip"]
    assert made.block.graph.nodes["conv"].state == "=channels == 1"
    assert made.block.params == (CHANNELS,)
    assert made.needed == ()


def test_a_use_brings_its_definition_and_those_that_one_needs() -> None:
    inner = plain_block().block("plain", "Plain", "A convolution.", CHANNELS)
    d = Drawing()
    x = d.put(use(inner, "Inner"), d.input())
    d.output(d.put(layer("add"), x, x.at("skip")))
    outer = d.block("outer", "Outer", "Two of them.")
    assert [block.id for block in outer.needed] == ["plain"]
    d = Drawing()
    x = d.put(use(outer, repeat=3), d.put(layer("pictures")))
    graph = d.graph()
    assert list(graph.blocks) == ["plain", "outer"]
    assert graph.nodes["outer_1"].block == "outer"
    assert graph.nodes["outer_1"].params["repeat"] == 3
    assert Edge("inner", "skip", "add_1", "in_2") in outer.block.graph.edges


def test_as_many_wires_as_a_block_has_inputs() -> None:
    made = plain_block().block("plain", "Plain", "A convolution.", CHANNELS)
    d = Drawing()
    x = d.put(layer("pictures"))
    with pytest.raises(ValueError, match="shorter"):
        d.put(use(made), x, x)


def test_a_port_cannot_be_called_as_another() -> None:
    d = Drawing()
    d.input()
    with pytest.raises(ValueError, match="'in'"):
        d.input()
