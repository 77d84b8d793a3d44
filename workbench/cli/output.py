"""What the commands print: JSON lines for scripts, or readable text and a progress bar for people."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

from workbench.core.diagnostic import Diagnostic, Problem

_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters (a terminal obeys them), marks that turn the reading order round, and what is no character."""


def shown(text: str) -> str:
    """A text from anywhere (a file's name, a layer's) as one line that a terminal only shows: the rest is escaped."""
    return _NOT_SHOWN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def complain(message: str) -> None:
    """One sentence on standard error; a standard error that takes nothing is no further reason to complain."""
    if sys.stderr is not None:  # print(file=None) would write to standard output
        with contextlib.suppress(OSError):
            print(f"workbench: {shown(message)}", file=sys.stderr, flush=True)


def let_go_of_output() -> None:
    """What could not be written to standard output is not tried again when the program ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Output:
    """Standard output of one command. With `json`, nothing but JSON objects goes there."""

    def __init__(self, json: bool) -> None:
        self.json = json

    def row(self, values: Mapping[str, Any]) -> None:
        """One JSON line (only with --json)."""
        if self.json:
            text = json.dumps(finite(values), ensure_ascii=False, allow_nan=False, default=str)
            try:
                text.encode(_encoding())
            except UnicodeEncodeError:  # as escapes any text fits, and a file's name leads back to the file
                text = json.dumps(json.loads(text), ensure_ascii=True)
            _write(text)

    def say(self, text: str = "") -> None:
        """One line for a person (only without --json)."""
        if not self.json:
            _write(shown(text))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table for a person, its numbers right-aligned (only without --json)."""
        if self.json:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for i, title in enumerate(header):
            numeric = bool(rows) and all(isinstance(r[i], int | float) or _numeric(str(r[i])) for r in rows)
            table.add_column(shown(str(title)), justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(shown(str(cell)) for cell in row))
        # Drawn first and written after: rich writes to the stream even while it captures.
        width = shutil.get_terminal_size().columns
        drawn = io.StringIO()
        Console(file=drawn, width=width, highlight=False, markup=False, emoji=False, color_system=None).print(table)
        _write(drawn.getvalue().rstrip("\n"))

    def problems(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Diagnostics as a person reads them, on standard error."""
        for diagnostic in diagnostics:
            complain(f"{diagnostic.severity}: {diagnostic.message}")


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _write(text: str) -> None:
    """A line (or the lines of a table) on standard output, at once. Raises `Problem` where it takes nothing."""
    if sys.stdout is None:
        return
    fitting = text.encode(_encoding(), "backslashreplace").decode(_encoding())
    try:
        print(fitting, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        let_go_of_output()
        raise Problem.of(
            "output.failed",
            f"Standard output cannot be written ({error.strerror or error}). Make room there, or send it elsewhere.",
        ) from error


def _numeric(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").replace("–", "").strip().isdigit() or text == "–"


def finite(value: Any) -> Any:
    """The value with null where a number is infinite or not a number: JSON has no words for those."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


class Bar:
    """A progress bar with rate and time left on standard error, where that is a terminal; silent elsewhere."""

    def __init__(self, title: str, quiet: bool) -> None:
        self._title = title
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._started = time.monotonic()
        if not quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TextColumn("{task.fields[note]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task(title, total=None, note="")

    def show(self, done: float, total: float | None, note: str = "") -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, note=note)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
