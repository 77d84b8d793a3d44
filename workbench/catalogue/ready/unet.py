"""The stages of a U-Net (Ronneberger et al. 2015, figure 1): down, bottom and up."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, Part, layer, use
from workbench.document.graph import BlockParam

_CHANNELS = BlockParam("channels", "Channels", "int", 64, "How many maps come out.", 1, 65_536)
_PADDING = BlockParam(
    "padding",
    "Padding",
    "choice",
    "same",
    "“same” keeps the size; “valid”, as in the paper, cuts two rows off at every side.",
    choices=("same", "valid"),
)
_NORM = BlockParam("norm", "Batch norm", "bool", True, "Brings the maps to a common scale; the paper did not have it.")
_PARAMS = (_CHANNELS, _PADDING, _NORM)
_OWN = {"channels": "=channels", "padding": "=padding", "norm": "=norm"}


def _step(number: int) -> tuple[Part, Part, Part]:
    return (
        layer("conv2d", f"Conv {number}", filters="=channels", kernel=(3, 3), padding="=padding", bias="=not norm"),
        layer("batch_norm2d", f"Norm {number}").bypassed("not norm"),
        layer("relu", f"ReLU {number}"),
    )


def _pair() -> Definition:
    d = Drawing()
    d.output(d.chain(d.input(), *_step(1), *_step(2)))
    return d.block(
        "double_convolution", "Double convolution", "Two 3 × 3 convolutions in a row, each with its ReLU.", *_PARAMS
    )


def _down(pair: Definition) -> Definition:
    d = Drawing()
    x = d.put(use(pair, "Convolutions", **_OWN), d.input())
    d.output(d.chain(x, layer("max_pool2d", "Pool")))
    with d.lane(1):
        d.output(x, "Skip", "skip")
    return d.block(
        "unet_down",
        "U-Net down",
        "Two convolutions, then half the size; what they found also leaves through Skip.",
        *_PARAMS,
    )


def _up(pair: Definition) -> Definition:
    d = Drawing()
    x = d.input()
    with d.lane(1):
        skip = d.input("Skip", "skip")
    x = d.put(layer("conv_transpose2d", "Up", filters="=channels", kernel=(2, 2), stride=(2, 2)), x)
    d.output(d.put(use(pair, "Convolutions", **_OWN), d.put(layer("concat", "Join"), skip, x)))
    return d.block(
        "unet_up",
        "U-Net up",
        "Twice the size, joined with the maps of the same size on the way down, then two convolutions.",
        *_PARAMS,
    )


PAIR = _pair()
DOWN, UP = _down(PAIR), _up(PAIR)
DEFINITIONS = (PAIR, DOWN, UP)
