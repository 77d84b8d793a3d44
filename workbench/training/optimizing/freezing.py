"""Frozen layers: their weights take no gradient, and what a normalisation measured of earlier pictures stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.training.optimizing.marks import of_names, weight_marks

if TYPE_CHECKING:
    from torch import nn

    from workbench.training.batches import Network


def freeze(module: nn.Module, compiled: Network) -> None:
    """Let the weights of frozen layers take no gradient, and those of all others take one."""
    found = weight_marks(module, compiled)
    for name, weight in module.named_parameters():
        if weight.is_floating_point():
            weight.requires_grad_(not (name in found and found[name].frozen))


def training_mode(module: nn.Module, compiled: Network) -> None:
    """As ``module.train()``, but frozen layers that keep running statistics go on by those they have.

    A batch norm that learned from other pictures would otherwise forget them (its weights stay, its mean and variance
    move). Dropout inside of frozen layers works as ever.
    """
    module.train()
    layers = dict(module.named_modules())
    for name, mark in of_names(compiled, iter(layers)).items():
        if mark.frozen and getattr(layers[name], "track_running_stats", False):
            layers[name].eval()
