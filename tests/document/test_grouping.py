from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic
from workbench.document.block_edits import Loose, dissolve, group, set_state, within
from workbench.document.blocks import ports
from workbench.document.edits import add, connect, move, rename, set_param, set_params
from workbench.document.format import decode, encode
from workbench.document.graph import Block, BlockParam, Edge, Frame, Graph, Node, Value, frozen
from workbench.document.project import Project

WIDTH = BlockParam("width", "Width", "int", 8, minimum=1)


def made(result: tuple[Graph, str] | Diagnostic) -> tuple[Graph, str]:
    assert not isinstance(result, Diagnostic), result.message
    return result


def done(result: Graph | Diagnostic) -> Graph:
    assert isinstance(result, Graph), result
    return result


def refused(result: object) -> str:
    assert isinstance(result, Diagnostic), result
    assert result.message.endswith(".")
    return result.message


def apart(result: tuple[Graph, tuple[str, ...]] | Diagnostic) -> tuple[Graph, tuple[str, ...]]:
    assert not isinstance(result, Diagnostic), result.message
    return result


def block_of(
    *nodes: Node, edges: tuple[Edge, ...], params: tuple[BlockParam, ...] = (WIDTH,), id: str = "cell"
) -> Block:
    return Block(id, id.capitalize(), done(add(Graph(), *nodes, edges=edges)), params)


def using(block: Block, *more: Block, params: dict[str, Value] | None = None) -> Graph:
    """a -> cell_1 -> z, with the block and further ones at hand."""
    blocks = MappingProxyType({b.id: b for b in (block, *more)})
    nodes = (Node("a", "pictures"), Node("cell_1", f"block:{block.id}", params=frozen(params)), Node("z", "output"))
    edges = [Edge("a", "out", "cell_1", "in"), Edge("cell_1", "out", "z", "in")]
    return done(add(Graph(blocks=blocks), *nodes, edges=edges))


@pytest.fixture
def cell(wire: Callable[..., Edge]) -> Block:
    """in -> conv -> relu -> out, with the conv's filters given by an expression."""
    return block_of(
        Node("in", "block_input"),
        Node("conv", "conv2d", params=frozen({"filters": "=width * 2", "kernel": ("=width - 5", 3)}), x=100),
        Node("relu", "relu", x=300, state="=index == 0"),
        Node("out", "block_output", x=500),
        edges=(wire("in", "conv"), wire("conv", "relu"), wire("relu", "out")),
    )


# --- group ---------------------------------------------------------------------------------------------------------


def test_what_crosses_the_edge_becomes_ports(chain: Graph, wire: Callable[..., Edge]) -> None:
    graph, node = made(group(chain, ["conv_1", "relu_1", "add_1"], "Residual thing"))
    block = graph.blocks["residual_thing"]
    assert (block.title, node) == ("Residual thing", "residual_thing_1")
    assert graph.nodes[node].block == "residual_thing"
    assert [n.id for n in ports(block)[0]] == ["in"]
    assert [n.id for n in ports(block)[1]] == ["out"]
    assert graph.edges == {wire("input_1", node), wire(node, "output_1")}
    assert block.graph.edges == {
        wire("in", "conv_1"), wire("conv_1", "relu_1"), wire("relu_1", "add_1", "in_1"), wire("in", "add_1", "in_2"),
        wire("add_1", "out"),
    }  # fmt: skip
    assert dict(block.graph.blocks) == {}


def test_each_source_is_a_port_in_order_of_computation(chain: Graph, wire: Callable[..., Edge]) -> None:
    graph = done(add(chain, Node("second_1", "output"), edges=[wire("relu_1", "second_1")]))
    grouped, node = made(group(graph, ["relu_1", "add_1"]))
    assert grouped.edges == {
        wire("input_1", "conv_1"), wire("input_1", node, "in"), wire("conv_1", node, "in_2"),
        Edge(node, "out", "second_1", "in"), Edge(node, "out_2", "output_1", "in"),
    }  # fmt: skip
    inside = grouped.blocks["block"].graph
    assert inside.into("relu_1", "in") == wire("in_2", "relu_1")
    assert inside.into("out_2", "in") == wire("add_1", "out_2")


