"""The samples and splits of a run, kept in its folder: what is added, relabelled or moved later does not touch it.

The file is gzipped JSON, one line a sample, so that it can be read without the program:

    {"classes": ["cat", "dog"], "fingerprint": "…", "format": 1, "kind": "pictures", "roots": ["."]}
    ["cats/1.jpg", 0, "train", -1, 375, 500, 40122, 1700000000000000000]

(path, class, split, what the folder says of the split, height, width, bytes, time of change, and where the sample
begins in its file where several stand in one).
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.files import open_regular, replacing
from workbench.data.bad import BadFiles
from workbench.data.crew import Progress, cancellation
from workbench.data.dataset import Dataset
from workbench.data.index import SPLITS, Index
from workbench.data.inputs import Input
from workbench.data.kinds import KINDS
from workbench.data.scanning.packed import Packer
from workbench.data.scanning.source import sources
from workbench.data.splitting.splits import EXCLUDED, Splits
from workbench.document.project import DataSettings

NAME = "data.jsonl.gz"
FORMAT = 1

MOST_BYTES = 4 * 10**9
"""Unpacked: some thirty million samples. A file that unpacks to more is refused."""

_LONGEST_LINE = 1 << 20
_LONGEST_HEAD = 1 << 26
_PLACES = (*SPLITS, EXCLUDED)
_OUT = len(SPLITS)
_COLUMNS = ("class", "split", "code", "height", "width", "bytes", "mtime")
_TOLD_EVERY = 2_000
_DOING = "Looking for the run's files"


def write(folder: Path, dataset: Dataset, project_folder: Path) -> None:
    """Put the samples and splits of a data set into a run's folder, unless they are streamed: then the shards say it
    again. Raises `Problem` as `replacing` does."""
    if dataset.index.stream is not None:
        return
    if dataset.index.stream is not None:
        return  # what is streamed is not an index; its shards name it
    folder.mkdir(parents=True, exist_ok=True)
    with (
        replacing(folder / NAME) as temporary,
        open(temporary, "wb") as file,
        gzip.GzipFile("", "wb", 5, file, mtime=0) as packed,
    ):
        for line in _lines(dataset, project_folder):
            packed.write(line)


def _lines(dataset: Dataset, project_folder: Path) -> Iterator[bytes]:
    index = dataset.index
    settled = sources(dataset.settings, project_folder)
    head = {
        "format": FORMAT,
        "kind": index.kind,
        "classes": list(index.classes),
        "fingerprint": dataset.fingerprint,
        "roots": [_relative(root, source) for root, source in zip(index.roots, settled, strict=True)],
    }
    yield json.dumps(head, sort_keys=True).encode() + b"\n"
    place = np.zeros(len(index), np.int64)
    for number, name in enumerate(_PLACES):
        place[dataset.splits[name]] = number
    columns: list[Any] = [
        index.labels.tolist(),
        [_PLACES[k] for k in place.tolist()],
        index.split_codes.tolist(),
        index.heights.tolist(),
        index.widths.tolist(),
        index.bytes.tolist(),
        index.mtimes.tolist(),
    ]
    if index.offsets is not None:
        columns.append(index.offsets.tolist())
    for row in zip(index.paths, *columns, strict=True):
        yield json.dumps(row).encode() + b"\n"


def read(folder: Path) -> Frozen | None:
    """What `write` put into a run's folder; None where an older version put nothing there. Raises `Problem` for a file
    that is damaged."""
    path = folder / NAME
    try:
        with open_regular(path) as file, gzip.GzipFile(fileobj=file) as packed:
            return _read(packed)
    except FileNotFoundError:
        return None
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        raise Problem.of(
            "run.data",
            f"“{path}”, which holds the samples the run was trained on, is damaged. Restore it from a copy, or "
            "remove it to read the folder anew.",
            details=repr(error),
        ) from error


def _read(packed: gzip.GzipFile) -> Frozen:
    head = json.loads(packed.readline(_LONGEST_HEAD))
    if head["format"] != FORMAT:
        raise ValueError(f"format {head['format']}")
    kind, classes, roots, fingerprint = head["kind"], head["classes"], head["roots"], head["fingerprint"]
    if kind not in KINDS or not all(isinstance(c, str) for c in (*classes, *roots, fingerprint)):
        raise ValueError("an odd head")
    paths, columns, total = Packer(), [array("q") for _ in range(len(_COLUMNS) + 1)], 0
    while line := packed.readline(_LONGEST_LINE):
        total += len(line)
        if total > MOST_BYTES:
            raise ValueError("it unpacks to more than any run holds")
        path, label, split, *numbers = json.loads(line)
        paths.add(os.fsencode(path))
        for column, value in zip(columns, (label, _PLACES.index(split), *numbers), strict=False):
            column.append(value)
    (label, place, code, height, width, size, mtime), offset = columns[:-1], columns[-1]
    if not len(label) or len({len(column) for column in columns[:-1]}) != 1 or len(offset) not in (0, len(label)):
        raise ValueError("rows of different length")
    places = np.array(place, np.int64)
    index = Index(
        tuple(Path(root) for root in roots),
        tuple(classes),
        paths.packed(),
        _within(label, np.int64, 0, len(classes) - 1),
        _within(height, np.int32, 0),
        _within(width, np.int32, 0),
        _within(size, np.int64, 0),
        np.array(mtime, np.int64),
        _within(code, np.int8, -1, 2),
        BadFiles.of(()),
        kind,
        excluded=places == _OUT if (places == _OUT).any() else None,
        offsets=_within(offset, np.int64, 0) if len(offset) else None,
    )
    return Frozen(index, Splits.of_places(places), fingerprint)


def _within(column: array[int], dtype: Any, low: int, high: int = 2**62) -> npt.NDArray[Any]:
    found = np.array(column, np.int64)
    if found.min() < low or found.max() > min(high, np.iinfo(dtype).max):
        raise ValueError("a number that cannot be")
    return found.astype(dtype)


@dataclass(frozen=True)
class Frozen:
    """The samples of a run as they were: the roots of `index` are relative to the sources of its settings."""

    index: Index
    splits: Splits
    fingerprint: str

    def dataset(
        self,
        settings: DataSettings,
        project_folder: Path,
        input: Input,
        preparation: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Dataset:
        """These very samples in these very splits, without a scan: files that were added are not among them.

        Files that changed are read as they are now, files that are gone are told of when they are asked for; both give
        another `fingerprint`. Raises `Problem` where the sources are others now.
        """
        there = sources(settings, project_folder, progress)
        if len(there) != len(self.index.roots):
            raise Problem.of(
                "run.sources",
                f"The run was trained on {len(self.index.roots)} sources, and its settings name {len(there)}.",
            )
        roots = tuple(_root(source, root) for source, root in zip(there, self.index.roots, strict=True))
        index = replace(self.index, roots=roots)
        changed = 0
        if index.offsets is None and index.kind != "table":
            index, changed = _as_they_are(index, progress, cancelled)
        fingerprint = f"{self.fingerprint} with {changed} others" if changed else self.fingerprint
        return Dataset.of_index(
            index,
            self.splits,
            settings,
            input,
            fingerprint,
            preparation=preparation,
            progress=progress,
            cancelled=cancelled,
            places=there,
        )


def _as_they_are(index: Index, progress: Progress | None, cancelled: Callable[[], bool] | None) -> tuple[Index, int]:
    """The index with the sizes and times the files have now, and how many of them are other than they were, or gone."""
    sizes, times, changed = index.bytes.copy(), index.mtimes.copy(), 0
    for i in range(len(index)):
        if i % _TOLD_EVERY == 0:
            if cancelled is not None and cancelled():
                raise cancellation(_DOING)
            if progress is not None:
                progress(i, len(index))
        with contextlib.suppress(OSError, ValueError):
            facts = os.stat(index.file(i))
            if (facts.st_size, facts.st_mtime_ns) == (sizes[i], times[i]):
                continue
            sizes[i], times[i] = facts.st_size, facts.st_mtime_ns
        changed += 1
    return (replace(index, bytes=sizes, mtimes=times) if changed else index), changed


def _relative(root: Path, source: Path) -> str:
    """A root as seen from its source: "." for a folder, ".." for a list of paths."""
    try:
        return Path(os.path.relpath(os.path.realpath(root), os.path.realpath(source))).as_posix()
    except ValueError:  # another drive on Windows
        return str(root)


def _root(source: Path, relative: Path) -> Path:
    """A root as a scan names it, so that the cache knows it again: a folder without links, a list's as it is."""
    if relative.as_posix() == "..":
        return source.parent
    return Path(os.path.normpath(Path(os.path.realpath(source)) / relative))
