from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.document.block_edits import (
    add_block,
    drop_unused_blocks,
    group,
    make_unique,
    rename_block_param,
    set_block,
    set_collapsed,
    set_colour,
    set_frozen,
    set_rate,
    set_state,
    within,
)
from workbench.document.block_rules import DEEPEST_BLOCKS, MOST_BLOCKS
from workbench.document.blocks import depth, needed, recursion, used, users
from workbench.document.dissolving import dissolve
from workbench.document.edits import add, disconnect, duplicate, move, remove, rename, set_param
from workbench.document.frame_edits import add_frame
from workbench.document.graph import Block, BlockParam, Edge, Frame, Graph, Node, frozen

WIDTH = BlockParam("width", "Width", "int", 8)


def done(result: Graph | Diagnostic) -> Graph:
    assert isinstance(result, Graph), result
    return result


def refused(result: object) -> str:
    assert isinstance(result, Diagnostic), result
    assert result.message.endswith(".")
    return result.message


def block(id: str, *uses: str, **params: object) -> Block:
    nodes = [Node(f"{use}_1", f"block:{use}") for use in uses]
    layer = Node("conv", "conv2d", params=frozen({"filters": "=width", **params}))  # type: ignore[dict-item]
    return Block(id, id.capitalize(), done(add(Graph(), layer, *nodes)), (WIDTH,))


@pytest.fixture
def graph() -> Graph:
    """Two uses of "cell" in the network, one in "stage", which the network uses too."""
    blocks = {b.id: b for b in (block("cell"), block("stage", "cell"), block("spare"))}
    nodes = (
        Node("a", "block:cell", params=frozen({"width": 3, "repeat": 2})),
        Node("b", "block:cell"),
        Node("c", "block:stage"),
    )
    framed = done(add_frame(Graph(blocks=MappingProxyType(blocks)), Frame("frame_1", "Both")))
    return done(add(framed, *nodes, edges=[Edge("a", "out", "b", "in"), Edge("b", "out", "c", "in")]))


@pytest.mark.parametrize(
    "edit",
    [
        lambda g: add(g, Node("x", "relu"), edges=[Edge("c", "out", "x", "in")]),
        lambda g: remove(g, ["b"], heal=True),
        lambda g: disconnect(g, Edge("a", "out", "b", "in")),
        lambda g: move(g, {"a": (5, 5)}),
        lambda g: set_param(g, "a", "width", 4),
        lambda g: rename(g, "a", "First"),
        lambda g: duplicate(g, ["a", "c"], (9, 9))[0],
        lambda g: set_state(g, ["a"], "muted"),
        lambda g: set_colour(g, ["a"], "red"),
        lambda g: set_frozen(g, ["a"], True),
        lambda g: set_rate(g, ["a"], 0.1),
        lambda g: group(g, ["a", "b"])[0],
    ],
)
def test_every_edit_keeps_blocks_and_frames(graph: Graph, edit: Callable[[Graph], Graph]) -> None:
    result = edit(graph)
    assert isinstance(result, Graph)
    assert result != graph
    assert graph.blocks.items() <= result.blocks.items()
    assert result.frames == graph.frames


def test_a_copy_keeps_state_colour_and_fold(graph: Graph) -> None:
    marked = done(set_collapsed(done(set_colour(done(set_state(graph, ["a"], "muted")), ["a"], "red")), ["a"], True))
    result = duplicate(marked, ["a"], (0, 0))
    assert not isinstance(result, Diagnostic)
    copied, ids = result
    assert ids == {"a": "cell_1"}
    assert replace(copied.nodes["cell_1"], id="a") == marked.nodes["a"]


def test_an_edit_within_a_block_changes_the_definition(graph: Graph) -> None:
    seen = []

    def edit(inner: Graph) -> Graph | Diagnostic:
        seen.append(tuple(inner.blocks))
        return set_param(inner, "conv", "filters", 16)

    after = done(within("cell", edit)(graph))
    assert seen == [("cell", "stage", "spare")]
    assert after.blocks["cell"].graph.nodes["conv"].params["filters"] == 16
    assert dict(after.blocks["cell"].graph.blocks) == {}
    assert (after.nodes, after.edges, after.blocks["stage"]) == (graph.nodes, graph.edges, graph.blocks["stage"])
    assert within("cell", lambda inner: inner)(graph) is graph
    assert "no block “nobody”" in refused(within("nobody", lambda inner: inner)(graph))
    assert refused(within("cell", lambda inner: remove(inner, ["nobody"]))(graph))