def test_ports_stand_in_columns_beside_the_layers(chain: Graph) -> None:
    graph, node = made(group(chain, ["relu_1", "add_1"]))
    inside = graph.blocks["block"].graph
    first, second, out = (inside.nodes[i] for i in ("in", "in_2", "out"))
    assert first.x == second.x < min(inside.nodes[i].x for i in ("relu_1", "add_1"))
    assert abs(first.y - second.y) >= 56
    assert out.x > inside.nodes["add_1"].x
    assert (graph.nodes[node].x, graph.nodes[node].y) == (250, 50)


def test_ports_of_layers_at_the_end_of_the_canvas_stay_on_it(chain: Graph) -> None:
    far = done(move(chain, {"relu_1": (-1_000_000, 1_000_000), "add_1": (1_000_000, 1_000_000)}))
    graph, _ = made(group(far, ["relu_1", "add_1"]))
    assert decode(encode(Project(graph=graph))).graph == graph


def test_titles_are_made_one_line_and_numbered(chain: Graph) -> None:
    graph, _ = made(group(chain, ["conv_1"], " Two\nlines\x00 "))
    assert graph.blocks["two_lines"].title == "Two lines"
    graph, node = made(group(graph, ["relu_1"], "Two lines"))
    assert (graph.blocks["two_lines_2"].title, node) == ("Two lines 2", "two_lines_2_1")
    graph, _ = made(group(chain, ["conv_1"], "1 · ü"))
    assert decode(encode(Project(graph=graph))).graph == graph


def test_ports_that_nothing_touches_become_ports_where_told(chain: Graph) -> None:
    lone = done(
        add(Graph(), Node("conv_1", "conv2d"), Node("relu_1", "relu"), edges=[Edge("conv_1", "out", "relu_1", "in")])
    )
    loose = Loose((("conv_1", "in"), ("relu_1", "in")), (("conv_1", "out"), ("relu_1", "out"), ("nobody", "out")))
    graph, node = made(group(lone, ["conv_1", "relu_1"], loose=loose))
    assert graph.blocks["block"].graph.edges == {
        Edge("in", "out", "conv_1", "in"), Edge("conv_1", "out", "relu_1", "in"), Edge("relu_1", "out", "out", "in"),
    }  # fmt: skip
    assert apart(dissolve(graph, node))[0].edges == lone.edges


def test_a_choice_that_would_wait_for_itself_is_refused(chain: Graph) -> None:
    words = refused(group(chain, ["conv_1", "add_1"]))
    assert "“relu_1” is not selected" in words
    assert "feeds “add_1”" in words
    named = done(rename(chain, "relu_1", "Bend"))
    assert "Select “Bend” too" in refused(group(named, ["conv_1", "add_1"]))


def test_what_cannot_be_grouped(cell: Block, chain: Graph) -> None:
    assert "Nothing is selected" in refused(group(chain, []))
    assert "no node “nobody”" in refused(group(chain, ["nobody", "relu_1"]))
    assert "port of the block" in refused(group(using(cell).inside("cell"), ["in", "conv"]))


def test_a_group_in_a_block_lands_among_the_blocks_of_the_whole(cell: Block, wire: Callable[..., Edge]) -> None:
    graph = using(cell, params={"width": 6})
    edit = within("cell", lambda inner: made(group(inner, ["conv", "relu"], "Step", own=cell.params))[0])
    nested = done(edit(graph))
    assert list(nested.blocks) == ["cell", "step"]
    assert dict(nested.blocks["cell"].graph.blocks) == {}
    use = nested.blocks["cell"].graph.nodes["step_1"]
    assert dict(use.params) == {"width": "=width", "outer_index": "=index"}
    inner = nested.blocks["step"].graph.nodes
    assert (inner["conv"].params["filters"], inner["relu"].state) == ("=width * 2", "=outer_index == 0")
    back = done(within("cell", lambda g: apart(dissolve(g, "step_1"))[0])(nested))
    assert back.blocks["cell"].graph.nodes["conv"] == cell.graph.nodes["conv"]
    assert back.blocks["cell"].graph.nodes["relu"] == cell.graph.nodes["relu"]
    assert back.blocks["cell"].graph.edges == cell.graph.edges


# --- dissolve ------------------------------------------------------------------------------------------------------


def test_dissolving_works_out_the_expressions_of_that_use(cell: Block, wire: Callable[..., Edge]) -> None:
    graph, ids = apart(dissolve(using(cell, params={"width": 6}), "cell_1"))
    assert ids == ("conv", "relu")
    assert dict(graph.nodes["conv"].params) == {"filters": 12, "kernel": (1, 3)}
    assert graph.nodes["relu"].state == "bypassed"
    assert graph.edges == {wire("a", "conv"), wire("conv", "relu"), wire("relu", "z")}
    assert "cell" in graph.blocks  # the definition stays for other uses
    default, _ = apart(dissolve(using(cell), "cell_1"))
    assert default.nodes["conv"].params["filters"] == 16


