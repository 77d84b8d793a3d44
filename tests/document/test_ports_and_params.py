"""A block's ports put in order, and the names and kinds of its parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic
from workbench.document.block_params import fresh_param, moved_param, param_id
from workbench.document.block_rules import KINDS, block_fault
from workbench.document.blocks import ports
from workbench.document.expressions import is_name
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, BlockParam, Graph, Node
from workbench.document.port_edits import add_port, move_port


def block(*nodes: Node) -> Graph:
    return Graph({node.id: node for node in nodes})


THREE = block(
    Node("in", BLOCK_INPUT, "First"),
    Node("conv2d_1", "conv2d"),
    Node("in_2", BLOCK_INPUT),
    Node("out", BLOCK_OUTPUT, x=500),
    Node("in_3", BLOCK_INPUT),
)


def inputs(graph: Graph | Diagnostic) -> list[str]:
    assert isinstance(graph, Graph)
    return [node.id for node in ports(Block("b", "B", graph))[0]]


def test_a_port_moves_among_those_of_its_side() -> None:
    assert inputs(move_port(THREE, "in", 1)) == ["in_2", "in", "in_3"]
    assert inputs(move_port(THREE, "in_3", -1)) == ["in", "in_3", "in_2"]
    assert move_port(THREE, "in", -1) is THREE
    assert move_port(THREE, "out", 1) is THREE
    moved = move_port(THREE, "in", 1)
    assert isinstance(moved, Graph)
    assert moved.nodes == THREE.nodes, "only the order differs"
    assert isinstance(move_port(THREE, "gone", 1), Diagnostic)


def test_new_ports_have_free_names_and_stand_below_the_others() -> None:
    grown = add_port(THREE, BLOCK_INPUT)
    assert isinstance(grown, Graph)
    made = next(node for node in grown if node.id not in THREE.nodes)
    assert made.id == "in_4"
    assert made.layer == BLOCK_INPUT
    assert all(made.y > node.y for node in THREE if node.layer == BLOCK_INPUT)
    more = add_port(grown, BLOCK_OUTPUT)
    assert isinstance(more, Graph)
    assert more.nodes["out_2"].x == 500
    first = add_port(block(Node("relu_1", "relu", x=100)), BLOCK_OUTPUT)
    assert isinstance(first, Graph)
    assert first.nodes["out"].x > 100
    alone = add_port(Graph(), BLOCK_INPUT)
    assert isinstance(alone, Graph)
    assert "in" in alone.nodes


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_parameter_can_be_kept_at_once(kind: str) -> None:
    own = Block("b", "B", Graph())
    for _ in range(3):
        own = Block("b", "B", Graph(), (*own.params, fresh_param(own, kind)))
        assert block_fault(own) is None
    assert len({p.id for p in own.params}) == 3


def test_parameters_move() -> None:
    params = tuple(BlockParam(i, i, "int", 1) for i in "abc")
    assert [p.id for p in moved_param(params, "a", 1)] == ["b", "a", "c"]
    assert [p.id for p in moved_param(params, "c", -2)] == ["c", "a", "b"]
    assert moved_param(params, "c", 1) is params
    assert moved_param(params, "z", 1) is params


def test_names_come_from_what_a_person_types() -> None:
    assert param_id("Out channels") == "out_channels"
    assert param_id("  stride ") == "stride"
    assert param_id("in_channels") == "in_channels", "taken, and the edit says so"
    assert param_id("3") == "3"
    assert param_id("Größe") == "gr_e"


@given(st.text(max_size=80))
def test_a_made_name_is_a_name_or_the_text_itself(text: str) -> None:
    made = param_id(text)
    assert is_name(made) or made == text.strip()
