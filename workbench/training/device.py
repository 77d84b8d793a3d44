"""Which processor a run uses: chosen automatically or by hand, and never one that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    import torch

_WORDS = {"cpu": "the CPU", "cuda": "an NVIDIA GPU (CUDA)", "mps": "an Apple GPU (MPS)"}


def available() -> tuple[str, ...]:
    """The devices this machine and this PyTorch offer, the fastest first; always ends with "cpu"."""
    import torch

    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose(device: str) -> tuple[torch.device, Diagnostic | None]:
    """The device for "auto", "cpu", "cuda" (or "cuda:1") or "mps"; with a notice where it had to be another one."""
    import torch

    offered = available()
    if device == "auto":
        return torch.device(offered[0]), None
    kind, _colon, number = device.partition(":")
    if kind in offered and (not number or (number.isdecimal() and _is_there(kind, int(number)))):
        return torch.device(device), None
    wanted = _WORDS.get(kind, f"“{device}”")
    return torch.device("cpu"), Diagnostic(
        "device.missing",
        f"The recipe asks for {wanted}{f' number {number}' if number else ''}, which this machine or this PyTorch does "
        f"not offer ({', '.join(offered)}). The run uses the CPU. Choose “auto” to take the fastest there is.",
        Severity.WARNING,
        param="device",
    )


def _is_there(kind: str, number: int) -> bool:
    import torch

    return number < (torch.cuda.device_count() if kind == "cuda" else 1)


def describe(device: torch.device) -> str:
    """For the run's record: "cpu", "mps" or "cuda (NVIDIA H200)"."""
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def empty_cache(device: torch.device) -> None:
    """Give memory that PyTorch holds in reserve back to the device; nothing on the CPU."""
    import torch

    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
