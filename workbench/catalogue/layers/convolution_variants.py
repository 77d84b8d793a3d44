"""Convolutions put together differently: depthwise, separable, transposed, and channels that weigh each other."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.catalogue.declaration import Category, Layer, Mismatch, Shape, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.convolution import (
    BIAS,
    FILTERS,
    GROUPS,
    TAKES,
    check_groups,
    kept_by_window,
    slid,
    window_arguments,
    window_params,
)
from workbench.catalogue.layers.windows import AXES, cross, kernel, short
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import integer, integers
from workbench.catalogue.refusals import set_param, take_rank

_MULTIPLIER = integer("multiplier", "Filters a channel", "How many filters each channel gets.", 1, 1, 64)


def _depthwise(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Depthwise Conv 2D", x[0], 3)
    return slid("Depthwise Conv 2D", p, x[0], x[0].shape[0] * p.multiplier)


def _build_depthwise(p: Values, x: tuple[Tensor, ...]) -> Call:
    channels = x[0].shape[0]
    arguments = window_arguments(p) | {"groups": channels} | ({} if p.bias else {"bias": False})
    return Call("nn.Conv2d", channels, channels * p.multiplier, short(p.kernel), **arguments)


def _separable(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Separable Conv 2D", x[0], 3)
    return slid("Separable Conv 2D", p, x[0], p.filters)


def _build_separable(p: Values, x: tuple[Tensor, ...]) -> Call:
    channels = x[0].shape[0]
    each = Call("nn.Conv2d", channels, channels, short(p.kernel), **window_arguments(p), groups=channels, bias=False)
    return Call("nn.Sequential", each, Call("nn.Conv2d", channels, p.filters, 1, **({} if p.bias else {"bias": False})))


def _kept_between(p: Values, x: tuple[Tensor, ...], y: Tensor) -> Kept:
    """Both convolutions keep what arrives at them."""
    first, between = kept_by_window(2, p, x, y), x[0].shape[0] * math.prod(y.shape[1:])
    return replace(first, more=first.more + FLOAT * between)


def _transposed(n: int) -> Layer:
    title = f"Transposed Conv {n}D"
    example = cross((2,) * n) if n > 1 else "2"

    def sizes(p: Values, x: Tensor) -> Shape:
        rows = zip(x.shape[1:], p.kernel, p.stride, p.padding, p.output_padding, strict=True)
        return tuple((size - 1) * stride - 2 * pad + k + extra for size, k, stride, pad, extra in rows)

    def shape(p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        check_groups(title, p, x[0].shape[0])
        if any(extra >= stride for extra, stride in zip(p.output_padding, p.stride, strict=True)):
            raise Mismatch(
                f"{title} adds {cross(p.output_padding)} at the far edge, which must be less than its stride, "
                f"{cross(p.stride)}. Set extra rows to 0.",
                param="output_padding",
                fixes=(set_param("Extra rows", "output_padding", (0,) * n, "0"),),
            )
        out = sizes(p, x[0])
        for size, axis in zip(out, AXES[n], strict=True):
            if size < 1:
                raise Mismatch(
                    f"{title} cuts {cross(p.padding)} off each side, which leaves nothing of the {axis} from "
                    f"{x[0].words}. Set the cut to 0 or make the kernel larger.",
                    param="padding",
                    fixes=(set_param("Cut", "padding", (0,) * n, "0"),),
                    stricter=size == 0,  # PyTorch gives an empty tensor then
                )
        return Tensor((p.filters, *out))

    def build(p: Values, x: tuple[Tensor, ...]) -> Call:
        arguments: dict[str, object] = {}
        for name, default in (("stride", 1), ("padding", 0), ("output_padding", 0)):
            if set(p[name]) != {default}:
                arguments[name] = short(p[name])
        arguments |= ({"groups": p.groups} if p.groups > 1 else {}) | ({} if p.bias else {"bias": False})
        return Call(f"nn.ConvTranspose{n}d", x[0].shape[0], p.filters, short(p.kernel), **arguments)

    def kept(_p: Values, x: tuple[Tensor, ...], y: Tensor) -> Kept:
        """Like a convolution; in blocks of channels where pictures do not lie channels last."""
        return Kept() if n == 2 else Kept(forward=2 * FLOAT * y.size, backward=FLOAT * (x[0].size + y.size))

    return Layer(
        id=f"conv_transpose{n}d",
        title=title,
        category=Category.CONVOLUTION,
        summary="Draws its filters into a larger output, the way back from small maps to large ones.",
        help="Every input value stamps a weighted copy of the filter, and overlapping copies add up. A stride of "
        f"{example} doubles the size. Generators and networks that colour every pixel end in it; where checkerboard "
        "patterns appear, make the kernel a multiple of the stride, or use Upsample and a convolution.",
        params=(
            FILTERS,
            kernel(n, 2, "How large the stamp is; a multiple of the stride avoids patterns."),
            integers("stride", "Stride", "How far apart the stamps are; 2 doubles the size.", (2,) * n, n, 1, 255),
            integers("padding", "Cut", "Rows cut off at every side.", (0,) * n, n, 0, 255, advanced=True),
            integers("output_padding", "Extra rows", "Rows added at the far edge.", (0,) * n, n, 0, 254, advanced=True),
            GROUPS,
            BIAS,
        ),
        keywords=("deconvolution", "upsample", "decoder", "conv", "generator"),
        shape=shape,
        build=build,
        weights=lambda p, x, _y: x[0].shape[0] * (p.filters // p.groups) * math.prod(p.kernel) + p.filters * p.bias,
        flops=lambda p, x, _y: 2 * x[0].size * (p.filters // p.groups) * math.prod(p.kernel),
        keeps=kept,
        words=lambda p: f"{cross(p.kernel)}, {p.filters:,} filters",
    )


def _squeezed(p: Values, x: Tensor) -> int:
    return max(x.shape[0] // int(p.reduction), 1)


def _excite(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Squeeze and Excite", x[0], 3)
    return x[0]


def _build_excite(p: Values, x: tuple[Tensor, ...]) -> Call:
    channels, few = x[0].shape[0], _squeezed(p, x[0])
    return Call(
        "nn.Sequential",
        Call("nn.AdaptiveAvgPool2d", 1),
        Call("nn.Conv2d", channels, few, 1),
        Call("nn.ReLU"),
        Call("nn.Conv2d", few, channels, 1),
        Call("nn.Sigmoid"),
    )


LAYERS = (
    Layer(
        id="depthwise_conv2d",
        title="Depthwise Conv 2D",
        category=Category.CONVOLUTION,
        summary="A convolution in which every channel has its own filter and sees no other channel.",
        help="Looks for patterns in space without mixing channels, at a small part of the usual cost. A 1 × 1 "
        "convolution after it does the mixing; the two together are a Separable Conv. Larger kernels, 5 or 7, "
        "are affordable here.",
        params=(_MULTIPLIER, *window_params(2), BIAS),
        keywords=("conv", "mobilenet", "groups", "cnn"),
        shape=_depthwise,
        build=_build_depthwise,
        weights=lambda p, x, _y: x[0].shape[0] * p.multiplier * (math.prod(p.kernel) + p.bias),
        flops=lambda p, _x, y: 2 * y.size * math.prod(p.kernel),
        keeps=lambda p, x, y: kept_by_window(2, p, x, y),
        window=lambda p: (p.kernel[0], p.stride[0], p.dilation[0]),
        words=lambda p: cross(p.kernel),
    ),
    Layer(
        id="separable_conv2d",
        title="Separable Conv 2D",
        category=Category.CONVOLUTION,
        summary="A convolution in two cheap steps: each channel on its own, then a mix of all channels.",
        help="Nearly as able as a full convolution for about an eighth of the weights with 3 × 3 kernels, so small "
        "devices and large pictures profit (Chollet 2017). More filters mix more ways.",
        params=(FILTERS, *window_params(2), BIAS),
        keywords=("conv", "mobilenet", "xception", "depthwise", "pointwise", "cnn"),
        shape=_separable,
        build=_build_separable,
        weights=lambda p, x, _y: x[0].shape[0] * (math.prod(p.kernel) + p.filters) + p.filters * p.bias,
        flops=lambda p, x, y: 2 * x[0].shape[0] * math.prod(y.shape[1:]) * (math.prod(p.kernel) + p.filters),
        keeps=_kept_between,
        window=lambda p: (p.kernel[0], p.stride[0], p.dilation[0]),
        words=lambda p: f"{cross(p.kernel)}, {p.filters:,} filters",
    ),
    *(_transposed(n) for n in (2, 1, 3)),
    Layer(
        id="squeeze_excite",
        title="Squeeze and Excite",
        category=Category.CONVOLUTION,
        summary="Turns whole channels up or down, depending on what the picture as a whole shows.",
        help="It averages every map, lets two tiny layers decide how much each channel matters for this picture, and "
        "multiplies (Hu et al. 2018). A cheap gain after the convolutions of a block. A larger reduction makes it "
        "lighter.",
        params=(integer("reduction", "Reduction", "How many times fewer units stand in the middle.", 16, 1, 1024),),
        keywords=("se", "channel attention", "gate"),
        shape=_excite,
        build=_build_excite,
        forward="{x} * {self}({x})",
        weights=lambda p, x, _y: (2 * x[0].shape[0] + 1) * _squeezed(p, x[0]) + x[0].shape[0],
        flops=lambda p, x, _y: 4 * x[0].shape[0] * _squeezed(p, x[0]),
        keeps=lambda _p, x, _y: Kept(more=2 * FLOAT * x[0].shape[0], backward=FLOAT * x[0].size),
    ),
)
