"""Autosave for recovery: at most the last second of editing is lost when the program dies."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.document.autosave import Autosave
from workbench.document.project import Project

if TYPE_CHECKING:
    from workbench.session.session import Session

log = logging.getLogger(__name__)

QUIET_SECONDS = 0.3
"""How long to wait for a further edit before writing; a stream of edits is still written every `LONGEST_SECONDS`."""
LONGEST_SECONDS = 0.8


class Keeping:
    """Writes the unsaved project beside the program's state, in a thread, shortly after each edit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._autosave = Autosave(session.folder)
        self._first_edit: float | None = None
        self._last_edit = 0.0
        self._work: queue.SimpleQueue[Project | None] = queue.SimpleQueue()
        self._failed: queue.SimpleQueue[Problem] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._said = False

    def edited(self) -> None:
        now = time.monotonic()
        self._last_edit = now
        if self._first_edit is None:
            self._first_edit = now

    def pump(self) -> None:
        if self._first_edit is not None:
            now = time.monotonic()
            if now - self._last_edit >= QUIET_SECONDS or now - self._first_edit >= LONGEST_SECONDS:
                self._first_edit = None
                self._write()
        while not self._failed.empty():
            problem = self._failed.get_nowait()
            if not self._said:  # once is enough: a full disk would otherwise repeat it at every edit
                self._said = True
                self._session.notice.emit(
                    Diagnostic(
                        "project.autosave",
                        "Unsaved changes cannot be kept for recovery at the moment: "
                        f"{problem.diagnostics[0].message} Your work stays in memory; save it elsewhere.",
                        Severity.WARNING,
                    )
                )

    def forget(self) -> None:
        """What was unsaved is saved now."""
        self._first_edit = None
        self._drain()
        self._autosave.discard()

    def close(self) -> None:
        self._drain()
        self._autosave.discard()

    def _write(self) -> None:
        if self._session.is_saved:
            self.forget()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._body, name="autosave", daemon=True)
            self._thread.start()
        self._work.put(self._session.project)

    def _body(self) -> None:
        while (project := self._work.get()) is not None:
            try:
                self._autosave.write(project)
            except Problem as problem:
                log.warning("autosave failed: %s", problem)
                self._failed.put(problem)

    def _drain(self) -> None:
        """End the writer, so that nothing is written after a discard."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join(5.0)
            self._thread = None
