"""The columns a table of runs may have: how each is called, what it sorts by, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from workbench.core.words import count, duration
from workbench.session.runs.recipe_words import figure_words, key_title, keys_of, metric_title, setting, value_words
from workbench.training.storing.run_rows import RunRow

STATES = {
    "running": "Running",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}

USUAL = ("starred", "name", "state", "accuracy", "metric.val_loss", "epochs", "recipe.optimizer.lr", "created", "tags")
"""Shown until a person chooses others."""


@dataclass(frozen=True, slots=True)
class Column:
    """`id` names it in settings and filters; `group` is its heading in the list of columns.

    `value` is what it sorts and filters by (None: nothing is known, sorted last), `words` what its cell says.
    """

    id: str
    title: str
    group: str
    value: Callable[[RunRow], Any]
    words: Callable[[RunRow], str]
    is_number: bool = False
    falls: bool = False  # the first click sorts the largest first

    def order(self, row: RunRow) -> tuple[int, Any]:
        """A key that any two rows can be compared by."""
        value = self.value(row)
        if value is None or value != value:
            return (2, "")
        if isinstance(value, bool | int | float):
            return (0, float(value))
        return (1, str(value).casefold())


def sorted_by(column: Column, rows: Iterable[RunRow], *, falling: bool) -> list[RunRow]:
    """The rows in the column's order; what is not known comes last either way, equal rows keep their order."""
    keyed = [(column.order(row), row) for row in rows]
    known = [pair for pair in keyed if pair[0][0] < 2]
    known.sort(key=_key, reverse=falling)
    return [row for _order, row in known] + [row for order, row in keyed if order[0] == 2]


def _key(pair: tuple[tuple[int, Any], RunRow]) -> tuple[int, Any]:
    return pair[0]


def when(moment: float) -> str:
    """ "today 14:05", else "3 May 14:05", with the year where it is not this one."""
    then, now = datetime.fromtimestamp(moment), datetime.now()
    clock = f"{then:%H:%M}"
    if then.date() == now.date():
        return f"today {clock}"
    year = "" if then.year == now.year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {clock}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f} %"


def _epochs(row: RunRow) -> str:
    planned = row.recipe.get("epochs")
    if not isinstance(planned, int) or planned <= row.epochs:
        return f"{row.epochs:,}"
    return f"{row.epochs:,} of {planned:,}"


def _speed(row: RunRow) -> float | None:
    """Samples a second over the whole run, validation and all."""
    return row.train * row.epochs / row.seconds if row.seconds > 0 and row.epochs else None


def _speed_words(row: RunRow) -> str:
    speed = _speed(row)
    return "" if speed is None else f"{speed:,.0f}"


def _whole(value: int | None, *, first: int = 0) -> str:
    return "" if value is None else f"{value + first:,}"


_RUN, _RESULTS = "Run", "Results"

