"""What fails while the network runs is said on the layer it happened in."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.compiler.build import Compiled, compile
from workbench.compiler.failure import locate
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Graph, Node, frozen

Build = Callable[..., Graph]
Make = Callable[..., Node]


def failing(compiled: Compiled, run: Callable[[], Any]) -> Diagnostic:
    with pytest.raises(Exception) as caught:
        run()
    return locate(caught.value, compiled)


def assert_plain(found: Diagnostic) -> None:
    assert found.is_error
    assert "Traceback" not in found.message
    assert "\n" not in found.message
    assert "Traceback" in found.details


def test_a_wrong_shape_lands_on_the_layer_that_met_it(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    module = compiled.module(seed=0)
    found = failing(compiled, lambda: module(torch.zeros(2, 5, 16, 16)))
    assert_plain(found)
    assert found.node == "conv2d_1"
    assert "Conv 2D 1 failed on 2 × 5 × 16 × 16 (float32), where it was made for N × 3 × 16 × 16" in found.message
    assert "expected input" in found.message  # what torch says, its first line


def test_a_layer_without_a_module_of_its_own_is_found_with_both_shapes(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    module = compiled.module(seed=0)
    module.conv2d_2 = torch.nn.Conv2d(8, 8, 5)  # gives a smaller map than what was declared
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 16, 16)))
    assert_plain(found)
    assert found.node == "add_1"
    assert "2 × 8 × 12 × 12 (float32) and 2 × 8 × 16 × 16 (float32)" in found.message


def test_the_wrong_kind_of_number_is_shown(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    module = compiled.module(seed=0)
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 16, 16, dtype=torch.float64)))
    assert found.node == "conv2d_1"
    assert "(float64)" in found.message


def test_a_failure_deep_inside_a_layer_lands_on_it(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    module = compiled.module(seed=0)

    def burst(*_: Any) -> None:
        raise ValueError("first line\nsecond line")

    module.get_submodule("batch_norm2d_1").register_forward_hook(burst)
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 16, 16)))
    assert_plain(found)
    assert found.node == "batch_norm2d_1"
    assert "first line." in found.message
    assert "second" not in found.message


def test_in_training_too(chain: Build, node: Make) -> None:
    import torch

    compiled = compile(chain(node("numbers_1"), node("batch_norm1d_1", name="Even out"), node("output_1")))
    module = compiled.module(seed=0).train()
    found = failing(compiled, lambda: module(torch.zeros(1, 16)))
    assert found.node == "batch_norm1d_1"
    assert found.message.startswith("Even out failed on 1 × 16")


def test_a_statement_of_several_lines(graph: Build, node: Make) -> None:
    import torch

    convs = [node(f"conv2d_with_a_long_name_{i}") for i in range(12)]
    convs = [Node(c.id, "conv2d") for c in convs]
    wide = graph(
        node("pictures_1", size=(8, 8)),
        *convs,
        node("concat_1", inputs=12),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires=" ".join(f"pictures_1>{c.id} {c.id}>concat_1:in_{i + 1}" for i, c in enumerate(convs))
        + " concat_1>global_avg_pool2d_1 global_avg_pool2d_1>output_1",
    )
    compiled = compile(wide)
    module = compiled.module(seed=0)
    setattr(module, convs[0].id, torch.nn.Conv2d(3, 32, 5))
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 8, 8)))
    assert found.node == "concat_1"
    assert found.message.count("2 × 32 × 8 × 8") == 11


def test_a_failure_elsewhere_has_no_node(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    found = failing(compiled, lambda: torch.zeros(2) @ torch.zeros(3))
    assert_plain(found)
    assert found.node is None
    assert found.message.startswith("The network could not be run: ")


def test_another_network_is_not_blamed(residual: Graph, chain: Build, node: Make) -> None:
    import torch

    other = compile(chain(node("numbers_1"), node("linear_1"), node("output_1")))
    module = other.module(seed=0)
    found = failing(compile(residual), lambda: module(torch.zeros(2, 5)))
    assert found.node is None


def test_no_memory_for_the_weights_is_said_of_the_layer(residual: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch import nn

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't allocate memory: you tried to allocate 4 bytes")

    compiled = compile(residual)
    monkeypatch.setattr(nn.Linear, "__init__", refuse)
    found = failing(compiled, lambda: compiled.module(seed=0))
    assert_plain(found)
    assert found.node == "linear_1"
    assert "could not be made" in found.message


def test_very_long_words_of_torch_are_cut(residual: Graph) -> None:
    found = locate(RuntimeError("x" * 10_000), compile(residual))
    assert len(found.message) < 400
    assert locate(RuntimeError(), compile(residual)).message.endswith("RuntimeError.")


def test_tracebacks_show_the_line_of_the_source(residual: Graph) -> None:
    import torch

    compiled = compile(residual)
    module = compiled.module(seed=0)
    with pytest.raises(RuntimeError) as caught:
        module(torch.zeros(2, 5, 16, 16))
    assert "x = self.conv2d_1(x)" in "".join(traceback.format_exception(caught.value))


# --- inside of blocks -------------------------------------------------------------------------------------------------


def test_a_failure_inside_a_block_is_found_by_its_path(draw: Any) -> None:
    """The class of a block has many uses; the one that was running is named."""
    import torch

    compiled = compile(draw.resnet())
    module = compiled.module(seed=0)
    module.get_submodule("stage_3.basic_2").conv2d_2 = torch.nn.Conv2d(64, 64, 5)
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 32, 32)))
    assert_plain(found)
    assert (found.path, found.node) == (("stage_3", "basic_2"), "add_1")
    assert found.message.startswith("Stage 3 › Basic block 2 › Add 1 failed on 2 × 64 × 4 × 4 (float32) and 2 × 64 × 8")
    assert "made for N × 64 × 8 × 8 and N × 64 × 8 × 8" in found.message


def test_a_failure_in_a_repetition_is_found_by_its_number(draw: Any) -> None:
    import torch

    start = draw.resnet()
    repeated = replace(start.nodes["stage_1"], params=frozen({"channels": 16, "repeat": 3}))
    compiled = compile(replace(start, nodes={**start.nodes, "stage_1": repeated}))
    module = compiled.module(seed=0)
    module.get_submodule("stage_1.2.basic_1").conv2d_1 = torch.nn.Conv2d(16, 8, 3)
    found = failing(compiled, lambda: module(torch.zeros(2, 3, 32, 32)))
    assert (found.path, found.node) == (("stage_1:2", "basic_1"), "batch_norm2d_1")
    assert "Stage 1 (3) › " in found.message


def test_a_failure_of_several_layers_in_one_module_is_not_a_repetition(draw: Any, chain: Build, node: Make) -> None:
    """Squeeze-excite is a Sequential of torch, not a repeated block."""
    import torch

    compiled = compile(
        chain(node("pictures_1", size=(8, 8)), node("squeeze_excite_1"), node("global_avg_pool2d_1"), node("output_1"))
    )
    module = compiled.module(seed=0)
    found = failing(compiled, lambda: module(torch.zeros(2, 5, 8, 8)))
    assert (found.path, found.node) == ((), "squeeze_excite_1")


def test_a_block_whose_layer_cannot_be_made_is_named(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch import nn

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no")

    compiled = compile(draw.resnet())
    monkeypatch.setattr(nn.BatchNorm2d, "__init__", refuse)
    found = failing(compiled, lambda: compiled.module(seed=0))
    assert found.node == "batch_norm2d_1"
    assert found.path == ()
