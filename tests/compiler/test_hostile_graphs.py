"""Whatever a file or a bad edit left behind: inference answers, and what it calls sound compiles."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalogue.registry import LAYERS
from workbench.compiler.emit import emit
from workbench.compiler.estimate import receptive_field, training_bytes
from workbench.compiler.fitting import acceptors, suppliers
from workbench.compiler.inference import infer
from workbench.compiler.whitelist import check_source
from workbench.document.graph import Edge, Graph, Node, frozen

IDS = [f"n{i}" for i in range(6)] + ["class", "forward", "x", "torch"]
PORTS = st.sampled_from(["out", "in", "in_1", "in_2", "in_10", "query", "", "no such port"])
LAYER = st.sampled_from([*LAYERS, "pictures", "output", "add", "unheard_of", ""])
VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**5000), 10**5000),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.integers(-3, 10**9), st.floats(), st.text(max_size=3)), max_size=9).map(tuple),
)
PARAMS = sorted({param.id for layer in LAYERS.values() for param in layer.params} | {"", "nonsense"})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any nodes with any parameters, any wires between any ports."""
    nodes = {}
    for name in draw(st.lists(st.sampled_from(IDS), unique=True, max_size=10)):
        params = draw(st.dictionaries(st.sampled_from(PARAMS), VALUE, max_size=4))
        nodes[name] = Node(name, draw(LAYER), draw(st.text(max_size=20)), frozen(params))
    ends = st.sampled_from(IDS)
    edges = draw(st.frozensets(st.builds(Edge, ends, PORTS, ends, PORTS), max_size=14))
    return Graph(nodes, edges)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(graphs(), graphs())
def test_any_graph_is_inferred_and_every_problem_is_a_sentence(first: Graph, second: Graph) -> None:
    inferred = infer(first)
    assert set(inferred.order) == set(first.nodes) == set(inferred.outputs)
    for problem in inferred.diagnostics:
        assert problem.code != "shape.rule", problem.details
        assert problem.message.rstrip()[-1] in ".…"
        assert problem.node is None or problem.node in first.nodes
        json.dumps(problem.as_json())
        for fix in problem.fixes:
            json.dumps(dict(fix.arguments))
            assert fix.action != "set_param" or fix.arguments["node"] == problem.node
            assert fix.action not in {"insert_on_edge", "disconnect"} or fix.arguments["edge"] in {
                edge.id for edge in first.edges
            }
    assert infer(second, inferred) == infer(second)
    receptive_field(first, inferred)
    training_bytes(inferred, 32, "adam")
    for node in first.nodes:
        acceptors(first, inferred, node, "out")
        suppliers(first, inferred, node, "in")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(name=st.text(max_size=300), node_names=st.lists(st.text(max_size=40), max_size=3))
def test_any_name_stays_a_word(name: str, node_names: list[str], residual: Graph) -> None:
    nodes: dict[str, Any] = dict(residual.nodes)
    for node, text in zip(list(nodes), node_names, strict=False):
        nodes[node] = replace(nodes[node], name=text)
    source = emit(Graph(nodes, residual.edges), name=name)
    check_source(source.text)
    made = [part.name for part in ast.parse(source.text).body if isinstance(part, ast.ClassDef)]
    assert made == [source.class_name]
    plain = emit(residual).text.splitlines()
    assert len([line for line in source.text.splitlines() if line not in plain]) <= 2  # the class and its docstring
