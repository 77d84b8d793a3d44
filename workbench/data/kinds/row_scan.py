"""The rows of a CSV as samples: the rows of a table, or a column of texts."""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.core.words import count, number
from workbench.data.bad import Bad, BadFiles
from workbench.data.crew import Progress, cancellation
from workbench.data.index import Index, natural
from workbench.data.kinds.columns import MISSING, number_in
from workbench.data.kinds.tables import Layout, Row, layout_of, open_table, rows_of, span_of, text_of_cell
from workbench.data.scanning.packed import Packed
from workbench.data.targets.several import together
from workbench.document.project import DataSettings

NAMES_OF_TARGETS = ("target", "label", "class", "y", "labels", "classes", "category")
"""Columns that are the class without being told, the first of them that is there; else the last column."""

NAMES_OF_TEXTS = ("text", "sentence", "review", "message", "comment", "content", "document", "tweet", "body")

MOST_CLASSES = 1000
_FEW_CLASSES = 20

_LOOKED_AT = 200
_WORDS_OF_TEXT = 3.0
_TOLD_EVERY = 5000


def kind_of_rows(path: Path, settings: DataSettings) -> str:
    """ "text" for a CSV with a column of texts, else "table". Raises `Problem` where it cannot be read."""
    if settings.kind in ("text", "table"):
        return settings.kind
    layout = layout_of(path)
    return "table" if _text_place(path, layout, settings) is None else "text"


def target_of(layout: Layout, settings: DataSettings) -> str:
    """The column with the class. Raises `Problem` where the one that was chosen is not there."""
    if settings.label_column:
        place = layout.column(settings.label_column)
        if place is None:
            raise Problem.of(
                "data.columns",
                f"The table has no column “{settings.label_column}” for the class. Its columns are: "
                f"{', '.join(layout.names[:20])}.",
                param="label_column",
            )
        return layout.names[place]
    for name in NAMES_OF_TARGETS:
        place = layout.column(name)
        if place is not None:
            return layout.names[place]
    return layout.names[-1]


