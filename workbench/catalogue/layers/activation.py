"""Activations: the bend between two layers, without which a stack of them would be one."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Param, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.memory import FLOAT, INPUTS, OUTPUT, Keeping, Kept
from workbench.catalogue.parameters import choice, real

_AXIS = choice(
    "axis",
    "Along",
    "Which numbers compete.",
    "channels",
    (("channels", "Channels (first axis)"), ("last", "Last axis")),
)


def _bend(
    id: str,
    title: str,
    target: str,
    summary: str,
    help: str,
    *params: Param,
    keywords: str = "",
    keeps: Kept | Keeping = INPUTS,
) -> Layer:
    """An activation that works number by number on any shape; its parameters go to the constructor by name."""
    return Layer(
        id=id,
        title=title,
        category=Category.ACTIVATION,
        summary=summary,
        help=help,
        params=params,
        keywords=("activation", "nonlinearity", *keywords.split()),
        build=lambda p, _x: Call(target, **{k.id: p[k.id] for k in params if p[k.id] != k.default}),
        keeps=keeps,
        words=lambda p: ", ".join(f"{p[k.id]:g}" for k in params if isinstance(p[k.id], float)),
    )


def _compete(id: str, title: str, target: str, summary: str, help: str) -> Layer:
    return Layer(
        id=id,
        title=title,
        category=Category.ACTIVATION,
        summary=summary,
        help=help,
        params=(_AXIS,),
        keywords=("activation", "probability", "normalise"),
        build=lambda p, _x: Call(target, dim=1 if p.axis == "channels" else -1),
        keeps=OUTPUT,
    )


def _quotient(_p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """x / (1 + |x|), which PyTorch computes as written: the divisor is kept too."""
    return Kept(more=FLOAT * x[0].size, backward=3 * FLOAT * x[0].size)


def _buffered(_p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """exp(-|x|) is computed once, for the result and for its gradient."""
    return Kept(more=FLOAT * x[0].size)


def _slopes(p: Values, x: tuple[Tensor, ...]) -> int:
    return x[0].shape[0] if p.slopes == "channel" else 1


# fmt: off
LAYERS = (
    _bend("relu", "ReLU", "nn.ReLU", "Lets positive numbers pass and turns negative ones into zero.",
          "The usual activation after a convolution or a Linear: quick, and it trains well. Where a unit's input "
          "stays negative for good it stops learning; leaky ReLU and GELU avoid that.",
          keywords="rectifier", keeps=OUTPUT),
    _bend("leaky_relu", "Leaky ReLU", "nn.LeakyReLU", "Like ReLU, but lets a little of the negative numbers through.",
          "A unit that falls below zero still learns, so none dies for good. A larger slope lets more through; at 1 "
          "nothing bends any more.",
          real("negative_slope", "Slope", "How much of a negative number passes.", 0.01, 0.0, 1.0),
          keywords="rectifier"),
    Layer(
        id="prelu",
        title="PReLU",
        category=Category.ACTIVATION,
        summary="A leaky ReLU that learns how much of the negative numbers to let through.",
        help="One learned slope for all, or one for each channel, which is a little more able (He et al. 2015). Use "
        "it where leaky ReLU helps and you would rather not choose the slope.",
        params=(
            choice("slopes", "Slopes", "One for all, or one for each channel.", "channel",
                   (("channel", "One for each channel"), ("one", "One for all"))),
            real("initial", "First slope", "Where learning starts.", 0.25, 0.0, 1.0, advanced=True),
        ),
        keywords=("activation", "nonlinearity", "parametric", "rectifier"),
        build=lambda p, x: Call("nn.PReLU", _slopes(p, x), **({} if p.initial == 0.25 else {"init": p.initial})),
        weights=lambda p, x, _y: _slopes(p, x),
        keeps=lambda _p, x, _y: Kept(backward=FLOAT * x[0].size),  # the slopes' gradient, before it is summed up
    ),
    _bend("elu", "ELU", "nn.ELU", "Like ReLU, but negative numbers run smoothly down to a floor.",
          "The mean of what passes stays nearer to zero, which can make training quicker than with ReLU (Clevert et "
          "al. 2016). Alpha sets how deep the floor lies.",
          real("alpha", "Alpha", "How far below zero it can go.", 1.0, 0.01, 10.0), keywords="exponential"),
    _bend("selu", "SELU", "nn.SELU", "An ELU scaled so that numbers keep mean 0 and spread 1 by themselves.",
          "For deep stacks of Linear layers without batch norm (Klambauer et al. 2017); pair it with Alpha Dropout.",
          keywords="exponential scaled"),
    _bend("gelu", "GELU", "nn.GELU", "A smooth ReLU that weighs each number by how likely it is to be large.",
          "The usual activation inside transformers and newer convolutional networks (Hendrycks and Gimpel 2016). A "
          "little slower than ReLU. The tanh form is an approximation some known networks were trained with.",
          choice("approximate", "Form", "The exact curve, or one close to it.", "none",
                 (("none", "Exact"), ("tanh", "Approximated by tanh")), advanced=True),
          keywords="gaussian transformer"),
    _bend("silu", "SiLU (Swish)", "nn.SiLU", "A smooth ReLU: each number times its own sigmoid.",
          "Used in EfficientNet and many newer networks. It dips a little below zero, which helps gradients pass; a "
          "little slower than ReLU, and often a little better in deep networks.",
          keywords="swish sigmoid"),
    _bend("mish", "Mish", "nn.Mish", "A smooth ReLU close to SiLU, with a slightly deeper dip.",
          "Each number times the tanh of its softplus (Misra 2019). Sometimes a little better than ReLU in object "
          "detection, and slower."),
    _bend("hard_swish", "Hard Swish", "nn.Hardswish", "SiLU drawn with straight lines, quick on small devices.",
          "Nearly the curve of SiLU without an exponential, as in MobileNetV3. Take it where the network will run on "
          "a phone; on a desktop SiLU costs about the same.", keywords="mobile"),
    _bend("relu6", "ReLU6", "nn.ReLU6", "A ReLU that stops at 6.",
          "The ceiling keeps numbers small enough for 8-bit arithmetic on phones, as in MobileNetV2. Take it to "
          "rebuild such networks; elsewhere ReLU does.",
          keywords="rectifier mobile clip"),
    _bend("sigmoid", "Sigmoid", "nn.Sigmoid", "Squeezes every number into the range 0 to 1.",
          "For gates and for yes-or-no answers, where the result reads as a probability. Between hidden layers it "
          "trains slowly, because its ends are flat.", keywords="logistic gate", keeps=OUTPUT),
    _bend("hard_sigmoid", "Hard Sigmoid", "nn.Hardsigmoid", "A sigmoid drawn with straight lines.",
          "Quick on small devices; flat below -3 and above 3. Use it for gates in networks meant for phones.",
          keywords="gate mobile"),
    _bend("tanh", "Tanh", "nn.Tanh", "Squeezes every number into the range -1 to 1.",
          "Centred on zero, so it trains better than a sigmoid, but its ends are flat too. Usual in recurrent layers "
          "and at the end of generators.", keywords="hyperbolic", keeps=OUTPUT),
    _bend("softplus", "Softplus", "nn.Softplus", "A smooth ReLU that never quite reaches zero.",
          "Use it where a result must be positive, such as a width or a rate. A larger beta bends more sharply, "
          "closer to ReLU.", real("beta", "Beta", "How sharp the bend is.", 1.0, 0.01, 100.0), keywords="positive"),
    _bend("softsign", "Softsign", "nn.Softsign", "Squeezes numbers into -1 to 1, more gently than tanh.",
          "It approaches its ends slowly, so large numbers still tell apart where tanh is already flat. Rarely "
          "needed; try it where tanh saturates.", keeps=_quotient),
    _bend("log_sigmoid", "Log-sigmoid", "nn.LogSigmoid", "The logarithm of a sigmoid, computed safely.",
          "For scores that are read as logarithms of probabilities. It stays exact where the logarithm of a plain "
          "sigmoid would round to minus infinity.", keywords="logistic", keeps=_buffered),
    _bend("hard_tanh", "Hard Tanh", "nn.Hardtanh", "Lets numbers from -1 to 1 pass and cuts off the rest.",
          "A tanh drawn with straight lines: quick, and exact between its ends. Beyond them the gradient is zero, so "
          "use it where numbers should stay in a range anyway.", keywords="clip clamp"),
    _compete("softmax", "Softmax", "nn.Softmax", "Turns scores into shares that are positive and add up to 1.",
             "The larger a score, the more it takes from the others. It belongs inside a network, as in attention; "
             "before an Output with cross-entropy leave it out, for that has one built in and two make learning "
             "slow. Along the channels, every position of a map has shares of its own."),
    _compete("log_softmax", "Log-softmax", "nn.LogSoftmax", "The logarithm of softmax, computed safely.",
             "For an Output with negative log-likelihood as its objective; together they are cross-entropy. Along "
             "the channels is right for class scores."),
)
# fmt: on
