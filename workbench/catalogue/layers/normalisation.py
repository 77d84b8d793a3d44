"""Normalisation: numbers brought to a common scale, so that training is quicker and calmer."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.catalogue.declaration import Category, Layer, Mismatch, Shape, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.convolution import TAKES
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import choice, integer, real, switch
from workbench.catalogue.refusals import RANK_WORDS, set_param, take_rank

EPS = real("eps", "Epsilon", "A small number that keeps the division safe.", 1e-5, 1e-12, 1.0, advanced=True)
AFFINE = switch(
    "affine", "Learned scale", "Learns a scale and a shift for each channel afterwards.", True, advanced=True
)
MOMENTUM = real(
    "momentum", "Momentum", "How quickly the remembered averages follow new batches.", 0.1, 0.0, 1.0, advanced=True
)
_LEARNED = switch(
    "elementwise_affine", "Learned scale", "Learns a scale for each number afterwards.", True, advanced=True
)
_OVER = choice(
    "over",
    "Measured over",
    "Which numbers of a sample share one mean and spread.",
    "last",
    (("last", "The last axis"), ("all", "The whole sample")),
)

BATCH_TAKES = {1: "a flat list of numbers or a signal (channels × length)", 2: RANK_WORDS[3], 3: RANK_WORDS[4]}
DEFAULTS = {"eps": 1e-5, "momentum": 0.1, "affine": True, "elementwise_affine": True}


def options(p: Values) -> dict[str, object]:
    """The keyword arguments that differ from PyTorch's defaults."""
    return {name: p[name] for name, default in DEFAULTS.items() if name in p and p[name] != default}


def _not_alone(title: str, x: Tensor, count: int, remedy: str, *, stricter: bool = True) -> None:
    """A mean needs at least two numbers: one alone is its own mean and would always come out as zero."""
    if count < 2:
        raise Mismatch(
            f"{title} measures mean and spread over {count} number only, this wire carries {x.words}, so it would give "
            f"zero whatever comes in. {remedy}",
            stricter=stricter,
        )


def _batch_norm(n: int) -> Layer:
    title = f"Batch Norm {n}D"

    def shape(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], *((1, 2) if n == 1 else (n + 1,)), words=BATCH_TAKES[n])
        return x[0]

    return Layer(
        id=f"batch_norm{n}d",
        title=title,
        category=Category.NORMALISATION,
        summary="Brings every channel to mean 0 and spread 1, measured over the batch.",
        help="Training becomes quicker and forgives higher learning rates; it usually stands between a convolution "
        "and its activation. In training it uses the batch at hand, afterwards the averages it remembered, so "
        "batches of fewer than 8 make it noisy: take Group Norm then (Ioffe and Szegedy 2015). Momentum sets how "
        "quickly the averages follow.",
        params=(EPS, MOMENTUM, AFFINE),
        keywords=("bn", "batchnorm", "normalize", "normalise"),
        shape=shape,
        build=lambda p, x: Call(f"nn.BatchNorm{n}d", x[0].shape[0], **options(p)),
        weights=lambda p, x, _y: 2 * x[0].shape[0] * p.affine,
        keeps=lambda _p, x, _y: Kept(backward=FLOAT * x[0].size),
    )