FIXED: tuple[Column, ...] = (
    Column("starred", "Star", _RUN, lambda r: r.starred, lambda r: "Starred" if r.starred else "", falls=True),
    Column("name", "Run", _RUN, lambda r: r.title, lambda r: r.title),
    Column("number", "Number", _RUN, lambda r: int(r.id[4:]), lambda r: r.id[4:], True, True),
    Column("state", "State", _RUN, lambda r: r.state, lambda r: STATES.get(r.state, r.state)),
    Column("tags", "Tags", _RUN, lambda r: ", ".join(r.tags) or None, lambda r: ", ".join(r.tags)),
    Column("note", "Note", _RUN, lambda r: r.note or None, lambda r: " ".join(r.note.split())),
    Column("series", "Series", _RUN, lambda r: r.series or None, lambda r: r.series),
    Column("fold", "Fold", _RUN, lambda r: r.fold, lambda r: _whole(r.fold, first=1), True),
    Column("created", "Started", _RUN, lambda r: r.created, lambda r: when(r.created), True, True),
    Column("seconds", "Time", _RUN, lambda r: r.seconds, lambda r: duration(r.seconds), True, True),
    Column("epochs", "Epochs", _RUN, lambda r: r.epochs, _epochs, True, True),
    Column("steps", "Steps", _RUN, lambda r: r.steps, lambda r: f"{r.steps:,}", True, True),
    Column("device", "Ran on", _RUN, lambda r: r.device or None, lambda r: r.device),
    Column("speed", "Samples a second", _RUN, _speed, _speed_words, True, True),
    Column("torch", "torch", _RUN, lambda r: r.versions.get("torch"), lambda r: str(r.versions.get("torch", ""))),
    Column(
        "accuracy",
        "Best accuracy",
        _RESULTS,
        lambda r: r.best_val_accuracy,
        lambda r: percent(r.best_val_accuracy),
        True,
        True,
    ),
    Column("best_epoch", "Best epoch", _RESULTS, lambda r: r.best_epoch, lambda r: _whole(r.best_epoch), True),
    Column("parameters", "Parameters", "Network", lambda r: r.parameters, lambda r: f"{r.parameters:,}", True, True),
    Column("train", "Training samples", "Data", lambda r: r.train, lambda r: f"{r.train:,}", True, True),
    Column("val", "Validation samples", "Data", lambda r: r.val, lambda r: f"{r.val:,}", True, True),
    Column("data", "Data fingerprint", "Data", lambda r: r.fingerprint, lambda r: r.fingerprint[:12]),
)


def columns_of(rows: Iterable[RunRow]) -> Mapping[str, Column]:
    """Every column these runs can fill, by id: the fixed ones, then their metrics and the settings of their recipes."""
    metrics: dict[str, None] = {}
    settings: dict[str, None] = {}
    seen: set[str] = set()
    for row in rows:
        metrics.update(dict.fromkeys(row.metrics))
        shape = _shape(row.recipe)
        if shape not in seen:  # of a thousand runs of a search most have the same settings
            seen.add(shape)
            settings.update(dict.fromkeys(keys_of(row.recipe)))
    found = {column.id: column for column in FIXED}
    for key in metrics:
        found[f"metric.{key}"] = metric_column(key)
    for key in settings:
        found[f"recipe.{key}"] = recipe_column(key)
    return found


def metric_column(key: str) -> Column:
    """A figure of the best epoch."""
    return Column(
        f"metric.{key}",
        metric_title(key),
        "Results",
        partial(_metric, key),
        lambda row: figure_words(key, row.metrics.get(key)),
        True,
        not key.endswith("loss"),
    )


def recipe_column(key: str) -> Column:
    """A setting of the recipe."""
    return Column(
        f"recipe.{key}",
        key_title(key),
        "Recipe",
        partial(_setting, key),
        lambda row: "" if (value := setting(row.recipe, key)) is None else value_words(value, key),
        key not in ("optimizer", "schedule", "device", "watch", "precision", "layout", "initialisation", "decay"),
    )


def _metric(key: str, row: RunRow) -> float | None:
    return row.metrics.get(key)


def _setting(key: str, row: RunRow) -> Any:
    value = setting(row.recipe, key)
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _shape(recipe: Mapping[str, Any]) -> str:
    """Equal for recipes that have the same settings, whatever their values."""
    parts = []
    for key, value in recipe.items():
        parts.append(key)
        if isinstance(value, Mapping):
            params = value.get("params")
            parts.append(f"{value.get('id')}({','.join(params) if isinstance(params, Mapping) else ''})")
    return "|".join(parts)


def trained_words(row: RunRow) -> str:
    """How long a run was trained: "20 epochs in 1:05"."""
    return f"{count(row.epochs, 'epoch', 'epochs')} in {duration(row.seconds)}"


def in_short(row: RunRow) -> str:
    """A run in a line, for a screen reader and for tooltips: "run 7, done, 93.1 %, 20 epochs"."""
    parts = [row.title, STATES.get(row.state, row.state).lower(), percent(row.best_val_accuracy)]
    return ", ".join(part for part in (*parts, count(row.epochs, "epoch", "epochs")) if part)


def cell(value: Any) -> str:
    """A value of a column as plain text, for files: numbers as they are, not as people read them."""
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)