def test_a_block_cannot_stand_within_itself(graph: Graph) -> None:
    words = refused(within("cell", lambda inner: add(inner, Node("x", "block:cell")))(graph))
    assert "“Cell” would stand within itself (“Cell” → “Cell”)" in words
    words = refused(within("cell", lambda inner: add(inner, Node("x", "block:stage")))(graph))
    assert "“Cell” → “Stage” → “Cell”" in words
    own = graph.blocks["cell"]
    looped = replace(own, graph=done(add(own.graph, Node("x", "block:stage"))))
    assert "within itself" in refused(set_block(graph, looped))
    assert "within itself" in refused(add_block(Graph(), looped, [graph.blocks["stage"]]))


def test_blocks_nest_only_so_deep() -> None:
    chain = {f"b{i}": block(f"b{i}", *([f"b{i + 1}"] if i + 1 < DEEPEST_BLOCKS else [])) for i in range(DEEPEST_BLOCKS)}
    graph = Graph(blocks=MappingProxyType(chain))
    assert depth(graph.blocks) == DEEPEST_BLOCKS
    deeper = within(f"b{DEEPEST_BLOCKS - 1}", lambda inner: add_and_use(inner, block("last")))
    assert f"at most {DEEPEST_BLOCKS} levels" in refused(deeper(graph))


def add_and_use(graph: Graph, new: Block) -> Graph | Diagnostic:
    result = add_block(graph, new)
    return result if isinstance(result, Diagnostic) else add(result[0], Node("use", f"block:{result[1]}"))


def test_a_project_holds_only_so_many_blocks() -> None:
    full = Graph(blocks=MappingProxyType({f"b{i}": block(f"b{i}") for i in range(MOST_BLOCKS)}))
    assert f"at most {MOST_BLOCKS:,} blocks" in refused(add_block(full, block("more")))


# --- definitions ---------------------------------------------------------------------------------------------------


def test_title_summary_and_parameters_change(graph: Graph) -> None:
    old = graph.blocks["cell"]
    deep = BlockParam("deep", "Deep", "bool", False)
    after = done(set_block(graph, replace(old, title=" New\nname", summary="What it does.", params=(WIDTH, deep))))
    assert (after.blocks["cell"].title, after.blocks["cell"].summary) == ("New name", "What it does.")
    assert after.blocks["cell"].params == (WIDTH, deep)
    assert set_block(after, after.blocks["cell"]) is after
    one, truth = (replace(deep, kind="int", default=1), replace(deep, default=True))
    first = done(set_block(graph, replace(old, params=(WIDTH, one))))
    assert done(set_block(first, replace(old, params=(WIDTH, truth)))) is not first


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ((WIDTH, WIDTH), "two parameters called “width”"),
        ((replace(WIDTH, id="repeat"), WIDTH), "every block has of its own accord"),
        ((replace(WIDTH, id="in_channels"), WIDTH), "every block has of its own accord"),
        ((replace(WIDTH, id="lambda"), WIDTH), "no word of Python"),
        ((replace(WIDTH, id="A b"), WIDTH), "no word of Python"),
        ((replace(WIDTH, kind="ints"),), "must be one of int, float, bool, choice"),
        ((replace(WIDTH, default=2.5),), "no whole number"),
        ((replace(WIDTH, default=True),), "no whole number"),
        ((replace(WIDTH, default=None),), "no whole number"),
        ((replace(WIDTH, kind="float", default="x"),), "no number"),
        ((replace(WIDTH, kind="float", default=float("nan")),), "not a finite number"),
        ((replace(WIDTH, kind="bool"),), "neither true nor false"),
        ((replace(WIDTH, minimum=9),), "beyond its own limits"),
        ((replace(WIDTH, maximum=float("inf")),), "limit that is no finite number"),
        ((replace(WIDTH, kind="choice"),), "offers 0 choices"),
        ((replace(WIDTH, kind="choice", choices=("a", "b")),), "default that is not among its choices"),
        ((replace(WIDTH, kind="choice", default="", choices=("",)),), "no text of 1 to"),
        (tuple(replace(WIDTH, id=f"p{i}") for i in range(65)), "at most 64"),
        ((replace(WIDTH, help="x" * 100_001),), "100,001 characters"),
    ],
)
def test_parameters_that_cannot_be(graph: Graph, params: tuple[BlockParam, ...], words: str) -> None:
    assert words in refused(set_block(graph, replace(graph.blocks["cell"], params=params)))


