"""What a search may try for one setting: a range of numbers or a list of values, as words and as JSON data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.document.graph import Value

MOST_VALUES = 64
"""Most values of a list, and most points of a range in a grid."""

POINTS = 4
"""Into how many points a grid divides a range where nobody says."""

_RANGE = re.compile(r"\s*(?P<low>[^\s,:]+?)\s*\.\.\s*(?P<high>[^\s,:]+?)\s*(?P<rest>(:[^:]*)*)\Z")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; `log` takes as many from 0.001 to 0.01 as from 0.01 to 0.1.

    `step` leaves only low, low + step and so on (0: any number, or any whole one where the setting is whole), `points`
    is into how many a grid divides it (0: as it likes).
    """

    low: float
    high: float
    log: bool = False
    step: float = 0.0
    points: int = 0

    @property
    def words(self) -> str:
        """As it is typed: "0.0001..0.1:log"."""
        text = f"{plain(self.low)}..{plain(self.high)}"
        text += ":log" if self.log else ""
        text += f":step={plain(self.step)}" if self.step else ""
        return text + (f":points={self.points}" if self.points else "")


@dataclass(frozen=True, slots=True)
class Values:
    """One of these, and nothing between them."""

    values: tuple[Value, ...]

    @property
    def words(self) -> str:
        """As it is typed: "16, 32, 64"."""
        return ", ".join(spelled(value) for value in self.values)


Wanted = Range | Values


def plain(value: float) -> str:
    """A number as short as it can be typed without losing any of it: "16", "0.001", "1e-05"."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.6g}"
    return text if float(text) == value else repr(float(value))


def tidy(value: float, wanted: Range) -> float:
    """A number of a range with four significant digits, which is finer than training can tell; within the range."""
    return min(max(float(f"{value:.4g}"), wanted.low), wanted.high)


def spelled(value: Value) -> str:
    """A value as a word: "16", "3x3", "adam", "on", "off" and "none". No two different values are spelled alike."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return plain(value)
    if isinstance(value, tuple):
        return "x".join(spelled(part) for part in value)
    return value


def read_range(text: str) -> Range | None:
    """The range a person typed ("1e-4..1e-1:log"); None where there are no two dots, so that it is a list of values.

    Raises `Problem` for a range that cannot be.
    """
    found = _RANGE.match(text)
    if found is None:
        return None
    low, high = _number(found["low"], text), _number(found["high"], text)
    log, step, points = False, 0.0, 0
    for part in filter(None, (piece.strip() for piece in found["rest"].split(":"))):
        name, _equals, value = part.partition("=")
        if part == "log":
            log = True
        elif name == "step":
            step = _number(value, text)
        elif name == "points" and value.isascii() and value.isdecimal():
            points = int(value)
        else:
            raise _wrong(text, f"“{part[:40]}” is no part of a range")
    return checked(Range(low, high, log, step, points))


def checked(wanted: Range) -> Range:
    """The range itself. Raises `Problem` where it holds nothing, or no logarithm can be taken."""
    text = wanted.words
    if not wanted.low < wanted.high:
        raise _wrong(text, f"{plain(wanted.high)} is not above {plain(wanted.low)}")
    if wanted.log and wanted.low <= 0:
        raise _wrong(text, f"a logarithmic range begins above 0, not at {plain(wanted.low)}")
    if wanted.step < 0 or wanted.step > wanted.high - wanted.low:
        raise _wrong(text, f"a step of {plain(wanted.step)} does not fit into it")
    if wanted.log and wanted.step:
        raise _wrong(text, "a logarithmic range has no equal steps")
    if wanted.points and not 2 <= wanted.points <= MOST_VALUES:
        raise _wrong(text, f"a grid divides a range into 2 to {MOST_VALUES} points, not {number(wanted.points)}")
    return wanted


def grid(wanted: Wanted, whole: bool) -> tuple[Value, ...]:
    """The points of a grid: all values, or `points` of a range at equal distances (equal ratios where it is `log`)."""
    if isinstance(wanted, Values):
        return wanted.values
    if wanted.step:
        count = math.floor((wanted.high - wanted.low) / wanted.step + 1e-9) + 1
        found = [wanted.low + i * wanted.step for i in range(min(count, MOST_VALUES))]
    else:
        count = wanted.points or POINTS
        shares = [i / (count - 1) for i in range(count)]
        low, high = wanted.low, wanted.high
        if wanted.log:
            found = [float(f"{low * (high / low) ** share:.4g}") for share in shares]
        else:
            found = [float(f"{low + (high - low) * share:.6g}") for share in shares]
        found[0], found[-1] = low, high  # rounding must not leave the range
    return tuple(dict.fromkeys(round(v) if whole else v for v in found))


def to_json(wanted: Wanted) -> dict[str, Any]:
    """Plain JSON values; tuples become lists."""
    if isinstance(wanted, Values):
        return {"values": [list(v) if isinstance(v, tuple) else v for v in wanted.values]}
    parts = {"low": wanted.low, "high": wanted.high, "log": wanted.log, "step": wanted.step, "points": wanted.points}
    return {name: value for name, value in parts.items() if value or name in ("low", "high")}


def from_json(data: Any) -> Wanted:
    """What `to_json` gave; raises `ValueError`, `TypeError` or `Problem` for anything else."""
    if not isinstance(data, Mapping):
        raise TypeError("a range is a table")
    if "values" in data:
        values = data["values"]
        if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
            raise ValueError("a list of values is too long, or none")
        return Values(tuple(_value(v) for v in values))
    low, high, step = (float(data.get(name, 0.0)) for name in ("low", "high", "step"))
    if not all(map(math.isfinite, (low, high, step))):
        raise ValueError("a range has finite ends")
    return checked(Range(low, high, bool(data.get("log", False)), step, int(data.get("points", 0))))


def _value(value: Any) -> Value:
    if isinstance(value, list):
        if not all(isinstance(v, int | float | str) for v in value):
            raise TypeError("a list within a list of values holds numbers and words")
        return tuple(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__name__} is no value")


def _number(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong(whole, f"“{text[:40]}” is no number")
    return value


def _wrong(text: str, reason: str) -> Problem:
    return Problem.of(
        "search.range",
        f"“{text[:80]}” is no range to search: {reason}. Write it as 1e-4..1e-1:log, 16..64:step=16 or 0.1..0.5.",
    )
