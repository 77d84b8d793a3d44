from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType

import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.document import edits
from workbench.document.graph import Edge, Graph, Node, frozen

Wire = Callable[..., Edge]


def done(result: Graph | Diagnostic) -> Graph:
    assert isinstance(result, Graph), result
    return result


def refused(result: object, code: str) -> Diagnostic:
    assert isinstance(result, Diagnostic), result
    assert result.code == code
    assert result.message.endswith(".")
    return result


def test_add_keeps_order_of_creation_and_leaves_the_old_graph_alone(chain: Graph) -> None:
    before = dict(chain.nodes)
    after = done(edits.add(chain, Node("a_1", "relu"), Node("a_2", "relu")))
    assert list(after.nodes) == [*before, "a_1", "a_2"]
    assert dict(chain.nodes) == before
    assert after.nodes["conv_1"] is chain.nodes["conv_1"]


def test_add_does_not_share_the_callers_dict() -> None:
    params = {"size": [1, 2]}
    graph = done(edits.add(Graph(), Node("a", "pad", params=params)))  # type: ignore[arg-type]
    params["size"] = [9]
    assert graph.nodes["a"].params == {"size": (1, 2)}
    with pytest.raises(TypeError):
        graph.nodes["a"].params["size"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("node", "code"),
    [
        (Node("conv_1", "conv"), "graph.id_taken"),
        (Node("Conv", "conv"), "graph.bad_node"),
        (Node("a\n", "conv"), "graph.bad_node"),
        (Node("a", ""), "graph.bad_node"),
        (Node("a", "conv", name="\ud800"), "graph.bad_node"),
        (Node("a", "conv", name="x" * 201), "graph.bad_node"),
        (Node("a", "conv", x=2_000_000), "graph.bad_node"),
        (Node("a", "conv", params=frozen({"p": math.nan})), "graph.bad_node"),
        (Node("a", "conv", params=frozen({"p": 2**63})), "graph.bad_node"),
        (Node("a", "conv", params=frozen({"p": (1, True)})), "graph.bad_node"),
        (Node("a", "conv", params=frozen({"p": {}})), "graph.bad_node"),  # type: ignore[dict-item]
        (Node("a", "conv", params=frozen({"": 1})), "graph.bad_node"),
    ],
)
def test_add_refuses_what_no_file_can_hold(chain: Graph, node: Node, code: str) -> None:
    refused(edits.add(chain, node), code)


def test_connect_replaces_the_wire_at_that_input(chain: Graph, wire: Wire) -> None:
    after = done(edits.connect(chain, wire("input_1", "relu_1")))
    assert after.incoming("relu_1") == (wire("input_1", "relu_1"),)
    assert len(after.edges) == len(chain.edges)
    assert edits.connect(after, wire("input_1", "relu_1")) is after


def test_connect_refuses_loops_circles_strangers_and_ports_without_a_name(chain: Graph, wire: Wire) -> None:
    refused(edits.connect(chain, wire("conv_1", "conv_1")), "graph.self_loop")
    circle = refused(edits.connect(chain, wire("relu_1", "conv_1")), "graph.cycle")
    assert "conv_1 → relu_1" in circle.message
    refused(edits.connect(chain, wire("nobody", "conv_1")), "graph.no_node")
    refused(edits.connect(chain, Edge("input_1", "out", "conv_1", "x; import os")), "graph.bad_port")


def test_replacing_a_wire_may_undo_the_circle_it_would_make(chain: Graph, wire: Wire) -> None:
    """b -> a replaces input -> a, and the only way from a to b is cut in the same edit."""
    graph = done(edits.add(Graph(), Node("a", "x"), Node("b", "x"), Node("c", "x"), edges=[wire("a", "b")]))
    graph = done(edits.add(graph, edges=[wire("c", "b"), wire("b", "a")]))
    assert graph.edges == {wire("c", "b"), wire("b", "a")}


def test_add_with_wires_refuses_a_circle(wire: Wire) -> None:
    refused(edits.add(Graph(), Node("a", "x"), Node("b", "x"), edges=[wire("a", "b"), wire("b", "a")]), "graph.cycle")


def test_disconnect(chain: Graph, wire: Wire) -> None:
    assert done(edits.disconnect(chain, wire("conv_1", "relu_1"))).into("relu_1", "in") is None
    refused(edits.disconnect(chain, wire("conv_1", "output_1")), "graph.no_edge")
    assert edits.disconnect(chain) is chain


def test_remove_takes_the_wires_along(chain: Graph, wire: Wire) -> None:
    after = done(edits.remove(chain, ["relu_1"]))
    assert "relu_1" not in after.nodes
    assert after.edges == chain.edges - {wire("conv_1", "relu_1"), wire("relu_1", "add_1", "in_1")}
    refused(edits.remove(chain, ["gone"]), "graph.no_node")
    assert edits.remove(chain, []) is chain


def test_remove_only_wires(chain: Graph, wire: Wire) -> None:
    after = done(edits.remove(chain, [], [wire("conv_1", "relu_1"), wire("conv_1", "add_1")]))
    assert after.nodes is chain.nodes
    assert after.edges == chain.edges - {wire("conv_1", "relu_1")}


def test_healing_crosses_a_chain_of_removed_nodes(chain: Graph, wire: Wire) -> None:
    after = done(edits.remove(chain, ["conv_1", "relu_1"], heal=True))
    assert after.incoming("add_1") == (wire("input_1", "add_1", "in_1"), wire("input_1", "add_1", "in_2"))