def test_a_parameter_in_use_cannot_go(graph: Graph) -> None:
    bare = replace(graph.blocks["cell"], params=())
    words = refused(set_block(graph, bare))
    assert "“conv” in the block “Cell” uses it (=width)" in words
    freed = done(within("cell", lambda inner: set_param(inner, "conv", "filters", 3))(graph))
    after = done(set_block(freed, replace(freed.blocks["cell"], params=())))
    assert dict(after.nodes["a"].params) == {"repeat": 2}  # what the use gave for it is gone too
    by_state = done(within("cell", lambda inner: set_state(inner, ["conv"], "=width > 2"))(freed))
    assert "(=width > 2)" in refused(set_block(by_state, replace(by_state.blocks["cell"], params=())))


def test_renaming_a_parameter_rewrites_expressions_and_uses(graph: Graph) -> None:
    graph = done(within("cell", lambda g: set_param(g, "conv", "kernel", ("=width+ 1", 3)))(graph))
    graph = done(within("cell", lambda g: set_state(g, ["conv"], "=width > 2"))(graph))
    graph = done(within("stage", lambda g: set_param(g, "cell_1", "width", "=width"))(graph))
    after = done(rename_block_param(graph, "cell", "width", "channels"))
    conv = after.blocks["cell"].graph.nodes["conv"]
    assert dict(conv.params) == {"filters": "=channels", "kernel": ("=channels+ 1", 3)}
    assert conv.state == "=channels > 2"
    assert [p.id for p in after.blocks["cell"].params] == ["channels"]
    assert dict(after.nodes["a"].params) == {"channels": 3, "repeat": 2}
    assert dict(after.blocks["stage"].graph.nodes["cell_1"].params) == {"channels": "=width"}
    assert after.blocks["stage"].graph.nodes["conv"].params["filters"] == "=width"  # another block's own
    assert done(rename_block_param(after, "cell", "channels", "width")) == graph
    assert "two parameters" in refused(
        rename_block_param(
            done(set_block(graph, replace(graph.blocks["cell"], params=(WIDTH, replace(WIDTH, id="other"))))),
            "cell", "width", "other",
        )
    )  # fmt: skip
    assert "no parameter “nobody”" in refused(rename_block_param(graph, "cell", "nobody", "x"))
    assert "every block has" in refused(rename_block_param(graph, "cell", "width", "index"))


def test_an_equal_block_is_shared_and_another_one_gets_its_own_name(graph: Graph) -> None:
    same = add_block(graph, block("cell"))
    assert not isinstance(same, Diagnostic)
    assert same == (graph, "cell")
    other = add_block(graph, block("cell", kernel=5))
    assert not isinstance(other, Diagnostic)
    brought, own = other
    assert (own, brought.blocks[own].title) == ("cell_2", "Cell 2")
    again = add_block(brought, block("cell", kernel=5))
    assert again == (brought, "cell_2")  # pasted twice, it is there once
    truth = add_block(brought, block("cell", kernel=True))
    assert not isinstance(truth, Diagnostic)
    assert truth[1] == "cell_3"


def test_a_block_brings_what_it_uses(graph: Graph) -> None:
    stage = replace(block("stage", "cell"), title="Other stage")
    needs = (block("cell", kernel=7), block("alien"))
    result = add_block(graph, stage, needs)
    assert not isinstance(result, Diagnostic)
    brought, own = result
    assert own == "stage_2"
    assert "alien" not in brought.blocks  # nothing uses it
    assert brought.blocks[own].graph.nodes["cell_1"].block == "cell_2"
    assert brought.blocks["cell_2"].graph.nodes["conv"].params["kernel"] == 7
    assert brought.blocks.keys() == {*graph.blocks, "stage_2", "cell_2"}
    lost = add_block(Graph(), stage)
    assert not isinstance(lost, Diagnostic)
    assert lost[0].blocks["stage"].graph.nodes["cell_1"].block == "cell"  # kept as a placeholder


