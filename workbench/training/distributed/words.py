"""What is said of processes that ended without a word."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic


def lost(code: int, log: str) -> Diagnostic:
    """The processes ended with this status; `log` is the end of what they wrote."""
    how = f"signal {-code}" if code < 0 else f"status {code}"
    said = next((line for line in reversed(log.splitlines()) if line.startswith(SAID)), "")
    reason = f" It said: {said.removeprefix(SAID).strip()}" if said else ""
    return Diagnostic(
        "training.processes_lost",
        f"One of the run's processes ended before its time ({how}), and the others with it.{reason} The run's last "
        "checkpoint is kept: resume it, with smaller batches if memory was short.",
        details=log,
    )


SAID = "workbench: "
"""How a sentence for people begins in the log of the processes."""
