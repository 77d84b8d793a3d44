"""Which numbers a network computes with: 32 bits, or 16 where that is faster and loses nothing that counts.

Mixed precision as in Micikevicius et al. 2018: weights, gradients and the optimizer keep 32 bits, layers compute with
16 where torch's autocast says that this is safe, and the loss is taken in 32. bfloat16 has the range of 32 bits;
float16 has not, so that the loss is scaled up before gradients are taken, and a step whose gradients overflow is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    import torch

LEAST_SCALE = 1.0
"""Gradients that still overflow when the loss is no longer scaled up do so for another reason."""
_STATE = {"scaler.scale": "scale", "scaler.growth": "_growth_tracker"}


class Precision:
    """`name` is "full", "bf16" or "fp16"; `scaler` is there for "fp16" alone."""

    def __init__(self, name: str, device: torch.device) -> None:
        import torch

        self.name = name
        self.scaler: torch.amp.GradScaler | None = None
        self._kind = device.type
        self._dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(name)
        if name == "fp16":
            self.scaler = torch.amp.GradScaler(device.type)

    @property
    def is_mixed(self) -> bool:
        return self._dtype is not None

    def autocast(self) -> AbstractContextManager[Any]:
        """For the network's forward pass."""
        import torch

        if self._dtype is None:
            return nullcontext()
        return torch.autocast(self._kind, self._dtype)

    def state(self) -> dict[str, float | int]:
        """What a checkpoint must hold so that the run goes on exactly."""
        if self.scaler is None:
            return {}
        found = self.scaler.state_dict()
        return {key: found[name] for key, name in _STATE.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with what `state` gave; nothing where it was another precision's."""
        if self.scaler is not None and all(key in state for key in _STATE):
            self.scaler.load_state_dict(
                {**self.scaler.state_dict(), **{name: state[key] for key, name in _STATE.items()}}
            )


def whole(outputs: Any) -> Any:
    """A network's outputs in 32 bits, as the loss is taken from them."""
    import torch

    if isinstance(outputs, torch.Tensor):
        return outputs.float() if outputs.dtype in (torch.bfloat16, torch.float16) else outputs
    if isinstance(outputs, Mapping):
        return {name: whole(each) for name, each in outputs.items()}
    return tuple(map(whole, outputs))


def choose_precision(asked: str, device: torch.device) -> tuple[str, Diagnostic | None]:
    """The precision for "full", "bf16", "fp16" or "auto" on a device; with a notice where it had to be another one."""
    if asked == "auto":
        return ("bf16" if device.type == "cuda" and _offers("bf16", device) else "full"), None
    if asked not in ("bf16", "fp16") or _offers(asked, device):
        return ("full" if asked == "auto" else asked), None
    bits = {"bf16": "bfloat16", "fp16": "float16"}[asked]
    where = {"cpu": "processor", "cuda": "GPU"}.get(device.type, "device")
    return "full", Diagnostic(
        "training.precision",
        f"The recipe asks for {bits}, which this {where} has no instructions for: it would be several times slower "
        "than full precision. The run computes with 32 bits. Choose “auto” to use 16 bits only where they are faster.",
        Severity.WARNING,
        param="precision",
    )


def _offers(name: str, device: torch.device) -> bool:
    """Whether the device computes with such numbers itself."""
    import torch

    if device.type == "cuda":
        return name == "fp16" or torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        asked = torch.ops.mkldnn
        return bool(asked._is_mkldnn_bf16_supported() if name == "bf16" else asked._is_mkldnn_fp16_supported())
    return name == "fp16"
