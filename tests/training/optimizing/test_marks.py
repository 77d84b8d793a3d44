from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.compiler.inference import infer
from workbench.document.block_edits import within
from workbench.document.graph import Graph
from workbench.document.marking import set_frozen, set_rate
from workbench.document.rules import LARGEST_RATE, LEAST_RATE
from workbench.training.optimizing.freezing import freeze, training_mode
from workbench.training.optimizing.marks import Mark, marks, weight_marks

Build = Callable[..., Compiled]


def test_a_plain_network_has_no_marks(build: Build) -> None:
    assert marks(build().inferred) == {}


def test_what_is_said_of_a_use_holds_for_all_that_is_inside(build: Build) -> None:
    found = marks(build(still="unit_2", unit_rate=0.5, inner_rate=0.1).inferred)
    assert found["unit_1/conv2d_1"] == Mark(rate=0.05)
    assert found["unit_1/batch_norm2d_1"] == Mark(rate=0.5)
    assert found["unit_2/conv2d_1"] == Mark(frozen=True, rate=0.1)
    assert found["unit_2:1/conv2d_1"] == Mark(frozen=True, rate=0.1), "the second repetition too"
    assert "linear_1" not in found


def test_marks_of_weights_go_by_their_names(build: Build) -> None:
    compiled = build(still="unit_2", head_rate=2.0)
    found = weight_marks(compiled.module(0), compiled)
    names = {name for name, _ in compiled.module(0).named_parameters()}
    assert found.keys() <= names
    assert {name for name, mark in found.items() if mark.frozen} == {n for n in names if n.startswith("unit_2")}
    assert {name for name, mark in found.items() if mark.rate == 2.0} == {"linear_2.weight", "linear_2.bias"}


def test_an_edit_inside_a_block_is_seen_at_every_use(build: Build) -> None:
    """What was inferred before is used again; it must not bring back how the block's layers learned then."""
    before = build()
    infer(before.graph)
    edited = within("unit", lambda graph: set_frozen(graph, ["batch_norm2d_1"], True))(before.graph)
    assert isinstance(edited, Graph)
    found = marks(compile_graph(edited).inferred)
    assert set(found) == {"unit_1/batch_norm2d_1", "unit_2/batch_norm2d_1", "unit_2:1/batch_norm2d_1"}


def test_an_edit_after_inference_is_seen(build: Build) -> None:
    before = build()
    edited = set_rate(before.graph, ["linear_1"], 0.5)
    assert isinstance(edited, Graph)
    assert marks(infer(edited, before.inferred)) == {"linear_1": Mark(rate=0.5)}


def test_rates_along_a_path_stay_within_bounds(build: Build) -> None:
    assert marks(build(unit_rate=1e-6, inner_rate=1e-6).inferred)["unit_1/conv2d_1"].rate == LEAST_RATE
    assert marks(build(unit_rate=1e6, inner_rate=1e6).inferred)["unit_1/conv2d_1"].rate == LARGEST_RATE


def test_frozen_weights_take_no_gradient_and_learn_again(build: Build) -> None:
    compiled = build(still="unit_1")
    module = compiled.module(0)
    freeze(module, compiled)
    still = {name for name, weight in module.named_parameters() if not weight.requires_grad}
    assert still == {name for name, _ in module.named_parameters() if name.startswith("unit_1")}
    freeze(module, build())
    assert all(weight.requires_grad for weight in module.parameters())


@pytest.mark.parametrize("still", ["unit_1", "batch_norm2d_1"])
def test_frozen_norms_keep_their_statistics(build: Build, still: str) -> None:
    compiled = build(still=still)
    module = compiled.module(0)
    training_mode(module, compiled)
    before = {name: value.clone() for name, value in module.state_dict().items() if "running" in name}
    module(torch.randn(8, 3, 4, 4))
    moved = {name for name, value in module.state_dict().items() if "running" in name and not before[name].equal(value)}
    expected = {n for n in before if not n.startswith("unit_1")} if still == "unit_1" else set()
    assert moved == expected


def test_without_frozen_layers_training_mode_is_torchs(build: Build) -> None:
    compiled = build()
    module = compiled.module(0).eval()
    training_mode(module, compiled)
    assert all(layer.training for layer in module.modules())
