"""The step to version 2, and the machinery held against a made-up past before version 1: versions -1 and 0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.diagnostic import Problem
from workbench.document.format import VERSION, decode, encode
from workbench.document.graph import Edge
from workbench.document.migrations import MIGRATIONS, Migration, migrate


def _wires_from_pairs(document: dict[str, Any]) -> None:
    """Version -1 had wires as pairs of node ids."""
    document["edges"] = [f"{a}.out -> {b}.in" for a, b in document.pop("links")]


def _layers_renamed(document: dict[str, Any]) -> None:
    """Version 0 called the convolution "conv" and had its size as one number."""
    for node in document["nodes"]:
        if node["layer"] == "conv":
            node["layer"] = "conv2d"
            node["params"]["kernel"] = [node["params"].pop("size")] * 2


PAST = (
    Migration(0, "Rename conv", _layers_renamed),
    Migration(-1, "Write wires as text", _wires_from_pairs),
    *MIGRATIONS,
)
OLDEST = {
    "version": -1,
    "name": "Old",
    "links": [["input_1", "conv_1"]],
    "nodes": [
        {"id": "input_1", "layer": "pictures", "params": {}},
        {"id": "conv_1", "layer": "conv", "params": {"size": 5}, "colour": "kept"},
    ],
}


def test_the_steps_lead_to_the_present_version_in_order() -> None:
    assert [m.version for m in MIGRATIONS] == list(range(1, VERSION))


def test_two_steps_are_taken_in_order_of_version() -> None:
    project = decode(json.dumps(OLDEST).encode(), migrations=PAST)
    conv = project.graph.nodes["conv_1"]
    assert (conv.layer, dict(conv.params), dict(conv.extra)) == ("conv2d", {"kernel": (5, 5)}, {"colour": "kept"})
    assert project.graph.edges == {Edge("input_1", "out", "conv_1", "in")}
    assert f'"version": {VERSION}'.encode() in encode(project)


def test_a_file_of_the_version_between_takes_only_its_step() -> None:
    middle = {**OLDEST, "version": 0, "edges": ["input_1.out -> conv_1.in"]}
    del middle["links"]
    assert decode(json.dumps(middle).encode(), migrations=PAST) == decode(json.dumps(OLDEST).encode(), migrations=PAST)


def test_what_was_read_is_not_changed() -> None:
    before = json.dumps(OLDEST)
    result = migrate(OLDEST, -1, migrations=PAST)
    assert json.dumps(OLDEST) == before
    assert result["version"] == VERSION


def test_a_present_document_is_given_as_it_is() -> None:
    document = {"version": VERSION}
    assert migrate(document, VERSION, migrations=PAST) is document


@pytest.mark.parametrize(
    "damage", [{"links": None}, {"links": [["a"]]}, {"links": [7]}, {"nodes": [{}]}, {"nodes": 3}, {"nodes": [[]]}]
)
def test_a_damaged_old_file_is_refused_with_a_sentence(damage: dict[str, Any]) -> None:
    with pytest.raises(Problem, match=r"is damaged: it could not be brought to format \d and was left as it is") as e:
        decode(json.dumps({**OLDEST, **damage}).encode(), migrations=PAST)
    assert e.value.diagnostics[0].details


def test_a_version_no_step_leads_from() -> None:
    with pytest.raises(Problem, match="which never was"):
        decode(b'{"version": -2}', migrations=PAST)
    with pytest.raises(Problem, match="newer"):
        decode(b'{"version": 4}', target=3)


def test_what_version_1_kept_under_names_that_mean_something_now_is_kept_under_others() -> None:
    node = {"id": "a", "layer": "relu", "state": [1], "collapsed": "yes", "colour": "amber"}
    first = {"version": 1, "nodes": [node], "blocks": 7, "frames": {"a": 1}}
    project = decode(json.dumps(first).encode())
    found = project.graph.nodes["a"]
    assert (found.state, found.colour, found.collapsed) == ("", "", False)
    assert found.extra == {"v1_state": (1,), "v1_collapsed": "yes", "colour": "amber"}
    assert project.extra == {"v1_blocks": 7, "v1_frames": {"a": 1}}
    assert decode(encode(project)) == project


def test_what_version_2_kept_among_the_data_under_names_that_mean_something_now() -> None:
    second = {"version": 2, "data": {"source": "photos", "kind": 3, "changes": "none", "shard": 1}}
    data = decode(json.dumps(second).encode()).data
    assert (data.source, data.kind, dict(data.changes)) == ("photos", "auto", {})
    assert data.extra == {"v2_kind": 3, "v2_changes": "none", "shard": 1}


def test_what_version_3_kept_in_recipes_and_nodes_under_names_that_mean_something_now() -> None:
    node = {"id": "a", "layer": "relu", "frozen": "hard", "rate": [1], "tint": 1}
    block = {"id": "cell", "title": "Cell", "nodes": [{**node, "id": "b"}]}
    third = {"version": 3, "nodes": [node], "blocks": [block], "recipe": {"clip": "no", "epochs": 3, "warm": 1}}
    project = decode(json.dumps(third).encode())
    for found in (project.graph.nodes["a"], project.graph.blocks["cell"].graph.nodes["b"]):
        assert (found.frozen, found.rate) == (False, 1.0)
        assert found.extra == {"v3_frozen": "hard", "v3_rate": (1,), "tint": 1}
    assert (project.recipe.clip, project.recipe.epochs) == (0.0, 3)
    assert project.recipe.extra == {"v3_clip": "no", "warm": 1}


def test_weight_decay_of_older_projects_pulls_at_all_weights_as_it_did() -> None:
    assert decode(b'{"version": 3, "recipe": {"decay": "weights"}}').recipe.decay == "all"
    assert decode(b'{"version": 3}').recipe.decay == "all"
    assert decode(b'{"version": 4}').recipe.decay == "weights"
    with pytest.raises(Problem, match="recipe"):
        decode(b'{"version": 3, "recipe": 7}')
