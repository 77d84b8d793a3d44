"""Where a step stands in its sequence, as fixed waves."""

import math

import torch
from torch import nn


class SinusoidalPosition(nn.Module):
    """Adds sines and cosines of falling frequency to each step (Vaswani et al. 2017, section 3.5)."""

    position: torch.Tensor

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        steps = torch.arange(length, dtype=torch.float32).unsqueeze(1)
        pairs = (features + 1) // 2
        angles = steps * torch.exp(torch.arange(pairs, dtype=torch.float32) * (-math.log(10000.0) * 2 / features))
        waves = torch.stack((torch.sin(angles), torch.cos(angles)), dim=2).flatten(1)[:, :features]
        self.register_buffer("position", waves, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.position
