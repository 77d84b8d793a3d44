"""A CSV or TSV that names files and their classes, as a source of labelled samples.

Which column is which is recognised: the paths are the values that look like files; the class has a usual name, or is
the column with the fewest different values; a column that holds nothing but "train", "val" and "test" is the split.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import isfinite
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.data.decoding.formats import is_ignored
from workbench.data.index import SPLITS, natural
from workbench.data.kinds.columns import number_in
from workbench.data.kinds.tables import Layout, Row, layout_of, open_table, rows_of, text_of_cell
from workbench.data.scanning.listing import SPLIT_NAMES
from workbench.data.targets.several import together
from workbench.document.project import DataSettings

SUFFIXES = frozenset({".csv", ".tsv"})

NAMES_OF_LABELS = ("label", "class", "category", "target", "labels", "classes", "class_name", "classname")
"""Columns that are the class without being told, the first of them that is there."""

NAMES_OF_SPLITS = ("split", "set", "subset", "partition", "phase", "usage")

_WORDS_OF_SPLITS = SPLIT_NAMES | {"dev": "val", "eval": "val"}

_LOOKED_AT = 200
_MOST_FOLDERS = 100


@dataclass(frozen=True, slots=True)
class ListFile:
    """How a list is to be read: its columns' places (`split` is None where it has none), and what stands before each of
    its paths so that they count from the list's folder."""

    path: Path
    layout: Layout
    file: int
    label: int
    split: int | None
    slashes: bool  # whether backslashes part folders
    prefix: str
    target: str = "class"  # what the label is, one of `TARGETS` in document/project.py


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: the file from the list's folder on (or absolute), class and split; `refused` says why it has none."""

    row: int
    path: str
    label: str
    split: int
    refused: str = ""


def is_list_name(path: str | Path) -> bool:
    """Whether a file might be a list, by its extension."""
    return Path(path).suffix.casefold() in SUFFIXES


def list_in(path: Path, settings: DataSettings, extensions: frozenset[str]) -> ListFile | None:
    """How to read a list; None for a CSV that is none, because no column holds files with one of the `extensions`.

    Raises `Problem` for a file that is no CSV ("data.table"), and where a column that was chosen is not there or none
    is left for the class ("data.columns").
    """
    if settings.kind == "table":
        return None
    layout = layout_of(path)
    if any(_is_file(name, extensions) for name in layout.names):
        layout = _without_header(path, layout)
    sample = _sample(path, layout)
    file = _file_column(layout, sample, settings, extensions)
    if file is None:
        return None
    split = _split_column(layout, sample, file, settings)
    label = _label_column(path, layout, sample, (file, split), settings)
    slashes, prefix = _counted_from(path.parent, [cells[file] for cells in sample])
    split = None if split == label else split
    return ListFile(path, layout, file, label, split, slashes, prefix, settings.target)


def entries_of(found: ListFile, seen: Callable[[int], None]) -> Iterator[Entry]:
    """All rows of a list in order. `seen(n)` is called now and then with the rows so far."""
    labels: dict[bytes, str] = {}
    with open_table(found.path) as file:
        for n, row in enumerate(rows_of(file, found.layout), start=1):
            if n % 1000 == 0:
                seen(n)
            yield _entry(found, row, labels)


def paths_in(found: ListFile) -> Callable[[Row], str]:
    """How a row names its file: as `Entry.path` has it."""

    def path(row: Row) -> str:
        return _plain(text_of_cell(row.cells[found.file]), found.slashes, found.prefix)

    return path


def _entry(found: ListFile, row: Row, labels: dict[bytes, str]) -> Entry:
    if row.refused:
        return Entry(row.number, "", "", -1, row.refused)
    path = _plain(text_of_cell(row.cells[found.file]), found.slashes, found.prefix)
    cell = row.cells[found.label]
    label = labels.get(cell)
    if label is None:
        label = labels[cell] = _label(found, cell)
    word = "" if found.split is None else text_of_cell(row.cells[found.split]).casefold()
    split = _WORDS_OF_SPLITS.get(word)
    if not path:
        refused = "The row names no file."
    elif not label:
        refused = f"The row has no {'number' if found.target == 'numbers' else 'class'}."
    elif word and split is None:
        refused = f"The row's split is “{word[:40]}”; use train, val or test."
    else:
        refused = ""
    return Entry(row.number, path, label, -1 if split is None else SPLITS.index(split), refused)


def _label(found: ListFile, cell: bytes) -> str:
    """The class a row puts its file into: what the cell says, all its labels together, or, for numbers, one for all."""
    if found.target == "numbers":
        value = number_in(cell, found.layout.decimal_comma)
        return found.layout.names[found.label] if value is not None and isfinite(value) else ""
    text = text_of_cell(cell)
    return together(text) if found.target == "labels" else " ".join(text.split())[:200]


