"""How a run ended, in words, and what may be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.session.runs.columns import trained_words
from workbench.training.storing.run_rows import RunRow


def explanation(row: RunRow, *, can_resume: bool, notices: Sequence[Mapping[str, Any]] = ()) -> Diagnostic | None:
    """Why a run has no good end, and the remedies; None for one that is done or goes on.

    `can_resume` says whether it has a checkpoint to go on from, `notices` are those kept with it: what was told last
    brings the remedies that were offered then.
    """
    if row.state in ("done", "running"):
        return None
    done = trained_words(row)
    kept = "Its last checkpoint is kept" if can_resume else "It has no checkpoint, so it cannot be gone on with"
    fixes = (Fix("Go on with it", "resume_run", {"run": row.id}),) if can_resume and _has_rest(row) else ()
    if row.state == "failed":
        reason = row.message or "Nothing was said about why."
        offered = _offered(notices[-1], row.message) if notices else ()
        return Diagnostic(
            "runs.failed_run", f"It failed after {done}. {reason}", Severity.ERROR, fixes=(*offered, *fixes)
        )
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


def _offered(notice: Mapping[str, Any], message: str) -> tuple[Fix, ...]:
    """The remedies that stood beside the words a run failed with, as far as they make sense (the record may come from
    anywhere; what they do is checked when they are taken)."""
    kept = notice.get("fixes")
    if notice.get("message") != message or not isinstance(kept, list):
        return ()
    return tuple(
        Fix(str(fix.get("label"))[:80], str(fix.get("action")), MappingProxyType(dict(fix["arguments"])))
        for fix in kept[:4]
        if isinstance(fix, dict) and isinstance(fix.get("arguments"), dict) and fix.get("action") != "resume"
    )


def _has_rest(row: RunRow) -> bool:
    planned = row.recipe.get("epochs")
    return not isinstance(planned, int) or row.epochs < planned
