"""One line of the table of runs, and rows of the database brought into types that can be relied on."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workbench.training.messages import EpochEnd
from workbench.training.packing import unpack_confusion

_YEAR_9999 = 253_402_300_799
"""Seconds since 1970 beyond which no calendar goes."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the table of runs.

    `state` is "running", "done", "stopped", "failed" or "interrupted" (its process died). `created` is seconds since
    1970, `epochs` and `steps` count what is done, `seconds` is the time trained. `recipe` and `overrides` (what was
    asked for on top of the project's recipe) are JSON values, `project` is the text of project.json, `message` says why
    a run failed.
    """

    id: str
    name: str
    created: float
    state: str
    recipe: Mapping[str, Any] = field(repr=False)
    overrides: Mapping[str, Any]
    versions: Mapping[str, str] = field(repr=False)
    project: str = field(repr=False)
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
        }


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
        project=str(row["project"]),
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
    )


def epoch_end(row: sqlite3.Row) -> EpochEnd:
    """Raises `ValueError` or `TypeError` for values that make no sense."""
    return EpochEnd(
        epoch=int(row["epoch"]),
        train_loss=float(row["train_loss"]),
        train_accuracy=float(row["train_accuracy"]),
        val_loss=_optional(row["val_loss"]),
        val_accuracy=_optional(row["val_accuracy"]),
        images_per_second=float(row["images_per_second"]),
        seconds=float(row["seconds"]),
        step=int(row["step"]),
        validation_seconds=float(row["validation_seconds"]),
        is_best=bool(row["is_best"]),
        confusion=None if row["confusion"] is None else unpack_confusion(row["confusion"]),
    )


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
