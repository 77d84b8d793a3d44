from __future__ import annotations

import os
import subprocess
import sys

from workbench.core.processes import is_alive, own, started


def test_a_process_is_known_by_its_number_and_its_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        first = started(child.pid)
        assert is_alive(child.pid)
        assert first is not None
        assert first == started(child.pid)
        assert first != started(os.getpid())
    finally:
        child.communicate(b"\n")
    assert not is_alive(child.pid)
    assert started(child.pid) is None


def test_own_is_this_process() -> None:
    assert own() == (os.getpid(), started(os.getpid()))


def test_numbers_that_cannot_be_a_process() -> None:
    assert not is_alive(0)
    assert not is_alive(-1)
    assert not is_alive(10**18)
