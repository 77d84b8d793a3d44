"""Where a step stands in its sequence, as a learned vector."""

import torch
from torch import nn


class LearnedPosition(nn.Module):
    """Adds a learned vector to each step of a sequence (batch × length × features)."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.position = nn.Parameter(0.02 * torch.randn(length, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.position
