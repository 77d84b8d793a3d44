"""How large gradients, weights and updates of each layer are, measured now and then between the parts of a step."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.compiler.paths import leaves

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Network

AT_MOST_EVERY = 0.5
"""Seconds between two measurements."""
THINNER = 2000
"""A run that has gone on for t seconds is measured every t / THINNER at the most: ten hours give nine thousand rows."""
COST = 200
"""A measurement that took t seconds is followed by COST · t without one: half a percent of the time."""
SAMPLE = 65_536
"""Of a larger weight the update is measured on every n-th row, about so many numbers: no second copy of the network."""


class LayerNorms:
    """`names` are the path ids of the layers that have weights which learn, in the order of the network.

    A step that `is_due` calls `before` between backward and update, and `after` behind the update.
    """

    def __init__(self, compiled: Network, module: nn.Module) -> None:
        place_of: dict[str, str] = {}
        for place in leaves(compiled.inferred):
            attribute = compiled.source.attributes.get(place.path)
            if attribute is not None:
                place_of.setdefault(attribute, place.path)
        found: dict[str, list[torch.Tensor]] = {}
        for name, weight in module.named_parameters():  # a weight that is shared comes once
            layer = _layer(name, place_of) if weight.requires_grad else None
            if layer is not None:
                found.setdefault(layer, []).append(weight)
        self.names = tuple(found)
        self._weights = [weight for own in found.values() for weight in own]
        self._starts = np.cumsum([0, *(len(own) for own in found.values())])[:-1]
        self._parts = [_part(weight) for weight in self._weights]
        self._began = self._next = time.monotonic()
        self._taken: tuple[list[torch.Tensor], Any, float] | None = None

    def is_due(self) -> bool:
        return bool(self.names) and time.monotonic() >= self._next

    def before(self) -> None:
        """Take the norms of gradients and weights, and what the update will be held against."""
        import torch

        began = time.monotonic()
        gradients = [weight.grad if weight.grad is not None else weight.new_zeros(1) for weight in self._weights]
        weights = [weight.detach() for weight in self._weights]
        norms = torch.stack([*torch._foreach_norm(gradients), *torch._foreach_norm(weights)]).float()
        parts = [part(weight).clone() for part, weight in zip(self._parts, weights, strict=True)]
        self._taken = parts, norms, time.monotonic() - began

    def after(self) -> NDArray[np.float32]:
        """What was measured: K × 3, in the order of `layer_log.COLUMNS`; one wait for the device."""
        import torch

        assert self._taken is not None
        before, norms, took = self._taken
        self._taken, began = None, time.monotonic()
        sizes = torch._foreach_norm(before)
        now = [part(weight.detach()) for part, weight in zip(self._parts, self._weights, strict=True)]
        changes = torch._foreach_norm(torch._foreach_sub(now, before))
        read = torch.cat((norms, torch.stack([*sizes, *changes]).float())).cpu().numpy().reshape(4, -1)
        layers = np.sqrt(np.add.reduceat(read.astype(np.float64) ** 2, self._starts, axis=1))
        gradient, weight, size, change = layers
        update = np.divide(change, size, out=np.zeros_like(change), where=size > 0)
        now_at = time.monotonic()
        spent = took + now_at - began
        self._next = now_at + max(AT_MOST_EVERY, (now_at - self._began) / THINNER, COST * spent)
        return np.stack((gradient, weight, update), 1).astype(np.float32)


def _layer(weight: str, place_of: Mapping[str, str]) -> str | None:
    """The path id of the layer whose attribute a weight's name begins with."""
    attribute = weight
    while attribute and attribute not in place_of:
        attribute = attribute.rpartition(".")[0]
    return place_of.get(attribute)


def _part(weight: torch.Tensor) -> Any:
    """A function that gives the rows of a weight that its update is measured on: a view, in whatever layout it lies."""
    every = max(1, -(-weight.numel() // SAMPLE))
    if weight.dim() == 0 or every == 1:
        return _all
    step = min(every, weight.shape[0])
    return lambda tensor: tensor[::step]


def _all(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
