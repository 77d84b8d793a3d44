from __future__ import annotations

import json
import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.document.edits import move
from workbench.document.format import decode, encode
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe

slow_draws = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@settings(slow_draws, max_examples=60)
@given(data=st.data())
def test_saving_what_was_loaded_gives_the_same_bytes(data: st.DataObject, projects: st.SearchStrategy[Project]) -> None:
    project = data.draw(projects)
    first = encode(project)
    loaded = decode(first)
    assert loaded == project
    assert list(loaded.graph.nodes) == list(project.graph.nodes)
    assert encode(loaded) == first


def test_types_survive() -> None:
    params = frozen({"a": 1, "b": 1.0, "c": True, "d": None, "e": "1", "f": (1, 2.0, "x"), "g": ()})
    graph = Graph(MappingProxyType({"n": Node("n", "x", params=params)}))
    assert repr(decode(encode(Project(graph=graph))).graph.nodes["n"].params) == repr(params)


def test_a_moved_node_is_one_changed_line(chain: Graph) -> None:
    moved = move(chain, {"relu_1": (777, 50)})
    assert isinstance(moved, Graph)
    before, after = (encode(Project(graph=g)).splitlines() for g in (chain, moved))
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert changed == [(b'      "position": [200, 50]', b'      "position": [777, 50]')]


def test_a_changed_line_of_the_notes_is_one_changed_line() -> None:
    one, two = (encode(Project(notes=f"# Notes\n\nLook at {x}.\n")).splitlines() for x in ("a", "b"))
    assert sum(a != b for a, b in zip(one, two, strict=True)) == 1


def test_unknown_fields_and_layers_are_saved_back() -> None:
    written = json.loads(encode(Project(graph=Graph(MappingProxyType({"n": Node("n", "x")})))))
    written["later"] = {"deep": [1, [2, {"x": None}]]}
    written["nodes"][0] |= {"layer": "acme.Quantum-Conv", "colour": "red", "params": {"spin": [0.5, -0.5]}}
    written["data"]["shard"] = 3
    written["recipe"]["lookahead"] = ["bf16"]
    project = decode(json.dumps(written).encode())
    assert project.graph.nodes["n"].layer == "acme.Quantum-Conv"
    assert json.loads(encode(project)) == written
    assert encode(decode(encode(project))) == encode(project)


def test_missing_parts_have_defaults() -> None:
    assert decode(b'{"version": 4}') == Project()
    assert decode(b'{"version": 1}') == Project(recipe=Recipe(decay="all"))
    node = decode(b'{"version": 1, "nodes": [{"id": "a", "layer": "relu"}]}').graph.nodes["a"]
    assert node == Node("a", "relu")


def test_notes_written_by_hand_as_one_text() -> None:
    assert decode(b'{"version": 1, "notes": "a\\nb"}').notes == "a\nb"


GOOD: dict[str, Any] = {
    "version": 1,
    "nodes": [{"id": "a", "layer": "input"}, {"id": "b", "layer": "relu"}, {"id": "c", "layer": "relu"}],
    "edges": ["a.out -> b.in", "b.out -> c.in"],
}


def with_node(**fields: Any) -> dict[str, Any]:
    return {**GOOD, "nodes": [{**GOOD["nodes"][0], **fields}, *GOOD["nodes"][1:]]}