def scan_rows(
    path: Path,
    kind: str,
    settings: DataSettings,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Index:
    """The rows of one CSV as an index of `kind` ("table" or "text"), in the file's order.

    A sample is named "file.csv#17" by its row; `Index.read` gives the bytes of its row or of its text. Rows without a
    class, or with another number of cells than the header, are listed as bad. Raises `Problem`: "data.table",
    "data.columns", "data.one_class", "data.classes", "data.cancelled".
    """
    layout = layout_of(path)
    target = target_of(layout, settings)
    place = layout.names.index(target)
    text = _text_place(path, layout, settings) if kind == "text" else None
    if kind == "text" and text is None:
        raise Problem.of(
            "data.table", f"“{path.name}” has no column of texts. Its columns are: {', '.join(layout.names[:20])}."
        )

    def unlabelled(row: Row) -> str:
        if settings.target == "labels":  # there may be none
            return ""
        if settings.target == "numbers":
            return _numberless(row, place, target, layout)
        return _unlabelled(row, place, target)

    labels, numbers, offsets, lengths = array("q"), array("q"), array("q"), array("q")
    lookup: dict[bytes, int] = {}
    bad: list[Bad] = []
    with open_table(path) as file:
        facts = os.fstat(file.fileno())
        for seen, row in enumerate(rows_of(file, layout), start=1):
            if seen % _TOLD_EVERY == 0:
                if cancelled is not None and cancelled():
                    raise cancellation("Reading the table")
                if progress is not None:
                    progress(seen, None)
            refused = row.refused or unlabelled(row) or (_empty(row, text) if text is not None else "")
            if refused:
                bad.append(Bad(f"{path.name}#{row.number}", refused))
                continue
            labels.append(lookup.setdefault(row.cells[place] if settings.target != "numbers" else b"", len(lookup)))
            numbers.append(row.number)
            begin, end = (0, row.length) if text is None else span_of(row.raw, layout.delimiter, text)
            offsets.append(row.offset + begin)
            lengths.append(end - begin)
    texts = [_class_of(cell, target, settings) for cell in lookup]
    classes = tuple(sorted(set(texts), key=natural))
    if settings.target == "class" or not labels:
        _check_classes(path, target, classes, len(labels), bad)
    moved = np.array([classes.index(name) for name in texts], np.int64)
    n = len(labels)
    return Index(
        (path.parent,),
        classes,
        Packed.of_bytes(_paths(os.fsencode(path.name), numbers)),
        moved[np.frombuffer(labels, np.int64)],
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.frombuffer(lengths, np.int64),
        np.full(n, facts.st_mtime_ns, np.int64),
        np.full(n, -1, np.int8),
        BadFiles.of(bad),
        kind,
        offsets=np.frombuffer(offsets, np.int64),
    )


def _paths(name: bytes, numbers: array[int]) -> Iterator[bytes]:
    return (b"%b#%d" % (name, k) for k in numbers)


def _unlabelled(row: Row, place: int, target: str) -> str:
    if row.cells[place].strip().lower() in MISSING:
        return f"The row has no class: its cell in “{target}” is empty."
    return ""


def _numberless(row: Row, place: int, target: str, layout: Layout) -> str:
    value = number_in(row.cells[place], layout.decimal_comma)
    if value is not None and math.isfinite(value):
        return ""
    seen = text_of_cell(row.cells[place])[:40]
    words = f"is no number: “{seen}”" if seen else "is empty"
    return f"The row has nothing to learn: its cell in “{target}” {words}."


def _class_of(cell: bytes, target: str, settings: DataSettings) -> str:
    """The class of a row: what its cell says, all its labels together, or, for numbers, one for all rows."""
    if settings.target == "numbers":
        return target
    return together(text_of_cell(cell)) if settings.target == "labels" else text_of_cell(cell)


def _empty(row: Row, text: int) -> str:
    return "" if row.cells[text].strip() else "The row has no text."


def _check_classes(path: Path, target: str, classes: tuple[str, ...], rows: int, bad: list[Bad]) -> None:
    if not rows:
        first = f" The first of them: {bad[0].path}. {bad[0].reason}" if bad else ""
        raise Problem.of("data.empty", f"The table “{path.name}” has no row that can be used.{first}")
    if len(classes) == 1:
        raise Problem.of(
            "data.one_class",
            f"Every row of “{path.name}” has the class “{classes[0]}” in the column “{target}”, so there is nothing to "
            "tell apart. Choose another column for the class.",
            param="label_column",
        )
    many = len(classes) > _FEW_CLASSES and (len(classes) > rows / 2 or _are_measurements(classes))
    if len(classes) > MOST_CLASSES or many:
        raise Problem.of(
            "data.classes",
            f"The column “{target}” of “{path.name}” has {number(len(classes))} different values in "
            f"{count(rows, 'row')}, so they are no classes. Choose another column for the class.",
            param="label_column",
        )


def _are_measurements(classes: tuple[str, ...]) -> bool:
    """Whether most of the names are numbers with a fraction."""
    numbers = (number_in(name.encode(), decimal_comma=True) for name in classes)
    return sum(1 for value in numbers if value is not None and value % 1) > len(classes) / 2


def _text_place(path: Path, layout: Layout, settings: DataSettings) -> int | None:
    """The column of texts: the one chosen, one named so, or the only one with several words in most cells where no
    other column has numbers; None where there is none."""
    if settings.kind == "text" and settings.path_column:
        return layout.column(settings.path_column)
    target = target_of(layout, settings)
    with open_table(path) as file:
        rows = (row for row in rows_of(file, layout) if not row.refused)
        sample = [row.cells for row, _ in zip(rows, range(_LOOKED_AT), strict=False)]
    if not sample:
        return None
    others = [k for k, name in enumerate(layout.names) if name != target]
    for name in NAMES_OF_TEXTS:
        place = layout.column(name)
        if place in others and not _are_numbers(sample, place, layout):
            return place
    wordy = {k: sum(len(cells[k].split()) for cells in sample) / len(sample) for k in others}
    longest = max(wordy, key=lambda k: (wordy[k], -k))
    if settings.kind == "text":
        return longest
    with_numbers = [k for k in others if _are_numbers(sample, k, layout)]
    return longest if wordy[longest] >= _WORDS_OF_TEXT and len(with_numbers) <= 1 else None


def _are_numbers(sample: list[list[bytes]], place: int, layout: Layout) -> bool:
    return all(number_in(cells[place], layout.decimal_comma) is not None for cells in sample)
