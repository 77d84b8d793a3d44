"""The cells of a table as numbers, column by column: what a column holds, and what it is best taken for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import count, number
from workbench.data.crew import Progress, cancellation
from workbench.data.index import Index
from workbench.data.kinds.tables import Layout, Row, layout_of, open_table, rows_of, text_of_cell

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]

MOST_CATEGORIES = 100
"""A column of words with more different ones is left out: a number for each would drown the others."""

MISSING = frozenset({b"", b"na", b"n/a", b"nan", b"null", b"none", b"?"})
"""What stands for a value that is not there, in small letters."""

_AT_ONCE = 2048
_FEWEST_NUMBERED = 20
_NAMES_OF_IDS = frozenset({"id", "index", "no", "nr", "row", "key", "uuid", "guid"})
_STRICT = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of all rows. `use` is "number", "category" or "leave_out", and `why` a sentence for the last.

    A number is float64, NaN where it is missing; a category an int16 into `categories`, -1 where it is missing.
    """

    name: str
    use: str
    why: str = ""
    numbers: Floats | None = None
    codes: Codes | None = None
    categories: tuple[str, ...] = ()
    unusual: int = 0
    """Cells that were infinite or, in a column of numbers, words; they count as missing."""


def load_columns(
    index: Index,
    uses: Mapping[str, str],
    target: str,
    *,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Column, ...]:
    """The columns of a table's samples, in order of the index, without the target.

    `uses` says what a column is taken for where a person decided. `names` are the only columns wanted, whatever the
    file's order. Raises `Problem` for a column that is not there, a file that has changed since the scan, and
    "data.cancelled".
    """
    files = _by_file(index)
    first = layout_of(index.file(int(files[0][0]))) if files else None
    wanted = list(names) if names is not None else _others(first, target)
    gathering = [Gathering(name, len(index)) for name in wanted]
    done = 0
    for rows in files:
        path = index.file(int(rows[0]))
        layout = layout_of(path)
        places = [_place(path, layout, name) for name in wanted]
        with open_table(path) as file:
            _check_unchanged(file, path, index, int(rows[0]))
            found = _wanted_rows(file, layout, index, rows)
            while chunk := list(islice(found, _AT_ONCE)):
                if cancelled is not None and cancelled():
                    raise cancellation("Reading the table")
                samples = np.array([sample for sample, _row in chunk], np.int64)
                by_column = list(zip(*(row.cells for _sample, row in chunk), strict=True))
                for gathered, place in zip(gathering, places, strict=True):
                    gathered.add(samples, by_column[place], layout.decimal_comma)
                done += len(chunk)
                if progress is not None:
                    progress(done, len(index))
    return tuple(gathered.column(uses.get(gathered.name, ""), len(wanted)) for gathered in gathering)


def number_in(cell: bytes, decimal_comma: bool = False) -> float | None:
    """A cell as a number: NaN where it says that it is missing, None where it is none."""
    bare = cell.strip()
    if bare.lower() in MISSING:
        return float("nan")
    if decimal_comma and b"." not in bare:
        bare = bare.replace(b",", b".")
    return float(bare) if _STRICT.fullmatch(bare) else None


