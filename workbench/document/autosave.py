"""Unsaved work on disk, outside the project folder, so that a crash costs at most the last second."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from workbench.core.diagnostic import Problem
from workbench.core.files import open_regular, sweep_temporary, write_atomic
from workbench.core.json_text import MOST_BYTES, parse
from workbench.core.paths import user_dir
from workbench.core.processes import own, started
from workbench.document.diff import same
from workbench.document.fields import Fields, refuse
from workbench.document.format import from_document, to_document
from workbench.document.project import Project
from workbench.document.storage import load

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovery:
    """Unsaved work of a process that is gone: the recovery file, and when it was last written (UTC)."""

    path: Path
    project_folder: Path
    saved_at: datetime
    project: Project

    def discard(self) -> None:
        """Forgets it: the work was taken over or is not wanted."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class Autosave:
    """Keeps one open document's unsaved work. Each open document has its own file, so that none removes another's."""

    def __init__(self, project_folder: Path | str) -> None:
        self._folder = _absolute(Path(project_folder))
        self._name = f"{_key(self._folder)}.{uuid.uuid4().hex[:8]}.json"
        self._written = False

    def write(self, project: Project) -> None:
        """Puts the unsaved project on disk in one step. Raises `Problem` as `write_atomic` does."""
        pid, start = own()
        content = {
            "folder": quote_from_bytes(os.fsencode(self._folder), safe="/\\: "),
            "saved_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "pid": pid,
            "process": start,
            "project": to_document(project),
        }
        try:
            data = json.dumps(content, default=dict, allow_nan=False).encode("ascii")
        except (TypeError, ValueError) as error:
            raise Problem.of(
                "project.bad_value", "The project holds a value that no file can hold.", details=repr(error)
            ) from error
        write_atomic(_recovery_dir() / self._name, data)
        self._written = True

    def discard(self) -> None:
        """Nothing is unsaved any more: the document was saved, or closed on purpose."""
        if self._written:
            with contextlib.suppress(OSError):
                (_recovery_dir() / self._name).unlink(missing_ok=True)
            self._written = False


def pending(project_folder: Path | str | None = None) -> tuple[Recovery, ...]:
    """Work to offer after a crash, newest first: of all projects, or of one.

    Only what differs from the project file is offered, and nothing of a process that still runs. A recovery file
    that cannot be read is left alone and named in the log.
    """
    folder = _recovery_dir()
    sweep_temporary(folder)
    pattern = "*.json" if project_folder is None else f"{_key(_absolute(Path(project_folder)))}.*.json"
    found = [r for path in sorted(folder.glob(pattern)) if (r := _read(path)) is not None]
    offered = []
    for recovery in found:
        if _is_saved(recovery):
            recovery.discard()
        else:
            offered.append(recovery)
    return tuple(sorted(offered, key=lambda r: r.saved_at, reverse=True))


def _read(path: Path) -> Recovery | None:
    try:
        with open_regular(path) as file:
            fields = Fields(parse(file.read(MOST_BYTES + 1), "recovery file"), "the recovery")
        process = fields.take("process", None)
        if process is not None and started(fields.whole("pid", 0)) == process:
            return None
        folder = Path(os.fsdecode(unquote_to_bytes(fields.text("folder", None))))
        saved_at = datetime.fromisoformat(fields.text("saved_at", None))
        if saved_at.tzinfo is None:
            refuse("“saved_at” of the recovery has no time zone")
        return Recovery(path, folder, saved_at, from_document(fields.take("project", None)))
    except (OSError, Problem, ValueError) as error:
        log.warning("The recovery file %s cannot be read and is left alone: %s", path, error)
        return None


def _is_saved(recovery: Recovery) -> bool:
    try:
        return same(load(recovery.project_folder), recovery.project)
    except Problem:
        return False  # the project file is gone or damaged: all the more reason to offer this


def _recovery_dir() -> Path:
    folder = user_dir("state") / "recovery"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Problem.of("folder.not_made", f"The folder “{folder}” cannot be made ({error.strerror}).") from error
    return folder


def _absolute(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _key(folder: Path) -> str:
    return hashlib.sha256(os.path.normcase(folder).encode("utf-8", "surrogatepass")).hexdigest()[:16]
