"""Normalisation: numbers brought to a common scale, so that training is quicker and calmer."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.parameters import real, switch
from workbench.catalogue.refusals import RANK_WORDS, take_rank

EPS = real("eps", "Epsilon", "A small number that keeps the division safe.", 1e-5, 1e-12, 1.0, advanced=True)
AFFINE = switch(
    "affine", "Learned scale", "Learns a scale and a shift for each channel afterwards.", True, advanced=True
)
MOMENTUM = real(
    "momentum", "Momentum", "How quickly the remembered averages follow new batches.", 0.1, 0.0, 1.0, advanced=True
)

BATCH_TAKES = {1: "a flat list of numbers or a signal (channels × length)", 2: RANK_WORDS[3], 3: RANK_WORDS[4]}


def options(p: Values) -> dict[str, object]:
    """The keyword arguments that differ from PyTorch's defaults."""
    defaults = {"eps": 1e-5, "momentum": 0.1, "affine": True}
    return {name: p[name] for name, default in defaults.items() if name in p and p[name] != default}


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
        "batches of fewer than 8 make it noisy: take Group Norm then (Ioffe and Szegedy 2015).",
        params=(EPS, MOMENTUM, AFFINE),
        keywords=("bn", "batchnorm", "normalize", "normalise"),
        shape=shape,
        build=lambda p, x: Call(f"nn.BatchNorm{n}d", x[0].shape[0], **options(p)),
        weights=lambda p, x, _y: 2 * x[0].shape[0] * p.affine,
    )


LAYERS = (_batch_norm(2), _batch_norm(1), _batch_norm(3))
