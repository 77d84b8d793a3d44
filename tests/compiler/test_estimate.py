"""Memory before anything is built."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.compiler.build import compile
from workbench.compiler.estimate import (
    activation_bytes,
    check_memory,
    training_bytes,
    weight_bytes,
)
from workbench.compiler.inference import infer
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph, Node

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
