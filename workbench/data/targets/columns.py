"""Columns of the table or list that samples come from, cell by cell."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.crew import cancellation
from workbench.data.index import Index
from workbench.data.kinds.row_scan import target_of
from workbench.data.kinds.tables import Layout, Row, layout_of, open_table, rows_of
from workbench.data.scanning.lists import is_list_name, list_in, paths_in
from workbench.document.project import DataSettings

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Cells:
    """One column for every sample: `codes` int32 into the different `cells`, -1 for a sample that has no row."""

    name: str
    codes: npt.NDArray[np.int32]
    cells: tuple[bytes, ...]
    decimal_comma: bool = False


class Columns:
    """The columns of the CSV files that an index was made of; each is read once. Safe to use from several threads."""

    def __init__(self, index: Index, places: Sequence[Path]) -> None:
        """`places` are the sources of the index, in order."""
        self._index = index
        self._places = tuple(places)
        self._known: dict[str, Cells] = {}
        self._guard = threading.Lock()

    def label_column(self, settings: DataSettings) -> str:
        """The name of the column the samples' labels stand in. Raises `Problem` where there is none."""
        return self._opened(settings, 0).label

    def other_names(self, settings: DataSettings) -> tuple[str, ...]:
        """The columns that are neither the files, nor the label, nor the split."""
        return self._opened(settings, 0).others

    def read(
        self, names: Sequence[str], settings: DataSettings, cancelled: Callable[[], bool] | None = None
    ) -> tuple[Cells, ...]:
        """These columns. Raises `Problem` for one that is not there ("data.columns"), for samples that come from no
        table or list ("data.targets"), and "data.cancelled"."""
        with self._guard:
            missing = [name for name in dict.fromkeys(names) if name not in self._known]
            if missing:
                self._known.update({cells.name: cells for cells in self._read(missing, settings, cancelled)})
            return tuple(self._known[name] for name in names)

    def _read(
        self, names: Sequence[str], settings: DataSettings, cancelled: Callable[[], bool] | None
    ) -> Iterator[Cells]:
        index = self._index
        codes = np.full((len(names), len(index)), -1, np.int32)
        lookups: list[dict[bytes, int]] = [{} for _ in names]
        comma = False
        for number in range(len(self._places)):
            source = self._opened(settings, number)
            comma = comma or source.layout.decimal_comma
            columns = [_place(source, name) for name in names]
            for paths, rows in _some(source.rows()):
                if cancelled is not None and cancelled():
                    raise cancellation("Reading the columns")
                samples = self._samples(number, paths)
                for k, column in enumerate(columns):
                    lookup = lookups[k]
                    found = np.array([lookup.setdefault(row.cells[column], len(lookup)) for row in rows], np.int32)
                    fresh = (samples >= 0) & (codes[k, samples] < 0)  # the first row that names a sample counts
                    codes[k, samples[fresh][::-1]] = found[fresh][::-1]
        for name, row, lookup in zip(names, codes, lookups, strict=True):
            yield Cells(name, row, tuple(lookup), comma)

    def _samples(self, number: int, paths: Sequence[str]) -> npt.NDArray[np.int64]:
        """The samples that rows name, -1 for none; those of later sources go by another beginning."""
        find = self._index.paths.find_all
        if len(self._places) == 1:
            return find(paths)
        named = find([f"@{number + 1}/{path}" for path in paths])
        return np.where(named >= 0, named, find(paths)) if number == 0 else named

    def _opened(self, settings: DataSettings, number: int) -> _Source:
        place = self._places[number] if number < len(self._places) else Path()
        if not (os.path.isfile(place) and is_list_name(place)):
            raise Problem.of(
                "data.targets",
                f"The samples of “{place.name or self._index.root.name}” come from no table or list, so there are no "
                "columns to take values from. Choose a CSV file that names the samples and has these columns.",
                param="source",
            )
        if self._index.kind == "table" or (self._index.kind == "text" and self._index.offsets is not None):
            layout = layout_of(place)
            label = target_of(layout, settings)
            others = tuple(name for name in layout.names if name != label)
            return _Source(place, layout, label, others, lambda row: f"{place.name}#{row.number}")
        from workbench.data.kinds import KINDS

        listed = list_in(place, settings, frozenset[str]().union(*(kind.extensions for kind in KINDS.values())))
        if listed is None:
            raise Problem.of("data.columns", f"The list “{place.name}” names no files any more. Read the data again.")
        names = listed.layout.names
        used = {listed.file, listed.label, listed.split}
        others = tuple(name for k, name in enumerate(names) if k not in used)
        return _Source(place, listed.layout, names[listed.label], others, paths_in(listed))


@dataclass(frozen=True, slots=True)
class _Source:
    """A CSV file, its columns, and how a row names its sample."""

    path: Path
    layout: Layout
    label: str
    others: tuple[str, ...]
    named: Callable[[Row], str]

    def rows(self) -> Iterator[tuple[str, Row]]:
        with open_table(self.path) as file:
            for row in rows_of(file, self.layout):
                if not row.refused:
                    yield self.named(row), row


def _some(rows: Iterator[tuple[str, Row]]) -> Iterator[tuple[list[str], list[Row]]]:
    """Rows by some thousands."""
    paths: list[str] = []
    chunk: list[Row] = []
    for path, row in rows:
        paths.append(path)
        chunk.append(row)
        if len(chunk) == _AT_ONCE:
            yield paths, chunk
            paths, chunk = [], []
    if chunk:
        yield paths, chunk


def _place(source: _Source, name: str) -> int:
    place = source.layout.column(name)
    if place is None:
        shown = ", ".join(source.layout.names[:20])
        raise Problem.of(
            "data.columns",
            f"“{source.path.name}” has no column “{name}”, which an output is to be held against. Its columns are: "
            f"{shown}.",
            param="columns",
        )
    return place
