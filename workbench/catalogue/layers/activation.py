"""Activations: the bend between two layers, without which a stack of them would be one."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer
from workbench.catalogue.expression import Call

LAYERS = (
    Layer(
        id="relu",
        title="ReLU",
        category=Category.ACTIVATION,
        summary="Lets positive numbers pass and turns negative ones into zero.",
        help="The usual activation after a convolution or a Linear: quick, and it trains well. Where a unit's input "
        "stays negative for good it stops learning; leaky ReLU and GELU avoid that.",
        keywords=("rectifier", "activation"),
        build=lambda _p, _x: Call("nn.ReLU"),
    ),
)