def test_a_repeated_block_gives_its_layers_in_a_row(cell: Block, wire: Callable[..., Edge]) -> None:
    graph, ids = apart(dissolve(using(cell, params={"repeat": 3}), "cell_1"))
    assert ids == ("conv", "relu", "conv2d_1", "relu_1", "conv2d_2", "relu_2")
    assert [graph.nodes[i].state for i in ("relu", "relu_1", "relu_2")] == ["bypassed", "", ""]
    assert graph.edges == {
        wire("a", "conv"), wire("conv", "relu"), wire("relu", "conv2d_1"), wire("conv2d_1", "relu_1"),
        wire("relu_1", "conv2d_2"), wire("conv2d_2", "relu_2"), wire("relu_2", "z"),
    }  # fmt: skip
    xs = [graph.nodes[i].x for i in ids]
    assert xs == sorted(xs)


def test_what_arrives_comes_from_outside(wire: Callable[..., Edge]) -> None:
    block = block_of(
        Node("in", "block_input"), Node("conv", "conv2d", params=frozen({"filters": "=in_channels * 2"})),
        Node("out", "block_output"), edges=(wire("in", "conv"), wire("conv", "out")),
    )  # fmt: skip
    graph = using(block, params={"repeat": 2})
    assert "in_channels" in refused(dissolve(graph, "cell_1"))
    result, ids = apart(dissolve(graph, "cell_1", [{"in_channels": 3}, {"in_channels": 6}]))
    assert [result.nodes[i].params["filters"] for i in ids] == [6, 12]


def test_at_the_first_input_of_a_block_what_arrives_stays_an_expression(wire: Callable[..., Edge]) -> None:
    inner = block_of(
        Node("in", "block_input"), Node("conv", "conv2d", params=frozen({"filters": "=in_channels * width"})),
        Node("out", "block_output"), edges=(wire("in", "conv"), wire("conv", "out")),
    )  # fmt: skip
    outer = block_of(
        Node("in", "block_input"), Node("cell_1", "block:cell", params=frozen({"width": "=width + 1"})),
        Node("out", "block_output"), edges=(wire("in", "cell_1"), wire("cell_1", "out")), id="outer",
    )  # fmt: skip
    graph = using(outer, inner)
    result = done(within("outer", lambda g: apart(dissolve(g, "cell_1"))[0])(graph))
    assert result.blocks["outer"].graph.nodes["conv"].params["filters"] == "=in_channels * (width + 1)"


def test_a_wire_straight_through_is_kept(wire: Callable[..., Edge]) -> None:
    block = block_of(
        Node("in", "block_input"), Node("in_2", "block_input"), Node("out", "block_output"),
        Node("out_2", "block_output"), Node("out_3", "block_output"),
        edges=(wire("in", "out_2"), wire("in_2", "out")),
    )  # fmt: skip
    nodes = (
        Node("a", "pictures"),
        Node("b", "pictures"),
        Node("cell_1", "block:cell"),
        Node("y", "add"),
        Node("z", "add"),
    )
    edges = [
        wire("a", "cell_1"), Edge("cell_1", "out_2", "z", "in_1"), Edge("cell_1", "out", "z", "in_2"),
        Edge("cell_1", "out_3", "y", "in_1"),
    ]  # fmt: skip
    graph = done(add(Graph(blocks={"cell": block}), *nodes, edges=edges))
    result, ids = apart(dissolve(graph, "cell_1"))
    assert ids == ()
    assert result.edges == {wire("a", "z", "in_1")}  # nothing was wired to in_2 and to out_3
    assert "cell_1" not in result.nodes


def test_frames_inside_come_along(cell: Block) -> None:
    framed = Block(
        "cell", "Cell", Graph(cell.graph.nodes, cell.graph.edges, frames={"frame_1": Frame("frame_1", "Inside")})
    )
    graph = using(framed)
    graph = Graph(graph.nodes, graph.edges, graph.blocks, {"frame_1": Frame("frame_1", "Outside")})
    with_width = Block("cell", "Cell", framed.graph, (WIDTH,))
    graph = Graph(graph.nodes, graph.edges, {"cell": with_width}, graph.frames)
    result, _ = apart(dissolve(graph, "cell_1"))
    assert [f.title for f in result.frames.values()] == ["Outside", "Inside"]


