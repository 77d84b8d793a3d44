"""How the arrays of a batch come to the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Batch


class Placing:
    """Puts arrays on a device, pictures in the layout the network computes in."""

    def __init__(self, device: torch.device, layout: torch.memory_format) -> None:
        self.device = device
        self.layout = layout

    def __call__(self, array: NDArray[Any]) -> torch.Tensor:
        """A batch's array as a tensor; on the CPU it shares the array's memory where it can."""
        import torch

        tensor = torch.from_numpy(array if array.flags.writeable else array.copy())
        if tensor.dim() == 4:
            return tensor.to(self.device, memory_format=self.layout)
        return tensor.to(self.device)

    def inputs(self, batch: Batch, size: int | None = None) -> tuple[torch.Tensor, ...]:
        """Everything the network takes, of the first `size` samples."""
        return tuple(self(array[:size]) for array in (batch.inputs, *getattr(batch, "more", ())))


def layout_of(asked: str, module: nn.Module) -> torch.memory_format:
    """How pictures lie in memory: channels last where the recipe says so, or where that pays (with two-dimensional
    convolutions it is a fifth to a third faster)."""
    import torch
    from torch import nn

    pays = any(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in module.modules())
    if asked == "channels_last" or (asked == "auto" and pays):
        return torch.channels_last
    return torch.contiguous_format
