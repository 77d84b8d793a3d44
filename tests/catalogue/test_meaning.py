"""What chosen layers compute, and the sentences people read when a layer refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from workbench.catalogue.declaration import Mismatch, Tensor
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check


def built(run: Any, id: str, *shapes: tuple[int, ...], train: bool = True, **params: Any) -> Any:
    values, problems = check(LAYERS[id], params)
    assert problems == ()
    return run(LAYERS[id], values, tuple(Tensor(shape) for shape in shapes), device="cpu", train=train)


def refusal(id: str, *inputs: Tensor, **params: Any) -> Mismatch:
    values, problems = check(LAYERS[id], params)
    assert problems == ()
    with pytest.raises(Mismatch) as caught:
        LAYERS[id].infer(values, inputs)
    return caught.value


@pytest.mark.parametrize("id", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 2])
def test_last_step_is_the_end_of_each_direction(run: Any, id: str, layers: int) -> None:
    x = torch.randn(2, 7, 5)
    forward = built(run, id, (7, 5), hidden=3, layers=layers, output="last")
    every, _ = forward.module(x)
    assert torch.equal(forward(x), every[:, -1])
    both = built(run, id, (7, 5), hidden=3, layers=layers, output="last", direction="both")
    every, _ = both.module(x)
    assert torch.equal(both(x), torch.cat((every[:, -1, :3], every[:, 0, 3:]), dim=1))


@pytest.mark.parametrize(
    ("id", "params"),
    [
        ("conv2d", {"kernel": 3}),
        ("conv2d", {"kernel": (5, 3), "stride": 2}),
        ("conv2d", {"kernel": 3, "dilation": 3, "padding": "valid"}),
        ("depthwise_conv2d", {"kernel": 7}),
        ("separable_conv2d", {"kernel": 5, "stride": 2}),
        ("avg_pool2d", {"kernel": 3, "stride": 2}),
        ("avg_pool2d", {"kernel": 4}),
        ("patch_embedding", {"patch": 8}),
    ],
)
def test_window_is_what_an_output_really_sees(run: Any, id: str, params: dict[str, Any]) -> None:
    """The rows of the input that change one row of the output, and how far they move for the next."""
    layer = LAYERS[id]
    values, _ = check(layer, params)
    assert layer.window is not None
    kernel, stride, dilation = layer.window(values)
    one = built(run, id, (4, 48, 48), **params)
    x = torch.randn(2, 4, 48, 48, requires_grad=True)
    y = one(x)
    y = y.transpose(1, 2).unflatten(2, (6, 6)) if id == "patch_embedding" else y
    seen = []
    for row in (y.shape[2] // 2, y.shape[2] // 2 + 1):
        (gradient,) = torch.autograd.grad(y[0, :, row, y.shape[3] // 2].sum(), x, retain_graph=True)
        seen.append(gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten().tolist())
    assert len(seen[0]) == kernel
    assert seen[0][-1] - seen[0][0] + 1 == dilation * (kernel - 1) + 1
    assert seen[1][0] - seen[0][0] == stride


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("size", [15, 16, 17])
def test_same_padding_gives_size_over_stride_rounded_up(stride: int, kernel: int, size: int) -> None:
    values, _ = check(LAYERS["conv2d"], {"kernel": kernel, "stride": stride})
    y = LAYERS["conv2d"].infer(values, (Tensor((3, size, size)),))
    assert y.shape[1:] == (math.ceil(size / stride),) * 2


def test_convolution_is_written_as_one_would_by_hand(run: Any) -> None:
    def source(id: str, shape: tuple[int, ...], **params: Any) -> str:
        call = LAYERS[id].build(check(LAYERS[id], params)[0], (Tensor(shape),))
        assert call is not None
        return call.source()

    assert source("conv2d", (3, 64, 64)) == "nn.Conv2d(3, 32, 3, padding='same')"
    assert source("conv2d", (3, 64, 64), stride=2, bias=False) == "nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False)"
    assert source("conv2d", (3, 9, 9), kernel=(1, 3), padding="valid") == "nn.Conv2d(3, 32, (1, 3))"
    assert source("max_pool2d", (8, 8, 8)) == "nn.MaxPool2d(2)"
    assert source("linear", (128,), units=10) == "nn.Linear(128, 10)"
    assert source("relu", (5,)) == "nn.ReLU()"
    assert source("batch_norm2d", (32, 4, 4)) == "nn.BatchNorm2d(32)"
    assert source("dropout", (5,), rate=0.25) == "nn.Dropout(0.25)"


def test_gaussian_noise_is_for_training_only(run: Any) -> None:
    x = torch.zeros(2, 100, 100)
    noisy = built(run, "gaussian_noise", (100, 100), spread=0.5)
    assert noisy(x).std().item() == pytest.approx(0.5, rel=0.05)
    noisy.module.eval()
    assert torch.equal(noisy(x), x)


def test_stochastic_depth_skips_whole_samples_and_keeps_the_mean(run: Any) -> None:
    x = torch.ones(4000, 2, 3)
    one = built(run, "stochastic_depth", (2, 3), rate=0.25)
    y = one(x)
    assert sorted(set(y.flatten().tolist())) == [0.0, pytest.approx(1 / 0.75)]
    assert torch.equal(y.amax(dim=(1, 2)), y.amin(dim=(1, 2)))
    assert y.mean().item() == pytest.approx(1, abs=0.05)
    one.module.eval()
    assert torch.equal(one(x), x)


@pytest.mark.parametrize("features", [6, 7])
def test_sinusoidal_position_is_the_papers(run: Any, features: int) -> None:
    added = built(run, "sinusoidal_position", (9, features))(torch.zeros(2, 9, features))[0]
    for step in range(9):
        for k in range(features):
            angle = step / 10000 ** (2 * (k // 2) / features)
            expected = math.cos(angle) if k % 2 else math.sin(angle)
            assert added[step, k].item() == pytest.approx(expected, abs=1e-5)


def test_class_token_stands_first_and_is_the_same_for_all(run: Any) -> None:
    x = torch.randn(2, 4, 6)
    y = built(run, "class_token", (4, 6))(x)
    assert torch.equal(y[:, 1:], x)
    assert torch.equal(y[0, 0], y[1, 0])


def test_learned_position_and_scale(run: Any) -> None:
    position = built(run, "learned_position", (4, 6))
    assert torch.equal(position(torch.zeros(2, 4, 6))[0], position.module.position)
    x = torch.randn(2, 3, 5, 5)
    assert torch.equal(built(run, "learned_scale", (3, 5, 5))(x), x)
    assert torch.allclose(built(run, "learned_scale", (3, 5, 5), initial=0.1, factors="one")(x), x * 0.1)


def test_map_to_sequence_reads_row_by_row(run: Any) -> None:
    x = torch.randn(2, 3, 4, 5)
    y = built(run, "map_to_sequence", (3, 4, 5))(x)
    assert torch.equal(y[:, 7], x[:, :, 1, 2])


def test_patches_come_row_by_row(run: Any) -> None:
    one = built(run, "patch_embedding", (3, 16, 24), patch=8, units=5)
    x = torch.randn(2, 3, 16, 24)
    alone = (one.module.weight * x[0, :, 8:16, 16:24]).sum(dim=(1, 2, 3)) + one.module.bias
    assert torch.allclose(one(x)[0, 5], alone, atol=1e-5)


@pytest.mark.parametrize(("step", "expected"), [("first", 0.0), ("last", 3.0), ("mean", 1.5), ("max", 3.0)])
def test_pick_step(run: Any, step: str, expected: float) -> None:
    x = torch.arange(4.0).view(1, 4, 1).expand(2, 4, 5)
    assert torch.equal(built(run, "pick_step", (4, 5), step=step)(x), torch.full((2, 5), expected))


def test_reshape_works_out_the_free_size(run: Any) -> None:
    assert built(run, "reshape", (24,), shape=(2, -1, 3))(torch.zeros(7, 24)).shape == (7, 2, 4, 3)


def test_pad_crop_and_slice_take_the_right_sides(run: Any) -> None:
    x = torch.randn(2, 3, 6, 7)
    padded = built(run, "pad", (3, 6, 7), amount=(1, 2, 3, 4))(x)
    assert torch.equal(padded[:, :, 3:-4, 1:-2], x)
    assert padded.abs().sum().item() == pytest.approx(x.abs().sum().item(), rel=1e-5)
    assert torch.equal(built(run, "crop", (3, 13, 10), amount=(1, 2, 3, 4))(padded), x)
    assert torch.equal(built(run, "slice", (3, 6, 7), axis=3, start=2, length=4)(x), x[..., 2:6])


def test_global_pooling_leaves_one_number_a_channel(run: Any) -> None:
    x = torch.randn(2, 3, 4, 5)
    assert torch.allclose(built(run, "global_avg_pool2d", (3, 4, 5))(x), x.mean(dim=(2, 3)))
    assert torch.equal(built(run, "global_max_pool2d", (3, 4, 5))(x), x.amax(dim=(2, 3)))


def test_merging_is_arithmetic(run: Any) -> None:
    a, b, c = torch.randn(3, 2, 4, 5).unbind()
    shapes = ((4, 5),) * 3
    assert torch.equal(built(run, "add", *shapes, inputs=3)(a, b, c), a + b + c)
    assert torch.equal(built(run, "multiply", *shapes, inputs=3)(a, b, c), a * b * c)
    assert torch.equal(built(run, "subtract", *shapes[:2])(a, b), a - b)
    assert torch.equal(built(run, "maximum", *shapes[:2])(a, b), torch.maximum(a, b))
    assert torch.equal(built(run, "concat", *shapes, inputs=3, axis=2)(a, b, c), torch.cat((a, b, c), 2))


def test_softmax_shares_along_the_axis_asked_for(run: Any) -> None:
    x = torch.randn(2, 3, 4)
    assert torch.allclose(built(run, "softmax", (3, 4))(x).sum(1), torch.ones(2, 4))
    assert torch.allclose(built(run, "softmax", (3, 4), axis="last")(x).sum(2), torch.ones(2, 3))


def test_layer_norm_over_the_whole_sample(run: Any) -> None:
    y = built(run, "layer_norm", (3, 4, 5), over="all")(torch.randn(2, 3, 4, 5) * 9 + 4)
    assert torch.allclose(y.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-5)


def test_embedding_has_a_row_for_every_token() -> None:
    tokens = LAYERS["tokens"].infer(check(LAYERS["tokens"], {"length": 12, "vocabulary": 300})[0], ())
    values, _ = check(LAYERS["embedding"], {"features": 8})
    call = LAYERS["embedding"].build(values, (tokens,))
    assert call is not None
    assert call.source() == "nn.Embedding(300, 8)"
    assert LAYERS["embedding"].infer(values, (tokens,)).shape == (12, 8)


def test_a_sound_is_samples_or_bands_by_frames() -> None:
    """At 16 kHz a window has 400 samples and moves by 160; one frame is centred on the very first sample."""

    def shape(**params: Any) -> tuple[int, ...]:
        return LAYERS["sound"].infer(check(LAYERS["sound"], params)[0], ()).shape

    assert shape() == (1, 64, 101)
    assert shape(form="waveform") == (1, 16_000)
    assert shape(form="waveform", rate=8_000, seconds=0.5) == (1, 4_000)
    assert shape(rate=8_000, seconds=0.5, mels=40) == (1, 40, 51)
    assert shape(rate=22_050, seconds=1.0) == (1, 64, 1 + 22_050 // 220)
    assert LAYERS["sound"].words(check(LAYERS["sound"], {})[0]) == "1 s at 16 kHz, 64 mels"
    assert LAYERS["sound"].words(check(LAYERS["sound"], {"form": "waveform"})[0]) == "1 s at 16 kHz"


def test_linear_on_maps_says_what_to_add() -> None:
    mismatch = refusal("linear", Tensor((128, 16, 16)))
    assert mismatch.message == (
        "Linear takes a flat list of numbers or a sequence of steps for each sample, this wire carries 16 × 16 × 128. "
        "Add Flatten or Global Average 2D before it."
    )
    assert [fix.arguments["layer"] for fix in mismatch.fixes] == ["flatten", "global_avg_pool2d"]


def test_groups_that_do_not_divide_offer_one_group() -> None:
    mismatch = refusal("conv2d", Tensor((3, 16, 16)), groups=2)
    assert "3 channels arrive" in mismatch.message
    assert mismatch.param == "groups"
    assert mismatch.fixes[0].label == "Set groups to 1"
    assert dict(mismatch.fixes[0].arguments) == {"param": "groups", "value": 1}


def test_a_kernel_larger_than_the_map_names_both() -> None:
    mismatch = refusal("max_pool2d", Tensor((8, 1, 1)))
    assert "looks at 2 positions at once along the height" in mismatch.message
    assert "1 × 1 × 8" in mismatch.message


def test_branches_that_do_not_meet_name_both_shapes_and_the_port() -> None:
    for id in ("add", "concat"):
        mismatch = refusal(id, Tensor((64, 32, 32)), Tensor((64, 16, 16)))
        assert "32 × 32 × 64" in mismatch.message
        assert "16 × 16 × 64" in mismatch.message
        assert mismatch.port == "in_2"


def test_heads_that_do_not_divide_offer_the_next_number_that_does() -> None:
    mismatch = refusal("self_attention", Tensor((10, 50)), heads=8)
    assert dict(mismatch.fixes[0].arguments) == {"param": "heads", "value": 5}


def test_output_wants_one_score_a_class() -> None:
    assert "8 × 8 × 16" in refusal("output", Tensor((16, 8, 8))).message
    assert "at least 2" in refusal("output", Tensor((1,))).message


def test_tokens_must_be_looked_up_first() -> None:
    mismatch = refusal("linear", Tensor((12,), "index", 300))
    assert mismatch.message.endswith("Add Embedding before it.")
    assert mismatch.fixes[0].arguments["layer"] == "embedding"