def test_a_use_gets_a_definition_of_its_own(graph: Graph) -> None:
    after = done(make_unique(graph, "a"))
    assert after.nodes["a"].block == "cell_2"
    assert after.nodes["b"].block == "cell"
    assert after.blocks["cell_2"] == replace(graph.blocks["cell"], id="cell_2", title="Cell 2")
    inside = done(within("stage", lambda inner: make_unique(inner, "cell_1"))(graph))
    assert inside.blocks["stage"].graph.nodes["cell_1"].block == "cell_2"
    assert "no block" in refused(within("stage", lambda inner: make_unique(inner, "conv"))(graph))


def test_unused_definitions_go_only_when_told(graph: Graph) -> None:
    without = done(remove(graph, ["c"]))
    assert without.blocks == graph.blocks
    assert list(drop_unused_blocks(without).blocks) == ["cell"]
    assert list(drop_unused_blocks(graph).blocks) == ["cell", "stage"]
    used_ones = drop_unused_blocks(graph)
    assert drop_unused_blocks(used_ones) is used_ones


def test_who_uses_what(graph: Graph) -> None:
    assert set(used(graph)) == {"cell", "stage"}
    assert [(place, node.id) for place, node in users(graph, "cell")] == [(None, "a"), (None, "b"), ("stage", "cell_1")]
    assert needed(graph.blocks, ["stage"]) == ("stage", "cell")
    assert recursion(graph.blocks) == ()


# --- marks ---------------------------------------------------------------------------------------------------------


def test_states(graph: Graph) -> None:
    after = done(set_state(graph, ["a", "b"], "bypassed"))
    assert [after.nodes[i].state for i in "abc"] == ["bypassed", "bypassed", ""]
    assert set_state(after, ["a"], "bypassed") is after
    assert done(set_state(after, ["a", "b"], "")).nodes == graph.nodes
    assert "cannot be “asleep”" in refused(set_state(graph, ["a"], "asleep"))
    assert "cannot be read" in refused(set_state(graph, ["a"], "=1 +"))
    assert "no node “nobody”" in refused(set_state(graph, ["a", "nobody"], "muted"))
    ported = done(add(graph, Node("in", "block_input")))
    assert "port of a block" in refused(set_state(ported, ["in"], "muted"))


def test_colours_and_folds(graph: Graph) -> None:
    after = done(set_collapsed(done(set_colour(graph, ["a"], "red")), ["a", "b"], True))
    assert (after.nodes["a"].colour, after.nodes["a"].collapsed, after.nodes["b"].collapsed) == ("red", True, True)
    assert set_collapsed(after, ["a"], True) is after
    assert set_colour(after, ["a"], "red") is after
    assert "there are red, orange" in refused(set_colour(graph, ["a"], "beige"))
    later = done(add(graph, Node("x", "relu", extra=frozen({"colour": "amber"}))))
    assert dict(done(set_colour(later, ["x"], "")).nodes["x"].extra) == {}


def test_layers_are_frozen_and_given_rates(graph: Graph) -> None:
    after = done(set_rate(done(set_frozen(graph, ["a", "b"], True)), ["a"], 0.5))
    assert (after.nodes["a"].frozen, after.nodes["a"].rate) == (True, 0.5)
    assert (after.nodes["b"].frozen, after.nodes["b"].rate) == (True, 1.0)
    assert set_frozen(after, ["a"], True) is after
    assert set_rate(after, ["a"], 0.5) is after
    assert done(set_rate(done(set_frozen(after, ["a", "b"], False)), ["a"], 1)).nodes == graph.nodes
    for bad in (0.0, -1.0, float("nan"), float("inf")):
        assert "choose a factor" in refused(set_rate(graph, ["a"], bad))
    assert "no node “nobody”" in refused(set_frozen(graph, ["nobody"], True))


def test_what_comes_out_of_a_block_learns_as_it_did_inside(graph: Graph) -> None:
    marked = done(set_rate(done(set_frozen(graph, ["a"], True)), ["a"], 0.5))
    inside = done(within("cell", lambda g: set_rate(g, ["conv"], 4.0))(marked))
    result = dissolve(inside, "a")
    assert not isinstance(result, Diagnostic)
    loose, ids = result
    assert {(loose.nodes[i].frozen, loose.nodes[i].rate) for i in ids} >= {(True, 2.0)}
    assert all(loose.nodes[i].frozen for i in ids)
