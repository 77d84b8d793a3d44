"""Scanning shards: a table of each, made by a few threads or taken from the last time, and what all hold together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.bad import Bad, BadFiles
from workbench.data.crew import Crew, Progress, in_order, usable_cores
from workbench.data.index import SPLITS, Index, natural
from workbench.data.scanning.packed import Packed
from workbench.data.shards.kept import make_room
from workbench.data.shards.manifest import class_names
from workbench.data.shards.names import SPLIT_NAMES, Shard, find_shards
from workbench.data.shards.sizes import sizes_of
from workbench.data.shards.table import Table, table_of

Numbers = npt.NDArray[np.int64]
T = TypeVar("T")
R = TypeVar("R")

MOST_INDEXED = 1_000_000
"""Samples up to which shards are indexed, so that everything works with them as with files; more are streamed."""

MOST_BAD = 100_000
"""Bad entries that are listed."""

_AHEAD = 4
"""Shards asked for ahead of the one that is taken next, for each thread."""

_DOING = "Reading the shards"
_END = object()


@dataclass(frozen=True)
class Found:
    """All shards of a source, and what is in them; memory for one number a shard, not a sample.

    `counts` are the samples of each shard, `classes` all classes in natural order (by number where a manifest names
    them), `extensions` what was decoded, `bytes` the samples' own.
    """

    root: Path
    kind: str
    shards: tuple[Shard, ...]
    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    bad: tuple[Bad, ...]
    bytes: int
    extensions: frozenset[str]

    def __len__(self) -> int:
        return int(self.counts.sum())

    def table(self, k: int) -> Table:
        """The table of shard k, from where it is kept."""
        return table_of(self.shards[k], self.extensions)

    def labels(self, table: Table) -> npt.NDArray[np.int64]:
        """The labels of a table's samples, counting `classes`."""
        place = {name: label for label, name in enumerate(self.classes)}
        own = np.array([place[self._named(name)] for name in table.classes], np.int64)
        return own[table.labels] if len(own) else table.labels

    def _named(self, told: str) -> str:
        return named(told, self.names)


def named(told: str, names: Sequence[str]) -> str:
    """The class that a shard calls `told`: by number where `names` are known, else itself."""
    if names and told.isascii() and told.isdecimal() and len(told) < 10 and int(told) < len(names):
        return names[int(told)]
    return told


