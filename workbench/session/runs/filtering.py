"""A filter over runs, as a person types it: words, "tag:baseline", "accuracy>0.9", "lr<=1e-3", "-failed", "starred"."""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.session.runs.columns import STATES, Column, columns_of
from workbench.training.storing.run_rows import RunRow

Test = Callable[[RunRow], bool]

HINT = "Words, or what they are about: tag:baseline  state:failed  accuracy>0.9  lr<=1e-3  starred  -noisy"

_TERM = re.compile(r'-?(?:[\w.]+(?:<=|>=|!=|[:<>=]))?"[^"]*"|\S+')
_PARTS = re.compile(r"([A-Za-z_][\w.]*)(<=|>=|!=|[:<>=])(.*)", re.DOTALL)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
}
_SHORT = {
    "lr": "recipe.optimizer.lr",
    "optimizer": "recipe.optimizer",
    "schedule": "recipe.schedule",
    "batch": "recipe.batch_size",
    "seed": "recipe.seed",
    "acc": "accuracy",
    "tag": "tags",
    "run": "name",
    "time": "seconds",
    "loss": "metric.val_loss",
}
_AGES = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person asked for; `text` is how they said it. A run passes where every test does."""

    text: str
    tests: tuple[Test, ...]

    def __call__(self, row: RunRow) -> bool:
        return all(test(row) for test in self.tests)

    def of(self, rows: Iterable[RunRow]) -> tuple[RunRow, ...]:
        """The runs that pass, in their order."""
        return tuple(row for row in rows if self(row))


def read(text: str, columns: Mapping[str, Column] | None = None) -> Filter:
    """The filter a text asks for; an empty one lets all pass. `columns` are those that may be named.

    Raises `Problem` where a column does not exist or a number was expected, with what may be said instead.
    """
    known = columns if columns is not None else columns_of(())
    return Filter(text, tuple(_test(term, known) for term in _TERM.findall(text)))


def _test(term: str, columns: Mapping[str, Column]) -> Test:
    plain = term.lstrip("-")
    if not plain:
        return _word(term)
    test = _positive(plain, columns)
    return test if (len(term) - len(plain)) % 2 == 0 else lambda row: not test(row)


def _positive(term: str, columns: Mapping[str, Column]) -> Test:
    parts = _PARTS.fullmatch(term)
    if parts is None:
        return _word(term.strip('"').casefold())
    name, compare, value = parts[1].casefold(), parts[2], parts[3].strip('"')
    if name in ("age", "since"):
        return _age(compare, value)
    return _about(_column(name, columns), name, compare, value)


def _word(word: str) -> Test:
    if word in ("starred", "star", "★"):
        return lambda row: row.starred
    if word in STATES:
        return lambda row: row.state == word
    return lambda row: any(word in text.casefold() for text in (row.title, row.id, row.note, row.series, *row.tags))


def _about(column: Column, name: str, compare: str, value: str) -> Test:
    wanted = _number(value)
    if compare in ("<", "<=", ">", ">=") or (wanted is not None and column.is_number):
        if wanted is None:
            raise Problem.of(
                "runs.filter",
                f"“{name}{compare}{value}” compares with a number, and “{value}” is none. Write {name}{compare}0.5, or "
                f"{name}:{value or 'word'} for words.",
            )
        number, test = wanted, _COMPARE[compare]
        return lambda row: _compared(column.value(row), number, test)
    word = value.casefold()
    if compare in ("=", "!="):
        return lambda row: (word in _all_words(column, row)) == (compare == "=")
    return lambda row: any(word in said for said in _all_words(column, row))


def _all_words(column: Column, row: RunRow) -> tuple[str, ...]:
    if column.id == "tags":
        return tuple(tag.casefold() for tag in row.tags)
    value = column.value(row)
    return (str("" if value is None else value).casefold(), column.words(row).casefold())


def _compared(value: Any, wanted: float, test: Callable[[float, float], bool]) -> bool:
    if isinstance(value, bool | int | float):
        return value == value and test(float(value), wanted)
    return False


def _number(text: str) -> float | None:
    """A number as people write it: "0.9", "90%", "1e-3"."""
    plain = text.strip().replace(",", "")
    share = plain.endswith("%")
    try:
        value = float(plain.rstrip("% "))
    except ValueError:
        return None
    return value / 100 if share else value


def _age(compare: str, value: str) -> Test:
    """ "age<2d": begun within the last two days."""
    unit = _AGES.get(value[-1:].casefold())
    wanted = _number(value[:-1]) if unit is not None else None
    if wanted is None or unit is None or compare not in ("<", "<=", ">", ">="):
        raise Problem.of(
            "runs.filter", f"“age{compare}{value}” is no age. Write age<2d, or with m, h and w for other units."
        )
    limit, test = wanted * unit, _COMPARE[compare]
    return lambda row: test(time.time() - row.created, limit)


def _column(name: str, columns: Mapping[str, Column]) -> Column:
    """The column a person means: by its id, a usual short form, or the end of its id that only one has."""
    by_id = {identity.casefold(): column for identity, column in columns.items()}
    for wanted in (_SHORT.get(name, name), name, f"metric.{name}", f"metric.val_{name}", f"recipe.{name}"):
        if wanted in by_id:
            return by_id[wanted]
    ending = [column for identity, column in by_id.items() if identity.endswith(f".{name}")]
    if len(ending) == 1:
        return ending[0]
    known = ", ".join(sorted(identity.rpartition(".")[2] for identity in by_id))
    raise Problem.of("runs.filter", f"No column is called “{name}”. There are: {known}, age and starred.")
