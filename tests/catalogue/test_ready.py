"""The ready-made blocks: words for people, parameters that fit, and each works as it is dropped."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Tensor
from workbench.catalogue.ready import READY, needed_by
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.inference import Inferred, infer
from workbench.document.binding import expressions_of
from workbench.document.block_rules import block_fault, blocks_refusal
from workbench.document.expressions import GIVEN, names_in
from workbench.document.graph import BLOCK_INPUT, Block, Edge, Graph, Node, frozen

every = pytest.mark.parametrize("block", READY.values(), ids=READY.keys())


def behind(block: Block, *shapes: tuple[int, ...], **params: Any) -> Inferred:
    """A use of the block, given tensors of these shapes at its inputs."""
    use = Node("use", f"block:{block.id}", params=frozen(params))
    ports = [node.id for node in block.graph if node.layer == BLOCK_INPUT]
    given = {f"given_{port}": Tensor(shape) for port, shape in zip(ports, shapes, strict=True)}
    inputs = [Node(f"given_{port}", BLOCK_INPUT) for port in ports]
    edges = frozenset(Edge(f"given_{port}", "out", "use", port) for port in ports)
    blocks = {found.id: found for found in (*needed_by(block), block)}
    return infer(
        Graph({n.id: n for n in (*inputs, use)}, edges, MappingProxyType(blocks)), given=given, names={"index": 0}
    )


FITTING: dict[str, tuple[tuple[int, ...], ...]] = {
    "encoder_block": ((64, 32),),
    "classic_encoder_block": ((64, 32),),
    "mixer_block": ((64, 32),),
    "unet_up": ((64, 8, 8), (16, 16, 16)),
}
"""What arrives where a block does not take a map of 16 × 16 × 16."""


def dropped(block: Block, **params: Any) -> Inferred:
    return behind(block, *FITTING.get(block.id, ((16, 16, 16),)), **params)


@every
def test_says_what_it_is_and_what_each_parameter_does(block: Block) -> None:
    assert block_fault(block) is None
    assert block.summary.endswith(".")
    assert len(block.summary) <= 120
    for param in block.params:
        assert param.help.endswith(".")
        assert "!" not in param.help
        assert param.title[0].isupper() or param.title[0].isdigit()
        assert param.kind not in ("int", "float") or (param.minimum is not None and param.maximum is not None)
    layer = layer_of(Graph(blocks={block.id: block}), f"block:{block.id}")
    assert layer is not None
    assert check(layer, {})[1] == ()


@every
def test_expressions_speak_of_parameters_that_exist(block: Block) -> None:
    known = {param.id for param in block.params} | set(GIVEN)
    used = {name for node in block.graph for text in expressions_of(node) for name in names_in(text)}
    assert used <= known
    assert {param.id for param in block.params} <= used, "a parameter that turns nothing"


@every
def test_needs_only_what_is_there_and_no_two_cards_lie_on_each_other(block: Block) -> None:
    blocks = {found.id: found for found in (*needed_by(block), block)}
    assert blocks_refusal(blocks) is None
    assert {node.block for node in block.graph} - {None} <= blocks.keys()
    assert len({(node.x, node.y) for node in block.graph}) == len(block.graph)


@every
def test_works_with_its_defaults_where_it_is_dropped(block: Block) -> None:
    inferred = dropped(block)
    assert [d.message for d in inferred.diagnostics if d.is_error and d.node == "use"] == []
    assert all(tensor is not None for tensor in inferred.results["use"].outputs.values())


ONE_WAY = [b for b in READY.values() if b.id not in ("vit_stem", "unet_down", "unet_up")]


@pytest.mark.parametrize("block", ONE_WAY, ids=lambda block: block.id)
def test_three_in_a_row_fit_each_other(block: Block) -> None:
    inferred = dropped(block, repeat=3)
    assert inferred.outputs["use"] is not None
    assert len(inferred.results["use"].inside) == 3


def shape(inferred: Inferred) -> tuple[int, ...] | None:
    output = inferred.outputs["use"]
    return None if output is None else output.shape


def weights(block: str, *inside: str, **params: Any) -> int:
    """The weights of some nodes within a use of a block behind 16 × 16 × 16."""
    results = dropped(READY[block], **params).results["use"].inside[0].results
    return sum(results[node].weights for node in inside)


def test_a_residual_block_projects_only_where_shapes_differ() -> None:
    assert weights("residual_block", "projection", "projection_norm", channels=16) == 0
    assert weights("residual_block", "projection", "projection_norm", channels=32) == 16 * 32 + 64
    assert weights("residual_block", "projection", channels=16, stride=2) == 16 * 16


@pytest.mark.parametrize("name", ["residual_block", "bottleneck_block", "inverted_residual"])
def test_of_several_in_a_row_only_the_first_halves_the_picture(name: str) -> None:
    assert shape(dropped(READY[name], repeat=3, stride=2, channels=32)) == (32, 8, 8)


def test_an_inverted_residual_that_widens_nothing_has_no_first_convolution() -> None:
    assert weights("inverted_residual", "expand", "norm_1", expansion=1) == 0
    assert weights("inverted_residual", "expand", expansion=6) == 16 * 96


def test_the_first_inception_has_as_many_weights_as_the_paper_says() -> None:
    """Table 1 of Szegedy et al. 2015, inception (3a): 28 × 28 × 256 from 192 channels, 159K weights (of 1,024)."""
    inferred = behind(READY["inception"], (192, 28, 28))
    assert shape(inferred) == (256, 28, 28)
    assert inferred.results["use"].weights // 1024 == 159


def test_squeeze_and_excitation_is_what_the_layer_of_that_name_computes() -> None:
    layer = LAYERS["squeeze_excite"]
    values, _ = check(layer, {"reduction": 4})
    x = Tensor((16, 16, 16))
    assert dropped(READY["squeeze_excitation"], reduction=4).results["use"].weights == layer.weights(values, (x,), x)


@pytest.mark.parametrize("name", ["encoder_block", "classic_encoder_block"])
def test_an_encoder_block_has_the_weights_of_the_layer(name: str) -> None:
    layer = LAYERS["transformer_encoder"]
    values, _ = check(layer, {"feedforward": 128})
    x = Tensor((64, 32))
    assert dropped(READY[name]).results["use"].weights == layer.weights(values, (x,), x)


def test_dense_layers_add_their_growth() -> None:
    assert shape(dropped(READY["dense_layer"], growth=12, repeat=4)) == (16 + 4 * 12, 16, 16)
    assert shape(dropped(READY["dense_block"], growth=12, layers=4)) == (16 + 4 * 12, 16, 16)


def test_drop_path_rises_evenly_along_a_row() -> None:
    inferred = dropped(READY["convnext_block"], repeat=3, drop_first=0.0, drop_last=0.2)
    rates = [inside.values["drop_path"]["rate"] for inside in inferred.results["use"].inside]
    assert rates == [0.0, pytest.approx(0.1), pytest.approx(0.2)]
    without = dropped(READY["convnext_block"], repeat=3)
    assert {inside.graph.nodes["drop_path"].state for inside in without.results["use"].inside} == {"bypassed"}


def test_a_u_net_joins_what_it_found_on_the_way_down() -> None:
    down = behind(READY["unet_down"], (3, 64, 64), channels=8)
    assert {port: t.shape for port, t in down.results["use"].outputs.items() if t} == {
        "out": (8, 32, 32),
        "skip": (8, 64, 64),
    }
    up = behind(READY["unet_up"], (16, 32, 32), (8, 64, 64), channels=8)
    assert shape(up) == (8, 64, 64)


def test_a_u_net_without_padding_shrinks_as_in_the_paper() -> None:
    """Figure 1: 28 × 28 × 1024, joined with 56 × 56 × 512, becomes 52 × 52 × 512."""
    params = {"channels": 512, "padding": "valid", "norm": False}
    assert shape(behind(READY["unet_up"], (1024, 28, 28), (512, 56, 56), **params)) == (512, 52, 52)
    uncropped = behind(READY["unet_up"], (1024, 28, 28), (512, 64, 64), **params)
    assert shape(uncropped) is None
    assert any("Concatenate" in d.message for d in uncropped.diagnostics)
