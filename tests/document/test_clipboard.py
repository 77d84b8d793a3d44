from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic
from workbench.document.clipboard import copy, paste
from workbench.document.edits import add, rename
from workbench.document.format import encode
from workbench.document.graph import Edge, Graph, Node, frozen
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
