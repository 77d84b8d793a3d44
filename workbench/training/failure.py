"""What ended a run, from an exception to words a person can act on."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from workbench.core.diagnostic import Diagnostic, Fix, Problem, Severity
from workbench.core.words import number

log = logging.getLogger(__name__)

_HOST_MEMORY = ("not enough memory", "can't allocate memory", "cannot allocate memory", "std::bad_alloc")
_DEVICE_MEMORY = ("out of memory", "cudnn_status_alloc_failed", "cublas_status_alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the device or in the machine; libraries below torch say so in several ways."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in (*_HOST_MEMORY, *_DEVICE_MEMORY))


def is_device_lost(error: BaseException) -> bool:
    """Whether the accelerator itself failed; nothing can be computed on it or read from it after that."""
    import torch

    return isinstance(error, torch.AcceleratorError)


def diagnose(error: Exception, compiled: Any, details: str) -> Diagnostic:
    """The diagnostic for whatever a step, the data or the network raised; `details` is its traceback. Never raises.

    Running out of memory is worded by `out_of_memory`, where the batch is known.
    """
    if isinstance(error, Problem):
        return error.diagnostics[0]
    if is_device_lost(error):
        return Diagnostic(
            "training.device_lost",
            "The device stopped answering, so the run ended. Resume it on the CPU, or on the device once it works "
            "again; it goes on from its last checkpoint.",
            fixes=(Fix("Go on on the CPU", "resume", {"device": "cpu"}),),
            details=details,
        )
    if is_out_of_memory(error):
        return Diagnostic(
            "training.out_of_memory",
            "The memory does not hold this network, so the run ended. Make its layers or the picture size smaller.",
            details=details,
        )
    located = _located(error, compiled)
    if located is not None:
        return located
    log.error("training failed: %s", details)
    return Diagnostic(
        "training.failed",
        f"Training stopped because of an unexpected error ({type(error).__name__}: {_short(error)}). The last "
        "checkpoint is kept; the details are in the log.",
        details=details,
    )


def out_of_memory(device: str, batch_size: int, fits: int | None, details: str, accumulate: int = 1) -> Diagnostic:
    """Memory ran out at a batch size; `fits` is one that was tried and fits, None if none did.

    The remedy keeps the samples of a step together: so many more of the smaller batches are added up for each, beside
    the `accumulate` that are already.
    """
    where = "This machine" if device == "cpu" else "The GPU"
    if fits is None:
        elsewhere = "" if device == "cpu" else ", or train on the CPU"
        advice = f"Not even a single picture fits. Make the network or the picture size smaller{elsewhere}."
    else:
        advice = f"Batches of {number(fits)} were tried and fit."
    fixes: tuple[Fix, ...] = ()
    if fits:
        together = max(1, round(batch_size * accumulate / fits))
        advice += f" With {number(together)} of them added up, a step learns from as many pictures as before."
        fixes = (
            Fix(f"Go on with batches of {number(fits)}", "go_on", {"batch_size": fits, "accumulate": together}),
            Fix(f"Use batches of {number(fits)} from now on", "set_batch_size", {"value": fits}),
        )
    return Diagnostic(
        "training.out_of_memory",
        f"{where} ran out of memory with batches of {number(batch_size)} pictures, so the run ended. {advice} Its last "
        "checkpoint is kept, and nothing needs to be restarted.",
        param="batch_size",
        fixes=fixes,
        details=details,
    )


def _located(error: Exception, compiled: Any) -> Diagnostic | None:
    """The failure on its node with the shapes seen, where the compiler can tell."""
    from workbench.compiler.failure import locate

    try:
        diagnostic = locate(error, compiled)
    except Exception:  # this runs while an error is being reported: the first one must not be lost to a second
        log.exception("the place of a failure could not be found")
        return None
    return diagnostic if diagnostic.node is not None else None


def _short(error: BaseException) -> str:
    line = next(iter(str(error).splitlines()), "") or "no message"
    return line if len(line) <= 160 else line[:160] + "…"


def look_failed(error: Exception) -> Diagnostic:
    """What is told where looking inside the network between steps raised."""
    return Diagnostic(
        "training.look_failed",
        f"Looking inside the network failed ({type(error).__name__}) and is off for this run; training goes on.",
        Severity.WARNING,
        details="".join(traceback.format_exception(error)),
    )


def unexpected(error: Exception) -> Diagnostic:
    """The last words where what drives a run raised, and not the run itself."""
    return Diagnostic(
        "training.failed",
        f"The run ended because of an unexpected error ({type(error).__name__}). Its last checkpoint is kept; the "
        "details are in the log.",
        details="".join(traceback.format_exception(error)),
    )
