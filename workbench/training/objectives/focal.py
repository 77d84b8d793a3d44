"""The focal loss (Lin et al. 2017), which torch has none of for scores of several classes."""

from __future__ import annotations

import torch
from torch import nn


class FocalLoss(nn.Module):
    """FL(p) = -(1 - p)^γ · log p, where p is the softmax probability of the right class (equation 4).

    `weight` (float K) is the α of equation 5: the mean is over weights, as `nn.CrossEntropyLoss` takes it, so that γ =
    0 gives cross-entropy in every case. With label smoothing ε the right class counts 1 - ε + ε/K and every other ε/K,
    each with its own p. Takes scores N × K and labels N; `reduction` is "mean" or "none".
    """

    weight: torch.Tensor | None

    def __init__(self, gamma: float = 2.0, label_smoothing: float = 0.0, weight: torch.Tensor | None = None) -> None:
        super().__init__()
        self.gamma = gamma
        self.label_smoothing = label_smoothing
        self.reduction = "mean"
        self.register_buffer("weight", weight)

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        logs = scores.log_softmax(1)
        # 1 - p by expm1 keeps its digits where p is near 1; the clamp keeps the slope of 0^γ finite there
        losses = -((-torch.expm1(logs)).clamp_min(torch.finfo(logs.dtype).tiny) ** self.gamma) * logs
        if self.weight is not None:
            losses = losses * self.weight
        each = losses.gather(1, labels[:, None])[:, 0]
        if self.label_smoothing:
            each = (1 - self.label_smoothing) * each + self.label_smoothing * losses.mean(1)
        if self.reduction == "none":
            return each
        return each.mean() if self.weight is None else each.sum() / self.weight[labels].sum()
