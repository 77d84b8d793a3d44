"""How a run ended, in words, and what may be done about it."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count, duration
from workbench.training.storing.run_rows import RunRow


def explanation(row: RunRow, *, can_resume: bool) -> Diagnostic | None:
    """Why a run has no good end, and the remedy; None for one that is done or goes on.

    `can_resume` says whether it has a checkpoint to go on from.
    """
    if row.state in ("done", "running"):
        return None
    done = f"{count(row.epochs, 'epoch')} in {duration(row.seconds)}"
    kept = "Its last checkpoint is kept" if can_resume else "It has no checkpoint, so it cannot be gone on with"
    fixes = (Fix("Go on with it", "resume_run", {"run": row.id}),) if can_resume and _has_rest(row) else ()
    if row.state == "failed":
        reason = row.message or "Nothing was said about why."
        return Diagnostic("runs.failed_run", f"It failed after {done}. {reason}", Severity.ERROR, fixes=fixes)
    if row.state == "interrupted":
        text = (
            f"The program ended without a word while it trained (it was killed, crashed, or the power failed), after "
            f"{done}. {kept}{', and the rest of the run is the same to the bit.' if can_resume else '.'}"
        )
        return Diagnostic("runs.interrupted_run", text, Severity.WARNING, fixes=fixes)
    if row.state == "stopped":
        text = f"It was stopped after {done}. {row.message or f'{kept}.'}"
        return Diagnostic("runs.stopped_run", text, Severity.INFO, fixes=fixes)
    return Diagnostic(
        "runs.unknown_state", f"It ended as “{row.state[:40]}”, which this version does not know.", Severity.INFO
    )


def _has_rest(row: RunRow) -> bool:
    planned = row.recipe.get("epochs")
    return not isinstance(planned, int) or row.epochs < planned
