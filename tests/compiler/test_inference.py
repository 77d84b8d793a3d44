"""Shapes and complaints of whole graphs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from workbench.catalogue.declaration import Tensor
from workbench.compiler.fitting import acceptors, accepts, fitting_layers, suppliers
from workbench.compiler.inference import Inferred, display_name, infer
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.document.graph import Edge, Graph, Node, frozen

Make = Callable[..., Node]
Build = Callable[..., Graph]


def codes(inferred: Inferred) -> list[str]:
    return [d.code for d in inferred.diagnostics]


def only(inferred: Inferred) -> Diagnostic:
    assert len(inferred.diagnostics) == 1, inferred.diagnostics
    return inferred.diagnostics[0]


def test_shapes_weights_and_operations_of_a_residual_network(residual: Graph) -> None:
    inferred = infer(residual)
    assert inferred.diagnostics == ()
    assert inferred.outputs["add_1"] == Tensor((8, 16, 16))
    assert inferred.outputs["output_1"] == Tensor((4,))
    assert inferred.inputs["add_1"] == (Tensor((8, 16, 16)), Tensor((8, 16, 16)))
    assert inferred.weights["conv2d_1"] == 3 * 3 * 3 * 8 + 8
    assert inferred.parameters == (3 * 9 * 8 + 8) + (8 * 9 * 8 + 8) + 16 + (8 * 4 + 4)
    assert inferred.flops["conv2d_1"] == 2 * 8 * 16 * 16 * 27
    assert inferred.order[0] == "pictures_1"
    assert inferred.order[-1] == "output_1"
    assert inferred.live == set(residual.nodes)
    assert (inferred.input_nodes, inferred.output_nodes) == (("pictures_1",), ("output_1",))


def test_every_node_comes_after_what_feeds_it(residual: Graph) -> None:
    order = infer(residual).order
    assert all(order.index(e.source) < order.index(e.target) for e in residual.edges)


def test_a_refusal_names_both_and_leaves_the_rest_unknown(chain: Build, node: Make) -> None:
    drawn = chain(node("pictures_1", size=(64, 64)), node("conv2d_1"), node("linear_1"), node("output_1"))
    inferred = infer(drawn)
    complaint = only(inferred)
    assert (complaint.code, complaint.node, complaint.port) == ("shape.mismatch", "linear_1", "in")
    assert "64 × 64 × 32" in complaint.message
    assert [(f.arguments["layer"], f.arguments["edge"]) for f in complaint.fixes] == [
        ("flatten", "conv2d_1.out->linear_1.in"),
        ("global_avg_pool2d", "conv2d_1.out->linear_1.in"),
    ]
    assert inferred.outputs["conv2d_1"] == Tensor((32, 64, 64))
    assert inferred.outputs["linear_1"] is None
    assert inferred.inputs["output_1"] == (None,)
    assert "linear_1" not in inferred.weights


def test_a_remedy_of_a_parameter_names_its_node(chain: Build, node: Make) -> None:
    inferred = infer(
        chain(node("pictures_1"), node("conv2d_1", groups=5), node("global_avg_pool2d_1"), node("output_1"))
    )
    complaint = only(inferred)
    assert complaint.param == "groups"
    assert complaint.fixes[0].arguments == {"node": "conv2d_1", "param": "groups", "value": 1}


def test_branches_that_do_not_match_are_offered_a_convolution_that_fits(graph: Build, node: Make) -> None:
    drawn = graph(
        node("pictures_1", size=(16, 16)),
        node("conv2d_1", filters=8),
        node("conv2d_2", filters=24, stride=(2, 2)),
        node("add_1"),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires="pictures_1>conv2d_1 pictures_1>conv2d_2 conv2d_2>add_1:in_1 conv2d_1>add_1:in_2 "
        "add_1>global_avg_pool2d_1 global_avg_pool2d_1>output_1",
    )
    complaint = only(infer(drawn))
    assert complaint.node == "add_1"
    fix = next(f for f in complaint.fixes if f.arguments["layer"] == "conv2d")
    assert fix.arguments["params"] == {"filters": 24, "kernel": (1, 1), "stride": (2, 2)}
    assert fix.arguments["edge"] == "conv2d_1.out->add_1.in_2"
    assert infer(carried_out(drawn, fix)).diagnostics == ()


def carried_out(graph: Graph, fix: Fix) -> Graph:
    """The graph after a remedy that puts a layer into a wire."""
    edge = next(e for e in graph.edges if e.id == fix.arguments["edge"])
    put = Node("put_in", fix.arguments["layer"], params=frozen(fix.arguments.get("params")))
    edges = graph.edges - {edge} | {
        replace(edge, target="put_in", target_port="in"),
        replace(edge, source="put_in", source_port="out"),
    }
    return Graph({**graph.nodes, "put_in": put}, edges)


@pytest.mark.parametrize(
    ("first", "layer"),
    [("pictures_1", "linear"), ("tokens_1", "linear"), ("pictures_1", "output")],
)
def test_a_layer_put_in_makes_the_next_one_fit(first: str, layer: str, chain: Build, node: Make) -> None:
    drawn = chain(node(first), Node("picky", layer))
    complaint = next(d for d in infer(drawn).diagnostics if d.code == "shape.mismatch")
    assert complaint.fixes
    for fix in complaint.fixes:
        after = infer(carried_out(drawn, fix))
        assert "shape.mismatch" not in codes(after), fix


def test_a_parameter_out_of_range_is_an_error_on_its_node_and_the_default_stands_in(chain: Build, node: Make) -> None:
    inferred = infer(chain(node("pictures_1", size=(0, 64)), node("global_avg_pool2d_1"), node("output_1")))
    complaint = only(inferred)
    assert (complaint.node, complaint.param, complaint.is_error) == ("pictures_1", "size", True)
    assert complaint.fixes[0].arguments["node"] == "pictures_1"
    assert inferred.outputs["pictures_1"] == Tensor((3, 64, 64))


def test_an_empty_input_is_an_error_with_the_name_of_the_layer(graph: Build, node: Make) -> None:
    drawn = graph(
        node("pictures_1"),
        node("conv2d_1"),
        node("add_1"),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires="pictures_1>add_1:in_1 conv2d_1>add_1:in_2 add_1>global_avg_pool2d_1 global_avg_pool2d_1>output_1",
    )
    complaint = only(infer(drawn))
    assert complaint.is_error
    assert complaint.message.startswith("Conv 2D 1 has nothing on its input. Draw a wire")
    assert (complaint.node, complaint.port) == ("conv2d_1", "in")


def test_a_layer_aside_warns_once_and_does_not_count(chain: Build, node: Make) -> None:
    drawn = chain(node("pictures_1"), node("global_avg_pool2d_1"), node("output_1"))
    aside = replace(drawn, nodes={**drawn.nodes, "conv2d_1": node("conv2d_1", name="Spare")})
    complaint = only(infer(aside))
    assert (complaint.code, complaint.severity) == ("node.idle", Severity.WARNING)
    assert complaint.message.startswith("Spare is not connected")
    fed = replace(aside, edges=aside.edges | {Edge("pictures_1", "out", "conv2d_1", "in")})
    inferred = infer(fed)
    assert only(inferred).message.startswith("Nothing takes what Spare gives")
    assert inferred.weights["conv2d_1"] > 0
    assert inferred.parameters == 0


def test_what_does_not_fit_aside_of_the_network_is_a_warning(chain: Build, node: Make) -> None:
    drawn = chain(node("pictures_1"), node("global_avg_pool2d_1"), node("output_1"))
    aside = Graph(
        {**drawn.nodes, "linear_1": node("linear_1")}, drawn.edges | {Edge("pictures_1", "out", "linear_1", "in")}
    )
    assert [(d.code, d.severity) for d in infer(aside).diagnostics] == [
        ("shape.mismatch", Severity.WARNING),
        ("node.idle", Severity.WARNING),
    ]


def test_missing_ends(graph: Build, chain: Build, node: Make) -> None:
    assert codes(infer(Graph())) == ["graph.empty"]
    assert codes(infer(graph(node("conv2d_1")))) == ["graph.no_input", "graph.no_output", "port.unwired"]
    assert codes(infer(chain(node("pictures_1"), node("conv2d_1")))) == ["graph.no_output"]


def test_several_ends_are_in_order(graph: Build, node: Make) -> None:
    drawn = graph(
        node("pictures_1"),
        node("pictures_2", name="Left eye"),
        node("add_1"),
        node("global_avg_pool2d_1"),
        node("output_1"),
        node("output_2"),
        wires="pictures_1>add_1:in_1 pictures_2>add_1:in_2 add_1>global_avg_pool2d_1 global_avg_pool2d_1>output_1 "
        "global_avg_pool2d_1>output_2",
    )
    inferred = infer(drawn)
    assert codes(inferred) == []
    assert inferred.input_nodes == ("pictures_1", "pictures_2")
    assert inferred.output_nodes == ("output_1", "output_2")


def test_a_layer_of_a_newer_version_is_kept_and_named(chain: Build, node: Make) -> None:
    inferred = infer(chain(node("pictures_1"), node("quantum_1"), node("flatten_1"), node("output_1")))
    complaint = only(inferred)
    assert (complaint.code, complaint.node) == ("layer.unknown", "quantum_1")
    assert "quantum" in complaint.message
    assert inferred.outputs["quantum_1"] is None
    assert inferred.inputs["quantum_1"] == (Tensor((3, 64, 64)),)


@pytest.mark.parametrize(("wires", "seen"), [("a_1>a_1", 1), ("a_1>b_1 b_1>a_1", 2), ("a_1>b_1 b_1>c_1 c_1>a_1", 3)])
def test_circles_are_reported_with_a_wire_to_remove(wires: str, seen: int) -> None:
    relus = {f"{name}_1": Node(f"{name}_1", "relu", name.upper()) for name in "abc"[:seen]}
    edges = frozenset(Edge(w[:3], "out", w[4:], "in") for w in wires.split())
    inferred = infer(Graph(relus, edges))
    circle = next(d for d in inferred.diagnostics if d.code == "graph.cycle")
    assert all(name[0].upper() in circle.message for name in relus)
    assert circle.fixes[0].action == "disconnect"
    assert circle.fixes[0].arguments["edge"] in {e.id for e in edges}
    assert set(inferred.order) == set(relus)


def test_wires_to_nowhere_are_reported(chain: Build, node: Make) -> None:
    drawn = chain(node("pictures_1"), node("global_avg_pool2d_1"), node("output_1"))
    stray = {
        Edge("ghost_1", "out", "output_1", "in"),
        Edge("pictures_1", "out", "global_avg_pool2d_1", "in_7"),
        Edge("pictures_1", "side", "output_1", "in"),
    }
    inferred = infer(replace(drawn, edges=drawn.edges | stray))
    assert codes(inferred) == ["wire.dangling", "wire.doubled", "wire.unknown_port"]
    assert all(d.fixes[0].action == "disconnect" for d in inferred.diagnostics)


def test_names() -> None:
    nodes = {
        "conv2d_3": Node("conv2d_3", "conv2d"),
        "stem": Node("stem", "conv2d"),
        "relu_1": Node("relu_1", "relu", "  Bend\nit "),
        "pictures_1": Node("pictures_1", "pictures"),
        "new_1": Node("new_1", "new"),
    }
    graph = Graph(nodes)
    assert [display_name(graph, n) for n in (*nodes, "gone")] == [
        "Conv 2D 3",
        "Conv 2D",
        "Bend it",
        "Pictures",
        "new_1",
        "gone",
    ]


# --- again after an edit ------------------------------------------------------------------------------------------


def test_an_edit_only_works_out_what_it_touches(residual: Graph) -> None:
    before = infer(residual)
    changed = replace(residual.nodes["conv2d_2"], params=frozen({"filters": 8, "kernel": (5, 5)}), x=40)
    after = infer(replace(residual, nodes={**residual.nodes, "conv2d_2": changed}), before)
    assert after.results["conv2d_2"] is not before.results["conv2d_2"]
    assert {n for n in residual.nodes if after.results[n] is not before.results[n]} == {"conv2d_2"}
    assert after.wiring is before.wiring


EDITS: list[tuple[str, Callable[[Graph], Graph]]] = [
    ("size", lambda g: _with(g, replace(g.nodes["pictures_1"], params=frozen({"size": (12, 9)})))),
    ("refusal", lambda g: _with(g, replace(g.nodes["conv2d_2"], params=frozen({"filters": 9})))),
    ("other layer", lambda g: _with(g, replace(g.nodes["relu_1"], layer="dropout"))),
    ("unknown layer", lambda g: _with(g, replace(g.nodes["relu_1"], layer="who_knows"))),
    ("name", lambda g: _with(g, replace(g.nodes["add_1"], name="Join"))),
    ("wire gone", lambda g: replace(g, edges=g.edges - {Edge("relu_1", "out", "add_1", "in_2")})),
    ("ports", lambda g: _with(g, replace(g.nodes["add_1"], params=frozen({"inputs": 3})))),
    ("node gone", lambda g: replace(g, nodes={k: n for k, n in g.nodes.items() if k != "relu_2"})),
    ("circle", lambda g: replace(g, edges=g.edges | {Edge("relu_2", "out", "relu_1", "in")})),
]


def _with(graph: Graph, node: Node) -> Graph:
    return replace(graph, nodes={**graph.nodes, node.id: node})


@pytest.mark.parametrize(("first", "second"), [(a, b) for a, _ in EDITS for b, _ in EDITS])
def test_inferring_again_gives_what_inferring_anew_gives(residual: Graph, first: str, second: str) -> None:
    edits = dict(EDITS)
    one = edits[first](residual)
    two = residual if first == second else edits[second](one) if "relu_2" in one.nodes else edits[second](residual)
    previous = infer(residual)
    for graph in (one, two, residual):
        previous = infer(graph, previous)
        assert previous == infer(graph)


def _thousand(node: Make, chain: Build) -> Graph:
    layers = ("conv2d", "batch_norm2d", "relu", "dropout")
    body = [node(f"{layers[i % 4]}_{i}", **({"filters": 16} if i % 4 == 0 else {})) for i in range(1000)]
    return chain(node("pictures_1"), *body, node("global_avg_pool2d_1"), node("output_1"))


def test_a_thousand_layers_are_inferred_again_while_the_mouse_moves(chain: Build, node: Make) -> None:
    graph = _thousand(node, chain)
    before = infer(graph)
    assert before.diagnostics == ()
    moved = _with(graph, replace(graph.nodes["conv2d_500"], params=frozen({"filters": 16, "kernel": (5, 5)}), x=9))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        infer(moved, before)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.1  # some 4 ms on the machine it was written on; this only catches losing the cache wholly


def test_nothing_here_loads_torch_before_it_is_needed() -> None:
    rooms = ("inference", "fitting", "emit", "estimate", "build", "failure", "weights")
    code = f"import sys, {', '.join(f'workbench.compiler.{room}' for room in rooms)}; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- wires that are not drawn yet ---------------------------------------------------------------------------------


def test_a_new_wire_is_judged_before_it_is_drawn(graph: Build, node: Make) -> None:
    drawn = graph(
        node("pictures_1"),
        node("conv2d_1"),
        node("linear_1"),
        node("add_1"),
        node("quantum_1"),
        wires="pictures_1>conv2d_1 conv2d_1>add_1:in_1",
    )
    inferred = infer(drawn)

    def fits(source: str, target: str, port: str = "in", out: str = "out") -> bool | None:
        edge = Edge(source, out, target, port)
        verdict = accepts(drawn, inferred, edge)
        assert acceptors(drawn, inferred, source, out).get((target, port), False) is verdict
        assert suppliers(drawn, inferred, target, port).get((source, out), False) is verdict
        return verdict

    assert fits("conv2d_1", "conv2d_1") is False  # a circle
    assert fits("add_1", "conv2d_1") is False
    assert fits("pictures_1", "linear_1") is False  # maps do not fit
    assert fits("pictures_1", "conv2d_1") is True  # it is there already
    assert fits("pictures_1", "add_1", "in_2") is False  # 3 channels against 32
    assert fits("conv2d_1", "add_1", "in_2") is True
    assert fits("conv2d_1", "add_1", "in_9") is False  # no such port
    assert fits("conv2d_1", "linear_1", out="side") is False
    assert fits("linear_1", "add_1", "in_2") is None  # not known what Linear gives
    assert fits("ghost_1", "add_1", "in_2") is False


def test_the_layers_that_take_a_shape() -> None:
    flat = fitting_layers(Tensor((10,)))
    assert {"linear", "relu", "add", "output"} <= set(flat)
    assert not {"conv2d", "pictures"} & set(flat)
    assert {"conv2d", "max_pool2d"} <= set(fitting_layers(Tensor((3, 32, 32))))
    unknown = fitting_layers(None)
    assert {"linear", "conv2d", "output"} <= set(unknown)
    assert "pictures" not in unknown