def _kept_by_row(_p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """PyTorch runs it as a batch norm over rows of one picture each, on a copy where pictures lie channels last."""
    return Kept(inputs=False, more=FLOAT * x[0].size, backward=FLOAT * x[0].size)


def _instance_norm(n: int) -> Layer:
    title = f"Instance Norm {n}D"

    def shape(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        _not_alone(title, x[0], math.prod(x[0].shape[1:]), "Put it where maps are larger.", stricter=False)
        return x[0]

    return Layer(
        id=f"instance_norm{n}d",
        title=title,
        category=Category.NORMALISATION,
        summary="Brings every channel of every sample to mean 0 and spread 1 by itself.",
        help="It takes out each picture's own contrast, which style transfer and image generation want (Ulyanov et "
        "al. 2016). For telling classes apart batch or group norm is usually better. The learned scale lets it undo "
        "part of it.",
        params=(EPS, AFFINE),
        keywords=("style", "normalize", "normalise"),
        shape=shape,
        # PyTorch's own default has no learned scale here, so it is always written out.
        build=lambda p, x: Call(f"nn.InstanceNorm{n}d", x[0].shape[0], **(options(p) | {"affine": p.affine})),
        weights=lambda p, x, _y: 2 * x[0].shape[0] * p.affine,
        keeps=_kept_by_row,
    )


_LAYER_OVER = replace(_OVER, choices=(*_OVER.choices, ("channels", "The channels at each place of a map")))


def _kept_with_scale(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """What arrives, and a mean and a spread for each row."""
    rows = x[0].size // math.prod(_measured(p, x[0]))
    return Kept(more=2 * FLOAT * rows)


def _measured(p: Values, x: Tensor) -> Shape:
    if p.over == "channels":
        return x.shape[:1]
    return x.shape if p.over == "all" else x.shape[-1:]


def _as_written(p: Values, x: Tensor) -> int | Shape:
    """One number where one axis is measured, as one writes it by hand."""
    shape = _measured(p, x)
    return shape[0] if len(shape) == 1 else shape


def _write_layer_norm(p: Values, x: tuple[Tensor, ...]) -> str:
    """PyTorch measures over last axes only, so the channels of maps change places for it."""
    turned = p.over == "channels" and len(x[0].shape) > 1
    return "{self}({x}.movedim(1, -1)).movedim(-1, 1)" if turned else "{self}({x})"


def _layer_norm(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    remedy = "Measure over the whole sample, or put it where more numbers meet."
    _not_alone("Layer Norm", x[0], math.prod(_measured(p, x[0])), remedy)
    return x[0]


def _group_norm(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    channels = x[0].shape[0]
    if channels % p.groups:
        raise Mismatch(
            f"Group Norm splits the channels into {p.groups:,} groups, this wire carries {x[0].words} and {channels:,} "
            f"channels do not divide evenly. Set groups to a number that divides {channels:,}.",
            param="groups",
            fixes=(set_param("Groups", "groups", math.gcd(channels, p.groups)),),
        )
    _not_alone("Group Norm", x[0], x[0].size // p.groups, "Use fewer groups.")
    return x[0]


def _response_norm(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Local Response Norm", x[0], 2, 3, 4, words="maps with channels")
    return x[0]


def _factors(p: Values, x: tuple[Tensor, ...]) -> tuple[int, ...]:
    rank = len(x[0].shape)
    return (1,) if p.factors == "one" else (x[0].shape[0],) + (1,) * (rank - 1)


LAYERS = (
    _batch_norm(2),
    _batch_norm(1),
    _batch_norm(3),
    Layer(
        id="layer_norm",
        title="Layer Norm",
        category=Category.NORMALISATION,
        summary="Brings the numbers of each sample to mean 0 and spread 1, without looking at the batch.",
        help="The norm of transformers: every step of a sequence is brought to scale by itself, in training and "
        "after it alike (Ba et al. 2016). “The last axis” suits sequences and flat lists, “the whole sample” treats "
        "maps as one, and “the channels” brings every place of a map to scale by itself, as ConvNeXt does.",
        params=(_LAYER_OVER, EPS, _LEARNED),
        keywords=("ln", "layernorm", "transformer", "normalize", "normalise"),
        shape=_layer_norm,
        build=lambda p, x: Call("nn.LayerNorm", _as_written(p, x[0]), **options(p)),
        forward=_write_layer_norm,
        weights=lambda p, x, _y: 2 * math.prod(_measured(p, x[0])) * p.elementwise_affine,
        keeps=_kept_with_scale,
    ),
    Layer(
        id="group_norm",
        title="Group Norm",
        category=Category.NORMALISATION,
        summary="Brings groups of channels of each sample to mean 0 and spread 1, without looking at the batch.",
        help="It behaves the same for any batch size, so take it in place of batch norm when only a few pictures fit "
        "in a batch (Wu and He 2018). 8 to 32 groups are usual; 1 group measures everything together.",
        params=(integer("groups", "Groups", "Into how many groups the channels are split.", 8, 1, 65_536), EPS, AFFINE),
        keywords=("gn", "groupnorm", "normalize", "normalise"),
        shape=_group_norm,
        build=lambda p, x: Call("nn.GroupNorm", p.groups, x[0].shape[0], **options(p)),
        weights=lambda p, x, _y: 2 * x[0].shape[0] * p.affine,
        words=lambda p: f"{p.groups:,} groups",
    ),
    _instance_norm(2),
    _instance_norm(1),
    _instance_norm(3),
    Layer(
        id="rms_norm",
        title="RMS Norm",
        category=Category.NORMALISATION,
        summary="Divides the numbers of each sample by their typical size, and leaves their mean alone.",
        help="A lighter layer norm that works as well in transformers (Zhang and Sennrich 2019). “The last axis” "
        "suits sequences and flat lists, “the whole sample” treats maps as one.",
        params=(_OVER, real("eps", "Epsilon", EPS.help, 1e-6, 1e-12, 1.0, advanced=True), _LEARNED),
        keywords=("rms", "transformer", "normalize", "normalise"),
        build=lambda p, x: Call("nn.RMSNorm", _as_written(p, x[0]), **(options(p) | {"eps": p.eps})),
        weights=lambda p, x, _y: math.prod(_measured(p, x[0])) * p.elementwise_affine,
        # Computed step by step: the scaled numbers are kept beside what arrives.
        keeps=lambda _p, x, _y: Kept(more=FLOAT * x[0].size, backward=3 * FLOAT * x[0].size),
    ),
    Layer(
        id="local_response_norm",
        title="Local Response Norm",
        category=Category.NORMALISATION,
        summary="Damps a value where neighbouring channels are strong at the same place.",
        help="The norm of AlexNet (Krizhevsky et al. 2012), here to rebuild such networks; batch norm has taken its "
        "place. Size sets how many neighbours count.",
        params=(
            integer("size", "Size", "How many neighbouring channels count.", 5, 1, 255),
            real("alpha", "Alpha", "How strongly they damp.", 1e-4, 0.0, 10.0, advanced=True),
            real("beta", "Beta", "The exponent.", 0.75, 0.0, 10.0, advanced=True),
            real("k", "K", "What is added before the exponent.", 1.0, 0.01, 100.0, advanced=True),
        ),
        keywords=("lrn", "alexnet", "normalize", "normalise"),
        shape=_response_norm,
        build=lambda p, _x: Call("nn.LocalResponseNorm", p.size, alpha=p.alpha, beta=p.beta, k=p.k),
        # Computed step by step: squares, their means and the power of them.
        keeps=lambda _p, x, _y: Kept(more=3 * FLOAT * x[0].size, backward=3 * FLOAT * x[0].size),
    ),
    Layer(
        id="learned_scale",
        title="Learned Scale",
        category=Category.NORMALISATION,
        summary="Multiplies by factors that are learned.",
        help="Lets the network turn a branch or its channels up and down. Started near zero at the end of a residual "
        "branch, it lets deep networks begin as if they were shallow (Touvron et al. 2021). Started at 1 it changes "
        "nothing at first.",
        params=(
            choice(
                "factors",
                "Factors",
                "One for all, or one for each channel.",
                "channel",
                (("channel", "One a channel (first axis)"), ("one", "One for all")),
            ),
            real("initial", "First value", "Where learning starts.", 1.0, -100.0, 100.0),
        ),
        keywords=("layer scale", "gain", "multiply", "rezero"),
        build=lambda p, x: Call("LearnedScale", _factors(p, x), p.initial),
        weights=lambda p, x, _y: x[0].shape[0] if p.factors == "channel" else 1,
        keeps=lambda _p, x, _y: Kept(backward=FLOAT * x[0].size),
        words=lambda p: f"from {p.initial:g}",
    ),
)
