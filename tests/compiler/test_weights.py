"""What was learned survives edits, node by node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.compiler.build import Compiled, compile
from workbench.compiler.inference import infer
from workbench.compiler.paths import leaves
from workbench.compiler.weights import carry_over, kept_nodes, keys_of, moved_nodes
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph, Node, Value, frozen
from workbench.document.grouping import group

Build = Callable[..., Graph]
Make = Callable[..., Node]


def changed(graph: Graph, node: str, **params: Value) -> Graph:
    return replace(graph, nodes={**graph.nodes, node: replace(graph.nodes[node], params=frozen(params))})


def carried(before: Graph, after: Graph) -> set[str]:
    """The nodes whose weights came along, after checking that every tensor is the one that was learned."""
    import torch

    old, new = compile(before), compile(after)
    state = old.module(seed=1).state_dict()
    kept = carry_over(state, old, new)
    module = new.module(seed=2)
    missing, unexpected = module.load_state_dict(kept, strict=False)
    assert not unexpected
    # torch does not miss the counter of batches, which old checkpoints did not have
    assert set(missing) | set(kept) >= {key for key in new.keys if not key.endswith("num_batches_tracked")}
    found = set()
    came_from = moved_nodes(old.inferred, new.inferred)
    for node in (place.path for place in leaves(new.inferred)):
        keys = keys_of(new, node)
        if keys and all(key in kept for key in keys):
            found.add(node)
            for mine, theirs in zip(keys, keys_of(old, came_from[node]), strict=True):
                assert torch.equal(module.state_dict()[mine], state[theirs])
        else:
            assert not any(key in kept for key in keys)
    return found


LEARNING = {"conv2d_1", "conv2d_2", "batch_norm2d_1", "linear_1"}


def test_the_same_graph_keeps_everything(residual: Graph) -> None:
    assert carried(residual, residual) == LEARNING


def test_names_and_positions_do_not_matter(residual: Graph) -> None:
    moved = {n.id: replace(n, name=f"My {n.id}", x=n.x + 10) for n in reversed(list(residual))}
    assert carried(residual, replace(residual, nodes=moved)) == LEARNING


def test_a_default_written_out_is_no_change(residual: Graph) -> None:
    assert carried(residual, changed(residual, "conv2d_1", filters=8, kernel=(3, 3), bias=True)) == LEARNING


def test_a_changed_layer_begins_anew_and_so_does_what_it_feeds_if_it_no_longer_fits(residual: Graph) -> None:
    assert carried(residual, changed(residual, "linear_1", units=5)) == LEARNING - {"linear_1"}
    wider = changed(changed(residual, "conv2d_1", filters=16), "conv2d_2", filters=16)
    assert carried(residual, wider) == set()
    assert carried(residual, changed(residual, "conv2d_1", filters=8, kernel=(5, 5))) == LEARNING - {"conv2d_1"}


def test_larger_pictures_keep_convolutions(residual: Graph, chain: Build, node: Make) -> None:
    assert carried(residual, changed(residual, "pictures_1", size=(32, 32))) == LEARNING
    flat = chain(
        node("pictures_1", size=(8, 8)), node("conv2d_1"), node("flatten_1"), node("linear_1"), node("output_1")
    )
    assert carried(flat, changed(flat, "pictures_1", size=(16, 16))) == {"conv2d_1"}


def test_a_layer_put_in_between_leaves_the_others_alone(residual: Graph, node: Make) -> None:
    edges = residual.edges - {Edge("relu_2", "out", "global_avg_pool2d_1", "in")}
    edges |= {Edge("relu_2", "out", "conv2d_3", "in"), Edge("conv2d_3", "out", "global_avg_pool2d_1", "in")}
    grown = Graph({**residual.nodes, "conv2d_3": node("conv2d_3", filters=8)}, edges)
    assert carried(residual, grown) == LEARNING
    assert carried(grown, residual) == LEARNING


def test_another_layer_under_the_same_id_begins_anew(residual: Graph) -> None:
    other = replace(residual.nodes["batch_norm2d_1"], layer="instance_norm2d", params=frozen({"affine": True}))
    swapped = replace(residual, nodes={**residual.nodes, "batch_norm2d_1": other})
    assert carried(residual, swapped) == LEARNING - {"batch_norm2d_1"}


def test_an_attribute_that_had_to_change_is_followed(chain: Build, node: Make) -> None:
    """`train` is taken by PyTorch and becomes `train_`, or `train__` where a node has that id."""
    one = chain(node("pictures_1"), Node("train", "conv2d"), node("global_avg_pool2d_1"), node("output_1"))
    two = chain(
        node("pictures_1"),
        Node("train", "conv2d"),
        Node("train_", "conv2d"),
        node("global_avg_pool2d_1"),
        node("output_1"),
    )
    assert compile(one).source.attributes["train"] != compile(two).source.attributes["train"]
    assert carried(one, two) == {"train"}


def test_what_is_missing_from_the_state_is_left_out(residual: Graph) -> None:
    compiled = compile(residual)
    assert carry_over({}, compiled, compiled) == {}


def test_keys_belong_to_one_node(residual: Graph) -> None:
    compiled: Compiled = compile(residual)
    assert keys_of(compiled, "conv2d_1") == ("conv2d_1.weight", "conv2d_1.bias")
    assert keys_of(compiled, "add_1") == ()
    assert keys_of(compiled, "nowhere") == ()


@pytest.mark.parametrize("units", [5, 10, 11])
def test_ids_that_begin_alike_are_told_apart(units: int, chain: Build, node: Make) -> None:
    ids = [f"linear_{k}" for k in (1, 10, 100)]
    many = chain(node("numbers_1"), *(node(i, units=units) for i in ids), node("output_1"))
    compiled = compile(many)
    for name in ids:
        assert keys_of(compiled, name) == (f"{name}.weight", f"{name}.bias")


def test_layers_that_do_not_count_keep_nothing(residual: Graph) -> None:
    cut = replace(residual, edges=residual.edges - {Edge("relu_2", "out", "global_avg_pool2d_1", "in")})
    assert "conv2d_1" not in kept_nodes(infer(residual), infer(cut))


# --- blocks -----------------------------------------------------------------------------------------------------------


def inside(graph: Graph, block: str, node: str, **params: Value) -> Graph:
    """The graph after an edit of one node inside a block."""
    definition = graph.blocks[block]
    edited = replace(definition, graph=changed(definition.graph, node, **params))
    return replace(graph, blocks={**graph.blocks, block: edited})


def test_layers_inside_of_blocks_keep_what_they_learned(draw: Any) -> None:
    start = draw.resnet()
    learned = carried(start, start)
    assert {"linear_1", "stage_1/basic_1/conv2d_1", "stage_2/basic_1/conv2d_3"} <= learned
    assert len(learned) == 2 + 4 * 8 + 3 * 2 + 1
    again = inside(start, "basic", "conv2d_2", filters="=channels", kernel=(5, 5), bias=False)
    assert carried(start, again) == {path for path in learned if not path.endswith("/conv2d_2")}
    smaller = changed(start, "stage_4", channels=64, stride=2)
    assert {path for path in learned if path.startswith(("stage_1", "stage_2", "stage_3"))} <= carried(start, smaller)
    assert not any(path.startswith("stage_4/") and "conv2d_2" in path for path in carried(start, smaller))


def test_repetitions_that_stay_keep_what_they_learned(draw: Any) -> None:
    start = draw.resnet()
    three, four = (changed(start, "stage_1", channels=16, repeat=n) for n in (3, 4))
    kept = carried(three, four)
    for part in ("stage_1", "stage_1:1", "stage_1:2"):
        assert f"{part}/basic_2/conv2d_2" in kept
    assert "stage_1:3/basic_2/conv2d_2" not in kept
    assert "stage_1/basic_1/conv2d_1" in carried(start, three)  # one becomes the first of three: other keys
    assert "stage_1/basic_1/conv2d_1" in carried(three, start)


def test_layers_that_go_into_a_block_take_along_what_they_learned(residual: Graph) -> None:
    result = group(residual, ["conv2d_2", "batch_norm2d_1"], "Part")
    assert not isinstance(result, Diagnostic)
    grouped, node = result
    assert carried(residual, grouped) == {"conv2d_1", f"{node}/conv2d_2", f"{node}/batch_norm2d_1", "linear_1"}
    assert carried(grouped, residual) == LEARNING
    assert moved_nodes(infer(residual), infer(grouped))[f"{node}/conv2d_2"] == "conv2d_2"


def test_what_is_muted_keeps_nothing_and_the_rest_everything(draw: Any) -> None:
    start = draw.resnet()
    muted = replace(start, nodes={**start.nodes, "stage_2": replace(start.nodes["stage_2"], state="muted")})
    kept = carried(start, muted)
    assert not any(path.startswith("stage_2") for path in kept)
    assert {"stage_1/basic_1/conv2d_1", "stage_3/basic_2/conv2d_2", "linear_1"} <= kept


def test_two_layers_of_one_name_in_two_blocks_are_told_apart(draw: Any) -> None:
    """Both uses of a block have a conv2d_1; taking one use away must not hand its weights to the other."""
    start = draw.resnet()
    edges = {e for e in start.edges if "stage_2" not in (e.source, e.target)}
    without = Graph(
        {name: node for name, node in start.nodes.items() if name != "stage_2"},
        frozenset(edges | {Edge("stage_1", "out", "stage_3", "in")}),
        start.blocks,
    )
    kept = carried(start, without)
    assert "stage_1/basic_1/conv2d_1" in kept
    assert "stage_3/basic_1/conv2d_1" not in kept  # other channels come in
