"""The two blocks of residual networks (He et al. 2016, figure 5), with the stride in the 3 × 3 convolution."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, Part, Wire, layer
from workbench.document.graph import BlockParam, Value

STRIDE = "=stride if index == 0 else 1"
"""Of several in a row only the first moves further; the ones after it keep the size."""

STRIDE_PARAM = BlockParam(
    "stride", "Stride", "int", 1, "2 halves height and width; of several in a row only the first does.", 1, 8
)
_FITS = "in_channels == channels and (stride == 1 or index > 0)"


def convolution(name: str, filters: str, kernel: int, *, stride: str = "") -> Part:
    """A convolution that keeps the size, without a bias, because a batch norm follows it."""
    params: dict[str, Value] = {"filters": filters, "kernel": (kernel, kernel)}
    if stride:
        params["stride"] = (stride, stride)
    return layer("conv2d", name, bias=False, **params)


def _shortcut(d: Drawing, x: Wire) -> Wire:
    """The bare wire where what comes in has the shape of what goes out, else a projection (option B of the paper)."""
    return d.chain(
        x,
        convolution("Projection", "=channels", 1, stride=STRIDE).bypassed(_FITS),
        layer("batch_norm2d", "Projection norm").bypassed(_FITS),
    )


def _basic() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(
            x,
            convolution("Conv 1", "=channels", 3, stride=STRIDE),
            layer("batch_norm2d", "Norm 1"),
            layer("relu", "ReLU 1"),
            convolution("Conv 2", "=channels", 3),
            layer("batch_norm2d", "Norm 2"),
        )
    d.output(d.chain(d.put(layer("add", "Sum"), y, _shortcut(d, x)), layer("relu", "ReLU 2")))
    return d.block(
        "residual_block",
        "Residual block",
        "Two 3 × 3 convolutions, added to what came in: the block of ResNet-18 and 34.",
        BlockParam("channels", "Channels", "int", 64, "How many maps come out.", 1, 65_536),
        STRIDE_PARAM,
    )


def _bottleneck() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    few = "=max(channels // reduction, 1)"
    with d.lane(0):
        y = d.chain(
            x,
            convolution("Reduce", few, 1),
            layer("batch_norm2d", "Norm 1"),
            layer("relu", "ReLU 1"),
            convolution("Conv", few, 3, stride=STRIDE),
            layer("batch_norm2d", "Norm 2"),
            layer("relu", "ReLU 2"),
            convolution("Expand", "=channels", 1),
            layer("batch_norm2d", "Norm 3"),
        )
    d.output(d.chain(d.put(layer("add", "Sum"), y, _shortcut(d, x)), layer("relu", "ReLU 3")))
    return d.block(
        "bottleneck_block",
        "Bottleneck block",
        "A residual block that works on fewer channels inside: the block of ResNet-50 and deeper.",
        BlockParam("channels", "Channels", "int", 256, "How many maps come out.", 1, 65_536),
        STRIDE_PARAM,
        BlockParam("reduction", "Reduction", "int", 4, "How many times fewer maps there are in the middle.", 1, 64),
    )


BASIC, BOTTLENECK = _basic(), _bottleneck()
DEFINITIONS = (BASIC, BOTTLENECK)
