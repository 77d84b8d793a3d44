from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic
from workbench.document.clipboard import copy, paste
from workbench.document.edits import add, rename
from workbench.document.format import encode
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen
from workbench.document.migrations import VERSION
from workbench.document.project import Project


def pasted(result: tuple[Graph, tuple[str, ...]] | Diagnostic) -> tuple[Graph, tuple[str, ...]]:
    assert not isinstance(result, Diagnostic), result
    return result


def test_copied_layers_keep_their_wires_and_places(chain: Graph, wire: Callable[..., Edge]) -> None:
    text = copy(chain, ["relu_1", "conv_1", "nobody"])
    graph, new = pasted(paste(chain, text, 1000.4, 7))
    assert new == ("conv_2", "relu_2")
    assert graph.edges - chain.edges == {wire("conv_2", "relu_2")}
    assert [(graph.nodes[i].x, graph.nodes[i].y) for i in new] == [(1000, 7), (1100, 7)]
    again, newer = pasted(paste(graph, text, 0, 0))
    assert newer == ("conv_3", "relu_3")
    assert len(again) == len(chain) + 4


def test_the_text_is_readable_json(chain: Graph) -> None:
    read = json.loads(copy(chain, ["conv_1"]))
    assert read == {
        "version": VERSION,
        "edges": [],
        "fed": ["input_1.out -> conv_1.in"],
        "nodes": [{"id": "conv_1", "layer": "conv", "position": [100, 50]}],
    }


def test_names_params_and_unknown_fields_travel() -> None:
    node = Node("a", "later.layer", "Name é", frozen({"k": (1, 2.0)}), extra=frozen({"colour": "amber"}))
    graph = add(Graph(), node)
    assert isinstance(graph, Graph)
    other, (new,) = pasted(paste(Graph(), copy(graph, ["a"]), 0, 0))
    copied = other.nodes[new]
    assert (copied.layer, copied.name, copied.params, copied.extra) == (node.layer, node.name, node.params, node.extra)


def test_a_whole_project_file_can_be_pasted(chain: Graph) -> None:
    graph, new = pasted(paste(Graph(), "\n" + encode(Project(graph=chain)).decode(), 0, 0))
    assert len(new) == len(graph) == len(chain)
    assert len(graph.edges) == len(chain.edges)


def test_nothing_chosen_is_no_text(chain: Graph) -> None:
    assert copy(chain, []) == copy(chain, ["nobody"]) == ""


@pytest.mark.parametrize("text", ["", "hello", "https://example.org", '{"name": "x"}', "{}", "[1, 2]", "7"])
def test_other_texts_are_no_layers(chain: Graph, text: str) -> None:
    result = paste(chain, text, 0, 0)
    assert isinstance(result, Diagnostic)
    if text != "{}":
        assert result.code == "clipboard.no_layers"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"version": 99, "nodes": []}',
        '{"version": 1, "nodes": [{}]}',
        '{"version": 1, "nodes": NaN}',
        '{"version": 1, "nodes": [{"id": "a", "layer": "x", "params": {"p": {}}}]}',
        '{"version": 1, "nodes": [{"id": "a", "layer": "x"}], "edges": ["a.out -> b.in"]}',
        '{"version": 1, "nodes": "\\ud800"}',
    ],
)
def test_damaged_layers_are_refused_whole(chain: Graph, text: str) -> None:
    result = paste(chain, text, 0, 0)
    assert isinstance(result, Diagnostic)
    assert result.code == "clipboard.damaged"
    assert result.details


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet='{}[]":,versionds1. ->\ud800', max_size=60))
def test_any_text_gives_layers_or_a_diagnostic(text: str, chain: Graph) -> None:
    result = paste(chain, text, 0, 0)
    assert isinstance(result, Diagnostic)


