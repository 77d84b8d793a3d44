"""Runs as TensorBoard event files: a folder a run, with its curves, its layers and its settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.core.files import explain
from workbench.session.runs.recipe_words import entries
from workbench.training.scalars import COLUMNS

if TYPE_CHECKING:
    from workbench.training.messages import EpochEnd
    from workbench.training.store import RunStore
    from workbench.training.storing.run_rows import RunRow

Progress = Callable[[int, int], None]

_STEP_TAGS = {
    "loss": "train/loss",
    "accuracy": "train/accuracy",
    "learning_rate": "train/learning_rate",
    "images_per_second": "speed/images_per_second",
    "gradient_norm": "train/gradient_norm",
}
_OFTEN = 2_000
"""Events between two tellings of the progress."""


def export_tensorboard(
    store: RunStore, runs: Sequence[str], folder: Path, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Write event files to `folder`/run-7/ for each of these runs; gives those folders.

    Curves of steps stand under "train/" and "speed/", those of epochs under "val/" and "epoch/" at the step the epoch
    ended with, layers under "layers/", the recipe in the table of hyperparameters. `progress(done, of)` counts events
    and may raise to cancel. Raises `Problem` where a run cannot be read, its folder holds event files already, or they
    cannot be written.
    """
    total = sum(_count(store, run) for run in runs)
    done, written = 0, []
    for run in runs:
        place = folder / run
        if place.is_dir() and any(place.glob("events.out.tfevents.*")):
            raise Problem.of(
                "runs.tensorboard",
                f"“{place}” holds event files already, and TensorBoard would draw both as one run. Choose another "
                "folder, or remove them.",
            )
        try:
            place.mkdir(parents=True, exist_ok=True)
            done = _written(store, run, place, progress, done, total)
        except OSError as error:
            raise Problem(explain(error, place)) from error
        written.append(place)
    return tuple(written)


def _written(store: RunStore, run: str, place: Path, progress: Progress | None, done: int, total: int) -> int:
    """One run's events; gives how many were written so far."""
    from tensorboardX.event_file_writer import EventsWriter
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.summary import scalar

    row, epochs = store.row(run), store.epochs(run)
    writer = EventsWriter(str(place / "events"), "")
    try:
        for summary in _settings(row):
            writer.write_event(Event(summary=summary, wall_time=row.created))
        for tag, step, value in _points(store, run, epochs):
            if math.isfinite(value):
                moment = row.created + row.seconds * min(step / max(row.steps, 1), 1.0)
                writer.write_event(Event(summary=scalar(tag, value), step=int(step), wall_time=moment))
            done += 1
            if progress is not None and done % _OFTEN == 0:
                progress(min(done, total), total)
    finally:
        writer.close()
    return done


def _points(store: RunStore, run: str, epochs: Sequence[EpochEnd]) -> Iterator[tuple[str, float, float]]:
    """(tag, step, value) of everything that is drawn."""
    columns = [(COLUMNS.index(name), tag) for name, tag in _STEP_TAGS.items() if name in COLUMNS]
    for row in store.scalars(run).tolist():
        for place, tag in columns:
            yield tag, row[0], row[place]
    for epoch in epochs:
        yield from ((tag, epoch.step, value) for tag, value in _figures(epoch))
    for found in store.validations(run):
        yield "val/asked/loss", found.step, found.loss
        yield "val/asked/accuracy", found.step, found.accuracy
    row, layers = store.row(run), store.layers(run)
    for key, value in row.metrics.items():
        yield f"best/{key}", row.steps, value
    for step, values in zip(layers.steps.tolist(), layers.values.tolist(), strict=True):
        for name, (gradient, weight, update) in zip(layers.names, values, strict=True):
            yield f"layers/{name}/gradient", step, gradient
            yield f"layers/{name}/weight", step, weight
            yield f"layers/{name}/update", step, update


def _figures(epoch: EpochEnd) -> Iterator[tuple[str, float]]:
    yield "epoch/train_loss", epoch.train_loss
    yield "epoch/train_accuracy", epoch.train_accuracy
    if epoch.val_loss is not None:
        yield "val/loss", epoch.val_loss
    if epoch.val_accuracy is not None:
        yield "val/accuracy", epoch.val_accuracy
    for key, value in epoch.metrics.items():
        split, _, name = key.partition("_")
        yield f"{split}/{name}" if split in ("val", "train") and name else f"epoch/{key}", value


def _count(store: RunStore, run: str) -> int:
    """About how many events a run has, for the progress."""
    row, layers = store.row(run), store.layers(run)
    return row.steps * len(_STEP_TAGS) + row.epochs * 4 + layers.values.size


def _settings(row: RunRow) -> Iterator[Any]:
    """The recipe and the best figures, for the tables of hyperparameters and texts."""
    from tensorboardX.summary import hparams, text

    given: dict[str, bool | str | float | int] = {}
    for entry in entries(row.recipe):
        given[entry.key] = entry.value if isinstance(entry.value, bool | int | float | str) else entry.words
    given["parameters"] = row.parameters
    figures = {f"best/{key}": value for key, value in row.metrics.items() if math.isfinite(value)}
    yield from hparams(given, figures)
    said = [row.title, *(f"tag: {tag}" for tag in row.tags), row.note, row.message]
    plain = "\n\n".join(part for part in said if part)
    yield text("run", plain.encode("utf-8", "replace").decode("utf-8"))
