"""Looking inside: right values, nothing disturbed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from workbench.compiler.build import Compiled, compile
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.inspection.activations import evaluating, feature_maps
from workbench.inspection.filters import as_pictures, first_layer_filters
from workbench.inspection.mosaic import grid, mosaic, strongest


@pytest.fixture
def compiled() -> Compiled:
    """pictures → conv → norm → dropout → add(conv, dropout) → flatten → linear → output."""
    layers = {
        "pictures_1": ("pictures", {"size": (6, 6)}),
        "conv2d_1": ("conv2d", {"filters": 4, "kernel": (3, 3), "padding": "same"}),
        "norm_1": ("batch_norm2d", {}),
        "dropout_1": ("dropout", {}),
        "add_1": ("add", {"inputs": 2}),
        "flatten_1": ("flatten", {}),
        "linear_1": ("linear", {"units": 3}),
        "output_1": ("output", {}),
        "idle_1": ("relu", {}),
    }
    nodes = {id: Node(id, layer, params=frozen(params)) for id, (layer, params) in layers.items()}
    wires = [
        ("pictures_1", "conv2d_1", "in"),
        ("conv2d_1", "norm_1", "in"),
        ("norm_1", "dropout_1", "in"),
        ("conv2d_1", "add_1", "in_1"),
        ("dropout_1", "add_1", "in_2"),
        ("add_1", "flatten_1", "in"),
        ("flatten_1", "linear_1", "in"),
        ("linear_1", "output_1", "in"),
        ("conv2d_1", "idle_1", "in"),
    ]
    return compile(Graph(nodes, frozenset(Edge(a, "out", b, port) for a, b, port in wires)))


def test_maps_are_what_the_layers_give_in_evaluation_mode(compiled: Compiled) -> None:
    module = compiled.module(0)
    given = np.random.default_rng(0).normal(size=(2, 3, 6, 6)).astype(np.float32)
    maps = feature_maps(module, compiled, ["conv2d_1", "add_1", "flatten_1", "output_1", "idle_1"], given)
    assert set(maps) == {"conv2d_1", "add_1", "flatten_1", "output_1"}  # idle_1 reaches no output
    module.eval()
    with torch.no_grad():
        x = torch.from_numpy(given[:1])
        conv = module.conv2d_1(x)
        added = conv + module.norm_1(conv)
        answer = module(x)
    assert np.allclose(maps["conv2d_1"], conv[0].numpy(), atol=1e-6)
    assert np.allclose(maps["add_1"], added[0].numpy(), atol=1e-6)
    assert maps["flatten_1"].shape == (144,)
    assert np.allclose(maps["output_1"], answer[0].numpy(), atol=1e-5)


def test_looking_disturbs_nothing(compiled: Compiled) -> None:
    module = compiled.module(0).train()
    module.norm_1.eval()  # a frozen layer stays frozen
    before = {k: v.clone() for k, v in module.state_dict().items()}
    torch.manual_seed(3)
    random = torch.random.get_rng_state().clone()
    given = np.ones((1, 3, 6, 6), np.float32)
    feature_maps(module, compiled, list(compiled.graph.nodes), given)
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())
    assert torch.equal(random, torch.random.get_rng_state())
    assert module.training
    assert module.dropout_1.training
    assert not module.norm_1.training
    assert all(not m._forward_hooks for m in module.modules())
    module(torch.ones(2, 3, 6, 6)).sum().backward()  # the network can still learn


def test_modes_come_back_after_a_failure() -> None:
    module = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2)).train()
    module[1].eval()
    with pytest.raises(ZeroDivisionError), evaluating(module):
        raise ZeroDivisionError
    assert module.training
    assert not module[1].training


def test_filters_share_one_scale_around_grey(compiled: Compiled) -> None:
    module = compiled.module(0)
    with torch.no_grad():
        module.conv2d_1.weight.zero_()
        module.conv2d_1.weight[0, 0, 0, 0] = 2.0
        module.conv2d_1.weight[1, 1, 0, 0] = -2.0
    found = first_layer_filters(module, compiled)
    assert set(found) == {"conv2d_1"}
    pictures = found["conv2d_1"]
    assert pictures.shape == (4, 3, 3, 3)
    assert tuple(pictures[0, 0, 0]) == (255, 128, 128)
    assert tuple(pictures[1, 0, 0]) == (128, 0, 128)
    assert (pictures[2] == 128).all()


def test_filters_of_grey_pictures_and_broken_weights_can_be_drawn() -> None:
    weights = np.full((1, 1, 2, 2), np.nan, np.float32)
    assert as_pictures(weights).shape == (1, 2, 2, 3)
    assert (as_pictures(np.zeros((1, 1, 2, 2), np.float32)) == 128).all()


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(0, 3))
def test_a_mosaic_holds_every_map_in_its_place(n: int, h: int, w: int, columns: int, gap: int) -> None:
    maps = np.arange(n * h * w, dtype=np.float32).reshape(n, h, w)
    whole = mosaic(maps, columns, gap)
    across = min(columns, n)
    for i in range(n):
        y, x = (i // across) * (h + gap), (i % across) * (w + gap)
        assert np.array_equal(whole[y : y + h, x : x + w], maps[i])
    assert np.isfinite(whole).sum() == maps.size


@given(st.integers(1, 300), st.floats(20, 2000), st.floats(20, 2000))
def test_a_grid_has_room_for_all_and_no_better_one_exists(n: int, width: float, height: float) -> None:
    columns, rows = grid(n, width, height)
    assert columns * rows >= n
    side = min(width / columns, height / rows)
    for other in range(1, n + 1):
        assert min(width / other, height / -(-n // other)) <= side + 1e-6


def test_the_strongest_maps_come_first() -> None:
    maps = np.zeros((3, 4, 4), np.float32)
    maps[2, 0] = 5
    maps[1, 0, 0] = 1
    assert strongest(maps, 2).tolist() == [2, 1]
