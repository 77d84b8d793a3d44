"""Squeeze and excitation (Hu et al. 2018, figure 2), drawn out so that every step can be looked at."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer
from workbench.document.graph import BlockParam


def _excitation() -> Definition:
    d = Drawing()
    x = d.input()
    with d.lane(1):
        gate = d.chain(
            x,
            layer("adaptive_avg_pool2d", "Squeeze", size=(1, 1)),
            layer("conv2d", "Reduce", filters="=max(in_channels // reduction, 1)", kernel=(1, 1)),
            layer("relu", "ReLU"),
            layer("conv2d", "Expand", filters="=in_channels", kernel=(1, 1)),
            layer("sigmoid", "Gate"),
        )
    d.output(d.put(layer("multiply", "Excite"), x, gate))
    return d.block(
        "squeeze_excitation",
        "Squeeze and excitation",
        "Turns whole channels up or down, depending on what the picture as a whole shows.",
        BlockParam("reduction", "Reduction", "int", 16, "How many times fewer channels decide.", 1, 1024),
    )


EXCITATION = _excitation()
DEFINITIONS = (EXCITATION,)
