"""Copying the samples into folders as they were sorted here, in the background."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import count
from workbench.session.jobs import Job

if TYPE_CHECKING:
    from workbench.data.writing import Written
    from workbench.session.session import Session


def start(session: Session, folder: Path, with_splits: bool) -> Job:
    """Begin the copying; the job's result is a `Written`. Raises `Problem` where there are no samples."""
    dataset = session.data.dataset
    if session.data.phase != "ready" or dataset is None:
        raise Problem.of("data.write", "There are no samples to write yet. Wait until the data are read.")
    target = Path(os.path.expanduser(folder)).absolute()
    index, splits = dataset.index, dataset.splits  # as they are now, whatever is changed meanwhile

    def work(job: Job) -> Written:
        from workbench.data.writing import write_to_folders

        return write_to_folders(
            index, splits, target, with_splits=with_splits, progress=job.progress, cancelled=job.cancelled
        )

    def finished(job: Job) -> None:
        if job.state == "done":
            session.notice.emit(_told(job.result, dataset.kind.one))
        elif job.diagnostic is not None:
            session.notice.emit(job.diagnostic)

    return session.jobs.start("Writing the folders", work, finished)


def _told(written: Written, one: str) -> Diagnostic:
    said = f"{count(written.files, one)} copied to “{written.folder}”."
    if not written.skipped:
        return Diagnostic("data.written", said, Severity.INFO)
    first = written.skipped[0]
    are = "is" if len(written.skipped) == 1 else "are"
    return Diagnostic(
        "data.written",
        f"{said} {count(len(written.skipped), one)} could not be read and {are} missing there, the first: "
        f"{first.path} ({first.reason}).",
        Severity.WARNING,
    )
