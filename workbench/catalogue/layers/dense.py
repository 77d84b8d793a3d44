"""Layers where every number meets every number."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.parameters import integer, switch
from workbench.catalogue.refusals import take_rank


def _linear(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Linear", x[0], 1, 2)
    return Tensor((*x[0].shape[:-1], p.units))


LAYERS = (
    Layer(
        id="linear",
        title="Linear",
        category=Category.DENSE,
        summary="Every output is a weighted sum of all inputs, with weights that are learned.",
        help="Also called dense or fully connected. It mixes everything with everything, so it usually stands at the "
        "end, where features become decisions; the last one has as many units as there are classes. On a sequence it "
        "treats every step alike. More units can express more and remember more, noise included.",
        params=(
            integer("units", "Units", "How many numbers come out.", 128, 1, 1_000_000),
            switch("bias", "Bias", "Adds a learned number to every output.", True, advanced=True),
        ),
        keywords=("dense", "fully connected", "fc", "mlp", "perceptron", "classifier"),
        shape=_linear,
        build=lambda p, x: Call("nn.Linear", x[0].shape[-1], p.units, **({} if p.bias else {"bias": False})),
        weights=lambda p, x, _y: (x[0].shape[-1] + p.bias) * p.units,
        flops=lambda _p, x, y: 2 * x[0].shape[-1] * y.size,
        words=lambda p: f"{p.units:,} units",
    ),
)