HOSTILE: dict[str, tuple[Any, str]] = {
    "a list": ([], "not a Workbench project"),
    "a number": (7, "not a Workbench project"),
    "null": (None, "not a Workbench project"),
    "another JSON file": ({"name": "left-pad", "dependencies": {}}, "not a Workbench project"),
    "a newer version": ({"version": 5}, r"newer version of Workbench \(format 5; this one reads up to 4\)"),
    "a far newer version": ({"version": 2**62, "nodes": 7}, "newer version"),
    "version 0": ({"version": 0}, "format version 0, which never was"),
    "a negative version": ({"version": -(2**62)}, "which never was"),
    "a version in words": ({"version": "1"}, "is the text “1” where a whole number"),
    "a version of truth": ({"version": True}, "is true where a whole number"),
    "a version of 1.0": ({"version": 1.0}, "is the number 1.0 where a whole number"),
    "nodes by name": ({**GOOD, "nodes": {"a": {}}}, "“nodes” of the project is an object where a list"),
    "nodes null": ({**GOOD, "nodes": None}, "is null where a list"),
    "a node that is a text": ({**GOOD, "nodes": ["a"]}, "node 1 is the text “a” where an object"),
    "a node without id": ({**GOOD, "nodes": [{"layer": "relu"}]}, "node 1 has no “id”"),
    "a node without layer": ({**GOOD, "nodes": [{"id": "a"}]}, "the node “a” has no “layer”"),
    "an empty layer": (with_node(layer=""), "empty layer name"),
    "a layer that is a number": (with_node(layer=3), "“layer” of the node “a” is the number 3"),
    "two nodes of one id": ({**GOOD, "nodes": [GOOD["nodes"][0]] * 2}, "two nodes have the id “a”"),
    "an id in capitals": (with_node(id="Conv"), "has the id “Conv”"),
    "an id with a line break": (with_node(id="a\n"), "has the id"),
    "an id that is code": (with_node(id='x"); __import__("os").system("..") #'), "an id starts with"),
    "an id of 10,000 letters": (with_node(id="a" * 10_000), "at most 64"),
    "an empty id": (with_node(id=""), "an id starts with"),
    "an id with é": (with_node(id="é"), "an id starts with"),
    "an id that is a number": (with_node(id=1), "“id” of node 1 is the number 1"),
    "a name of 10,000 letters": (with_node(name="x" * 10_000), "10,000 characters long; at most 200"),
    "params as a list": (with_node(params=[1]), "“params” of the node “a” is a list"),
    "a param that is an object": (with_node(params={"k": {"x": 1}}), "the parameter “k” of the node “a” is a"),
    "a param nested in lists": (with_node(params={"k": [[1]]}), "the parameter “k”"),
    "a param with truth in a list": (with_node(params={"k": [True]}), "the parameter “k”"),
    "a param without a name": (with_node(params={"": 1}), "parameter name of the node “a” is empty"),
    "a param with a long list": (with_node(params={"k": [1] * 5_000}), "5,000 entries"),
    "a position with a fraction": (with_node(position=[1.5, 2]), "two whole numbers"),
    "a position of one": (with_node(position=[1]), "two whole numbers"),
    "a position of three": (with_node(position=[1, 2, 3]), "3 entries"),
    "a position far out": (with_node(position=[10**12, 0]), "within ±1,000,000"),
    "a position of truth": (with_node(position=[True, 0]), "two whole numbers"),
    "edges null": ({**GOOD, "edges": None}, "“edges” of the project is null"),
    "an edge of another form": ({**GOOD, "edges": ["a -> b"]}, "not of the form"),
    "an edge that is an object": ({**GOOD, "edges": [{"from": "a"}]}, "not of the form"),
    "an edge with a strange port": ({**GOOD, "edges": ["a.out -> b.in; import os"]}, "not of the form"),
    "an edge to nobody": ({**GOOD, "edges": ["a.out -> z.in"]}, "ends at “z”, but there is no such node"),
    "an edge from nobody": ({**GOOD, "edges": ["z.out -> a.in"]}, "ends at “z”"),
    "two wires into one input": ({**GOOD, "edges": ["a.out -> c.in", "b.out -> c.in"]}, "two wires end at"),
    "the same wire twice": ({**GOOD, "edges": ["a.out -> c.in", "a.out -> c.in"]}, "two wires end at"),
    "a loop": ({**GOOD, "edges": ["a.out -> a.in"]}, "circle"),
    "a circle": ({**GOOD, "edges": [*GOOD["edges"], "c.out -> a.in"]}, "circle"),
    "too many nodes": ({**GOOD, "nodes": [0] * 100_001}, "100,001 entries; at most 100,000 are read"),
    "too many edges": ({**GOOD, "edges": [0] * 400_001}, "400,001 entries; at most 400,000 are read"),
    "a name that is a list": ({**GOOD, "name": ["x"]}, "“name” of the project is a list"),
    "notes of numbers": ({**GOOD, "notes": [1]}, "list of lines"),
    "too many notes": ({**GOOD, "notes": "x" * 1_000_001}, "1,000,001 characters"),
    "data as a text": ({**GOOD, "data": "photos"}, "the data settings is the text “photos”"),
    "a source of numbers": ({**GOOD, "data": {"source": 7}}, "“source” of the data settings is the number 7"),
    "an unknown fit": ({**GOOD, "data": {"fit": "bend"}}, "must be one of “crop”, “pad”, “stretch”"),
    "too much validation": ({**GOOD, "data": {"validation": 1.5}}, "is 1.5; it must lie between 0.0 and 1.0"),
    "nothing to train on": ({**GOOD, "data": {"validation": 0.5, "test": 0.5}}, "leave no pictures to train on"),
    "a share of truth": ({**GOOD, "data": {"validation": True}}, "is true where a number"),
    "a negative seed": ({**GOOD, "data": {"seed": -1}}, "is -1; it must lie between 0 and"),
    "augmentations by name": ({**GOOD, "data": {"augmentations": {"flip": {}}}}, "is an object where a list"),
    "an augmentation in words": ({**GOOD, "data": {"augmentations": ["flip"]}}, "augmentation 1 is the text “flip”"),
    "a recipe that is null": ({**GOOD, "recipe": None}, "the recipe is null where an object"),
    "no epochs": ({**GOOD, "recipe": {"epochs": 0}}, "“epochs” of the recipe is 0"),
    "clipped below nothing": ({**GOOD, "version": 4, "recipe": {"clip": -1}}, "“clip” of the recipe is -1"),
    "an odd decay": ({**GOOD, "version": 4, "recipe": {"decay": "some"}}, "must be one of “all”, “weights”"),
    "an odd precision": ({**GOOD, "version": 4, "recipe": {"precision": "int3"}}, "must be one of “full”, “bf16”"),
    "metrics without names": ({**GOOD, "version": 4, "recipe": {"metrics": [1]}}, "no name of a metric"),
    "a start without an id": (
        {**GOOD, "version": 4, "recipe": {"initialisation": {}}},
        "the initialisation has no “id”",
    ),
    "a node that is half frozen": (
        {**GOOD, "version": 4, "nodes": [{"id": "a", "layer": "relu", "frozen": 1}]},
        "“frozen” of the node “a” is the number 1 where true or false",
    ),
    "a node that learns backwards": (
        {**GOOD, "version": 4, "nodes": [{"id": "a", "layer": "relu", "rate": -1}]},
        "“rate” of the node “a” is -1; it must lie between",
    ),
    "half an epoch": ({**GOOD, "recipe": {"epochs": 0.5}}, "is the number 0.5 where a whole number"),
    "a batch of 2**62": ({**GOOD, "recipe": {"batch_size": 2**62}}, "“batch_size” of the recipe is 4,611"),
    "an optimizer in words": ({**GOOD, "recipe": {"optimizer": "adam"}}, "the optimizer is the text “adam”"),
    "an optimizer without id": ({**GOOD, "recipe": {"optimizer": {}}}, "the optimizer has no “id”"),
    "an optimizer with more": ({**GOOD, "recipe": {"optimizer": {"id": "x", "lr": 1}}}, "a field “lr”"),
    "a device that is code": ({**GOOD, "recipe": {"device": "cpu; rm -rf /"}}, "“device” of the recipe"),
    "deterministic 1": ({**GOOD, "recipe": {"deterministic": 1}}, "is the number 1 where true or false"),
}


