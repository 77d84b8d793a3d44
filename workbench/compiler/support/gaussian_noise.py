"""Noise while training."""

import torch
from torch import nn


class GaussianNoise(nn.Module):
    """Adds normal noise of the given standard deviation while training; lets everything pass afterwards."""

    def __init__(self, spread: float) -> None:
        super().__init__()
        self.spread = spread

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.spread * torch.randn_like(x) if self.training else x
