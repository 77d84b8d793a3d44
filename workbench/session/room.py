"""How much memory there is on the device a recipe asks for, without loading torch for the answer."""

from __future__ import annotations

import contextlib
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.compiler.memory import available_memory

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """`device` is "cpu", "cuda" or "mps"; `free` are bytes that can be had there now, None while that is not known."""

    device: str
    free: int | None

    @property
    def words(self) -> str:
        """Where that is, for people: "on the GPU", "" for the machine's own memory."""
        return "" if self.device == "cpu" else "on the GPU"


def wake(device: str) -> None:
    """Begin to use the GPU that a run on this device will use, so that `free_on` knows its memory: for the background,
    as it takes a second or more."""
    import torch

    if device.partition(":")[0] in ("auto", "cuda") and torch.cuda.is_available():
        with contextlib.suppress(RuntimeError):  # a driver that does not answer: the run itself will say so
            torch.cuda.init()  # type: ignore[no-untyped-call]


def free_on(device: str) -> Room:
    """The room on the device of a recipe ("auto", "cpu", "cuda", "cuda:1", "mps").

    Before torch is loaded, "auto" counts as the CPU. A GPU is asked only once it is in use: waking it takes a second,
    and the window does not wait.
    """
    loaded: Any = sys.modules.get("torch")
    kind = device.partition(":")[0]
    if kind != "cpu" and loaded is not None and hasattr(loaded, "cuda"):
        try:
            if kind in ("auto", "cuda") and loaded.cuda.is_available():
                return Room("cuda", _on_cuda(loaded, device))
            if kind in ("auto", "mps") and loaded.backends.mps.is_available():
                return Room("mps", _on_mps(loaded))
        except (RuntimeError, AttributeError):  # a driver that does not answer, or torch half loaded
            log.debug("the GPU could not be asked for its memory", exc_info=True)
            return Room("cuda" if kind == "auto" else kind, None)
    return Room("cpu", available_memory())


def _on_cuda(loaded: Any, device: str) -> int | None:
    """What the driver has left, and what torch holds in reserve without using it."""
    if not loaded.cuda.is_initialized():
        return None
    where: torch.device | None = loaded.device(device) if ":" in device else None
    free, _whole = loaded.cuda.mem_get_info(where)
    return int(free) + int(loaded.cuda.memory_reserved(where)) - int(loaded.cuda.memory_allocated(where))


def _on_mps(loaded: Any) -> int:
    """Apple's GPUs share the machine's memory, up to a part of it."""
    limit = int(loaded.mps.recommended_max_memory()) - int(loaded.mps.driver_allocated_memory())
    return max(0, min(limit, available_memory()))