def test_what_cannot_be_dissolved(cell: Block, chain: Graph) -> None:
    graph = using(cell)
    assert "no block" in refused(dissolve(chain, "conv_1"))
    assert "no block" in refused(dissolve(graph, "nobody"))
    assert "no block" in refused(dissolve(done(add(Graph(), Node("x", "block:unknown"))), "x"))
    assert "muted" in refused(dissolve(done(set_state(graph, ["cell_1"], "muted")), "cell_1"))
    for repeat in (0, 257, "=width", 2.5, None, "x", True):
        refused(dissolve(done(set_param(graph, "cell_1", "repeat", repeat)), "cell_1"))
    broken = done(within("cell", lambda g: set_params(g, "conv", {"filters": "=width +"}))(graph))
    assert "cannot be read" in refused(dissolve(broken, "cell_1"))
    odd = done(within("cell", lambda g: set_params(g, "conv", {"filters": "=nobody"}))(graph))
    assert "“nobody”" in refused(dissolve(odd, "cell_1"))


# --- both ----------------------------------------------------------------------------------------------------------


@st.composite
def networks(draw: st.DrawFn) -> tuple[Graph, list[str]]:
    """A random network and a choice of its nodes."""
    count = draw(st.integers(1, 9))
    names = [f"n{i}" for i in range(count)]
    nodes = [
        Node(
            name, draw(st.sampled_from(["conv2d", "relu", "add"])), params=frozen({"k": draw(st.integers(0, 3))}),
            x=draw(st.integers(-500, 500)), y=draw(st.integers(-500, 500)),
            state=draw(st.sampled_from(["", "muted"])), colour=draw(st.sampled_from(["", "red"])),
        )
        for name in names
    ]  # fmt: skip
    edges = [
        Edge(names[a], draw(st.sampled_from(["out", "state"])), names[b], f"in_{a}")
        for b in range(count) for a in range(b) if draw(st.booleans())
    ]  # fmt: skip
    return done(add(Graph(), *nodes, edges=edges)), draw(st.lists(st.sampled_from(names), unique=True, min_size=1))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(network=networks())
def test_dissolving_a_group_gives_the_same_network(network: tuple[Graph, list[str]]) -> None:
    graph, chosen = network
    result = group(graph, chosen, "Some")
    if isinstance(result, Diagnostic):
        assert result.code == "block.circle"
        assert result.node not in chosen
        return
    grouped, node = result
    block = grouped.blocks["some"]
    inputs, outputs = ports(block)
    crossing = {(e.source, e.source_port) for e in graph.edges if e.target in chosen and e.source not in chosen}
    leaving = {(e.source, e.source_port) for e in graph.edges if e.source in chosen and e.target not in chosen}
    assert (len(inputs), len(outputs)) == (len(crossing), len(leaving))
    assert decode(encode(Project(graph=grouped))).graph == grouped
    back, ids = apart(dissolve(grouped, node))
    assert dict(back.nodes) == dict(graph.nodes)
    assert back.edges == graph.edges
    assert set(ids) == set(chosen)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(network=networks(), data=st.data())
def test_a_group_within_a_group_can_be_dissolved_from_outside_in(
    network: tuple[Graph, list[str]], data: st.DataObject
) -> None:
    graph, chosen = network
    result = group(graph, chosen, "Outer")
    if isinstance(result, Diagnostic):
        return
    outer, node = result
    inner_choice = data.draw(st.lists(st.sampled_from(chosen), unique=True, min_size=1))
    nested = within("outer", lambda g: r if isinstance(r := group(g, inner_choice, "Inner"), Diagnostic) else r[0])(
        outer
    )
    if isinstance(nested, Diagnostic):
        return
    once, ids = apart(dissolve(nested, node))
    (inner,) = [i for i in ids if once.nodes[i].block]
    twice, _ = apart(dissolve(once, inner))
    assert {i: replace(n, x=0, y=0) for i, n in twice.nodes.items()} == {
        i: replace(n, x=0, y=0) for i, n in graph.nodes.items()
    }
    assert twice.edges == graph.edges


def test_wires_can_be_drawn_to_the_ports_of_a_block(cell: Block) -> None:
    graph = done(add(using(cell), Node("b", "pictures")))
    assert done(connect(graph, Edge("b", "out", "cell_1", "in"))).into("cell_1", "in") == Edge(
        "b", "out", "cell_1", "in"
    )