class Gathering:
    """A column while it is read: as numbers and, as long as there are few different ones, as words too."""

    def __init__(self, name: str, rows: int) -> None:
        self.name = name
        self._numbers = np.full(rows, np.nan, np.float64)
        self._codes: Codes | None = np.full(rows, -1, np.int16)
        self._lookup: dict[bytes, int] = {}
        self._words = 0
        self._infinite = 0
        self._example = ""

    def add(self, samples: npt.NDArray[np.int64], cells: Sequence[bytes], decimal_comma: bool) -> None:
        self._numbers[samples] = self._as_numbers(cells, decimal_comma)
        if self._codes is None:
            return
        lookup = self._lookup
        codes = [lookup[cell] if cell in lookup else self._code(cell) for cell in cells]
        if len(lookup) > 2 * MOST_CATEGORIES:  # with spaces around them, and the ways to say missing
            self._codes = None
        else:
            self._codes[samples] = codes

    def column(self, use: str, columns: int) -> Column:
        """What was read, for the `use` a person chose or ("") for what suits it."""
        categories, codes = self._categories()
        why = ""
        if not use:
            use, why = self._suits(categories, columns)
        if use == "number":
            return Column(self.name, use, numbers=self._numbers, unusual=self._words + self._infinite)
        if use == "category":
            if codes is None:
                raise Problem.of(
                    "data.columns",
                    f"The column “{self.name}” has more than {MOST_CATEGORIES} different values, too many for "
                    "categories. Leave it out, or take it as numbers.",
                    param="columns",
                )
            if not categories:
                return Column(self.name, "leave_out", "It is empty.")
            return Column(self.name, use, codes=codes, categories=categories)
        return Column(self.name, "leave_out", why or "It was left out by choice.")

    def _suits(self, categories: tuple[str, ...], columns: int) -> tuple[str, str]:
        known = self._numbers[np.isfinite(self._numbers)]
        if not self._words and len(known):
            if known.min() == known.max():
                return "leave_out", f"It is {number(float(known[0]))} in every row."
            if columns > 1 and self._counts_rows(known):
                return "leave_out", "It numbers the rows, which says nothing about new ones."
            return "number", ""
        if self._codes is None or len(categories) > MOST_CATEGORIES:
            more = "words" if not len(known) else f"numbers and words, such as “{self._example}”,"
            return "leave_out", f"It holds {more} with more than {MOST_CATEGORIES} different values."
        if len(categories) < 2:
            return "leave_out", f"It is “{categories[0]}” in every row." if categories else "It is empty."
        return "category", ""

    def _counts_rows(self, known: Floats) -> bool:
        if len(known) < _FEWEST_NUMBERED or len(known) < len(self._numbers):
            return False
        name = self.name.casefold().replace(" ", "_")
        whole = bool((known == np.floor(known)).all())
        if not whole:
            return False
        steps = np.diff(known)
        named = name in _NAMES_OF_IDS or name.endswith("_id") or name.startswith("unnamed:")
        return bool((steps == 1).all()) or (named and len(np.unique(known)) == len(known))

    def _categories(self) -> tuple[tuple[str, ...], Codes | None]:
        """The different words in order, and for each row which; None where there are too many."""
        if self._codes is None:
            return (), None
        texts = {code: text_of_cell(cell) for cell, code in self._lookup.items() if code >= 0}
        names = tuple(sorted(set(texts.values())))
        if len(names) > MOST_CATEGORIES:
            return names, None
        place = {name: k for k, name in enumerate(names)}
        moved = np.full(len(self._lookup) + 1, -1, np.int16)  # the last is what code -1 reads
        for code, text in texts.items():
            moved[code] = place[text]
        return names, moved[self._codes]

    def _code(self, cell: bytes) -> int:
        code = -1 if cell.strip().lower() in MISSING else len(self._lookup)
        self._lookup[cell] = code
        return code

    def _as_numbers(self, cells: Sequence[bytes], decimal_comma: bool) -> Floats:
        joined = b"\0".join(cells)
        if decimal_comma and b"." not in joined:
            cells = joined.replace(b",", b".").split(b"\0")
        try:
            if b"_" in joined:
                raise ValueError
            values = np.array(list(map(float, cells)), np.float64)
        except ValueError:
            values = np.array([self._one(cell, decimal_comma) for cell in cells], np.float64)
        infinite = np.isinf(values)
        if infinite.any():
            self._infinite += int(infinite.sum())
            values[infinite] = np.nan
        return values

    def _one(self, cell: bytes, decimal_comma: bool) -> float:
        value = number_in(cell, decimal_comma)
        if value is None:
            self._words += 1
            self._example = self._example or text_of_cell(cell)[:40]
            return float("nan")
        return value


def _by_file(index: Index) -> list[npt.NDArray[np.int64]]:
    """For each file of the index its samples, in the order in which their rows stand in it."""
    groups: dict[bytes, list[int]] = {}
    for i, path in enumerate(index.paths.each_bytes()):
        groups.setdefault(path[: path.rindex(b"#")], []).append(i)
    offsets = index.offsets if index.offsets is not None else np.zeros(len(index), np.int64)
    found = [np.array(group, np.int64) for group in groups.values()]
    return [group[np.argsort(offsets[group], kind="stable")] for group in found]


def _wanted_rows(
    file: BinaryIO, layout: Layout, index: Index, samples: npt.NDArray[np.int64]
) -> Iterator[tuple[int, Row]]:
    """Each sample with its row."""
    assert index.offsets is not None
    offsets = index.offsets[samples].tolist()
    rows = rows_of(file, layout)
    for sample, offset in zip(samples.tolist(), offsets, strict=True):
        row = next((row for row in rows if row.offset >= offset), None)
        if row is None or row.offset != offset or row.refused:
            raise _changed(index.path(sample))
        yield sample, row


def _check_unchanged(file: BinaryIO, path: Path, index: Index, sample: int) -> None:
    if os.fstat(file.fileno()).st_mtime_ns != int(index.mtimes[sample]):
        raise _changed(str(path))


def _changed(name: str) -> Problem:
    return Problem.of("data.table", f"The table “{name}” has changed since it was read. Read the data again.")


def _others(layout: Layout | None, target: str) -> list[str]:
    return [name for name in layout.names if name != target] if layout is not None else []


def _place(path: Path, layout: Layout, name: str) -> int:
    place = layout.column(name)
    if place is None:
        raise Problem.of(
            "data.columns",
            f"The table “{path.name}” has no column “{name}”, which the network was made for. It has "
            f"{count(len(layout.names), 'column')}: {', '.join(layout.names[:12])}"
            f"{' and others' if len(layout.names) > 12 else ''}.",
            param="columns",
        )
    return place
