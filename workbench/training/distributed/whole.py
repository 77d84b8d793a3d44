"""A network in parts, put together for a checkpoint; what comes out is as any run's, so that one process can go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.training.optimizing.remembered import state_of

if TYPE_CHECKING:
    import torch
    from torch import nn


def whole_weights(module: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and buffers by name, on the CPU. All processes must call it."""
    return {name: _whole(tensor) for name, tensor in module.state_dict().items()}


def whole_optimizer(
    module: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[dict[str, torch.Tensor], dict[str, dict[str, Any]]]:
    """What the optimizer remembers, as `remembered.state_of` gives it. All processes must call it."""
    tensors, numbers = state_of(optimizer, module)
    return {name: _whole(tensor) for name, tensor in tensors.items()}, numbers


def _whole(tensor: torch.Tensor) -> torch.Tensor:
    """A copy on the CPU with every process's part in it."""
    from torch.distributed.tensor import DTensor

    return (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).detach().cpu().clone()