def test_healing_takes_the_first_wired_input_in_reading_order(wire: Wire) -> None:
    sources = [Node(f"s_{i}", "x") for i in (2, 10)]
    graph = done(
        edits.add(
            Graph(), *sources, Node("add", "add"), Node("b", "x"), Node("c", "x"),
            edges=[wire("s_10", "add", "in_10"), wire("s_2", "add", "in_2"), wire("add", "b"), wire("add", "c")],
        )
    )  # fmt: skip
    after = done(edits.remove(graph, ["add"], heal=True))
    assert after.edges == {wire("s_2", "b"), wire("s_2", "c")}


def test_healing_stops_where_a_wire_was_cut_on_purpose_or_nothing_feeds(chain: Graph, wire: Wire) -> None:
    after = done(edits.remove(chain, ["relu_1"], [wire("conv_1", "relu_1")], heal=True))
    assert after.into("add_1", "in_1") is None
    after = done(edits.remove(chain, ["input_1", "conv_1"], heal=True))
    assert after.incoming("relu_1") == ()


def test_move_rounds_bounds_and_shares(chain: Graph) -> None:
    after = done(edits.move(chain, {"conv_1": (10.6, -3.2), "relu_1": (1e12, math.nan)}))
    assert (after.nodes["conv_1"].x, after.nodes["conv_1"].y) == (11, -3)
    assert (after.nodes["relu_1"].x, after.nodes["relu_1"].y) == (1_000_000, 0)
    assert after.edges is chain.edges
    assert edits.move(after, {"conv_1": (11.2, -3.4)}) is after
    refused(edits.move(chain, {"gone": (0, 0)}), "graph.no_node")


def test_params_are_set_together_and_reset(chain: Graph) -> None:
    after = done(edits.set_params(chain, "conv_1", {"filters": 32, "kernel": [3, 3]}))  # type: ignore[dict-item]
    assert after.nodes["conv_1"].params == {"filters": 32, "kernel": (3, 3)}
    assert edits.set_param(after, "conv_1", "filters", 32) is after
    assert type(done(edits.set_param(after, "conv_1", "filters", 32.0)).nodes["conv_1"].params["filters"]) is float
    assert done(edits.reset_params(after, "conv_1", "kernel")).nodes["conv_1"].params == {"filters": 32}
    assert done(edits.reset_params(after, "conv_1")).nodes["conv_1"].params == {}
    assert edits.reset_params(after, "conv_1", "other") is after


def test_bad_values_name_the_parameter(chain: Graph) -> None:
    diagnostic = refused(edits.set_param(chain, "conv_1", "filters", math.inf), "graph.bad_value")
    assert (diagnostic.node, diagnostic.param) == ("conv_1", "filters")
    refused(edits.set_param(chain, "conv_1", "name", "\udc00"), "graph.bad_value")
    refused(edits.set_param(chain, "gone", "filters", 1), "graph.no_node")


def test_names_are_made_one_line(chain: Graph) -> None:
    assert done(edits.rename(chain, "conv_1", " First\n  layer\0\ud800 ")).nodes["conv_1"].name == "First   layer"
    assert len(done(edits.rename(chain, "conv_1", "x" * 10_000)).nodes["conv_1"].name) == 200
    assert edits.rename(chain, "conv_1", "") is chain


def test_insert_on_edge(chain: Graph, wire: Wire) -> None:
    edge = wire("conv_1", "relu_1")
    after = done(edits.insert_on_edge(chain, Node("norm_1", "batch_norm2d"), edge))
    assert after.into("relu_1", "in") == wire("norm_1", "relu_1")
    assert after.into("norm_1", "in") == wire("conv_1", "norm_1")
    assert edge not in after.edges
    loose = done(edits.add(chain, Node("drop_1", "dropout")))
    assert done(edits.insert_on_edge(loose, loose.nodes["drop_1"], edge)).into("relu_1", "in") == wire(
        "drop_1", "relu_1"
    )
    refused(edits.insert_on_edge(chain, Node("n", "x"), wire("conv_1", "output_1")), "graph.no_edge")
    refused(edits.insert_on_edge(chain, chain.nodes["add_1"], edge, in_port="in_3"), "graph.cycle")


def test_duplicate_keeps_wires_inside_and_asks_about_those_outside(chain: Graph, wire: Wire) -> None:
    result = edits.duplicate(chain, ["relu_1", "conv_1"], (20, 30))
    assert not isinstance(result, Diagnostic)
    graph, new = result
    assert new == {"conv_1": "conv_2", "relu_1": "relu_2"}
    assert graph.edges - chain.edges == {wire("conv_2", "relu_2")}
    assert (graph.nodes["conv_2"].x, graph.nodes["conv_2"].y) == (120, 80)
    result = edits.duplicate(chain, ["relu_1", "conv_1"], (0, 0), keep_wires=True)
    assert not isinstance(result, Diagnostic)
    assert result[0].edges - chain.edges == {wire("conv_2", "relu_2"), wire("input_1", "conv_2")}
    refused(edits.duplicate(chain, ["gone"], (0, 0)), "graph.no_node")


def test_a_graph_given_as_plain_dict_is_not_changed(wire: Wire) -> None:
    nodes = {"a": Node("a", "x")}
    graph = Graph(nodes)
    done(edits.rename(graph, "a", "new"))
    done(edits.add(graph, Node("b", "x")))
    assert nodes == {"a": Node("a", "x")}


def test_a_move_in_a_large_graph_copies_no_node() -> None:
    nodes = {f"n_{i}": Node(f"n_{i}", "relu") for i in range(1_000)}
    graph = Graph(MappingProxyType(nodes))
    after = done(edits.move(graph, {"n_5": (1, 1)}))
    assert sum(after.nodes[i] is not nodes[i] for i in nodes) == 1
