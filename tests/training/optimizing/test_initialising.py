from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from workbench.catalogue.registry import INITIALISATIONS
from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.core.diagnostic import Problem
from workbench.document.edits import insert_on_edge
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen
from workbench.training.optimizing.initialising import initialise

Build = Callable[..., Compiled]
DRAWN = [name for name in INITIALISATIONS if name != "default"]


def begun(compiled: Compiled, name: str, seed: int = 0, **params: Any) -> dict[str, torch.Tensor]:
    module = compiled.module(0)
    initialise(module, compiled, Chosen(name, frozen(params)), seed)
    return {key: value.detach().clone() for key, value in module.named_parameters()}


def test_the_default_is_pytorchs_own(build: Build) -> None:
    compiled = build()
    fresh = dict(compiled.module(0).named_parameters())
    assert all(torch.equal(value, fresh[key]) for key, value in begun(compiled, "default").items())


@pytest.mark.parametrize("name", DRAWN)
def test_matrices_and_kernels_are_drawn_and_biases_begin_at_nothing(build: Build, name: str) -> None:
    compiled = build()
    fresh, drawn = dict(compiled.module(0).named_parameters()), begun(compiled, name)
    for key, value in drawn.items():
        if "batch_norm" in key:
            assert torch.equal(value, fresh[key])
        elif key.endswith("bias"):
            assert not value.any()
        else:
            assert not torch.equal(value, fresh[key])
            assert bool(value.isfinite().all())


@pytest.mark.parametrize("name", DRAWN)
def test_recurrent_layers_are_drawn_and_embeddings_are_not(words: Compiled, name: str) -> None:
    fresh, drawn = dict(words.module(0).named_parameters()), begun(words, name)
    changed = {key for key in drawn if not torch.equal(drawn[key], fresh[key])}
    assert {key for key in changed if "norm" in key or "embedding" in key} == set()
    assert any("weight_hh" in key for key in changed)
    assert all(not drawn[key].any() for key in drawn if "bias_ih" in key)


@pytest.mark.parametrize("name", DRAWN)
def test_weights_are_a_function_of_seed_and_name(build: Build, name: str) -> None:
    compiled = build()
    state = torch.random.get_rng_state()
    one, two, other = begun(compiled, name, 3), begun(compiled, name, 3), begun(compiled, name, 4)
    assert torch.equal(torch.random.get_rng_state(), state), "nothing is drawn from the global generator"
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["linear_1.weight"], other["linear_1.weight"])
    alike = {key: value for key, value in one.items() if key.startswith("unit_2") and key.endswith("conv2d_1.weight")}
    first, second = alike.values()
    assert not torch.equal(first, second), "two repetitions of a block begin differently"


def test_a_new_layer_changes_no_other(build: Build) -> None:
    compiled = build()
    wire = Edge("flatten_1", "out", "linear_1", "in")
    edited = insert_on_edge(compiled.graph, Node("dropout_1", "dropout"), wire)
    assert isinstance(edited, Graph)
    before, after = begun(compiled, "he_normal"), begun(compile_graph(edited), "he_normal")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_spreads_are_those_of_the_papers() -> None:
    """He: the square root of 2 over the inputs; Xavier: of 2 over inputs and outputs; truncated: what is asked for."""
    nodes = (
        Node("numbers_1", "numbers", params=frozen({"features": 300})),
        Node("linear_1", "linear", params=frozen({"units": 500})),
        Node("output_1", "output"),
    )
    edges = {Edge("numbers_1", "out", "linear_1", "in"), Edge("linear_1", "out", "output_1", "in")}
    compiled = compile_graph(Graph({n.id: n for n in nodes}, frozenset(edges)))
    for name, params, expected in (
        ("he_normal", {}, math.sqrt(2 / 300)),
        ("he_normal", {"mode": "fan_out"}, math.sqrt(2 / 500)),
        ("he_uniform", {}, math.sqrt(2 / 300)),
        ("xavier_normal", {}, math.sqrt(2 / 800)),
        ("xavier_uniform", {"gain": 2.0}, 2 * math.sqrt(2 / 800)),
        ("truncated_normal", {"std": 0.5}, 0.44),
    ):
        assert float(begun(compiled, name, **params)["linear_1.weight"].std()) == pytest.approx(expected, rel=0.02)
    square = begun(compiled, "orthogonal")["linear_1.weight"]
    torch.testing.assert_close(square.T @ square, torch.eye(300), atol=1e-4, rtol=0)


def test_unknown_choices_and_bad_values_are_refused(build: Build) -> None:
    compiled = build()
    with pytest.raises(Problem, match=r"lottery.*orthogonal"):
        begun(compiled, "lottery")
    with pytest.raises(Problem, match="Gain"):
        begun(compiled, "orthogonal", gain=-1.0)
