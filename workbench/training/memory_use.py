"""How much memory a run holds: on the device where that has its own, else in this process."""

from __future__ import annotations

EVERY = 0.5
"""Seconds between two looks; asking the system takes some 20 microseconds."""


class MemoryUse:
    """`device` is how the run's device is described: "cpu", "mps", "cuda:1 (…)". Only the training thread asks it."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = device.partition(" ")[0]
        self._bytes = 0
        self._at = float("-inf")

    def now(self, time: float) -> int:
        """Bytes in use; asked for anew when the last answer is older than `EVERY` by the clock `time` is of."""
        if time - self._at >= EVERY:
            self._at, self._bytes = time, _in_use(self._device)
        return self._bytes


def _in_use(device: str) -> int:
    import psutil
    import torch

    if device.startswith("cuda"):
        return torch.cuda.memory_allocated(device)
    if device == "mps":
        return torch.mps.current_allocated_memory()
    return int(psutil.Process().memory_info().rss)
