"""A moving average of the weights, which often answers better than the weights of any one step.

Polyak averaging with exponential weights: after each step, average ← d · average + (1 - d) · weights. In the first
steps d is held at (1 + n) / (10 + n) after n steps, as TensorFlow's ExponentialMovingAverage does with `num_updates`,
so that a short run is not judged by the weights it began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn


def decay_at(decay: float, step: int) -> float:
    """The decay of the update after step `step` (from 0) of the run."""
    return min(decay, (2.0 + step) / (11.0 + step))


class MovingAverage:
    """`module` is a second network of the averaged weights, in evaluation mode.

    Running statistics are averaged as the weights are, since they belong to them; whole numbers are taken over.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.module = deepcopy(network).eval()
        self.module.requires_grad_(False)
        theirs, own = network.state_dict(keep_vars=True), self.module.state_dict(keep_vars=True)
        pairs = {id(own[name]): (theirs[name].detach(), own[name].detach()) for name in own}  # a shared weight once
        kept = list(pairs.values())
        self._theirs = [a for a, b in kept if b.is_floating_point()]
        self._own = [b for _a, b in kept if b.is_floating_point()]
        self._counted = [(a, b) for a, b in kept if not b.is_floating_point()]

    def follow(self, step: int) -> None:
        """Take in the weights as they are after step `step` (from 0) of the run."""
        import torch

        if self._own:
            torch._foreach_lerp_(self._own, self._theirs, 1.0 - decay_at(self.decay, step))
        for theirs, own in self._counted:
            own.copy_(theirs)

    def state(self) -> dict[str, torch.Tensor]:
        """The averaged weights and statistics by their names in the network, on the CPU."""
        return {name: tensor.detach().cpu() for name, tensor in self.module.state_dict().items()}

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on with what `state` gave. Raises `Problem` where it is of another network."""
        from workbench.training.weights import give

        give(self.module, state, whole=True)
