"""Initialisations: what the weights of a fresh network are drawn from. Biases begin at 0, but for PyTorch's own."""

from __future__ import annotations

from workbench.catalogue.declaration import Initialisation, Param
from workbench.catalogue.parameters import choice, real

_GAIN = real("gain", "Gain", "A factor on all weights; 1 as a rule.", 1.0, 0.001, 100.0)
_SIDE = choice(
    "mode",
    "Keeps",
    "Whether signals keep their size on the way forwards, or gradients on the way back.",
    "fan_in",
    (("fan_in", "signals"), ("fan_out", "gradients")),
    advanced=True,
)
_SLOPE = real(
    "slope", "Slope", "The slope of leaky ReLUs for negative numbers; 0 for ReLU.", 0.0, 0.0, 1.0, advanced=True
)


def _spread(default: float) -> Param:
    return real("std", "Spread", "The standard deviation of the weights.", default, 1e-6, 10.0)


INITIALISATIONS = (
    Initialisation(
        id="default",
        title="As PyTorch",
        summary="Every layer begins as PyTorch makes it.",
        help="Linear layers and convolutions draw evenly from a range that shrinks with the number of inputs; norms "
        "begin at 1. Good for most networks.",
        keywords=("plain", "uniform"),
        target="",
    ),
    Initialisation(
        id="he_normal",
        title="He, normal",
        summary="Normally distributed so that signals keep their size through ReLUs.",
        help="For deep networks of ReLUs, above all without norms (He et al. 2015, equation 10).",
        params=(_SIDE, _SLOPE),
        keywords=("kaiming", "relu"),
        target="torch.nn.init.kaiming_normal_",
        arguments=lambda p: {"a": p.slope, "mode": p.mode, "nonlinearity": "leaky_relu"},
    ),
    Initialisation(
        id="he_uniform",
        title="He, uniform",
        summary="Evenly distributed so that signals keep their size through ReLUs.",
        help="As He, normal, with the same spread and no weight far from the others (He et al. 2015). Which of the two "
        "is taken seldom matters.",
        params=(_SIDE, _SLOPE),
        keywords=("kaiming", "relu"),
        target="torch.nn.init.kaiming_uniform_",
        arguments=lambda p: {"a": p.slope, "mode": p.mode, "nonlinearity": "leaky_relu"},
    ),
    Initialisation(
        id="xavier_normal",
        title="Xavier, normal",
        summary="Normally distributed so that signals and gradients keep their size through tanh and sigmoid.",
        help="A middle way between what signals and what gradients ask for (Glorot and Bengio 2010, equation 12). "
        "Layers with ReLUs want He instead, or a gain of 1.4.",
        params=(_GAIN,),
        keywords=("glorot", "tanh", "sigmoid"),
        target="torch.nn.init.xavier_normal_",
        arguments=lambda p: {"gain": p.gain},
    ),
    Initialisation(
        id="xavier_uniform",
        title="Xavier, uniform",
        summary="Evenly distributed so that signals and gradients keep their size through tanh and sigmoid.",
        help="As Xavier, normal, with the same spread and no weight far from the others (Glorot and Bengio 2010, "
        "equation 16). Layers with ReLUs want He instead, or a gain of 1.4.",
        params=(_GAIN,),
        keywords=("glorot", "tanh", "sigmoid"),
        target="torch.nn.init.xavier_uniform_",
        arguments=lambda p: {"gain": p.gain},
    ),
    Initialisation(
        id="orthogonal",
        title="Orthogonal",
        summary="Matrices that turn and mirror but do not stretch.",
        help="Signals keep their length exactly in deep linear networks (Saxe et al. 2014). Usual for recurrent "
        "networks, and for deep ones without norms with a gain of 1.4.",
        params=(_GAIN,),
        keywords=("rotation", "recurrent"),
        target="torch.nn.init.orthogonal_",
        arguments=lambda p: {"gain": p.gain},
    ),
    Initialisation(
        id="truncated_normal",
        title="Truncated normal",
        summary="Normally distributed with one spread for all layers, none beyond two spreads.",
        help="Usual for transformers, with a spread of 0.02 (Devlin et al. 2019). It does not look at the size of "
        "a layer, so networks without norms want another choice.",
        params=(_spread(0.02),),
        keywords=("transformer", "vit", "gaussian"),
        target="torch.nn.init.trunc_normal_",
        arguments=lambda p: {"std": p.std, "a": -2 * p.std, "b": 2 * p.std},
    ),
)
