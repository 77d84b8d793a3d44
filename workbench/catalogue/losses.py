"""Objectives: what training makes small. Each compares class scores (N × classes) with labels (N)."""

from __future__ import annotations

from workbench.catalogue.declaration import Loss
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
    ),
    Loss(
        id="nll",
        title="Negative log-likelihood",
        summary="Cross-entropy for a network that already ends in log-softmax.",
        help="Choose it only when the last layer is Log-softmax: it reads the scores as logarithms of probabilities. "
        "Two layers written apart give the same as cross-entropy in one.",
        keywords=("log softmax", "likelihood"),
        build=lambda _p: Call("nn.NLLLoss"),
    ),
    Loss(
        id="multi_margin",
        title="Margin (hinge)",
        summary="Asks only that the right class lead the others by a margin of one, then stops caring.",
        help="The loss of a support vector machine: for every wrong class it adds how far that score comes within 1 "
        "of the right one (Crammer and Singer 2001). The scores do not become probabilities.",
        keywords=("svm", "hinge", "margin"),
        build=lambda _p: Call("nn.MultiMarginLoss"),
    ),
)
