"""Blocks, frames and marks in project files, and every wrong one a file may hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.document.block_rules import DEEPEST_BLOCKS
from workbench.document.edits import move
from workbench.document.format import decode, encode
from workbench.document.graph import Block, BlockParam, Edge, Frame, Graph, Node, frozen
from workbench.document.project import Project

CELL: dict[str, Any] = {
    "id": "cell",
    "title": "Cell",
    "params": [{"id": "width", "title": "Width", "kind": "int", "default": 8}],
    "nodes": [
        {"id": "in", "layer": "block_input"},
        {"id": "conv", "layer": "conv2d", "params": {"filters": "=width", "kernel": ["=width", 3]}},
        {"id": "out", "layer": "block_output"},
    ],
    "edges": ["in.out -> conv.in", "conv.out -> out.in"],
}
GOOD: dict[str, Any] = {
    "version": 2,
    "nodes": [{"id": "a", "layer": "block:cell", "state": "muted", "colour": "red", "collapsed": True}],
    "edges": [],
    "frames": [{"id": "frame_1", "title": "All", "note": "# It", "position": [-8, 0], "size": [16, 8]}],
    "blocks": [CELL],
}


def project_of(document: Any) -> Project:
    return decode(json.dumps(document).encode())


def test_a_project_with_blocks_is_read_whole() -> None:
    graph = project_of(GOOD).graph
    assert graph.nodes == {"a": Node("a", "block:cell", state="muted", colour="red", collapsed=True)}
    assert graph.frames == {"frame_1": Frame("frame_1", "All", "# It", -8, 0, 16, 8)}
    inside = {
        "in": Node("in", "block_input"),
        "conv": Node("conv", "conv2d", params=frozen({"filters": "=width", "kernel": ("=width", 3)})),
        "out": Node("out", "block_output"),
    }
    edges = frozenset((Edge("in", "out", "conv", "in"), Edge("conv", "out", "out", "in")))
    assert graph.blocks == {
        "cell": Block("cell", "Cell", Graph(inside, edges), (BlockParam("width", "Width", "int", 8),))
    }
    assert list(graph.blocks["cell"].graph.nodes) == ["in", "conv", "out"]
    assert encode(decode(encode(project_of(GOOD)))) == encode(project_of(GOOD))


def test_what_is_not_there_is_not_written() -> None:
    plain = json.loads(encode(Project(graph=Graph({"n": Node("n", "relu")}))))
    assert not {"blocks", "frames"} & plain.keys()
    assert plain["nodes"] == [{"id": "n", "layer": "relu", "position": [0, 0]}]


def test_a_layer_moved_in_a_block_is_one_changed_line() -> None:
    project = project_of(GOOD)
    cell = project.graph.blocks["cell"]
    moved = move(cell.graph, {"conv": (77, 5)})
    assert isinstance(moved, Graph)
    other = Project(graph=Graph(project.graph.nodes, blocks={"cell": Block("cell", "Cell", moved, cell.params)}))
    same = Project(graph=Graph(project.graph.nodes, blocks=project.graph.blocks))
    pairs = zip(encode(same).splitlines(), encode(other).splitlines(), strict=True)
    assert sum(a != b for a, b in pairs) == 1


def test_fields_of_later_versions_are_kept_everywhere() -> None:
    later = {"later": [1, {"x": None}]}
    document = {**GOOD, "blocks": [{**CELL, **later}], "frames": [{**GOOD["frames"][0], **later, "colour": "amber"}]}
    document["nodes"] = [{**GOOD["nodes"][0], **later, "colour": "amber"}]
    written = json.loads(encode(project_of(document)))
    for where, index in (("blocks", 0), ("frames", 0), ("nodes", 0)):
        assert written[where][index]["later"] == later["later"]
    assert written["nodes"][0]["colour"] == written["frames"][0]["colour"] == "amber"
    assert project_of(document).graph.nodes["a"].colour == ""


def test_a_use_of_a_block_that_is_not_there_is_kept() -> None:
    graph = project_of({**GOOD, "blocks": []}).graph
    assert graph.nodes["a"].block == "cell"
    assert project_of(json.loads(encode(Project(graph=graph)))).graph == graph


def test_expressions_are_only_texts_here() -> None:
    for text in ("=", "=1 +", "=__import__('os')", "=" + "(" * 50_000, "=x" * 50_000):
        document = {
            **GOOD,
            "blocks": [with_block(nodes=[{"id": "n", "layer": "relu", "params": {"p": text}}], edges=[])],
        }
        assert project_of(document).graph.blocks["cell"].graph.nodes["n"].params["p"] == text


def with_block(**fields: Any) -> dict[str, Any]:
    return {**CELL, **fields}


def blocks(*entries: Any) -> dict[str, Any]:
    return {**GOOD, "blocks": list(entries)}


def with_param(**fields: Any) -> dict[str, Any]:
    return blocks(with_block(params=[{**CELL["params"][0], **fields}]))


def user(id: str, *used: str) -> dict[str, Any]:
    nodes = [{"id": f"n{i}", "layer": f"block:{u}"} for i, u in enumerate(used)]
    return {"id": id, "title": id, "nodes": nodes, "edges": []}


def frame(**fields: Any) -> dict[str, Any]:
    return {**GOOD, "frames": [{**GOOD["frames"][0], **fields}]}


def mark(**fields: Any) -> dict[str, Any]:
    return {**GOOD, "nodes": [{**GOOD["nodes"][0], **fields}]}


NESTED: Any = {"id": "x"}
for _ in range(20):
    NESTED = {"id": "x", "title": "x", "nodes": [], "blocks": [NESTED]}

HOSTILE: dict[str, tuple[Any, str]] = {
    "blocks by name": ({**GOOD, "blocks": {"cell": CELL}}, "“blocks” of the project is an object where a list"),
    "a block that is a text": (blocks("cell"), "block 1 is the text “cell”"),
    "a block without id": (blocks({"title": "x"}), "block 1 has no “id”"),
    "a block with an id that is code": (blocks(with_block(id="a b")), "has the id “a b”"),
    "a block without title": (blocks({"id": "x"}), "the block “x” has no “title”"),
    "a block with an empty title": (blocks(with_block(title="")), "a title that is empty"),
    "a title of 10,000 letters": (blocks(with_block(title="x" * 10_000)), "10,000 characters long"),
    "two blocks of one id": (blocks(CELL, CELL), "two blocks have the id “cell”"),
    "too many blocks": (blocks(*[0] * 1_001), "1,001 entries; at most 1,000 are read"),
    "a block within itself": (blocks(user("a", "a")), "would stand within itself"),
    "blocks within each other": (blocks(user("a", "b"), user("b", "c"), user("c", "a")), "“a” → “b” → “c” → “a”"),
    "blocks too deep": (blocks(*(user(f"b{i}", f"b{i + 1}") for i in range(DEEPEST_BLOCKS + 1))), "deep within each"),
    "a circle of 999 blocks": (blocks(*(user(f"b{i}", f"b{(i + 1) % 999}") for i in range(999))), "within itself"),
    "a circle of wires in a block": (
        blocks(with_block(edges=["in.out -> conv.in", "conv.out -> conv.in2"])),
        "In the block “cell”: The wires run in a circle",
    ),
    "a dangling wire in a block": (blocks(with_block(edges=["in.out -> x.in"])), "In the block “cell”: .*ends at “x”"),
    "a bad node in a block": (blocks(with_block(nodes=[{"id": "A"}])), "In the block “cell”: .*has the id “A”"),
    "params by name": (blocks(with_block(params={"width": 8})), "is an object where a list"),
    "a param that is a text": (blocks(with_block(params=["width"])), "parameter 1 of the block “cell” is the text"),
    "too many params": (blocks(with_block(params=[0] * 65)), "65 entries"),
    "a param with a name every block has": (with_param(id="in_channels"), "every block has of its own accord"),
    "a param with a word of python": (with_param(id="class"), "no word of Python"),
    "a param that is code": (with_param(id="x; import os"), "short word"),
    "a param of 10,000 letters": (with_param(id="x" * 10_000), "short word"),
    "a param of another kind": (with_param(kind="ints"), "of the kind “ints”"),
    "a param without default": (blocks(with_block(params=[{"id": "w", "kind": "int"}])), "no whole number"),
    "a default that is an object": (with_param(default={"a": 1}), "no whole number"),
    "a default of truth": (with_param(default=True), "no whole number"),
    "a default beyond its limits": (with_param(minimum=10), "beyond its own limits"),
    "a limit that is a text": (with_param(minimum="1"), "“minimum” of parameter 1 of the block “cell” is no number"),
    "a limit of truth": (with_param(maximum=True), "“maximum” of parameter 1"),
    "choices of numbers": (with_param(kind="choice", default=1, choices=[1, 2]), "no text of 1 to"),
    "choices of objects": (with_param(kind="choice", default="a", choices=[{}]), "no text of 1 to"),
    "too many choices": (with_param(kind="choice", default="a", choices=["a"] * 65), "65 entries"),
    "a param with more": (with_param(unit="px"), "has a field “unit”"),
    "frames by name": ({**GOOD, "frames": {}}, "“frames” of the project is an object"),
    "too many frames": ({**GOOD, "frames": [0] * 10_001}, "10,001 entries"),
    "a frame without id": ({**GOOD, "frames": [{}]}, "frame 1 has no “id”"),
    "two frames of one id": ({**GOOD, "frames": GOOD["frames"] * 2}, "two frames have the id “frame_1”"),
    "a frame of no size": (frame(size=[0, 5]), "the size of the frame “frame_1” must be two whole numbers"),
    "a frame of endless size": (frame(size=[10**9, 5]), "two whole numbers within 1 to 2,000,000"),
    "a frame far out": (frame(position=[10**9, 5]), "two whole numbers within ±1,000,000"),
    "a note that is a list": (frame(note=["a"]), "“note” of the frame “frame_1” is a list"),
    "an endless note": (frame(note="x" * 100_001), "100,001 characters"),
    "a state of another kind": (mark(state="asleep"), "has the state “asleep”"),
    "a state of truth": (mark(state=True), "“state” of the node “a” is true where a text"),
    "an endless state": (mark(state="=" + "1" * 100_001), "100,002 characters"),
    "a fold in words": (mark(collapsed="yes"), "“collapsed” of the node “a” is the text “yes”"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_blocks_are_refused_with_a_sentence(document: Any, words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        project_of(document)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 500


def test_blocks_nested_in_the_text_are_not_looked_into() -> None:
    """A block has no blocks of its own: the field is kept like any other that this version does not know."""
    graph = project_of(blocks({**CELL, "blocks": [NESTED]})).graph
    assert list(graph.blocks) == ["cell"]
    assert dict(graph.blocks["cell"].graph.blocks) == {}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "title", "kind", "default", "nodes", "size"]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    where=st.sampled_from(["blocks", "block", "params", "param", "default", "frames", "frame", "state", "colour"]),
)
def test_any_value_anywhere_gives_a_project_or_a_problem(value: Any, where: str) -> None:
    document = {
        "blocks": {**GOOD, "blocks": value},
        "block": blocks(value),
        "params": blocks(with_block(params=value)),
        "param": blocks(with_block(params=[value])),
        "default": with_param(default=value),
        "frames": {**GOOD, "frames": value},
        "frame": {**GOOD, "frames": [value]},
        "state": mark(state=value),
        "colour": mark(colour=value),
    }[where]
    try:
        project = project_of(document)
    except Problem:
        return
    assert decode(encode(project)) == project


def test_what_no_file_can_hold_is_refused_before_anything_is_written() -> None:
    cell = project_of(GOOD).graph.blocks["cell"]
    looped = Block("cell", "Cell", Graph({"x": Node("x", "block:cell")}))
    for graph in (
        Graph(blocks={"cell": looped}),
        Graph(blocks={"cell": Block("cell", "", cell.graph)}),
        Graph(blocks={"cell": Block("cell", "Cell", cell.graph, (BlockParam("index", "", "int", 1),))}),
        Graph(frames={"f": Frame("f", width=0)}),
        Graph({"n": Node("n", "x", state="asleep")}),
    ):
        with pytest.raises(Problem):
            encode(Project(graph=graph))
