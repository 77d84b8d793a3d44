"""Branches that are skipped at random while training."""

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """Zeroes a share of the samples while training and scales up the rest, so the mean stays (Huang et al. 2016)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        kept = torch.rand((x.shape[0],) + (1,) * (x.dim() - 1), device=x.device) < keep
        return x * kept / keep
