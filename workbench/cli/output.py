"""What the commands print: JSON lines for scripts, or readable text and a progress bar for people."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

from workbench.core.diagnostic import Diagnostic


class Output:
    """Standard output of one command. With `json`, nothing but JSON objects goes there."""

    def __init__(self, json: bool) -> None:
        self.json = json

    def row(self, values: Mapping[str, Any]) -> None:
        """One JSON line (only with --json)."""
        if self.json:
            print(json.dumps(finite(values), ensure_ascii=False, allow_nan=False, default=str), flush=True)

    def say(self, text: str = "") -> None:
        """One line for a person (only without --json)."""
        if not self.json:
            print(text, flush=True)

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
            table.add_column(title, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        Console(highlight=False).print(table)

    def problems(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Diagnostics as a person reads them, on standard error."""
        for diagnostic in diagnostics:
            print(f"workbench: {diagnostic.severity}: {diagnostic.message}", file=sys.stderr)


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
