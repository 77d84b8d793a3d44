"""The samples of one shard: where each stands and what it is, by one pass over the headers, kept for the next time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from workbench.data.index import Bad, printable
from workbench.data.shards.kept import Kept, load, place_of, save
from workbench.data.shards.members import Member, Part, members, open_shard
from workbench.data.shards.names import Shard
from workbench.data.unreadable import UnreadablePicture

_LONGEST_LABEL = 1 << 12
_LARGEST_JSON = 1 << 20

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """One shard's samples in their order, as columns.

    `names` are the members with what is decoded ("000017.jpg"), joined by line breaks; `offsets` and `sizes` say where
    their bytes are; `labels` count `classes`, the classes as the shard names them. `facts` is the shard's own size in
    bytes and its time of change in ns. About 40 bytes a sample.
    """

    names: bytes
    offsets: Numbers
    sizes: Numbers
    labels: Numbers
    classes: tuple[str, ...]
    bad: tuple[Bad, ...]
    facts: tuple[int, int]

    def __len__(self) -> int:
        return len(self.offsets)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The name of each sample's member."""
        return tuple(os.fsdecode(self.names).split("\n")) if len(self) else ()


def table_of(shard: Shard, extensions: frozenset[str]) -> Table:
    """The table of a shard: the one kept from the last time if the file is as it was, else by a pass over it.

    `extensions` (with the dot, in lower case) say which member of a sample is decoded. A shard that cannot be read
    has no samples and one bad entry, under its own name. Never raises for what is in the file.
    """
    try:
        facts = os.stat(shard.path)
    except OSError as error:
        reason = UnreadablePicture(f"The file cannot be read ({error.strerror or error}).").reason
        return _empty((Bad(shard.name, reason),), (0, 0))
    place = place_of("table", shard, (facts.st_size, facts.st_mtime_ns), *sorted(extensions))
    kept = load(place)
    if kept is not None:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return _table(kept)
    table = scan_shard(shard, extensions)
    save(
        place,
        {
            "names": np.frombuffer(table.names, np.uint8),
            "offsets": table.offsets,
            "sizes": table.sizes,
            "labels": table.labels,
        },
        {"classes": table.classes, "bad": [(b.path, b.reason) for b in table.bad], "facts": table.facts},
    )
    return table


def _table(kept: Kept) -> Table:
    """Raises `ValueError`, `KeyError` or `TypeError` where something is missing."""
    size, mtime = kept.said["facts"]
    offsets, sizes, labels = (kept.columns[name].astype(np.int64) for name in ("offsets", "sizes", "labels"))
    table = Table(
        bytes(kept.columns["names"]),
        offsets,
        sizes,
        labels,
        tuple(kept.said["classes"]),
        tuple(Bad(path, reason) for path, reason in kept.said["bad"]),
        (int(size), int(mtime)),
    )
    if not len(table.members) == len(table.sizes) == len(table.labels) == len(table):
        raise ValueError("columns of unequal length")
    return table


def scan_shard(shard: Shard, extensions: frozenset[str]) -> Table:
    """`table_of`, always by a pass over the shard."""
    try:
        file, facts = open_shard(shard.path)
    except UnreadablePicture as refused:
        return _empty((Bad(shard.name, refused.reason),), (0, 0))
    with file:
        scan = _Scan(shard, file, extensions)
        try:
            scan.run(facts.st_size)
        except OSError as error:
            scan.refuse("", f"The shard cannot be read to its end ({error.strerror or error}).")
    return scan.table((facts.st_size, facts.st_mtime_ns))


