"""One line of the table of runs, and rows of the database brought into types that can be relied on."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workbench.training.messages import EpochEnd, Validated
from workbench.training.packing import unpack_confusion

_YEAR_9999 = 253_402_300_799
"""Seconds since 1970 beyond which no calendar goes."""
MOST_ENTRIES = 500
"""How many notices, and changes of threads, are kept of a run: a folder of broken files may tell one each."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the table of runs.

    `state` is "running", "done", "stopped", "failed" or "interrupted" (its process died). `created` is seconds since
    1970, `epochs` and `steps` count what is done, `seconds` is the time trained. `recipe` and `overrides` (what was
    asked for on top of the project's recipe) are JSON values, `message` says why a run failed.

    `name`, `tags`, `note` and `starred` are a person's; `deleted` is when it was thrown away (seconds since 1970), None
    while it was not. `series` names the search or the folds a run is part of, `fold` which of these (from 0).
    `metrics` are the figures of `best_epoch` by key ("val_loss", "val_f1"), of the newest while none is the best.
    """

    id: str
    name: str
    created: float
    state: str
    recipe: Mapping[str, Any] = field(repr=False)
    overrides: Mapping[str, Any]
    versions: Mapping[str, str] = field(repr=False)
    fingerprint: str
    device: str
    parameters: int
    train: int
    val: int
    best_val_accuracy: float | None
    epochs: int
    steps: int
    seconds: float
    message: str
    tags: tuple[str, ...] = ()
    note: str = field(default="", repr=False)
    starred: bool = False
    deleted: float | None = None
    series: str = ""
    fold: int | None = None
    best_epoch: int | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def title(self) -> str:
        """What people call it: its name, else "run 7"."""
        return self.name or self.id.replace("-", " ")

    def as_json(self) -> dict[str, Any]:
        """The row `workbench runs --json` prints."""
        return {
            "run": self.id,
            "name": self.name,
            "created": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.created)),
            "state": self.state,
            "epochs": self.epochs,
            "best_val_accuracy": self.best_val_accuracy,
            "parameters": self.parameters,
            "train": self.train,
            "val": self.val,
            "device": self.device,
            "seconds": round(self.seconds, 3),
            "recipe": dict(self.recipe),
            "overrides": dict(self.overrides),
            "message": self.message,
            "tags": list(self.tags),
            "note": self.note,
            "starred": self.starred,
            "series": self.series,
            "fold": self.fold,
            "best_epoch": self.best_epoch,
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What is read of a run only when it is looked at.

    `project` is the text of project.json as it was trained, `promise` what its exactness depends on, `threads` the
    changes of their number ({"step", "threads", "why"}), `notices` what was told while it trained ({"step", "code",
    "severity", "message"}, advice among it).
    """

    project: str = field(repr=False)
    promise: Mapping[str, str]
    threads: tuple[Mapping[str, Any], ...]
    notices: tuple[Mapping[str, Any], ...]


def run_row(row: sqlite3.Row) -> RunRow:
    """Raises `ValueError` or `TypeError` for values that make no sense."""
    return RunRow(
        id=f"run-{int(_within(row['number'], 1, 999_999_999))}",
        name=str(row["name"]),
        created=_within(row["created"], 0, _YEAR_9999),
        state=str(row["state"]),
        recipe=_table(row["recipe"]),
        overrides=_table(row["overrides"]),
        versions=_table(row["versions"]),
        fingerprint=str(row["fingerprint"]),
        device=str(row["device"]),
        parameters=int(row["parameters"]),
        train=int(row["train"]),
        val=int(row["val"]),
        best_val_accuracy=_optional(row["best_val_accuracy"]),
        epochs=int(row["epochs"]),
        steps=int(row["steps"]),
        seconds=_within(row["seconds"], 0, _YEAR_9999),
        message=str(row["message"]),
        tags=tuple(str(tag) for tag in _list(row["tags"])),
        note=str(row["note"]),
        starred=bool(row["starred"]),
        deleted=None if row["deleted"] is None else _within(row["deleted"], 0, _YEAR_9999),
        series=str(row["series"]),
        fold=None if row["fold"] is None else int(row["fold"]),
        best_epoch=None if row["best_epoch"] is None else int(row["best_epoch"]),
        metrics=_numbers(row["metrics"]),
    )


def run_details(row: sqlite3.Row) -> RunDetails:
    """Raises `ValueError` or `TypeError` for values that make no sense."""
    return RunDetails(
        project=str(row["project"]),
        promise=MappingProxyType({str(key): str(value) for key, value in _table(row["promise"]).items()}),
        threads=_tables(row["threads"]),
        notices=_tables(row["advice"]),
    )


def epoch_end(row: sqlite3.Row) -> EpochEnd:
    """Raises `ValueError` or `TypeError` for values that make no sense."""
    return EpochEnd(
        epoch=int(row["epoch"]),
        train_loss=float(row["train_loss"]),
        train_accuracy=_number(row["train_accuracy"]),
        val_loss=_optional(row["val_loss"]),
        val_accuracy=_optional(row["val_accuracy"]),
        images_per_second=float(row["images_per_second"]),
        seconds=float(row["seconds"]),
        step=int(row["step"]),
        validation_seconds=float(row["validation_seconds"]),
        is_best=bool(row["is_best"]),
        confusion=None if row["confusion"] is None else unpack_confusion(row["confusion"]),
        metrics=_numbers(row["metrics"]),
    )


def validated(row: sqlite3.Row) -> Validated:
    """Raises `ValueError` or `TypeError` for values that make no sense."""
    return Validated(
        epoch=int(row["epoch"]),
        step=int(row["step"]),
        loss=_number(row["loss"]),
        accuracy=_number(row["accuracy"]),
        metrics=_numbers(row["metrics"]),
    )


def numbers_as_text(numbers: Mapping[str, float]) -> str:
    """Figures by name as they are kept: JSON, null for what is not finite."""
    return json.dumps({key: value if math.isfinite(value) else None for key, value in numbers.items()})


def appended(text: str, entry: Mapping[str, Any]) -> str:
    """A kept list with one more entry; a list that is full stays as it is."""
    found = _list(text)
    return json.dumps([*found, entry], default=str) if len(found) < MOST_ENTRIES else text


def _list(text: Any) -> list[Any]:
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError("a list was expected")
    return found


def _tables(text: Any) -> tuple[Mapping[str, Any], ...]:
    found = _list(text)
    if not all(isinstance(entry, dict) for entry in found):
        raise ValueError("a list of tables was expected")
    return tuple(MappingProxyType(entry) for entry in found)


def _numbers(text: Any) -> Mapping[str, float]:
    return MappingProxyType({key: _number(value) for key, value in _table(text).items()})


def _number(value: Any) -> float:
    """A number; what was not finite was kept as nothing."""
    return math.nan if value is None else float(value)


def _table(text: Any) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a table was expected")
    return MappingProxyType(found)


def _within(value: Any, least: float, most: float) -> float:
    """A number that can be shown as what it is: a date, a time, the number of a run."""
    number = float(value)
    if not least <= number <= most:
        raise ValueError(f"{number} does not lie between {least} and {most}")
    return number


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
