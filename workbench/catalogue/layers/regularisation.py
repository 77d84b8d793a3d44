"""Layers that make learning harder so that what is learned holds on new samples. They do nothing after training."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer
from workbench.catalogue.expression import Call
from workbench.catalogue.parameters import real

_RATE = real("rate", "Rate", "The share that is switched off at each step.", 0.5, 0.0, 1.0)

LAYERS = (
    Layer(
        id="dropout",
        title="Dropout",
        category=Category.REGULARISATION,
        summary="Switches a random share of the numbers off at every training step.",
        help="The network cannot lean on any single number and spreads what it knows, which helps when it does well "
        "on training pictures and badly on new ones. It stands mostly between Linear layers at the end; 0.5 is "
        "strong, 0.1 mild. After training it lets everything pass (Srivastava et al. 2014).",
        params=(_RATE,),
        keywords=("regularise", "overfitting"),
        build=lambda p, _x: Call("nn.Dropout", p.rate),
        words=lambda p: f"{p.rate:.0%}",
    ),
)
