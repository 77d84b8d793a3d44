"""Scanning the files that a list names."""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.core.words import count, number
from workbench.data.bad import Bad, BadFiles
from workbench.data.crew import Progress, cancellation
from workbench.data.index import Index, natural, printable
from workbench.data.scanning.facts import READING, facts_of
from workbench.data.scanning.layout import FileKind, most_frequent
from workbench.data.scanning.lists import ListFile, entries_of
from workbench.data.scanning.ordering import natural_order
from workbench.data.scanning.packed import Packed, Packer
from workbench.data.scanning.scan import Cancelled, Found
from workbench.data.unreadable import GONE

MOST_CLASSES = 1000

_NOT_THERE = "The list names this file, but there is none."


@dataclass(slots=True)
class _Rows:
    """The rows of a list that name a file and its class, as columns."""

    paths: Packed
    labels: npt.NDArray[np.int64]
    splits: npt.NDArray[np.int8]
    numbers: npt.NDArray[np.int64]
    names: list[str]
    extensions: Counter[str]
    bad: list[Bad] = field(default_factory=list)


def scan_list(
    found: ListFile,
    kinds: Sequence[FileKind],
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Found:
    """The files a list names, by class and then in natural order of their paths, which count from the list's folder.

    A file that is named again is taken once; one that is given two classes is left out and told of; rows that name no
    file or no class, and files that are not there or cannot be used, are bad. `progress(done, total)` counts rows, with
    the total None, and then files. Raises `Problem`: "data.table", "data.classes", "data.cancelled".
    """
    rows = _read(found, progress, cancelled)
    kind = most_frequent(rows.extensions, kinds)
    if found.target == "class" and len(rows.names) > MOST_CLASSES and len(rows.names) > len(rows.labels) / 2:
        raise Problem.of(
            "data.classes",
            f"The column “{found.layout.names[found.label]}” of “{found.path.name}” has {number(len(rows.names))} "
            f"different values in {count(len(rows.labels), 'row')}, so they are no classes. Choose another column for "
            "the class.",
            param="label_column",
        )
    taken, notes, contradictory = _once(found, rows)
    paths, labels, splits = rows.paths.taken(taken), rows.labels[taken], rows.splits[taken]
    ranks = np.argsort(sorted(range(len(rows.names)), key=lambda k: natural(rows.names[k])))
    order = natural_order(paths, ranks[labels] if len(labels) else labels)
    paths, labels, splits = paths.taken(order), labels[order], splits[order]
    facts = facts_of(found.path.parent, paths, kind.id, kind.header, progress=progress, cancelled=cancelled)
    good, refused = np.flatnonzero(facts.reasons < 0), np.flatnonzero(facts.reasons >= 0)
    words = tuple(_NOT_THERE if word == GONE else word for word in facts.words)
    bad = BadFiles.of([*rows.bad, *contradictory]) + BadFiles(paths.taken(refused), facts.reasons[refused], words)
    used = sorted(set(labels[good].tolist()), key=lambda k: natural(rows.names[k]))
    place = np.full(len(rows.names), -1, np.int64)
    place[used] = np.arange(len(used))
    index = Index(
        (found.path.parent,),
        tuple(rows.names[k] for k in used),
        paths.taken(good),
        place[labels[good]],
        facts.heights[good],
        facts.widths[good],
        facts.bytes[good],
        facts.mtimes[good],
        splits[good],
        bad.taken(natural_order(bad.paths)),
        kind.id,
        notes=notes,
    )
    return Found(index, kind, len(taken), source=found.path)


def _read(found: ListFile, progress: Progress | None, cancelled: Cancelled | None) -> _Rows:
    def seen(n: int) -> None:
        if cancelled is not None and cancelled():
            raise cancellation(READING)
        if progress is not None:
            progress(n, None)

    seen(0)
    names: dict[str, int] = {}
    extensions: Counter[str] = Counter()
    paths, labels, splits, numbers = Packer(), array("q"), array("b"), array("q")
    bad: list[Bad] = []
    for entry in entries_of(found, seen):
        refused = entry.refused
        try:
            packed = os.fsencode(entry.path)
        except UnicodeEncodeError:
            refused = "The row names a file that this system cannot name."
        if refused:
            bad.append(Bad(f"{found.path.name}#{entry.row}", refused))
            continue
        paths.add(packed)
        labels.append(names.setdefault(entry.label, len(names)))
        splits.append(entry.split)
        numbers.append(entry.row)
        extension = os.path.splitext(entry.path)[1].casefold()
        if len(extension) <= 8:
            extensions[extension] += 1
    return _Rows(
        paths.packed(),
        np.array(labels, np.int64),
        np.array(splits, np.int8),
        np.array(numbers, np.int64),
        list(names),
        extensions,
        bad,
    )


def _once(found: ListFile, rows: _Rows) -> tuple[npt.NDArray[np.int64], tuple[Diagnostic, ...], list[Bad]]:
    """The rows to take: the first for each file, none for a file with two classes; what to tell of them; and those."""
    order = np.argsort(rows.paths.hashes, kind="stable")
    hashes = rows.paths.hashes[order]
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    if not len(same):
        return np.arange(len(order), dtype=np.int64), (), []
    groups: dict[str, list[int]] = {}
    for k in np.unique(np.concatenate([same, same + 1])).tolist():
        row = int(order[k])
        groups.setdefault(rows.paths[row], []).append(row)
    again: list[tuple[int, str]] = []
    contradictory: list[Bad] = []
    in_two: list[str] = []
    dropped = np.zeros(len(order), np.bool_)
    for path, members in groups.items():
        members.sort()
        labels, splits = rows.labels[members], rows.splits[members]
        if (labels != labels[0]).any():
            other = members[int(np.argmax(labels != labels[0]))]
            words = " and ".join(f"“{rows.names[rows.labels[m]]}” (row {rows.numbers[m]})" for m in (members[0], other))
            contradictory.append(Bad(path, f"The list gives it two classes: {words}."))
            dropped[members] = True
            continue
        dropped[members[1:]] = True
        again.extend((int(rows.numbers[m]), path) for m in members[1:])
        if (splits != splits[0]).any():
            in_two.append(path)
    return np.flatnonzero(~dropped), tuple(_notes(found, again, contradictory, in_two)), contradictory


def _notes(
    found: ListFile, again: list[tuple[int, str]], contradictory: list[Bad], in_two: list[str]
) -> list[Diagnostic]:
    name, notes = found.path.name, []
    if contradictory:
        first = contradictory[0]
        files = "file has" if len(contradictory) == 1 else "files have"
        notes.append(
            Diagnostic(
                "data.list_contradicts",
                f"{number(len(contradictory))} {files} two classes in “{name}” and cannot be used, the first: "
                f"“{printable(first.path)}”. {first.reason} Correct the list and read it again.",
                Severity.WARNING,
            )
        )
    if in_two:
        files = "file is" if len(in_two) == 1 else "files are"
        notes.append(
            Diagnostic(
                "data.list_splits",
                f"{number(len(in_two))} {files} put into two splits by “{name}”, the first: “{printable(in_two[0])}”. "
                "The first row counts.",
                Severity.WARNING,
            )
        )
    if again:
        row, path = min(again)
        rows = "row names" if len(again) == 1 else "rows name"
        notes.append(
            Diagnostic(
                "data.list_repeats",
                f"{number(len(again))} {rows} a file of “{name}” again, the first: row {number(row)} "
                f"(“{printable(path)}”). Every file is taken once.",
                Severity.INFO,
            )
        )
    return notes
