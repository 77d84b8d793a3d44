"""The log of what happened, and what is left behind when something went wrong that nobody caught."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.paths import user_dir

_MOST_BYTES = 2_000_000
_OLDER_FILES = 3
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"

log = logging.getLogger(__name__)
_crash_file: IO[str] | None = None  # faulthandler keeps only the number of the file, so the file must stay open


def start_log(name: str) -> Path:
    """Starts `name.log` in the user's log folder (2 MB, three older ones kept) and gives its path.

    A native crash leaves the Python stacks of all threads in `name.crash.log` beside it. Where neither can be
    written the program goes on without: a log is never a reason to stop. Called again, the log moves to the new name.
    """
    path = Path(name).with_suffix(".log")
    logging.raiseExceptions = False  # what cannot be logged (a full disk) would be printed, with a traceback
    try:
        path = user_dir("log") / f"{name}.log"
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except (OSError, Problem) as error:
        log.warning("There is no log file: %s", error)
        logging.getLogger().addHandler(logging.NullHandler())  # else the next traceback goes to standard error
        return path
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.rotator = _rotate
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, logging.handlers.RotatingFileHandler)]:
        root.removeHandler(old)
        with contextlib.suppress(OSError):  # a full disk: its last lines are lost
            old.close()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    _leave_stacks_on_crash(path.with_suffix(".crash.log"))
    return path


def stop_log() -> None:
    """Closes what `start_log` opened (for tests and for an orderly end)."""
    global _crash_file
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, logging.handlers.RotatingFileHandler)]:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
    if _crash_file is not None:
        faulthandler.disable()
        _crash_file.close()
        _crash_file = None


def _rotate(source: str, destination: str) -> None:
    """A second window may hold the file open (Windows forbids the rename then): go on in the same file."""
    try:
        os.replace(source, destination)
    except OSError:
        return


def _leave_stacks_on_crash(path: Path) -> None:
    global _crash_file
    try:
        file = open(path, "a", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        log.warning("There is no crash log: %s", error)
        return
    faulthandler.enable(file, all_threads=True)
    if _crash_file is not None:
        _crash_file.close()
    _crash_file = file


def install_excepthooks(on_problem: Callable[[Diagnostic], None]) -> Callable[[], None]:
    """Sends every exception nobody caught (in any thread) to the log and, as a `Diagnostic`, to `on_problem`.

    `on_problem` is called on the thread where the exception was; it must only pass the diagnostic on. Ctrl+C keeps
    its meaning. Gives a function that puts the former hooks back.
    """
    before = sys.excepthook, threading.excepthook, sys.unraisablehook

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("Uncaught in %s\n%s", where, details)
        diagnostics = error.diagnostics if isinstance(error, Problem) else (_unexpected(kind, error, details),)
        try:
            for diagnostic in diagnostics:
                on_problem(diagnostic)
        except Exception:
            log.exception("The notice of a problem failed itself")

    def in_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, trace)
        else:
            tell(kind, error, trace, threading.current_thread().name)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            tell(args.exc_type, args.exc_value, args.exc_traceback, args.thread.name if args.thread else "a thread")

    def unraisable(args: Any) -> None:
        tell(args.exc_type, args.exc_value, args.exc_traceback, args.err_msg or "a destructor")

    def restore() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before

    sys.excepthook, threading.excepthook, sys.unraisablehook = in_main, in_thread, unraisable
    return restore


def _unexpected(kind: type[BaseException], error: BaseException | None, details: str) -> Diagnostic:
    words = " ".join(str(error).split())[:200] if error is not None else ""
    return Diagnostic(
        "program.unexpected",
        f"Something went wrong that was not foreseen ({kind.__name__}{': ' if words else ''}{words}). "
        "Your project is still open; save it. The details are in the log.",
        details=details,
    )
