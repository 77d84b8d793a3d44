from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.log import install_excepthooks, start_log, stop_log


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    stop_log()
    logging.getLogger().setLevel(level)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Diagnostic]]:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)  # pytest-qt has put its own there
    diagnostics: list[Diagnostic] = []
    restore = install_excepthooks(diagnostics.append)
    yield diagnostics
    restore()


def test_the_log_stands_in_the_users_folder_and_holds_what_was_said(home: Path) -> None:
    path = start_log("window")
    logging.getLogger("workbench.test").info("hello é \ud800")
    stop_log()
    assert path == home / "log" / "window.log"
    assert "workbench.test: hello é \\ud800" in path.read_text(encoding="utf-8")


def test_started_twice_each_line_stands_once() -> None:
    start_log("window")
    path = start_log("window")
    logging.getLogger("workbench.test").warning("only once")
    stop_log()
    assert path.read_text(encoding="utf-8").count("only once") == 1


def test_the_log_is_rotated() -> None:
    path = start_log("window")
    for _ in range(30):
        logging.getLogger("workbench.test").warning("x" * 100_000)
    stop_log()
    assert path.with_name("window.log.1").exists()
    assert path.stat().st_size < 2_100_000


def test_no_log_folder_is_no_reason_to_stop(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "log").write_text("in the way")
    start_log("window")
    assert "There is no log file" in caplog.text


def test_a_native_crash_leaves_the_stacks(home: Path) -> None:
    code = "import os; from workbench.core.log import start_log; start_log('window'); os.abort()"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode != 0
    assert "Fatal Python error: Aborted" in (home / "log" / "window.crash.log").read_text()


def test_an_exception_in_a_thread_is_told_with_details(told: list[Diagnostic]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("no way\nround")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    (diagnostic,) = told
    assert "ZeroDivisionError: no way round" in diagnostic.message
    assert "Traceback" not in diagnostic.message
    assert "Traceback" in diagnostic.details


def test_an_exception_in_the_main_thread(told: list[Diagnostic]) -> None:
    error = ValueError("x")
    sys.excepthook(ValueError, error, None)
    assert [d.code for d in told] == ["program.unexpected"]


def test_a_problem_is_told_as_it_is(told: list[Diagnostic]) -> None:
    problem = Problem.of("data.missing", "The folder is gone.")
    sys.excepthook(Problem, problem, None)
    assert told == list(problem.diagnostics)


def test_an_exception_in_a_destructor(told: list[Diagnostic]) -> None:
    class Careless:
        def __del__(self) -> None:
            raise RuntimeError("at the end")

    Careless()
    gc.collect()
    assert "at the end" in told[0].message


def test_interrupts_and_orderly_exits_are_no_problems(
    told: list[Diagnostic], capsys: pytest.CaptureFixture[str]
) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert told == []


def test_a_notice_that_fails_itself_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Diagnostic) -> None:
        raise OSError("no window")

    restore = install_excepthooks(fail)
    try:
        sys.excepthook(ValueError, ValueError("first"), None)
    finally:
        restore()
    assert "first" in caplog.text
    assert "no window" in caplog.text


def test_the_former_hooks_come_back() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    install_excepthooks(lambda _: None)()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
