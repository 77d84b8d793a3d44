"""Objectives: what training makes small. Each compares what the network gives for a batch with its targets.

`kind` says what a target is: "classes" (N labels, one class each, against N × K scores), "labels" (N × K of 0 and 1,
any number of them 1, against N × K scores) or "values" (numbers of the answer's own shape).
"""

from __future__ import annotations

from dataclasses import replace

from workbench.catalogue.declaration import Loss, Param
from workbench.catalogue.expression import Call
from workbench.catalogue.parameters import real

LABEL_SMOOTHING = real(
    "label_smoothing",
    "Label smoothing",
    "The share of certainty taken from the right class and spread over all; a little keeps the network from "
    "overconfidence.",
    0.0,
    0.0,
    0.99,
)

GAMMA = real(
    "gamma",
    "Focus",
    "How little samples count that are right already: 0 is cross-entropy, 2 is usual.",
    2.0,
    0.0,
    10.0,
)

DELTA = real(
    "delta",
    "Turning point",
    "Errors below it count by their square, those above by their size, so that a few wild ones do not rule.",
    1.0,
    1e-6,
    1e9,
)

MARGIN = real("margin", "Margin", "How far the right class is to lead every other.", 1.0, 1e-6, 1e6)

LOSSES = (
    Loss(
        id="cross_entropy",
        title="Cross-entropy",
        summary="Rewards a high probability for the right class; the usual choice for telling classes apart.",
        help="The scores become probabilities through a softmax, and the loss is minus the logarithm of the one that "
        "belongs to the right class: 0 when the network is certain and right, large when it is certain and wrong. "
        "With label smoothing the target is not all or nothing (Szegedy et al. 2016, section 7).",
        params=(LABEL_SMOOTHING,),
        keywords=("softmax", "log loss", "classification"),
        build=lambda p: Call(
            "nn.CrossEntropyLoss", **({"label_smoothing": p.label_smoothing} if p.label_smoothing else {})
        ),
        weighs=True,
    ),
    Loss(
        id="focal",
        title="Focal",
        summary="Cross-entropy that turns away from what is right already, towards the hard samples.",
        help="Each sample's cross-entropy is multiplied by (1 - p) to the power of the focus, where p is the "
        "probability of its right class (Lin et al. 2017, equation 4). It helps where easy samples of a frequent class "
        "are so many that their small losses drown the rest. With focus 0 it is cross-entropy.",
        params=(GAMMA, LABEL_SMOOTHING),
        keywords=("imbalance", "hard examples", "retinanet", "classification"),
        build=lambda p: Call(
            "FocalLoss", gamma=p.gamma, **({"label_smoothing": p.label_smoothing} if p.label_smoothing else {})
        ),
        weighs=True,
    ),
    Loss(
        id="nll",
        title="Negative log-likelihood",
        summary="Cross-entropy for a network that already ends in log-softmax.",
        help="Choose it only when the last layer is Log-softmax: it reads the scores as logarithms of probabilities. "
        "Two layers written apart give the same as cross-entropy in one.",
        keywords=("log softmax", "likelihood"),
        build=lambda _p: Call("nn.NLLLoss"),
        weighs=True,
    ),
    Loss(
        id="multi_margin",
        title="Margin (hinge)",
        summary="Asks only that the right class lead the others by a margin, then stops caring.",
        help="The loss of a support vector machine: for every wrong class it adds how far that score comes within the "
        "margin of the right one (Crammer and Singer 2001). The scores do not become probabilities.",
        params=(MARGIN,),
        keywords=("svm", "hinge", "margin"),
        build=lambda p: Call("nn.MultiMarginLoss", **({"margin": p.margin} if p.margin != 1.0 else {})),
        weighs=True,
    ),
    Loss(
        id="binary_cross_entropy",
        title="Binary cross-entropy",
        summary="Asks of each label by itself whether it is there; for samples with several labels at once, or none.",
        help="Every score becomes a probability of its own through a sigmoid, and the loss is the mean of minus the "
        "logarithm of the right side, there or not there. A label counts as found from a probability of one half. Put "
        "no sigmoid before the output: the objective has one built in, which keeps its numbers in range.",
        keywords=("multi-label", "sigmoid", "bce", "tags", "logistic"),
        build=lambda _p: Call("nn.BCEWithLogitsLoss"),
        kind="labels",
    ),
    Loss(
        id="mse",
        title="Mean squared error",
        summary="The mean of squared differences; the usual choice for numbers.",
        help="Large errors count by their square, so that one far off weighs as much as many near ones. The best "
        "constant answer under it is the mean of the targets.",
        keywords=("regression", "l2", "least squares", "reconstruction", "autoencoder"),
        build=lambda _p: Call("nn.MSELoss"),
        kind="values",
    ),
    Loss(
        id="l1",
        title="Mean absolute error (L1)",
        summary="The mean of absolute differences; calmer than squares where some targets are far off.",
        help="Every unit of error counts alike, however large the error already is. The best constant answer under it "
        "is the median of the targets.",
        keywords=("regression", "mae", "absolute", "reconstruction"),
        build=lambda _p: Call("nn.L1Loss"),
        kind="values",
    ),
    Loss(
        id="huber",
        title="Huber",
        summary="Squares for small errors, absolute values for large ones.",
        help="Half the square up to the turning point, and from there on a straight line that goes on at the same "
        "slope (Huber 1964). It is as precise as squared error near the target, and as calm as absolute error far off.",
        params=(DELTA,),
        keywords=("regression", "robust", "smooth l1"),
        build=lambda p: Call("nn.HuberLoss", delta=p.delta),
        kind="values",
    ),
)


def named_columns(words: str) -> tuple[str, ...]:
    """The names in a text with semicolons between them, each once."""
    names = (" ".join(part.split()) for part in words.split(";"))
    return tuple(dict.fromkeys(name for name in names if name))


def parameters() -> tuple[Param, ...]:
    """The own parameters of all objectives, each once, to be shown only for those that have it."""
    found: dict[str, Param] = {}
    for loss in LOSSES:
        for param in loss.params:
            having = tuple(other.id for other in LOSSES if any(p.id == param.id for p in other.params))
            found.setdefault(param.id, replace(param, only=("objective", having)))
    return tuple(found.values())
