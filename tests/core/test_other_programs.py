from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from workbench.core.other_programs import OtherPrograms

FOR_A_WHILE = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"


def test_what_another_program_takes_is_seen_and_what_this_one_takes_is_not() -> None:
    others = OtherPrograms()
    other = subprocess.Popen([sys.executable, "-c", FOR_A_WHILE])
    try:
        deadline, most = time.monotonic() + 15, 0.0
        while most < 0.2:  # a busy machine lets it on late
            assert time.monotonic() < deadline, f"it was never seen to take more than {most} cores"
            time.sleep(0.3)
            most = max(most, others.cores() or 0.0)
    finally:
        other.kill()
        other.wait()


def test_the_answer_is_what_was_busy_less_what_was_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, busy, own = 100.0, 50.0, 20.0
    monkeypatch.setattr(OtherPrograms, "_read", lambda _self: (clock, busy, own))
    others = OtherPrograms()
    assert others.cores() is None, "no time has passed"
    clock, busy, own = 102.0, 53.0, 21.0
    assert others.cores() == pytest.approx(1.0)
    clock, own = 104.0, 25.0
    assert others.cores() == 0.0


def test_a_system_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def refuse(percpu: bool = False) -> list[SimpleNamespace]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "cpu_times", refuse)
    assert OtherPrograms().cores() is None