def test_copies_of_a_renamed_layer_keep_the_name(chain: Graph) -> None:
    named = rename(chain, "conv_1", "Edges")
    assert isinstance(named, Graph)
    graph, (new,) = pasted(paste(named, copy(named, ["conv_1"]), 0, 0))
    assert graph.nodes[new].name == "Edges"


def celled(filters: int | str, title: str = "Cell") -> Graph:
    """a -> cell_1, with "stage" around a use of the same block."""
    cell = add(Graph(), Node("in", "block_input", "Here"), Node("conv", "conv2d", params=frozen({"filters": filters})))
    stage = add(Graph(), Node("cell_9", "block:cell", params=frozen({"width": "=width"}), state="=index == 0"))
    assert isinstance(cell, Graph)
    assert isinstance(stage, Graph)
    blocks = {
        "cell": Block("cell", title, cell, (BlockParam("width", "Width", "int", 8),)),
        "stage": Block("stage", "Stage", stage),
    }
    nodes = (Node("a", "relu"), Node("cell_1", "block:cell", state="muted", colour="red"), Node("s", "block:stage"))
    graph = add(Graph(blocks=blocks), *nodes, edges=[Edge("a", "out", "cell_1", "in")])
    assert isinstance(graph, Graph)
    return graph


def test_blocks_come_along_as_deep_as_they_nest() -> None:
    graph = celled("=width")
    other, ids = pasted(paste(Graph(), copy(graph, ["s", "cell_1"]), 0, 0))
    assert ids == ("cell_1", "stage_1")
    assert other.blocks == graph.blocks
    assert other.nodes["cell_1"] == replace(graph.nodes["cell_1"], x=0, y=0)
    again, (_, stage) = pasted(paste(other, copy(graph, ["s", "cell_1"]), 0, 0))
    assert again.blocks == other.blocks  # equal ones are shared
    assert again.nodes[stage].block == "stage"
    assert pasted(paste(Graph(), copy(graph, ["a"]), 0, 0))[0].blocks == {}


def test_a_different_block_of_the_same_name_gets_its_own() -> None:
    here = celled(3)
    result, (stage,) = pasted(paste(here, copy(celled("=width * 2"), ["s"]), 0, 0))
    assert result.blocks.keys() == {"cell", "stage", "cell_2", "stage_2"}
    assert result.nodes[stage].block == "stage_2"
    assert result.blocks["stage_2"].graph.nodes["cell_9"].block == "cell_2"
    assert result.blocks["cell_2"].graph.nodes["conv"].params["filters"] == "=width * 2"
    assert result.blocks["stage_2"].graph.nodes["cell_9"].state == "=index == 0"


def test_ports_are_pasted_in_blocks_only() -> None:
    inside = celled("=width").inside("cell")
    text = copy(inside, ["in", "conv"])
    refused = paste(Graph(), text, 0, 0)
    assert isinstance(refused, Diagnostic)
    assert refused.code == "clipboard.port"
    assert "“Here”" in refused.message
    result, ids = pasted(paste(inside, text, 0, 0, in_block=True))
    assert ids == ("in_2", "conv2d_1")
    assert result.nodes["conv2d_1"].params["filters"] == "=width"


def test_wires_from_outside_are_kept_where_what_fed_them_is(chain: Graph) -> None:
    text = copy(chain, ["relu_1", "add_1"])
    plain, _ = pasted(paste(chain, text, 0, 0))
    assert len(plain.edges) == len(chain.edges) + 1
    wired, (relu, added) = pasted(paste(chain, text, 0, 0, keep_wires=True))
    assert wired.into(relu, "in") == Edge("conv_1", "out", relu, "in")
    assert wired.into(added, "in_2") == Edge("input_1", "out", added, "in_2")
    elsewhere, (relu, added) = pasted(paste(Graph({"conv_1": Node("conv_1", "conv")}), text, 0, 0, keep_wires=True))
    assert elsewhere.into(relu, "in") == Edge("conv_1", "out", relu, "in")
    assert elsewhere.into(added, "in_2") is None
