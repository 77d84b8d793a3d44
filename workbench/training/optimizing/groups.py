"""The weights of a network in groups that the optimizer treats alike: by weight decay and by learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.training.optimizing.marks import PLAIN, weight_marks

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Network

Group = dict[str, Any]
"""A group as torch takes it: "params", "scale" (its factor on the learning rate), and at times "weight_decay"."""


def grouped(
    module: nn.Module,
    compiled: Network,
    *,
    spare: bool,
    takes: Callable[[str, torch.nn.Parameter], bool] = lambda _name, _weight: True,
) -> list[Group]:
    """The weights that learn and that `takes` wants, in the network's order; each in the first group that suits it.

    With `spare`, biases and the weights of normalisations are in groups without weight decay: pulling them towards zero
    does not make a network simpler (Goyal et al. 2017, section 5.3; He et al. 2019, section 3.1).
    """
    marked = weight_marks(module, compiled)
    norms = _norm_weights(module) if spare else frozenset[int]()
    groups: dict[tuple[bool, float], Group] = {}
    for name, weight in module.named_parameters():
        if not weight.requires_grad or not takes(name, weight):
            continue
        free, rate = spare and (weight.dim() < 2 or id(weight) in norms), marked.get(name, PLAIN).rate
        group = groups.setdefault((free, rate), {"params": [], "scale": rate})
        group["params"].append(weight)
        if free:
            group["weight_decay"] = 0.0
    return list(groups.values())


def _norm_weights(module: nn.Module) -> frozenset[int]:
    """The weights of normalisations by identity: a layer norm over pictures has some of three dimensions."""
    from torch import nn
    from torch.nn.modules.batchnorm import _NormBase

    kinds = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
    return frozenset(id(p) for layer in module.modules() if isinstance(layer, kinds) for p in layer.parameters())
