"""The inverted residual of MobileNetV2 (Sandler et al. 2018, table 1 and figure 3b)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer
from workbench.catalogue.ready.residual import STRIDE, STRIDE_PARAM, convolution
from workbench.document.graph import BlockParam

_NARROW = "expansion == 1"
_CHANGES = "in_channels != channels or (stride != 1 and index == 0)"
"""Where the shape changes there is no shortcut: a bypassed Add gives its first input, the branch."""


def _inverted() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(
            x,
            convolution("Expand", "=in_channels * expansion", 1).bypassed(_NARROW),
            layer("batch_norm2d", "Norm 1").bypassed(_NARROW),
            layer("relu6", "ReLU6 1").bypassed(_NARROW),
            layer("depthwise_conv2d", "Depthwise", kernel=(3, 3), stride=(STRIDE, STRIDE), bias=False),
            layer("batch_norm2d", "Norm 2"),
            layer("relu6", "ReLU6 2"),
            convolution("Project", "=channels", 1),
            layer("batch_norm2d", "Norm 3"),
        )
    d.output(d.put(layer("add", "Sum").bypassed(_CHANGES), y, x))
    return d.block(
        "inverted_residual",
        "Inverted residual",
        "Widens, looks at each channel on its own, and narrows again: the block of MobileNetV2.",
        BlockParam("channels", "Channels", "int", 32, "How many maps come out.", 1, 65_536),
        STRIDE_PARAM,
        BlockParam("expansion", "Expansion", "int", 6, "How many times more maps there are in the middle.", 1, 64),
    )


INVERTED = _inverted()
DEFINITIONS = (INVERTED,)
