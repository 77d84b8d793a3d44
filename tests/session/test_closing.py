"""A session that closes lets go of what its jobs were making, too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from workbench.document.project import Project
from workbench.session.session import Session


def alive(name: str) -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith(name)]


@pytest.mark.parametrize("before_close", ["reading", "just read"])
def test_closing_while_the_pictures_are_read_leaves_no_thread(
    project: Project, make_session: Callable[[Project], Session], before_close: str
) -> None:
    session = make_session(project)
    while not session.jobs.running:
        session.pump()
    if before_close == "just read":  # the job has ended, but nobody took its result yet
        deadline = time.monotonic() + 30
        while any(job.state == "running" for job in session.jobs.running):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert alive("decode-") != []
    session.close()
    assert alive("decode-") == []


def test_closing_while_a_run_is_prepared_leaves_no_thread(session: Session) -> None:
    session.start_training(image_size=10)  # other pictures than those that are open
    deadline = time.monotonic() + 60
    while any(job.state == "running" for job in session.jobs.running):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    session.close()
    assert alive("decode-") == []


@pytest.mark.parametrize("moment", ["preparing", "prepared"])
def test_a_run_that_never_began_is_not_listed_as_running(session: Session, moment: str) -> None:
    session.start_training()
    deadline = time.monotonic() + 60
    while moment == "prepared" and any(job.state == "running" for job in session.jobs.running):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    session.close()
    with Session.open(session.folder) as again:
        assert [row.state for row in again.runs() if row.state not in ("stopped", "interrupted")] == []