def _plain(path: str, slashes: bool, prefix: str) -> str:
    """A path as it stands in the list, with "/" between its parts and nothing superfluous."""
    if slashes:
        path = path.replace("\\", "/")
    if not path:
        return ""
    if prefix and not path.startswith("/"):
        path = prefix + path
    return posixpath.normpath(path)


def _without_header(path: Path, layout: Layout) -> Layout:
    """The first row names a file: it is a row like the others."""
    with open_table(path) as file:
        begin = 3 if file.read(3) == b"\xef\xbb\xbf" else 0
    names = tuple(f"column {k}" for k in range(1, len(layout.names) + 1))
    return replace(layout, names=names, begin=begin, first=1)


def _sample(path: Path, layout: Layout) -> list[list[str]]:
    with open_table(path) as file:
        rows = (row for row in rows_of(file, layout) if not row.refused)
        return [[text_of_cell(cell) for cell in row.cells] for row in islice(rows, _LOOKED_AT)]


def _is_file(value: str, extensions: frozenset[str]) -> bool:
    """Whether a cell looks like the path of a file of a kind that is read here."""
    stem, dot, extension = value.strip().rpartition(".")
    return bool(stem and dot) and f".{extension.casefold()}" in extensions


def _file_column(
    layout: Layout, sample: Sequence[Sequence[str]], settings: DataSettings, extensions: frozenset[str]
) -> int | None:
    shares = [
        sum(_is_file(cells[k], extensions) for cells in sample) / max(1, len(sample)) for k in range(len(layout.names))
    ]
    if settings.path_column:
        place = _chosen(layout, settings.path_column, "path_column", "the files")
        return None if settings.kind == "text" and shares[place] < 0.5 else place  # a column of texts, not of files
    best = max(range(len(shares)), key=lambda k: (shares[k], -k))
    return best if shares[best] >= 0.5 else None


def _split_column(layout: Layout, sample: Sequence[Sequence[str]], file: int, settings: DataSettings) -> int | None:
    chosen = layout.column(settings.label_column) if settings.label_column else None
    places = [k for k in range(len(layout.names)) if k not in (file, chosen)]
    named = [k for k in places if layout.names[k].casefold() in NAMES_OF_SPLITS]
    for k in (*named, *places):
        values = [cells[k].casefold() for cells in sample if cells[k]]
        known = [_WORDS_OF_SPLITS[value] for value in values if value in _WORDS_OF_SPLITS]
        if "train" in known and len(known) >= len(values) * (0.5 if k in named else 1):
            return k
    return None


def _label_column(
    path: Path, layout: Layout, sample: Sequence[Sequence[str]], taken: tuple[int | None, ...], settings: DataSettings
) -> int:
    if settings.label_column:
        return _chosen(layout, settings.label_column, "label_column", "the class")
    places = [k for k in range(len(layout.names)) if k not in taken]
    if not places:
        raise Problem.of(
            "data.columns",
            f"The list “{path.name}” has a column of files ({layout.names[taken[0] or 0]}) and none for their classes. "
            "Add one.",
            param="label_column",
        )
    for name in NAMES_OF_LABELS:
        place = layout.column(name)
        if place in places:
            return place
    return min(places, key=lambda k: (len({cells[k] for cells in sample} - {""}) < 2, len({c[k] for c in sample}), k))


def _chosen(layout: Layout, name: str, param: str, what: str) -> int:
    place = layout.column(name)
    if place is None:
        raise Problem.of(
            "data.columns",
            f"The list has no column “{name}” for {what}. Its columns are: {', '.join(layout.names[:20])}.",
            param=param,
        )
    return place


def _counted_from(folder: Path, paths: Sequence[str]) -> tuple[bool, str]:
    """Whether backslashes part folders, and what stands before the paths: nothing where they count from the list's
    folder, "images/" where the files are in that folder beside the list and the list gives their names only."""
    paths = [path for path in paths if path][:20]
    slashes = any("\\" in path for path in paths) and not any(_there(folder, path) for path in paths)
    plain = [_plain(path, slashes, "") for path in paths]
    if not plain or any(_there(folder, path) for path in plain):
        return slashes, ""
    try:
        with os.scandir(folder) as entries:
            inside = (e.name for e in entries if not is_ignored(e.name) and e.is_dir(follow_symlinks=False))
            names = sorted(islice(inside, _MOST_FOLDERS), key=natural)
    except OSError:
        return slashes, ""
    best = max(names, key=lambda name: sum(_there(folder, f"{name}/{path}") for path in plain), default="")
    found = best and any(_there(folder, f"{best}/{path}") for path in plain)
    return slashes, f"{best}/" if found else ""


def _there(folder: Path, path: str) -> bool:
    try:
        return os.path.isfile(os.path.join(folder, path))
    except ValueError:
        return False
