"""A few threads that read and decode pictures. Decoders release the interpreter lock, so threads use every core."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any, ParamSpec, TypeVar

from workbench.core.diagnostic import Diagnostic, Problem, Severity

P = ParamSpec("P")
T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Called as ``progress(done, total)``; the total is None while it is unknown."""

MOST_THREADS = 16
_JOIN_SECONDS = 2.0
_LOOK_UP_SECONDS = 0.05
_NICE = 10

_Task = tuple[Future[Any], Callable[[], Any]]


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


class Crew:
    """Daemon threads that work through submitted calls in order of submission.

    Not a `ThreadPoolExecutor`: that one joins its threads when the interpreter ends, so a read that hangs in a dead
    network folder would keep the program from ending.
    """

    def __init__(self, threads: int | None = None, name: str = "decode") -> None:
        self.threads = max(1, min(threads or usable_cores(), MOST_THREADS))
        self._name = name
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._running: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._closed = False
        weakref.finalize(self, _dismiss, self._tasks, self.threads)

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Runs ``function(*args)`` on a thread of the crew; a closed crew gives a cancelled future."""
        future: Future[T] = Future()
        with self._guard:
            if self._closed:
                future.cancel()
                return future
            if len(self._running) < self.threads:
                thread = threading.Thread(
                    target=_work, args=(self._tasks,), name=f"{self._name}-{len(self._running)}", daemon=True
                )
                self._running.append(thread)
                thread.start()
            self._tasks.put((future, lambda: function(*args, **kwargs)))
        return future

    def close(self) -> None:
        """Cancels what waits, lets what runs end (two seconds at most; a hung read is left behind)."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[0].cancel()
        _dismiss(self._tasks, len(self._running))
        deadline = time.monotonic() + _JOIN_SECONDS
        for thread in self._running:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def in_order(futures: Sequence[Future[T]], cancelled: Callable[[], bool] | None, doing: str) -> Iterator[T]:
    """Results in order of submission; raises `Problem` ("data.cancelled") soon after `cancelled()` turns true."""
    for future in futures:
        while not future.done():
            if cancelled is not None and cancelled():
                raise cancellation(doing)
            wait((future,), timeout=_LOOK_UP_SECONDS)
        if future.cancelled():
            raise cancellation(doing)
        yield future.result()


def cancellation(doing: str) -> Problem:
    """What is raised when the person asked to stop."""
    return Problem(Diagnostic("data.cancelled", f"{doing} was cancelled.", Severity.INFO))


def _work(tasks: queue.SimpleQueue[_Task | None]) -> None:
    give_way()
    while (task := tasks.get()) is not None:
        future, call = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            result = call()
        except BaseException as error:  # it belongs to whoever asks for the result
            future.set_exception(error)
        else:
            future.set_result(result)
        task = future = call = result = None  # type: ignore[assignment]  # keeps no batch alive while waiting


def give_way() -> None:
    """Lowers this thread's priority, so that the window answers while all cores decode. Only Linux has one a thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _dismiss(tasks: queue.SimpleQueue[_Task | None], threads: int) -> None:
    for _ in range(threads):
        tasks.put(None)
