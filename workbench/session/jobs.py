"""Long work in background threads: progress with rate and time left, cancel, results handed over by `pump`."""

from __future__ import annotations

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.memory_errors import is_out_of_memory

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Raised inside a job's work when the person cancelled it."""


@runtime_checkable
class Closeable(Protocol):
    """A result that holds threads or files."""

    def close(self) -> None: ...


class Job:
    """One piece of long work. The worker writes `done` and `total`; everybody else only reads.

    `state` is "running", "done", "failed" or "cancelled". `rate` is items a second, `seconds_left` an estimate
    (None while unknown).
    """

    def __init__(self, number: int, title: str) -> None:
        self.id = number
        self.title = title
        self.state = "running"
        self.done = 0
        self.total: int | None = None
        self.result: Any = None
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self._started = time.monotonic()
        self._cancel = threading.Event()

    def progress(self, done: int, total: int | None = None) -> None:
        """Called by the work; raises `Cancelled` if the person asked for it, so that most work needs no other check."""
        self.done, self.total = done, total if total is not None else self.total
        if self._cancel.is_set():
            raise Cancelled

    def cancel(self) -> None:
        self._cancel.set()

    def cancelled(self) -> bool:
        return self._cancel.is_set()

    @property
    def diagnostic(self) -> Diagnostic | None:
        """What went wrong first; None if nothing did."""
        return self.diagnostics[0] if self.diagnostics else None

    @property
    def rate(self) -> float:
        elapsed = time.monotonic() - self._started
        return self.done / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        if not self.total or not self.done:
            return None
        return (self.total - self.done) / max(self.rate, 1e-9)


class Jobs:
    """Runs jobs on daemon threads (a hung network file must not keep the program from ending).

    `finished` callbacks and `on_change` are called by `pump()`, on the thread that owns the session.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._running: dict[int, tuple[Job, threading.Thread, Callable[[Job], None]]] = {}
        self._ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._next = 1
        self._last_shown = 0.0

    @property
    def running(self) -> tuple[Job, ...]:
        return tuple(job for job, _thread, _finished in self._running.values())

    def start(self, title: str, work: Callable[[Job], Any], finished: Callable[[Job], None]) -> Job:
        """Begin `work(job)` in the background; `finished(job)` follows from `pump()`, whatever the end."""
        job = Job(self._next, title)
        self._next += 1

        def body() -> None:
            try:
                job.result = work(job)
                job.state = "done"
            except Cancelled:
                job.state = "cancelled"
            except Problem as problem:
                job.state = "cancelled" if job.cancelled() else "failed"
                job.diagnostics = problem.diagnostics
            except BaseException as error:  # the last line of defence of a thread, against panics in libraries too
                log.exception("%s failed", title)
                job.state = "cancelled" if job.cancelled() else "failed"
                job.diagnostics = (unexpected(title, error),)
            self._ended.put(job.id)

        thread = threading.Thread(target=body, name=f"job-{job.id}", daemon=True)
        self._running[job.id] = (job, thread, finished)
        thread.start()
        self._on_change()
        return job

    def pump(self) -> None:
        """Hand over what ended; show progress about ten times a second."""
        ended = False
        while True:
            try:
                number = self._ended.get_nowait()
            except queue.Empty:
                break
            job, thread, finished = self._running.pop(number)
            thread.join()
            finished(job)
            ended = True
        now = time.monotonic()
        if ended or (self._running and now - self._last_shown > 0.1):
            self._last_shown = now
            self._on_change()

    def wait(self, job: Job, timeout: float | None = None) -> Job:
        """Block until a job has ended and its `finished` ran (for the command line and tests)."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while job.id in self._running:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(job.title)
            self.pump()
            time.sleep(0.005)
        return job

    def close(self, timeout: float = 5.0) -> None:
        """Cancel everything and wait a moment; what hangs is left behind (its thread is a daemon)."""
        for job in self.running:
            job.cancel()
        deadline = time.monotonic() + timeout
        for job, thread, _finished in list(self._running.values()):
            thread.join(max(0.0, deadline - time.monotonic()))
            if isinstance(job.result, Closeable):  # nobody will take it any more
                job.result.close()
        self._running.clear()


def unexpected(what: str, error: BaseException) -> Diagnostic:
    """The diagnostic for an error nobody foresaw: plain words in front, the traceback in the details."""
    if is_out_of_memory(error):
        return Diagnostic(
            "program.memory",
            f"{what} stopped: there is not enough memory. Close other programs, or take a smaller network or smaller "
            "pictures. Nothing of the project was lost.",
            details="".join(traceback.format_exception(error)),
        )
    return Diagnostic(
        "program.unexpected",
        f"{what} stopped because of an unexpected error ({type(error).__name__}). Nothing of the project was lost; "
        "the details are in the log.",
        details="".join(traceback.format_exception(error)),
    )
