"""The layers, blocks and transitions of DenseNet-BC (Huang et al. 2017, sections 3 and 4, table 1)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer, use
from workbench.catalogue.ready.residual import convolution
from workbench.document.graph import BlockParam

_GROWTH = BlockParam("growth", "Growth", "int", 32, "How many new maps each layer adds.", 1, 4096)
_WIDTH = BlockParam(
    "width", "Width", "int", 4, "How many times the growth the 1 × 1 convolution before each 3 × 3 gives.", 1, 64
)


def _dense_layer() -> Definition:
    d = Drawing()
    x = d.input()
    with d.lane(1):
        y = d.chain(
            x,
            layer("batch_norm2d", "Norm 1"),
            layer("relu", "ReLU 1"),
            convolution("Reduce", "=width * growth", 1),
            layer("batch_norm2d", "Norm 2"),
            layer("relu", "ReLU 2"),
            convolution("Conv", "=growth", 3),
        )
    d.output(d.put(layer("concat", "Join"), x, y))
    return d.block(
        "dense_layer",
        "Dense layer",
        "Finds a few new maps and puts them beside all that came in.",
        _GROWTH,
        _WIDTH,
    )


def _dense_block(single: Definition) -> Definition:
    d = Drawing()
    d.output(d.put(use(single, "Layers", repeat="=layers", growth="=growth", width="=width"), d.input()))
    return d.block(
        "dense_block",
        "Dense block",
        "A row of dense layers, each of which sees the maps of all before it: the block of DenseNet.",
        BlockParam("layers", "Layers", "int", 6, "How many dense layers stand in the row.", 1, 256),
        _GROWTH,
        _WIDTH,
    )


def _transition() -> Definition:
    d = Drawing()
    d.output(
        d.chain(
            d.input(),
            layer("batch_norm2d", "Norm"),
            layer("relu", "ReLU"),
            convolution("Compress", "=max(int(in_channels * kept), 1)", 1),
            layer("avg_pool2d", "Pool"),
        )
    )
    return d.block(
        "dense_transition",
        "Transition",
        "Halves height and width and mixes the maps down to fewer, between two dense blocks.",
        BlockParam("kept", "Kept share", "float", 0.5, "Which share of the maps is left.", 0.01, 1.0),
    )


LAYER = _dense_layer()
BLOCK = _dense_block(LAYER)
TRANSITION = _transition()
DEFINITIONS = (LAYER, BLOCK, TRANSITION)
