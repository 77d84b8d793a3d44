"""Tables: the rows of a CSV, their cells as numbers that are scaled by what the training rows hold.

a column of numbers     (value - mean) / deviation; a missing value is 0 (the mean), and where the file has missing
                        values in the column, a second number says so: 1 where it is missing, else 0
a column of categories  one number for each category: 1 for the one it is, 0 for all others; all 0 where it is
                        missing or none of those in the file
all others              left out, with the reason: the same value in every row, numbers of rows, too many words
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import count
from workbench.data.bad import Bad
from workbench.data.crew import Progress
from workbench.data.feed import Asked, Feed, Preparation
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.kinds.columns import MISSING, MOST_CATEGORIES, Column, load_columns, number_in
from workbench.data.kinds.kind import check_layer
from workbench.data.kinds.row_scan import target_of
from workbench.data.kinds.tables import Layout, cells_of, layout_of, text_of_cell
from workbench.data.kinds.unusable import UnreadableFile
from workbench.data.scanning.headers import Header
from workbench.data.unreadable import UnreadablePicture
from workbench.document.project import DataSettings

Raw = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MOST_WORDS_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Measured:
    """A column as it is prepared: `mean` and `std` of a number, `missing` if it has an indicator, or categories."""

    name: str
    use: str
    mean: float = 0.0
    std: float = 1.0
    missing: bool = False
    categories: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many features it becomes."""
        return len(self.categories) if self.use == "category" else 1 + self.missing

    @property
    def value(self) -> dict[str, Any]:
        if self.use == "category":
            return {"name": self.name, "use": self.use, "categories": list(self.categories)}
        return {"name": self.name, "use": self.use, "mean": self.mean, "std": self.std, "missing": self.missing}