def test_the_good_one_is_good() -> None:
    assert len(decode(json.dumps(GOOD).encode()).graph) == 3


@pytest.mark.parametrize(("document", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_documents_are_refused_with_a_sentence(document: Any, words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        decode(json.dumps(document).encode())
    message = str(caught.value)
    assert message.endswith(".")
    assert len(message) < 400


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"version": NaN}', b'{"version": 1, "version": 1}', b"9" * 5_000]
)
def test_hostile_json_is_refused_with_a_sentence(data: bytes) -> None:
    """The rest of these is in the tests of `json_text`."""
    with pytest.raises(Problem, match=r"The project file .*\."):
        decode(data)


@pytest.mark.parametrize("source", ["../elsewhere", "/etc", "C:\\Pictures", "sample:digits", "~", "a/../../b", ""])
def test_a_data_folder_is_the_users_choice_and_only_a_text_here(source: str) -> None:
    project = decode(json.dumps({"version": 1, "data": {"source": source}}).encode())
    assert project.data.source == source


@pytest.mark.faults
def test_a_million_nodes_are_refused() -> None:
    nodes = b",".join(b'{"id":"n%d","layer":"relu"}' % i for i in range(1_000_000))
    with pytest.raises(Problem, match="1,000,000 entries"):
        decode(b'{"version":1,"nodes":[' + nodes + b"]}")
    with pytest.raises(Problem, match="at most 64 MB are read"):
        decode(b'{"version":1,"nodes":[' + nodes * 3 + b"]}")


@slow_draws
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "layer", "params", "position", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    where=st.sampled_from(["version", "name", "notes", "nodes", "node", "edges", "data", "recipe", "optimizer"]),
)
def test_any_value_anywhere_gives_a_project_or_a_problem(value: Any, where: str) -> None:
    document: dict[str, Any] = dict(GOOD)
    if where == "node":
        document["nodes"] = [value]
        document["edges"] = []
    elif where == "optimizer":
        document["recipe"] = {"optimizer": value}
    else:
        document[where] = value
    try:
        project = decode(json.dumps(document).encode())
    except Problem:
        return
    assert decode(encode(project)) == project


