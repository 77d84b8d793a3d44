"""Factors that are learned."""

import torch
from torch import nn


class LearnedScale(nn.Module):
    """Multiplies by learned factors of the given shape, which is repeated along axes of size 1."""

    def __init__(self, shape: tuple[int, ...], initial: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full(shape, initial))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale
