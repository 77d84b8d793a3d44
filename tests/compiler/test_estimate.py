"""Memory before anything is built, and the receptive field held against gradients."""

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
from workbench.compiler.estimate import (
    Field,
    activation_bytes,
    check_memory,
    receptive_field,
    training_bytes,
    weight_bytes,
)
from workbench.compiler.inference import infer
from workbench.core.diagnostic import Problem
from workbench.document.graph import Edge, Graph, Node, frozen

Make = Callable[..., Node]
Build = Callable[..., Graph]


# --- memory ----------------------------------------------------------------------------------------------------------


def test_activations_and_weights_are_counted_in_bytes(residual: Graph) -> None:
    inferred = infer(residual)
    sizes = activation_bytes(inferred)
    assert sizes["pictures_1"] == 4 * 3 * 16 * 16
    assert sizes["add_1"] == 4 * 8 * 16 * 16
    assert weight_bytes(inferred) == 4 * inferred.parameters


def test_indices_take_eight_bytes(chain: Build, node: Make) -> None:
    inferred = infer(chain(node("tokens_1", length=10, vocabulary=5), node("embedding_1", features=4)))
    assert dict(activation_bytes(inferred)) == {"tokens_1": 80, "embedding_1": 160}


def test_a_layer_too_large_for_the_machine_is_refused_before_it_is_built(chain: Build, node: Make) -> None:
    """Fault row 7: Linear(100000, 100000) is 40 GB of weights; nothing is allocated, the sentence names it."""
    huge = chain(
        node("numbers_1", features=100_000),
        node("linear_1", name="Wide", units=100_000),
        node("linear_2", units=4),
        node("output_1"),
    )
    inferred = infer(huge)
    assert inferred.parameters == 100_000 * 100_001 + 4 * 100_001
    problem = check_memory(inferred, training_bytes(inferred, 64, "adam"), 16_000_000_000)
    assert problem is not None
    assert (problem.code, problem.node, problem.is_error) == ("memory.short", "linear_1", True)
    assert "Wide" in problem.message
    assert "160.1 GB" in problem.message
    assert "10,000,100,000 parameters" in problem.message
    assert check_memory(inferred, 1000, 2000) is None


def test_building_refuses_what_cannot_fit(chain: Build, node: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    class Little:
        available = 1_000_000

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Little)
    compiled = compile(chain(node("numbers_1", features=1000), node("linear_1", units=1000), node("output_1")))
    with pytest.raises(Problem, match="1 MB are free"):
        compiled.module(seed=0)


def test_where_pictures_are_the_weight_of_it_the_advice_is_another(chain: Build, node: Make) -> None:
    wide = chain(node("pictures_1", size=(512, 512)), node("conv2d_1"), node("global_avg_pool2d_1"), node("output_1"))
    inferred = infer(wide)
    problem = check_memory(inferred, training_bytes(inferred, 1024, "adam"), 1_000_000_000)
    assert problem is not None
    assert problem.node == "conv2d_1"
    assert "batch" in problem.message


# --- the receptive field ---------------------------------------------------------------------------------------------


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
)  # fmt: skip


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
        if any(layer == "upsample" for layer, _params in layers):
            assert seen <= field.size  # how many rows count then depends on which of the copies is in the middle
        else:
            assert seen == field.size


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
    "pixel_unshuffle/map": (3, 2),
    "pad/map": (3, 1),
    "crop/map": (3, 1),
    "softplus/map": (3, 1),
}


@pytest.mark.parametrize("name", SEEN)
def test_layers_that_stretch_or_shift_keep_their_grid(name: str, specimens: dict[str, Graph]) -> None:
    field = receptive_field(specimens[name], infer(specimens[name]))["specimen"]
    assert (field.size, field.stride, field.whole) == (SEEN[name][0], SEEN[name][1], False)


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
    assert fields["pictures_1"] == Field(1, Fraction(1), False)
    assert fields["relu_1"] == Field(3, Fraction(1), False)
    assert fields["add_1"] == Field(5, Fraction(1), False)  # the longer branch counts
    assert fields["global_avg_pool2d_1"].whole
    assert fields["output_1"].whole


def test_only_what_depends_on_a_picture_has_a_field(chain: Build, node: Make) -> None:
    flat = chain(node("numbers_1"), node("linear_1"), node("output_1"))
    assert receptive_field(flat, infer(flat)) == {}
    half = Graph({"pictures_1": node("pictures_1"), "conv2d_1": node("conv2d_1")})
    assert set(receptive_field(half, infer(half))) == {"pictures_1"}