class _Scan:
    def __init__(self, shard: Shard, file: BinaryIO, extensions: frozenset[str]) -> None:
        self._shard, self._file, self._extensions = shard, file, extensions
        self._names: list[str] = []
        self._seen: set[str] = set()
        self._places: list[tuple[int, int, int]] = []
        self._classes: dict[str, int] = {}
        self._bad: list[Bad] = []

    def run(self, size: int) -> None:
        from webdataset.tariterators import group_by_keys

        for sample in group_by_keys(self._usable(size), handler=self._twice):
            self._take(sample)

    def _usable(self, size: int) -> Iterator[dict[str, Any]]:
        """The members as the library's own reader gives them, with their place for their bytes."""
        url = self._shard.name
        for member in members(self._file, size):
            if member.refused is not None:
                if member.refused:
                    self.refuse(member.name, member.refused)
            elif not _is_meta(member.name):
                yield {"fname": member.name, "data": member, "__url__": url}
        yield {}

    def _twice(self, error: Exception) -> bool:
        """The library's word that a sample has two files of one kind; the first is used."""
        name = str(error.args[0]).split(": duplicate")[0] if error.args else ""
        self.refuse(name, "Its sample has another file of that kind before it, which is the one used.")
        return True

    def _take(self, sample: dict[str, Any]) -> None:
        own = {kind: part for kind, part in sample.items() if isinstance(part, Member)}
        first = next(iter(own.values()))
        found = [(kind.count("."), part) for kind, part in own.items() if _extension(kind) in self._extensions]
        if not found:
            self.refuse(first.name, f"The sample “{sample['__key__']}” holds nothing that is decoded here.")
            return
        member = min(found, key=lambda pair: pair[0])[1]  # "jpg" rather than "mask.png"
        label, why = self._label(sample["__key__"], own)
        if label is None:
            self.refuse(member.name, why)
        elif member.size == 0:
            self.refuse(member.name, "The file is empty.")
        elif member.name in self._seen:
            self.refuse(member.name, "The shard holds another sample of that name before it, which is the one used.")
        else:
            self._seen.add(member.name)
            self._names.append(member.name)
            self._places.append((member.offset, member.size, self._classes.setdefault(label, len(self._classes))))

    def _label(self, sample: str, parts: dict[str, Member]) -> tuple[str | None, str]:
        """The class by `cls`, by "label" or "class" of `json`, or by the folder in the key; or why there is none."""
        if "cls" in parts:
            if parts["cls"].size > _LONGEST_LABEL:
                return None, "Its class (cls) is longer than any name."
            text = self._read(parts["cls"]).decode("utf-8", "replace").strip()
            return (text, "") if text else (None, "Its class (cls) is empty.")
        if "json" in parts and parts["json"].size <= _LARGEST_JSON:
            with contextlib.suppress(ValueError, RecursionError):
                said = json.loads(self._read(parts["json"]))
                for name in ("class", "label", "cls"):
                    value = said.get(name) if isinstance(said, dict) else None
                    if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                        return str(value).strip()[:_LONGEST_LABEL], ""
        folder = PurePosixPath(sample).parent.name
        return (folder, "") if folder else (None, "Its class is unknown: it has no cls file, and no class in json.")

    def _read(self, member: Member) -> bytes:
        return Part(self._file, member.offset, member.size).read()

    def refuse(self, name: str, reason: str) -> None:
        self._bad.append(Bad(f"{self._shard.name}#{name}" if name else self._shard.name, reason))

    def table(self, facts: tuple[int, int]) -> Table:
        columns = np.array(self._places, np.int64).reshape(-1, 3)
        names = b"\n".join(os.fsencode(name) for name in self._names)
        offsets, sizes, labels = (np.ascontiguousarray(columns[:, k]) for k in range(3))
        classes = tuple(printable(name) for name in self._classes)
        return Table(names, offsets, sizes, labels, classes, tuple(self._bad), facts)


def _is_meta(name: str) -> bool:
    """What the library passes over: files and folders called __…__."""
    top = name.split("/")[0]
    return top.startswith("__") and top.endswith("__")


def _extension(kind: str) -> str:
    return f".{kind.rsplit('.', 1)[-1]}"


def _empty(bad: tuple[Bad, ...], facts: tuple[int, int]) -> Table:
    none = np.empty(0, np.int64)
    return Table(b"", none, none, none, (), bad, facts)
