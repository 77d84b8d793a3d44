"""What every yardstick shares: rows, interleaved rounds, medians.

To add a yardstick, write ``tests/benchmarks/yardstick_<number>_<word>.py`` with

- a docstring whose first line says what is measured against what;
- ``measure(quick: bool) -> list[Row]``. Build each peer as a function that does the work once and returns its figure
  (seconds, or a rate), hand all of them to `interleave(peers, rounds(quick))`, and make rows of the lists it gives:
  `faster` where more is better and a floor must be reached, `slower_by` where a time must stay below a multiple of the
  baseline's, `at_most` for a limit that needs no baseline, `fact` for what is only told.

With `quick` everything runs in seconds, to see that it works; its figures mean nothing. Heavy imports and temporary
folders belong inside `measure`, since every yardstick is imported to list them. ``python -m tests.benchmarks NUMBER``
finds the module by its name and prints the rows; nothing is to be registered, and no test fails for being slow.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

ROUNDS = 5
QUICK_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result. `ratio` is value to baseline; `floor` the ratio (or value) it is held against.

    `holds` is None for what is only told.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    floor: float | None = None
    holds: bool | None = None


def rounds(quick: bool) -> int:
    """How often each peer takes its turn."""
    return QUICK_ROUNDS if quick else ROUNDS


def interleave(peers: Mapping[str, Callable[[], Any]], times: int) -> dict[str, list[Any]]:
    """Each peer's results over the rounds. In a round every peer has one turn, in turning order, so that whatever else
    the machine does meanwhile meets them alike."""
    names = list(peers)
    results: dict[str, list[Any]] = {name: [] for name in names}
    for turn in range(times):
        start = turn % max(1, len(names))
        for name in names[start:] + names[:start]:
            results[name].append(peers[name]())
    return results


def faster(name: str, ours: Sequence[float], theirs: Sequence[float], unit: str, floor: float | None) -> list[Row]:
    """Rates, more is better: the medians and their ratio, and the ratio in the worst round."""
    value, baseline = statistics.median(ours), statistics.median(theirs)
    ratio = _ratio(value, baseline)
    worst = min(_ratio(a, b) for a, b in zip(ours, theirs, strict=True))
    holds = None if floor is None else ratio >= floor
    return [Row(name, value, unit, baseline, ratio, floor, holds), Row(f"{name}: worst round", worst, "×")]


def slower_by(name: str, ours: Sequence[float], theirs: Sequence[float], unit: str, most: float) -> list[Row]:
    """Times, less is better: the median of the rounds' ratios must not be above `most`."""
    ratios = [_ratio(a, b) for a, b in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    row = Row(name, statistics.median(ours), unit, statistics.median(theirs), ratio, most, ratio <= most)
    return [row, Row(f"{name}: worst round", max(ratios), "×")]


def at_most(name: str, value: float, unit: str, limit: float) -> Row:
    """A figure with a limit of its own."""
    return Row(name, value, unit, None, None, limit, value <= limit)


def fact(name: str, value: float, unit: str, baseline: float | None = None) -> Row:
    """A figure that is only told."""
    return Row(name, value, unit, baseline, None if baseline is None else _ratio(value, baseline))


def _ratio(value: float, baseline: float) -> float:
    return value / baseline if baseline else math.inf


def machine() -> str:
    """Where the figures come from, in a line: they mean nothing without it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = []
    for package in ("torch", "numpy", "Pillow", "PySide6-Essentials"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {python}, {', '.join(versions)}"


def as_json(number: int, times: int, rows: Sequence[Row]) -> str:
    """The last line under ``--json``; what is not finite is written as null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    listed = [{key: plain(value) for key, value in asdict(row).items()} for row in rows]
    return json.dumps({"yardstick": number, "machine": machine(), "rounds": times, "rows": listed})
