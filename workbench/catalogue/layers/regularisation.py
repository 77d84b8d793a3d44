"""Layers that make learning harder so that what is learned holds on new samples. They do nothing after training."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Param, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.convolution import TAKES
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import real
from workbench.catalogue.refusals import take_rank


def _rate(default: float, help: str) -> tuple[Param, ...]:
    return (real("rate", "Rate", help, default, 0.0, 0.99),)


def _channel_dropout(n: int) -> Layer:
    title = f"Dropout {n}D"

    def shape(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        return x[0]

    return Layer(
        id=f"dropout{n}d",
        title=title,
        category=Category.REGULARISATION,
        summary="Switches whole channels off at random at every training step.",
        help="Neighbouring values of a map say nearly the same, so dropping single ones teaches little; this drops "
        "the whole map (Tompson et al. 2015). Use it between convolutions, with a low rate such as 0.1 or 0.2; a "
        "higher one is harder on the network.",
        params=_rate(0.2, "The share of channels that is switched off at each step."),
        keywords=("regularise", "overfitting", "spatial"),
        shape=shape,
        build=lambda p, _x: Call(f"nn.Dropout{n}d", p.rate),
        keeps=lambda p, x, _y: Kept(inputs=False, more=FLOAT * x[0].shape[0] * (p.rate > 0)),
        words=lambda p: f"{p.rate:.0%}",
    )


LAYERS = (
    Layer(
        id="dropout",
        title="Dropout",
        category=Category.REGULARISATION,
        summary="Switches a random share of the numbers off at every training step.",
        help="The network cannot lean on any single number and spreads what it knows, which helps when it does well "
        "on training pictures and badly on new ones. It stands mostly between Linear layers at the end; a rate "
        "of 0.5 is strong, 0.1 mild. After training it lets everything pass (Srivastava et al. 2014).",
        params=_rate(0.5, "The share that is switched off at each step."),
        keywords=("regularise", "overfitting"),
        build=lambda p, _x: Call("nn.Dropout", p.rate),
        keeps=lambda p, x, _y: Kept(inputs=False, more=FLOAT * x[0].size * (p.rate > 0)),  # which ones were left on
        words=lambda p: f"{p.rate:.0%}",
    ),
    _channel_dropout(2),
    _channel_dropout(1),
    _channel_dropout(3),
    Layer(
        id="alpha_dropout",
        title="Alpha Dropout",
        category=Category.REGULARISATION,
        summary="A dropout that keeps mean and spread as they are, made for SELU.",
        help="Plain dropout would upset the balance SELU networks keep; this one sets numbers to SELU's floor and "
        "rescales (Klambauer et al. 2017). A rate of 0.05 to 0.1 is usual; a higher one is harder on the network.",
        params=_rate(0.1, "The share that is switched off at each step."),
        keywords=("regularise", "overfitting", "selu"),
        build=lambda p, _x: Call("nn.AlphaDropout", p.rate),
        keeps=lambda p, x, _y: Kept(
            inputs=False, more=FLOAT * x[0].size * (p.rate > 0), forward=FLOAT * x[0].size * (p.rate > 0)
        ),
        words=lambda p: f"{p.rate:.0%}",
    ),
    Layer(
        id="gaussian_noise",
        title="Gaussian Noise",
        category=Category.REGULARISATION,
        summary="Adds random noise to every number while training.",
        help="Small differences stop mattering, so the network looks for what is robust. Put it right after the "
        "input or between Linear layers. A larger spread hides more.",
        params=(real("spread", "Spread", "The standard deviation of the noise.", 0.1, 0.0, 100.0),),
        keywords=("regularise", "jitter"),
        build=lambda p, _x: Call("GaussianNoise", p.spread),
        keeps=lambda _p, x, _y: Kept(inputs=False, passes=True, forward=FLOAT * x[0].size),
        words=lambda p: f"{p.spread:g}",
    ),
    Layer(
        id="stochastic_depth",
        title="Stochastic Depth",
        category=Category.REGULARISATION,
        summary="Switches a whole branch off for some samples at every training step.",
        help="Put it at the end of a residual branch, before Add: the sample then takes the shortcut alone, so deep "
        "networks train faster and lean less on single blocks (Huang et al. 2016). A higher rate skips more often; "
        "0.1 to 0.2 is usual.",
        params=_rate(0.1, "The share of samples that skip the branch at each step."),
        keywords=("drop path", "regularise", "residual"),
        build=lambda p, _x: Call("StochasticDepth", p.rate),
        keeps=lambda p, x, _y: (
            Kept(inputs=False, forward=FLOAT * x[0].size, backward=FLOAT * x[0].size)
            if p.rate
            else Kept(inputs=False, shares=True, passes=True)
        ),
        words=lambda p: f"{p.rate:.0%}",
    ),
)
