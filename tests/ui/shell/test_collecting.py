"""Qt objects in circles are destroyed on the window's thread, whatever other threads allocate."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from workbench.ui.collecting import Collecting


@pytest.fixture
def collecting() -> Iterator[Collecting]:
    gc.enable()  # as Python starts a program
    held = Collecting()
    yield held
    held.stop()
    gc.disable()


def test_a_thread_that_allocates_collects_nothing_and_the_window_does(qtbot, collecting: Collecting) -> None:
    gc.collect()
    destroyed_in: list[int] = []

    class Circle(QObject):
        def __del__(self) -> None:
            destroyed_in.append(threading.get_ident())

    for _ in range(100):
        circle = Circle()
        circle.me = circle  # type: ignore[attr-defined]
    del circle

    def allocate() -> None:
        kept = [[] for _ in range(100_000)]
        del kept

    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert destroyed_in == []
    kept = [[] for _ in range(gc.get_threshold()[0] + 100)]
    qtbot.waitUntil(lambda: len(destroyed_in) == 100, timeout=5000)
    assert set(destroyed_in) == {threading.get_ident()}
    del kept


def test_python_gets_its_collector_back(qapp) -> None:
    gc.enable()
    held = Collecting()
    assert not gc.isenabled()
    held.stop()
    assert gc.isenabled()
    gc.disable()
