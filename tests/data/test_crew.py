"""The crew of threads: work in order, errors where they belong, nothing left behind."""

from __future__ import annotations

import gc
import threading
import time

import pytest

from workbench.core.diagnostic import Problem
from workbench.data.crew import Crew, in_order


def test_results_come_in_order_of_submission() -> None:
    def late(n: int) -> int:
        time.sleep(0.01 * (5 - n))
        return n

    with Crew(4) as crew:
        assert list(in_order([crew.submit(late, n) for n in range(5)], None, "Counting")) == [0, 1, 2, 3, 4]


def test_an_error_belongs_to_its_task() -> None:
    def refuse(n: int) -> int:
        if n == 1:
            raise TimeoutError("the disk took too long")
        return n

    with Crew(2) as crew:
        futures = [crew.submit(refuse, n) for n in range(3)]
        assert futures[2].result() == 2
        with pytest.raises(TimeoutError, match="disk"):
            list(in_order(futures, None, "Counting"))


def test_cancel_does_not_wait_for_a_hung_task() -> None:
    release = threading.Event()
    crew = Crew(1)
    future = crew.submit(release.wait, 30)
    begun = time.monotonic()
    with pytest.raises(Problem, match="Counting was cancelled"):
        list(in_order([future], lambda: time.monotonic() - begun > 0.1, "Counting"))
    assert time.monotonic() - begun < 5
    release.set()
    crew.close()


def test_a_closed_crew_takes_no_work_and_cancels_what_waits() -> None:
    begun, release = threading.Event(), threading.Event()
    crew = Crew(1)
    crew.submit(begun.set)
    running = crew.submit(release.wait, 30)
    waiting = crew.submit(int)
    assert begun.wait(5)
    while not running.running():
        time.sleep(0.001)
    threading.Timer(0.1, release.set).start()
    crew.close()
    assert running.result() is True
    assert waiting.cancelled()
    assert crew.submit(int).cancelled()
    crew.close()


def test_a_crew_that_is_let_go_ends_its_threads() -> None:
    crew = Crew(2, name="forgotten")
    crew.submit(int).result()
    del crew
    gc.collect()
    deadline = time.monotonic() + 5
    while any(t.name.startswith("forgotten") for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(t.name.startswith("forgotten") for t in threading.enumerate())


def test_threads_start_only_when_there_is_work() -> None:
    crew = Crew(3, name="idle")
    assert not any(t.name.startswith("idle") for t in threading.enumerate())
    crew.close()
