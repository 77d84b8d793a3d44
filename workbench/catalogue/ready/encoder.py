"""Transformer encoders: the classic one (Vaswani et al. 2017, section 3.1) and the one with the norm first.

The second is the form of Dosovitskiy et al. 2021, equations 2 and 3. Unlike the layer Transformer Encoder, every part
can be looked at and changed.
"""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, Part, layer
from workbench.document.graph import BlockParam

_HEADS = BlockParam("heads", "Heads", "int", 4, "How many patterns attention looks for side by side.", 1, 1024)
_EXPANSION = BlockParam(
    "expansion", "Expansion", "int", 4, "How many times more units there are in the middle of the small network.", 1, 64
)
_PLAIN = "dropout == 0"


def _dropout_rate(default: float) -> BlockParam:
    return BlockParam("dropout", "Dropout", "float", default, "The share switched off while training.", 0.0, 0.9)


def _attention() -> tuple[Part, Part]:
    return (
        layer("self_attention", "Attention", heads="=heads", dropout="=dropout"),
        layer("dropout", "Dropout 1", rate="=dropout").bypassed(_PLAIN),
    )


def feed_forward(bend: str, title: str) -> tuple[Part, ...]:
    """The small network that works on every step alike."""
    return (
        layer("linear", "Expand", units="=in_channels * expansion"),
        layer(bend, title),
        layer("dropout", "Dropout 2", rate="=dropout").bypassed(_PLAIN),
        layer("linear", "Project", units="=in_channels"),
        layer("dropout", "Dropout 3", rate="=dropout").bypassed(_PLAIN),
    )


def _norm_first() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(x, layer("layer_norm", "Norm 1", eps=1e-6), *_attention())
    x = d.put(layer("add", "Sum 1"), y, x)
    with d.lane(0):
        y = d.chain(x, layer("layer_norm", "Norm 2", eps=1e-6), *feed_forward("gelu", "GELU"))
    d.output(d.put(layer("add", "Sum 2"), y, x))
    return d.block(
        "encoder_block",
        "Encoder block",
        "Attention and a small network, each with its norm first: the block of vision transformers.",
        _HEADS,
        _EXPANSION,
        _dropout_rate(0.0),
    )


def _norm_last() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(x, *_attention())
    x = d.chain(d.put(layer("add", "Sum 1"), y, x), layer("layer_norm", "Norm 1"))
    with d.lane(0):
        y = d.chain(x, *feed_forward("relu", "ReLU"))
    d.output(d.chain(d.put(layer("add", "Sum 2"), y, x), layer("layer_norm", "Norm 2")))
    return d.block(
        "classic_encoder_block",
        "Classic encoder block",
        "Attention and a small network, each with its norm last: the block of the first transformer.",
        _HEADS,
        _EXPANSION,
        _dropout_rate(0.1),
    )


ENCODER, CLASSIC = _norm_first(), _norm_last()
DEFINITIONS = (ENCODER, CLASSIC)