def find(
    source: Path,
    *,
    kind: str = "auto",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """What the shards of a source hold. `progress(done, total)` counts shards, on the calling thread.

    Raises `Problem` where there are none, none of them can be used ("shards.empty") or all samples are of one class
    ("data.one_class"), and "data.cancelled".
    """
    shards = find_shards(source)
    folder = source if source.is_dir() else shards[0].path.parent
    names = class_names(folder) or class_names(folder.parent) if folder.name in SPLIT_NAMES else class_names(folder)
    kind, extensions = _recognised(shards, kind)
    counts = np.zeros(len(shards), np.int64)
    told: set[str] = set()
    bad: list[Bad] = []
    total = 0
    for k, table in enumerate(each_by_threads(shards, lambda shard: table_of(shard, extensions), cancelled)):
        counts[k] = len(table)
        told.update(named(name, names) for name in table.classes)
        bad.extend(table.bad[: max(0, MOST_BAD - len(bad))])
        total += int(table.sizes.sum())
        if progress is not None:
            progress(k + 1, len(shards))
    make_room()
    order = {name: number for number, name in enumerate(names)}
    classes = tuple(sorted(told, key=lambda name: (order.get(name, len(order)), natural(name))))
    if not counts.sum():
        first = f" The first problem: “{bad[0].path}”. {bad[0].reason}" if bad else ""
        raise Problem.of(
            "shards.empty", f"None of the {count(len(shards), 'shard')} of “{source}” holds a sample to use.{first}"
        )
    if len(classes) < 2:
        raise Problem.of(
            "data.one_class",
            f"The shards of “{source}” hold samples of one class only (“{classes[0]}”), so there is nothing to tell "
            "apart.",
        )
    root = _root(shards)
    return Found(root, kind, shards, counts, classes, names, tuple(bad), total, extensions)


def index_of(
    found: Found,
    rows: Sequence[Numbers] | None = None,
    codes: Sequence[npt.NDArray[np.int8]] | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Index:
    """An index of samples, each of them a place in a shard: about 120 bytes a sample.

    `rows` are those to take of each shard and `codes` their splits (0, 1, 2); without them all are taken, in the
    splits of the shards' names. The headers of pictures are read, so that bad ones are known, and the sizes.
    """
    parts: list[_Part] = []
    bad = list(found.bad)

    def read(k: int) -> _Part:
        shard, table = found.shards[k], found.table(k)
        taken = np.arange(len(table), dtype=np.int64) if rows is None else rows[k]
        split = -1 if shard.split is None else SPLITS.index(shard.split)
        places = np.full(len(taken), split, np.int8) if codes is None else codes[k]
        if found.kind != "pictures":
            return _Part(k, table, taken, places, np.zeros((len(taken), 2), np.int32), ())
        sizes, refused = sizes_of(shard, table, None if rows is None else taken)
        good = sizes[:, 0] > 0
        return _Part(k, table, taken[good], places[good], sizes[good], refused)

    for k, part in enumerate(each_by_threads(range(len(found.shards)), read, cancelled)):
        parts.append(part)
        bad.extend(part.bad[: max(0, MOST_BAD - len(bad))])
        if progress is not None:
            progress(k + 1, len(found.shards))
    bad.sort(key=lambda one: natural(one.path))
    places = np.concatenate([part.places for part in parts])
    if (places > 0).any():
        places[places < 0] = 0  # a shard without a word about it is for training where others are not
    sizes = np.concatenate([part.sizes for part in parts])

    def column(values: Callable[[_Part], Numbers]) -> Numbers:
        return np.concatenate([values(part) for part in parts]).astype(np.int64)

    return Index(
        roots=(found.root,),
        classes=found.classes,
        paths=Packed.of(name for part in parts for name in part.paths(found)),
        labels=column(lambda part: found.labels(part.table)[part.rows]),
        heights=np.ascontiguousarray(sizes[:, 0]),
        widths=np.ascontiguousarray(sizes[:, 1]),
        bytes=column(lambda part: part.table.sizes[part.rows]),
        mtimes=column(lambda part: np.full(len(part.rows), part.table.facts[1], np.int64)),
        split_codes=places,
        bad=BadFiles.of(bad),
        kind=found.kind,
        offsets=column(lambda part: part.table.offsets[part.rows]),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What an index takes of one shard."""

    shard: int
    table: Table
    rows: Numbers
    places: npt.NDArray[np.int8]
    sizes: npt.NDArray[np.int32]
    bad: tuple[Bad, ...]

    def paths(self, found: Found) -> Iterator[str]:
        file, members = found.shards[self.shard].name, self.table.members
        return (f"{file}#{members[row]}" for row in self.rows.tolist())


def each_by_threads(items: Sequence[T], work: Callable[[T], R], cancelled: Callable[[], bool] | None) -> Iterator[R]:
    """The results in order, by a few threads, never more than a few of them waiting."""
    with Crew(usable_cores(), name="shards") as crew:
        begun: deque[Future[R]] = deque()
        upcoming = iter(items)
        while True:
            while len(begun) < _AHEAD * crew.threads and (item := next(upcoming, _END)) is not _END:
                begun.append(crew.submit(work, item))  # type: ignore[arg-type]
            if not begun:
                return
            yield from in_order((begun.popleft(),), cancelled, _DOING)


def _recognised(shards: Sequence[Shard], kind: str) -> tuple[str, frozenset[str]]:
    """The kind, and the extensions of what is decoded for it: of the first shard that holds anything, if not said."""
    known = extensions_by_kind()
    if kind in known:
        return kind, known[kind]
    if kind != "auto":
        raise Problem.of(
            "shards.kind", f"Shards hold files, and data of the kind “{kind}” are none. Use the CSV itself."
        )
    for shard in shards[:8]:
        for name, extensions in known.items():
            if len(table_of(shard, extensions)):
                return name, extensions
    return "pictures", known["pictures"]


def extensions_by_kind() -> dict[str, frozenset[str]]:
    """What is looked for in a sample, in this order: text stands beside many pictures and sounds as their caption."""
    from workbench.data.kinds import KINDS

    return {name: KINDS[name].extensions for name in ("pictures", "audio", "text")}


def _root(shards: Sequence[Shard]) -> Path:
    """The folder from which the shards' names count."""
    first = shards[0]
    return first.path.parents[first.name.count("/")]
