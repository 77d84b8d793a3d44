"""Two optimizers, each over its own weights of one network, that step as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch


class Pair(torch.optim.Optimizer):
    """Steps all its `parts`. `param_groups` are theirs, one after the other; each keeps what it remembers itself."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        super().__init__([group for part in parts for group in part.param_groups], {})

    def regroup(self) -> None:
        """Takes up the groups of the parts anew: loading a state gives an optimizer others."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Takes the very group of a part, so that a rate set here is set there."""
        self.param_groups.append(param_group)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step of each part; `closure` is evaluated once, before them."""
        loss = closure() if closure is not None else None
        for part in self.parts:
            part.step()
        return loss


def parts_of(optimizer: torch.optim.Optimizer) -> tuple[torch.optim.Optimizer, ...]:
    """The optimizers that make up one: itself, or both of a pair."""
    return optimizer.parts if isinstance(optimizer, Pair) else (optimizer,)
