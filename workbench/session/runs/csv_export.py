"""Runs as CSV files, for spreadsheets and scripts: one table of runs, one of epochs, one of steps."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.core.files import explain, write_atomic
from workbench.session.runs.columns import cell
from workbench.session.runs.recipe_words import keys_of, setting
from workbench.training.scalars import COLUMNS

if TYPE_CHECKING:
    from workbench.training.store import RunStore

KINDS = ("runs", "epochs", "steps")

Progress = Callable[[int, int], None]

_EPOCH = (
    "epoch",
    "step",
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "images_per_second",
    "seconds",
    "validation_seconds",
    "is_best",
)
_ROW = (
    "run",
    "name",
    "created",
    "state",
    "epochs",
    "steps",
    "best_val_accuracy",
    "best_epoch",
    "parameters",
    "train",
    "val",
    "device",
    "seconds",
    "fingerprint",
    "tags",
    "note",
    "starred",
    "series",
    "fold",
    "message",
)


def export_csv(
    store: RunStore, runs: Sequence[str], path: Path, kind: str = "runs", progress: Progress | None = None
) -> int:
    """Write one table of these runs to a file and give how many rows it has. `kind` is one of `KINDS`.

    Numbers are written whole. `progress(done, of)` counts runs, and may raise to cancel. Raises `Problem` where a run
    cannot be read or the file not be written; a file that was there before then stays as it was.
    """
    table = {"runs": _runs, "epochs": _epochs, "steps": _steps}[kind](store, runs, progress or _silent)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    count = -1
    for row in table:
        writer.writerow([_safe(value) for value in row])
        count += 1
    write_atomic(path, text.getvalue().encode("utf-8", "replace"))
    return count


def export_folder(
    store: RunStore, runs: Sequence[str], folder: Path, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Write all three tables as runs.csv, epochs.csv and steps.csv. Raises `Problem` as `export_csv` does."""
    tell = progress or _silent
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(explain(error, folder)) from error
    for place, kind in enumerate(KINDS):
        path = folder / f"{kind}.csv"
        export_csv(store, runs, path, kind, _shifted(tell, place * len(runs), len(KINDS) * len(runs)))
        written.append(path)
    return tuple(written)


def _shifted(tell: Progress, before: int, total: int) -> Progress:
    def shifted(done: int, _of: int) -> None:
        tell(before + done, total)

    return shifted


def _silent(_done: int, _of: int) -> None:
    """Nobody wants to know."""


def _runs(store: RunStore, runs: Sequence[str], progress: Progress) -> Iterator[Sequence[Any]]:
    rows = [store.row(run) for run in runs]
    metrics = dict.fromkeys(key for row in rows for key in row.metrics if key != "val_accuracy")
    settings = dict.fromkeys(key for row in rows for key in keys_of(row.recipe))
    yield [*_ROW, *metrics, *(f"recipe.{key}" for key in settings), "workbench", "torch"]
    for done, row in enumerate(rows, 1):
        plain = row.as_json() | {"steps": row.steps, "fingerprint": row.fingerprint, "tags": ", ".join(row.tags)}
        yield [
            *(plain[key] for key in _ROW),
            *(row.metrics.get(key) for key in metrics),
            *(_joined(setting(row.recipe, key)) for key in settings),
            row.versions.get("workbench"),
            row.versions.get("torch"),
        ]
        progress(done, len(rows))


def _epochs(store: RunStore, runs: Sequence[str], progress: Progress) -> Iterator[Sequence[Any]]:
    metrics = dict.fromkeys(key for run in runs for key in store.row(run).metrics)
    further = [key for key in metrics if key not in _EPOCH]
    yield ["run", *_EPOCH, *further]
    for done, run in enumerate(runs, 1):
        for epoch in store.epochs(run):
            yield [run, *(getattr(epoch, key) for key in _EPOCH), *(epoch.metrics.get(key) for key in further)]
        progress(done, len(runs))


def _steps(store: RunStore, runs: Sequence[str], progress: Progress) -> Iterator[Sequence[Any]]:
    yield ["run", *COLUMNS]
    for done, run in enumerate(runs, 1):
        for step, *rest in store.scalars(run).tolist():
            yield [run, int(step), *rest]
        progress(done, len(runs))


def _joined(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _safe(value: Any) -> str:
    """A cell. A text that a spreadsheet would take for a formula is led by an apostrophe: names and notes may come from
    anywhere (OWASP, "CSV injection")."""
    text = cell(None if isinstance(value, float) and value != value else value)
    return f"'{text}" if isinstance(value, str) and text[:1] in tuple("=+-@\t\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
