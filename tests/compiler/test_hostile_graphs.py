"""Whatever a file or a bad edit left behind: inference answers, and what it calls sound compiles."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalogue.registry import LAYERS
from workbench.compiler.emit import emit
from workbench.compiler.estimate import receptive_field, training_bytes
from workbench.compiler.fitting import acceptors, suppliers
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.paths import find
from workbench.compiler.whitelist import check_source
from workbench.core.diagnostic import Problem
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen

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


# --- blocks -----------------------------------------------------------------------------------------------------------

BLOCKS = ["a", "b", "c"]
EXPRESSIONS = st.one_of(
    st.sampled_from(
        [
            "=size",
            "=size * 2",
            "=index",
            "=repeat",
            "=in_channels",
            "=in_height + 1",
            "=1 / 0",
            "=nothing",
            "=",
            "=(",
            "=9**64",
        ]
    ),
    st.text(max_size=6).map("={}".format),
)
STATES = st.one_of(st.sampled_from(["", "", "", "bypassed", "muted", "gone"]), EXPRESSIONS)
USUAL = ["conv2d", "relu", "add", "concat", "flatten", "linear", "block_input", "block_output", "pictures", "output"]


@st.composite
def inner_graphs(draw: st.DrawFn, outer: bool = False) -> Graph:
    """Nodes that use blocks, wired anyhow, with expressions for parameters."""
    kinds = st.one_of(
        st.sampled_from([f"block:{name}" for name in [*BLOCKS, "unheard_of"]]), st.sampled_from(USUAL), LAYER
    )
    nodes = {}
    for name in draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6)):
        known = st.sampled_from(["filters", "units", "kernel", "stride", "repeat", "size", "inputs"])
        params = draw(st.dictionaries(known, st.one_of(EXPRESSIONS, st.integers(-1, 5), VALUE), max_size=3))
        nodes[name] = Node(name, draw(kinds), params=frozen(params), state=draw(STATES))
    ends = st.sampled_from(list(nodes) or IDS)
    edges = draw(st.frozensets(st.builds(Edge, ends, st.sampled_from([*IDS, "out"]), ends, PORTS), max_size=9))
    if outer and nodes:  # most often something that flows
        row = list(nodes)
        ports = ["in", "in_1", *IDS]
        edges |= {Edge(a, "out", b, draw(st.sampled_from(ports))) for a, b in pairwise(row)}
    return Graph(nodes, edges)


@st.composite
def block_graphs(draw: st.DrawFn) -> Graph:
    size = BlockParam("size", "Size", "int", 2, minimum=0, maximum=300)
    blocks = {name: Block(name, draw(st.text(max_size=9)), draw(inner_graphs(True)), (size,)) for name in BLOCKS}
    return replace(draw(inner_graphs(True)), blocks=blocks)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(block_graphs(), block_graphs())
def test_any_blocks_are_inferred_and_what_is_sound_compiles(first: Graph, second: Graph) -> None:
    inferred = infer(first)
    for problem in inferred.diagnostics:
        assert problem.code != "shape.rule", problem.details
        assert problem.message.rstrip()[-1] in ".…", problem
        level: Inferred | None = inferred
        for part in problem.path:
            place = find(level, part) if level is not None else None
            level = place.result.inside[int(part.partition(":")[2] or 0)] if place is not None else None
        assert level is not None
        assert problem.node is None or problem.node in level.graph.nodes
    mixed = replace(first, blocks={**second.blocks, "a": first.blocks["a"]})
    for graph in (second, mixed, first):
        assert infer(graph, inferred) == infer(graph)
    receptive_field(first, inferred)
    training_bytes(inferred, 32, "adam")
    for node in first.nodes:
        acceptors(first, inferred, node, "out")
    try:
        source = emit(first, inferred)
    except Problem:
        return
    check_source(source.text)
    assert {line.partition("/")[0].partition(":")[0] for line in source.lines.values()} <= set(first.nodes)