@dataclass(frozen=True, slots=True)
class TablePreparation:
    """Rows as features. A raw row is float64, one for each column: its number (NaN: missing) or category (-1: none)."""

    columns: tuple[Measured, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> Mapping[str, Any]:
        return {
            "columns": [column.value for column in self.columns],
            "left_out": [{"name": name, "why": why} for name, why in self.left_out],
        }

    @property
    def features(self) -> int:
        return sum(column.width for column in self.columns)

    @property
    def names(self) -> list[str]:
        """What each feature is: "petal length", "colour = red", "age is missing"."""
        names: list[str] = []
        for column in self.columns:
            if column.use == "category":
                names.extend(f"{column.name} = {category}" for category in column.categories)
            else:
                names.extend((column.name, f"{column.name} is missing")[: column.width])
        return names

    def apply(self, raw: Raw) -> npt.NDArray[np.float32]:
        features = np.zeros((len(raw), self.features), np.float32)
        at = 0
        for k, column in enumerate(self.columns):
            values = raw[:, k]
            if column.use == "category":
                known = np.flatnonzero(values >= 0)
                features[known, at + values[known].astype(np.int64)] = 1
            else:
                there = ~np.isnan(values)
                features[there, at] = (values[there] - column.mean) / column.std
                if column.missing:
                    features[~there, at + 1] = 1
            at += column.width
        return features

    def sample(self, given: Mapping[str, Any]) -> Raw:
        """A row as column names and values (numbers or text); what is not given is missing."""
        known = {str(name).strip().casefold(): value for name, value in given.items()}
        if not any(column.name.casefold() in known for column in self.columns):
            raise Problem.of(
                "data.columns",
                f"None of the columns is given. They are: {', '.join(column.name for column in self.columns[:20])}.",
            )
        row = np.empty(len(self.columns), np.float64)
        for k, column in enumerate(self.columns):
            row[k] = _cell(column, known.get(column.name.casefold()))
        return row


class TableFeed:
    """Rows from memory: eight bytes a number, two a category."""

    def __init__(self, index: Index, loaded: tuple[Column, ...], preparation: TablePreparation) -> None:
        self.index = index
        self.loaded = loaded
        self.on_bad: Callable[[Bad], None] | None = None
        self._columns = [_coded(column, loaded) for column in preparation.columns]
        self._closed = False

    @property
    def bad(self) -> tuple[Bad, ...]:
        return ()

    def begin(self, indices: Indices) -> Indices:
        return indices

    def finish(self, pending: Indices, stopped: threading.Event | None = None) -> tuple[Raw, Indices] | None:
        if self._closed:
            raise Problem.of("data.closed", "The data were closed while they were in use. Open them again.")
        raw = np.empty((len(pending), len(self._columns)), np.float64)
        for k, (values, places) in enumerate(self._columns):
            raw[:, k] = values[pending] if places is None else places[values[pending]]
        return raw, pending

    def one(self, i: int) -> Raw:
        return np.array(
            [values[i] if places is None else places[values[i]] for values, places in self._columns], np.float64
        )

    def close(self) -> None:
        self._closed = True


class TableKind:
    id = "table"
    title = "Tables"
    one = "row"
    extensions: frozenset[str] = frozenset()
    layers: tuple[str, ...] = ("numbers",)

    def header(self, path: str | Path) -> Header:
        raise UnreadableFile("A table is one CSV file, not a file for each sample.")

    def open(
        self,
        asked: Asked,
        *,
        feed: Feed | None = None,
        values: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Feed, Preparation]:
        check_layer(self, asked.input)
        kept = None if values is None else self.restored(asked.input, asked.settings, values)
        loaded = feed.loaded if isinstance(feed, TableFeed) and _holds(feed.loaded, kept) else None
        if loaded is None:
            layout = layout_of(asked.index.file(0))
            target = target_of(layout, asked.settings)
            uses: dict[str, str] = dict(asked.settings.columns)
            names: list[str] | None = None
            if asked.apart:
                apart = {target.casefold(), *(name.casefold() for name in asked.apart)}
                names = [name for name in layout.names if name.casefold() not in apart]
            if kept is not None:
                uses, names = {c.name: c.use for c in kept.columns}, [c.name for c in kept.columns]
            loaded = load_columns(asked.index, uses, target, names=names, progress=progress, cancelled=cancelled)
            _tell(asked, loaded)
        preparation = kept or measured(asked, loaded)
        return TableFeed(asked.index, loaded, preparation), preparation

    def restored(self, asked: Input, settings: DataSettings, values: Mapping[str, Any]) -> TablePreparation:
        check_layer(self, asked)
        columns = values.get("columns")
        if not isinstance(columns, (list, tuple)) or not columns:
            raise _damaged()
        return TablePreparation(tuple(_restored(column) for column in columns))

    def words(self, index: Index, i: int) -> str:
        shown = ", ".join(f"{name} {value}" for name, value in row_of(index, i))
        return shown if len(shown) <= MOST_WORDS_SHOWN else f"{shown[: MOST_WORDS_SHOWN - 1].rstrip()}…"

    def preview(self, index: Index, i: int, edge: int) -> npt.NDArray[np.uint8] | None:
        return None

    def asks_of_input(self, preparation: Preparation) -> Mapping[str, Any]:
        return {"features": preparation.features} if isinstance(preparation, TablePreparation) else {}


TABLE = TableKind()


def row_of(index: Index, i: int) -> list[tuple[str, str]]:
    """The columns of a sample's row that are not empty, with what stands in them. Raises `UnreadablePicture`."""
    try:
        data = index.read(i)
    except UnreadablePicture as refused:
        raise UnreadableFile(refused.reason, index.path(i)) from refused
    layout = _layout(str(index.file(i)), int(index.mtimes[i]))
    cells = cells_of(data.rstrip(b"\r\n"), layout.delimiter) or []
    return [(name, text_of_cell(cell)) for name, cell in zip(layout.names, cells, strict=False) if cell.strip()]


@lru_cache(maxsize=8)
def _layout(path: str, _mtime_ns: int) -> Layout:
    return layout_of(path)


def measured(asked: Asked, loaded: Sequence[Column]) -> TablePreparation:
    """How these columns are made features of, measured on the training rows. Raises `Problem` where none can be
    used."""
    used = [column for column in loaded if column.use != "leave_out"]
    left_out = tuple((column.name, column.why) for column in loaded if column.use == "leave_out")
    if not used:
        reasons = " ".join(f"“{name}”: {why}" for name, why in left_out[:5])
        raise Problem.of("data.columns", f"No column of the table can be used. {reasons}", param="columns")
    rows, how = asked.train, asked.settings.normalise
    return TablePreparation(tuple(_measured_column(column, rows, how) for column in used), left_out)


def _measured_column(column: Column, rows: Indices, how: str) -> Measured:
    if column.numbers is None:
        return Measured(column.name, "category", categories=column.categories)
    missing = bool(np.isnan(column.numbers).any())
    known = column.numbers[rows]
    known = known[~np.isnan(known)]
    centre, scale = 0.0, 1.0
    if len(known):
        low, high = float(known.min()), float(known.max())
        if how == "measured":
            largest = max(abs(low), abs(high), 1e-300)
            centre, scale = float(known.mean()), float((known / largest).std()) * largest
        elif how == "unit":
            centre, scale = low, high - low
        else:
            centre, scale = low / 2 + high / 2, high / 2 - low / 2
    if not (math.isfinite(scale) and scale > 1e-12 * max(1.0, abs(centre)) and math.isfinite(centre)):
        scale = 1.0  # the training rows are all alike
    return Measured(column.name, "number", centre if math.isfinite(centre) else 0.0, scale, missing)


def _coded(column: Measured, loaded: Sequence[Column]) -> tuple[npt.NDArray[Any], Raw | None]:
    """A loaded column, and for a category the place of each of the file's categories among the prepared ones."""
    found = next(c for c in loaded if c.name == column.name)
    if column.use == "number":
        assert found.numbers is not None
        return found.numbers, None
    assert found.codes is not None
    place = {category: k for k, category in enumerate(column.categories)}
    places = np.array([*(place.get(category, -1) for category in found.categories), -1], np.float64)
    return found.codes, places  # the last place is what code -1 reads


def _holds(loaded: Sequence[Column], kept: TablePreparation | None) -> bool:
    """Whether the columns in memory are those a kept preparation needs, taken for the same."""
    if kept is None:
        return True
    uses = {column.name: column.use for column in loaded}
    return all(uses.get(column.name) == column.use for column in kept.columns)


def _tell(asked: Asked, loaded: Sequence[Column]) -> None:
    """What is odd about the columns, as warnings."""
    if asked.notice is None:
        return
    known = {column.name for column in loaded}
    for name in asked.settings.columns:
        if name not in known:
            text = f"The table has no column “{name}” any more; what was chosen for it is not used."
            asked.notice(Diagnostic("data.columns", text, Severity.WARNING, param="columns"))
    for column in loaded:
        if column.use == "number" and column.unusual:
            text = (
                f"{count(column.unusual, 'cell')} of the column “{column.name}” "
                f"{'is' if column.unusual == 1 else 'are'} infinite or no number, and count as missing."
            )
            asked.notice(Diagnostic("data.columns", text, Severity.WARNING, param="columns"))


def _cell(column: Measured, value: object) -> float:
    """One value as in a raw row."""
    if column.use == "category":
        name = "" if value is None else str(value).strip()
        return float(column.categories.index(name)) if name in column.categories else -1.0
    if value is None:
        return math.nan
    if isinstance(value, (int, float)):
        return float(value) if math.isfinite(value) else math.nan
    text = str(value).strip()
    if text.lower().encode() in MISSING:
        return math.nan
    parsed = number_in(text.encode("utf-8", "replace"))
    if parsed is None:
        raise Problem.of("data.columns", f"“{text[:40]}” is no number, and the column “{column.name}” holds numbers.")
    return parsed if math.isfinite(parsed) else math.nan


def _restored(value: object) -> Measured:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise _damaged()
    if value.get("use") == "category":
        categories = value.get("categories")
        if not isinstance(categories, (list, tuple)) or not 0 < len(categories) <= MOST_CATEGORIES:
            raise _damaged()
        if not all(isinstance(category, str) for category in categories):
            raise _damaged()
        return Measured(value["name"], "category", categories=tuple(categories))
    mean, std, missing = value.get("mean"), value.get("std"), value.get("missing")
    if value.get("use") != "number" or not _is_finite(mean) or not _is_finite(std) or not isinstance(missing, bool):
        raise _damaged()
    if std <= 0:  # type: ignore[operator]
        raise _damaged()
    return Measured(value["name"], "number", float(mean), float(std), missing)  # type: ignore[arg-type]


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _damaged() -> Problem:
    return Problem.of(
        "data.preparation",
        "The columns kept with this run are damaged, so rows cannot be prepared as in training. Train again.",
    )
