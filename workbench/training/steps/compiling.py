"""The network's operations fused by `torch.compile`, or as they are where that cannot be done here."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)


def fused(module: nn.Module, device: str) -> Callable[..., Any]:
    """The network as `torch.compile` runs it. Compiling happens at the first call, and may fail then.

    On the CPU the kernels are called from C++: called from Python they would hold the interpreter all along, and the
    window with it.
    """
    import torch

    options: dict[str, Any] = {"cpp_wrapper": True} if device == "cpu" else {}
    return torch.compile(module, options=options or None)


def not_fused(error: Exception) -> Diagnostic:
    """What a person is told when it failed; the run goes on without."""
    log.warning("torch.compile failed", exc_info=error)
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return Diagnostic(
        "training.not_compiled",
        f"torch.compile does not work here ({line[:160]}), so the network computes without it; the numbers are the "
        "same, only the speed is not. It needs a C++ compiler on the CPU, and Triton on a GPU.",
        Severity.WARNING,
        param="compile",
        details="".join(traceback.format_exception(error)),
    )
