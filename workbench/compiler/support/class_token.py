"""A step of its own for the answer."""

import torch
from torch import nn


class ClassToken(nn.Module):
    """Puts one learned step in front of every sequence (Devlin et al. 2019; Dosovitskiy et al. 2021)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
