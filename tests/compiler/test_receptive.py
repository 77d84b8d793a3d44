"""The receptive field held against gradients: which rows of the picture a value really depends on."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalogue.declaration import Category
from workbench.catalogue.registry import LAYERS
from workbench.compiler.build import Compiled, compile
from workbench.compiler.inference import infer
from workbench.compiler.receptive import Field, fields_within, receptive_field
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen

Make = Callable[..., Node]
Build = Callable[..., Graph]


def extent(compiled: Compiled, node: str) -> int:
    """How many rows of the picture the middle value of a node's map depends on, by the gradient."""
    import torch

    module = compiled.module(seed=0).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.1, 1.0)  # all of one sign, so that nothing cancels
    shape = compiled.inferred.outputs[compiled.inputs[0]].shape  # type: ignore[union-attr]
    x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    value = compiled.reader([node])(module.double(), x)[node]
    if value.dim() == 4:  # of all channels
        middle = value[0, :, value.shape[2] // 2, value.shape[3] // 2].sum()
    else:
        middle = value[(0, *(size // 2 for size in value.shape[1:]))]
    (gradient,) = torch.autograd.grad(middle, x)
    rows = gradient.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    return int(rows[-1] - rows[0]) + 1 if len(rows) else 0


LAYER = st.one_of(
    st.tuples(st.just("conv2d"), st.fixed_dictionaries({
        "filters": st.just(2), "kernel": st.integers(1, 5).map(lambda k: (k, k)),
        "stride": st.integers(1, 3).map(lambda s: (s, s)), "dilation": st.integers(1, 3).map(lambda d: (d, d)),
        "padding": st.sampled_from(["same", "valid"]),
    })),
    st.tuples(st.just("avg_pool2d"), st.fixed_dictionaries({"kernel": st.integers(1, 3).map(lambda k: (k, k))})),
    st.tuples(st.just("batch_norm2d"), st.just({})),
    st.tuples(st.just("softplus"), st.just({})),
    st.tuples(st.just("pad"), st.just({"amount": (1, 2, 2, 1)})),
    st.tuples(st.just("crop"), st.just({"amount": (1, 2, 2, 1)})),
    st.tuples(st.just("upsample"), st.just({"mode": "nearest"})),
    st.tuples(st.just("conv_transpose2d"), st.fixed_dictionaries({
        "filters": st.just(2), "kernel": st.integers(1, 4).map(lambda k: (k, k)),
        "stride": st.integers(1, 2).map(lambda s: (s, s)),
    })),
)  # fmt: skip
STRETCHING = ("upsample", "conv_transpose2d")


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(LAYER, min_size=1, max_size=5))
def test_the_field_of_a_chain_is_what_gradients_reach(layers: list[tuple[str, dict[str, Any]]]) -> None:
    nodes = [Node("pictures_1", "pictures", params=frozen({"size": (96, 96)}))]
    nodes += [Node(f"n{i}", layer, params=frozen(params)) for i, (layer, params) in enumerate(layers)]
    nodes += [Node("end", "global_avg_pool2d"), Node("output_1", "output")]
    edges = {Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes)}
    graph = Graph({n.id: n for n in nodes}, frozenset(edges))
    inferred = infer(graph)
    if inferred.errors:
        return
    last = f"n{len(layers) - 1}"
    field = receptive_field(graph, inferred)[last]
    if field.size <= 40:  # the middle is clear of the edges then
        seen = extent(compile(graph, inferred), last)
        if any(layer in STRETCHING for layer, _params in layers):
            assert seen <= field.size  # how many rows count then depends on which of the copies is in the middle
        else:
            assert seen == field.size


SAME: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("conv2d"), st.fixed_dictionaries({
        "filters": st.just(2), "kernel": st.integers(1, 4).map(lambda k: (k, k)),
        "dilation": st.integers(1, 3).map(lambda d: (d, d)), "padding": st.just("same"),
    })),
    st.tuples(st.just("avg_pool2d"), st.just({"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1)})),
    st.tuples(st.just("softplus"), st.just({})),
)  # fmt: skip
"""What keeps the size of a map; kernels of even length look further to one side."""


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(LAYER, max_size=2), st.lists(SAME, max_size=2), st.lists(SAME, min_size=1, max_size=2))
def test_where_branches_meet_all_of_their_windows_count(
    before: list[tuple[str, dict[str, Any]]],
    left: list[tuple[str, dict[str, Any]]],
    right: list[tuple[str, dict[str, Any]]],
) -> None:
    nodes = {"pictures_1": Node("pictures_1", "pictures", params=frozen({"size": (96, 96)}))}
    edges: set[Edge] = set()

    def run(stem: str, layers: list[tuple[str, dict[str, Any]]], start: str) -> str:
        for k, (layer, params) in enumerate(layers):
            nodes[f"{stem}{k}"] = Node(f"{stem}{k}", layer, params=frozen(params))
            edges.add(Edge(start, "out", f"{stem}{k}", "in"))
            start = f"{stem}{k}"
        return start

    fork = run("b", before, "pictures_1")
    ends = run("l", left, fork), run("r", right, fork)
    nodes |= {"meet": Node("meet", "concat"), "end": Node("end", "global_avg_pool2d")}
    nodes["output_1"] = Node("output_1", "output")
    edges |= {Edge(ends[0], "out", "meet", "in_1"), Edge(ends[1], "out", "meet", "in_2")}
    edges |= {Edge("meet", "out", "end", "in"), Edge("end", "out", "output_1", "in")}
    graph = Graph(nodes, frozenset(edges))
    inferred = infer(graph)
    if inferred.errors:
        return
    field = receptive_field(graph, inferred)["meet"]
    if field.size > 40:
        return
    compiled = compile(graph, inferred)
    seen = extent(compiled, "meet")
    if any(layer in STRETCHING for layer, _params in before):
        assert seen <= field.size
    else:
        assert seen == field.size


def test_a_block_sees_what_its_layers_would_see_in_its_place(graph: Build, node: Make) -> None:
    """A use of a block, twice repeated, with a stride of its own; and inside of each repetition."""
    inner = graph(
        Node("in", "block_input"),
        Node("conv2d_1", "conv2d", params=frozen({"filters": 4, "kernel": ("=size", "=size")})),
        Node("max_pool2d_1", "max_pool2d"),
        Node("out", "block_output"),
        wires="in>conv2d_1 conv2d_1>max_pool2d_1 max_pool2d_1>out",
    )
    block = Block("stage", "Stage", inner, (BlockParam("size", "Size", "int", 3),))
    whole = graph(
        node("pictures_1", size=(64, 64)),
        node("conv2d_0", filters=4),
        Node("stage_1", "block:stage", params=frozen({"repeat": 2, "size": 5})),
        node("relu_1"),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires="pictures_1>conv2d_0 conv2d_0>stage_1 stage_1>relu_1 relu_1>global_avg_pool2d_1 "
        "global_avg_pool2d_1>output_1",
    )
    drawn = Graph(whole.nodes, whole.edges, {"stage": block})
    inferred = infer(drawn)
    assert not inferred.errors
    flat = [node("pictures_1", size=(64, 64)), node("conv2d_0", filters=4)]
    for k in (1, 2):
        flat += [node(f"conv2d_{k}", filters=4, kernel=(5, 5)), node(f"max_pool2d_{k}")]
    flat += [node("relu_1"), node("global_avg_pool2d_1"), node("output_1")]
    wires = " ".join(f"{a.id}>{b.id}" for a, b in pairwise(flat))
    expected = receptive_field(laid := graph(*flat, wires=wires), infer(laid))
    fields = receptive_field(drawn, inferred)
    assert fields["stage_1"] == expected["max_pool2d_2"]
    assert fields["relu_1"] == expected["relu_1"]
    assert fields_within(inferred, ("stage_1",))["conv2d_1"] == expected["conv2d_1"]
    assert fields_within(inferred, ("stage_1:1",))["conv2d_1"] == expected["conv2d_2"]
    assert fields_within(inferred, ("stage_1:1",))["out"] == expected["max_pool2d_2"]
    assert fields_within(inferred, ()) == fields
    assert fields_within(inferred, ("gone",)) == {}
    assert fields_within(inferred, ("stage_1:7",)) == {}


def test_no_layer_sees_more_than_its_field_says(specimens: dict[str, Graph]) -> None:
    """Every layer of the catalogue behind a convolution; norms are pointwise by convention."""
    checked = 0
    for name, graph in specimens.items():
        layer = LAYERS[name.split("/")[0]]
        if not name.endswith("/map") or layer.category is Category.NORMALISATION:
            continue
        inferred = infer(graph)
        field = receptive_field(graph, inferred)["specimen"]
        if not field.whole:
            assert extent(compile(graph, inferred), "specimen") <= field.size, name
            checked += 1
    assert checked > 20


SEEN = {
    "conv_transpose2d/map": (3, 0.5),
    "adaptive_avg_pool2d/map": (4, 2),
    "upsample/map": (3, 0.5),
    "pixel_shuffle/map": (3, 0.5),
    "pixel_unshuffle/map": (4, 2),  # of all its channels together
    "pad/map": (3, 1),
    "crop/map": (3, 1),
    "softplus/map": (3, 1),
}


@pytest.mark.parametrize("name", SEEN)
def test_layers_that_stretch_or_shift_keep_their_grid(name: str, specimens: dict[str, Graph]) -> None:
    field = receptive_field(specimens[name], infer(specimens[name]))["specimen"]
    size, stride = SEEN[name]
    assert (field.size, field.stride, field.whole) == (size, Fraction(stride), False)


@pytest.mark.parametrize("layer", ["self_attention", "lstm", "transformer_encoder"])
def test_what_mixes_all_steps_sees_everything(layer: str, chain: Build, node: Make) -> None:
    mixing = chain(
        node("pictures_1"), node("patch_embedding_1"), node("learned_position_1"), Node("mix", layer), node("output_1")
    )
    fields = receptive_field(mixing, infer(mixing))
    assert 1 < fields["patch_embedding_1"].size < 64
    assert fields["learned_position_1"] == fields["patch_embedding_1"]
    assert not fields["learned_position_1"].whole
    assert fields["mix"].whole


def test_fields_of_a_residual_network(residual: Graph) -> None:
    fields = receptive_field(residual, infer(residual))
    assert fields["pictures_1"] == Field(1, 1, False)
    assert fields["relu_1"] == Field(3, 1, False)
    assert fields["add_1"] == Field(5, 1, False)  # the longer branch counts
    assert fields["global_avg_pool2d_1"].whole
    assert fields["output_1"].whole


def test_only_what_depends_on_a_picture_has_a_field(chain: Build, node: Make) -> None:
    flat = chain(node("numbers_1"), node("linear_1"), node("output_1"))
    assert receptive_field(flat, infer(flat)) == {}
    half = Graph({"pictures_1": node("pictures_1"), "conv2d_1": node("conv2d_1")})
    assert set(receptive_field(half, infer(half))) == {"pictures_1"}
