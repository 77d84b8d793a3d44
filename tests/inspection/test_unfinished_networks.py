"""What still works of a network that is wrong somewhere, and what an edit leaves as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.compiler.inference import infer
from workbench.document.edits import connect, disconnect, move, rename, set_param
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen
from workbench.inspection.activations import node_values
from workbench.inspection.samples import drawn_picture, given_to
from workbench.inspection.sound import compile_part, sound_nodes, sound_part
from workbench.inspection.unchanged import same_function, unchanged


def graph_of(layers: dict[str, tuple[str, dict]], wires: list[tuple[str, str, str]]) -> Graph:
    nodes = {id: Node(id, layer, params=frozen(params)) for id, (layer, params) in layers.items()}
    return Graph(nodes, frozenset(Edge(a, "out", b, port) for a, b, port in wires))


@pytest.fixture
def branches() -> Graph:
    """pictures → conv → {relu → add, wide (stops) → add} → flatten → linear → output; and a tail that leads nowhere."""
    return graph_of(
        {
            "pictures_1": ("pictures", {"size": (8, 8)}),
            "conv2d_1": ("conv2d", {"filters": 4, "kernel": (3, 3), "padding": "same"}),
            "relu_1": ("relu", {}),
            "wide_1": ("conv2d", {"filters": 5, "kernel": (3, 3), "padding": "same"}),
            "add_1": ("add", {"inputs": 2}),
            "flatten_1": ("flatten", {}),
            "linear_1": ("linear", {"units": 3}),
            "output_1": ("output", {}),
            "tail_1": ("tanh", {}),
        },
        [
            ("pictures_1", "conv2d_1", "in"),
            ("conv2d_1", "relu_1", "in"),
            ("conv2d_1", "wide_1", "in"),
            ("relu_1", "add_1", "in_1"),
            ("wide_1", "add_1", "in_2"),
            ("add_1", "flatten_1", "in"),
            ("flatten_1", "linear_1", "in"),
            ("linear_1", "output_1", "in"),
            ("relu_1", "tail_1", "in"),
        ],
    )


def test_everything_before_the_mistake_can_be_computed(branches: Graph) -> None:
    inferred = infer(branches)
    assert sound_nodes(inferred) == {"pictures_1", "conv2d_1", "relu_1", "wide_1", "tail_1"}
    part = sound_part(inferred)
    compiled = compile_part(part)
    assert compiled is not None
    module = compiled.module(0)
    given = given_to(compiled.inferred, compiled.inputs, np.ones((1, 3, 8, 8), np.float32))
    values = node_values(module, compiled, part.nodes, given)
    assert set(values) == set(part.nodes)
    x = torch.ones(1, 3, 8, 8)
    with torch.no_grad():
        expected = torch.tanh(torch.relu(module.conv2d_1(x)))
    assert torch.allclose(values["tail_1"], expected, atol=1e-6)


def test_a_whole_network_is_its_own_sound_part(branches: Graph) -> None:
    mended = set_param(branches, "wide_1", "filters", 4)
    assert isinstance(mended, Graph)
    assert sound_part(infer(mended)) is mended
    compiled = compile_part(mended)
    assert compiled is not None
    values = node_values(
        compiled.module(0), compiled, mended.nodes, given_to(compiled.inferred, compiled.inputs, np.ones((1, 3, 8, 8)))
    )
    assert set(values) == set(mended.nodes)


def test_a_layer_with_a_value_out_of_range_and_what_follows_it_are_left_out(branches: Graph) -> None:
    broken = set_param(branches, "conv2d_1", "filters", -3)
    assert isinstance(broken, Graph)
    assert sound_nodes(infer(broken)) == {"pictures_1"}


def test_the_first_layer_alone_can_be_looked_at_and_nothing_without_an_input() -> None:
    alone = graph_of({"pictures_1": ("pictures", {"size": (4, 4)})}, [])
    compiled = compile_part(sound_part(infer(alone)))
    assert compiled is not None
    picture = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    values = node_values(compiled.module(0), compiled, ["pictures_1"], [picture])
    assert np.array_equal(values["pictures_1"].numpy(), picture)
    assert compile_part(sound_part(infer(graph_of({"relu_1": ("relu", {})}, [])))) is None
    assert compile_part(Graph()) is None


def test_circles_and_unknown_layers_are_left_out() -> None:
    graph = graph_of(
        {"pictures_1": ("pictures", {}), "add_1": ("add", {}), "relu_1": ("relu", {}), "odd_1": ("from_later", {})},
        [
            ("pictures_1", "add_1", "in_1"),
            ("relu_1", "add_1", "in_2"),
            ("add_1", "relu_1", "in"),
            ("add_1", "odd_1", "in"),
        ],
    )
    assert sound_nodes(infer(graph)) == {"pictures_1"}


def test_numbers_and_tokens_are_made_up_alike_each_time() -> None:
    graph = graph_of(
        {"tokens_1": ("tokens", {"length": 5, "vocabulary": 9}), "numbers_1": ("numbers", {"features": 4})}, []
    )
    inferred = infer(graph)
    one, two = (given_to(inferred, ["tokens_1", "numbers_1"], np.zeros((1, 3, 8, 8))) for _ in range(2))
    assert one[0].shape == (1, 5)
    assert one[0].dtype.kind == "i"
    assert one[0].max() < 9
    assert one[1].shape == (1, 4)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_second_pictures_input_gets_the_picture_at_its_size() -> None:
    graph = graph_of({"a": ("pictures", {"size": (8, 8)}), "b": ("pictures", {"size": (4, 6), "channels": "1"})}, [])
    picture = np.random.default_rng(0).normal(size=(1, 3, 8, 8)).astype(np.float32)
    first, second = given_to(infer(graph), ["a", "b"], picture)
    assert first is picture
    assert second.shape == (1, 1, 4, 6)


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (64, 48), (3, 400)])
def test_the_drawn_picture_has_the_size_asked_for_and_is_always_the_same(size: tuple[int, int]) -> None:
    picture = drawn_picture(*size)
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, drawn_picture(*size))


def test_an_edit_changes_only_what_follows_it(branches: Graph) -> None:
    edited = set_param(branches, "wide_1", "filters", 4)
    assert isinstance(edited, Graph)
    assert unchanged(branches, edited) == {"pictures_1", "conv2d_1", "relu_1", "tail_1"}
    assert not same_function(branches, edited)
    wire = branches.into("relu_1", "in")
    assert wire is not None
    cut = disconnect(branches, wire)
    assert isinstance(cut, Graph)
    assert unchanged(branches, cut) == {"pictures_1", "conv2d_1", "wide_1"}
    muted = replace(branches, nodes={**branches.nodes, "relu_1": replace(branches.nodes["relu_1"], state="muted")})
    assert unchanged(branches, muted) == {"pictures_1", "conv2d_1", "wide_1"}


def test_names_and_places_change_nothing(branches: Graph) -> None:
    moved = move(branches, {"relu_1": (50, 60)})
    assert isinstance(moved, Graph)
    named = rename(moved, "conv2d_1", "First")
    assert isinstance(named, Graph)
    assert same_function(branches, named)
    assert unchanged(branches, named) == set(branches.nodes)


def test_circles_are_never_called_unchanged() -> None:
    graph = graph_of({"a": ("add", {}), "b": ("relu", {})}, [("a", "b", "in"), ("b", "a", "in_1")])
    again = graph_of({"a": ("add", {}), "b": ("relu", {})}, [("a", "b", "in"), ("b", "a", "in_1")])
    assert unchanged(graph, again) == frozenset()


def with_block(kernel: str = "=kernel", before: str = "relu") -> Graph:
    """pictures → `before` → use of a block (in → conv → relu → out) → flatten."""
    inside = graph_of(
        {
            "in": ("block_input", {}),
            "conv": ("conv2d", {"kernel": (kernel, kernel), "padding": "same"}),
            "relu": ("relu", {}),
            "out": ("block_output", {}),
        },
        [("in", "conv", "in"), ("conv", "relu", "in"), ("relu", "out", "in")],
    )
    block = Block("stage", "Stage", inside, (BlockParam("kernel", "Kernel", "int", 3),))
    outside = graph_of(
        {
            "pictures_1": ("pictures", {}),
            "first": (before, {}),
            "use": ("block:stage", {}),
            "flatten_1": ("flatten", {}),
        },
        [("pictures_1", "first", "in"), ("first", "use", "in"), ("use", "flatten_1", "in")],
    )
    return replace(outside, blocks={"stage": block})


def test_what_changes_inside_a_block_changes_its_uses() -> None:
    one, other = with_block(), with_block("5")
    assert unchanged(one, with_block()) == set(one.nodes)
    assert unchanged(one, other) == {"pictures_1", "first"}
    assert unchanged(one, other, ("use",)) == {"in"}
    assert unchanged(one, with_block(before="tanh"), ("use",)) == frozenset()
    assert unchanged(one, with_block(), ("use",)) == set(one.blocks["stage"].graph.nodes)
    assert unchanged(one, other, ("use:2",)) == frozenset(), "the third repetition gets what the second made"
    assert unchanged(one, other, ("nowhere",)) == frozenset()


def test_a_block_parameter_changes_what_is_inside() -> None:
    one = with_block()
    other = set_param(one, "use", "kernel", 5)
    if isinstance(other, Graph):
        assert unchanged(one, other, ("use",)) == frozenset()


def test_a_wire_more_changes_what_it_reaches(branches: Graph) -> None:
    joined = connect(branches, Edge("conv2d_1", "out", "add_1", "in_3"))
    assert isinstance(joined, Graph)
    assert unchanged(branches, joined) == {"pictures_1", "conv2d_1", "relu_1", "wide_1", "tail_1"}