def test_what_no_file_can_hold_is_refused_before_anything_is_written() -> None:
    def holding(value: Any) -> Project:
        return Project(graph=Graph(MappingProxyType({"n": Node("n", "x", params=frozen({"p": value}))})))

    dangling = Graph(MappingProxyType({"n": Node("n", "x")}), frozenset({Edge("n", "out", "m", "in")}))
    for project in (
        holding(math.nan),
        holding(2**63),
        holding({"a": 1}),
        holding("\ud800"),
        Project(graph=dangling),
        Project(name="x" * 201),
        Project(data=DataSettings(validation=math.nan)),
        Project(recipe=Recipe(epochs=0)),
        Project(recipe=Recipe(optimizer=Chosen("sgd", frozen({"lr": math.inf})))),
    ):
        with pytest.raises(Problem, match="In the project file"):
            encode(project)


def test_stray_characters_in_free_texts_never_stop_a_save() -> None:
    graph = Graph(MappingProxyType({"n": Node("n", "x", name="a\ud800")}))
    loaded = decode(encode(Project(name="a\0b", graph=graph, notes="\udfff\n")))
    assert (loaded.name, loaded.notes, loaded.graph.nodes["n"].name) == ("a\ufffdb", "\ufffd\n", "a\ufffd")


def test_a_list_where_a_tuple_belongs_is_saved_as_one() -> None:
    node = Node("n", "x", params=frozen({"size": [64, 64]}))  # type: ignore[dict-item]
    loaded = decode(encode(Project(graph=Graph(MappingProxyType({"n": node})))))
    assert loaded.graph.nodes["n"].params["size"] == (64, 64)


def test_fields_of_a_later_version_never_override_known_ones() -> None:
    project = Project(name="mine", extra=MappingProxyType({"name": "theirs", "version": 9}))
    assert decode(encode(project)) == replace(project, extra=MappingProxyType({}))
