"""`workbench train PROJECT --find-rate`: the learning rate the range test suggests, and why; nothing is trained."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from workbench.cli.interrupts import STATUS, Interrupts
from workbench.cli.output import Bar, Output

if TYPE_CHECKING:
    from workbench.session.session import Session


def find_rate(session: Session, out: Output, **overrides: Any) -> int:
    """Run the test and print what it says; 1 where no rate stands out."""
    job = session.find_learning_rate(**overrides)
    bar = Bar("Trying learning rates", quiet=out.json)
    try:
        with Interrupts(patient=True) as interrupts:
            while job in session.jobs.running:
                session.pump()
                bar.show(job.done, job.total)
                if interrupts.count:
                    job.cancel()
                time.sleep(0.02)
    finally:
        bar.close()
    if job.state == "cancelled":
        return STATUS
    if job.state == "failed":
        out.problems(job.diagnostics)
        return 1
    sweep = job.result
    out.row(
        {
            "event": "rate",
            "suggested": sweep.suggested,
            "highest": sweep.highest,
            "reason": sweep.reason,
            "rates": sweep.rates.tolist(),
            "losses": sweep.losses.tolist(),
        }
    )
    out.say(sweep.reason)
    if sweep.suggested is not None:
        out.say(f"To train with it: workbench train {session.folder} --set lr={sweep.suggested:g}")
    return 0 if sweep.suggested is not None else 1
