"""The block of ConvNeXt (Liu et al. 2022, figure 4), with 1 × 1 convolutions for the two linear layers."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer
from workbench.document.graph import BlockParam

_DROP = "=round(drop_first + (drop_last - drop_first) * index / max(repeat - 1, 1), 4)"


def _rate(param: str, title: str, help: str) -> BlockParam:
    return BlockParam(param, title, "float", 0.0, help, 0.0, 0.99)


def _convnext() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(
            x,
            layer("depthwise_conv2d", "Depthwise", kernel=("=kernel", "=kernel")),
            layer("layer_norm", "Norm", over="channels", eps=1e-6),
            layer("conv2d", "Expand", filters="=in_channels * expansion", kernel=(1, 1)),
            layer("gelu", "GELU"),
            layer("conv2d", "Project", filters="=in_channels", kernel=(1, 1)),
            layer("learned_scale", "Scale", initial="=scale"),
            layer("stochastic_depth", "Drop path", rate=_DROP).bypassed("max(drop_first, drop_last) == 0"),
        )
    d.output(d.put(layer("add", "Sum"), y, x))
    return d.block(
        "convnext_block",
        "ConvNeXt block",
        "A wide look at each channel, then a small network for each position, added to what came in.",
        BlockParam("kernel", "Kernel", "int", 7, "How far each channel is looked at, odd.", 1, 63),
        BlockParam("expansion", "Expansion", "int", 4, "How many times more maps there are in the middle.", 1, 64),
        BlockParam("scale", "First scale", "float", 1e-6, "How much of the block counts at the beginning.", 0.0, 1.0),
        _rate("drop_first", "Drop path, first", "How often training skips the first of several in a row."),
        _rate("drop_last", "Drop path, last", "How often training skips the last; those between rise evenly."),
    )


CONVNEXT = _convnext()
DEFINITIONS = (CONVNEXT,)
