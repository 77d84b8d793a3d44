"""What a scan found: the samples, their classes, and the files that cannot be used."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, overload

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic
from workbench.data.bad import Bad, BadFiles
from workbench.data.scanning.packed import Packed
from workbench.data.unreadable import UnreadablePicture, read_part, read_regular
from workbench.document.project import SPLIT_NAMES, Change

if TYPE_CHECKING:
    from workbench.data.shards.streaming import Stream

__all__ = ["SPLITS", "Bad", "BadFiles", "Index", "Item", "natural", "printable"]

SPLITS = SPLIT_NAMES
"""The splits, in the order of their codes."""

_DIGITS = re.compile(r"(\d+)", re.ASCII)
_SOURCE = re.compile(r"@([1-9]\d*)/", re.ASCII)
_HASHED_AT_ONCE = 512

_Bytes = bytes  # `Index` has a column of this name


@dataclass(frozen=True, slots=True)
class Item:
    """One sample. `path` is as in `Index.path`; `label` counts the classes from 0.

    `split` is "train", "val" or "test" where the folder says so, else None. Width and height are as a person sees the
    picture, and 0 for what is none.
    """

    path: str
    label: int
    split: str | None
    width: int
    height: int
    bytes: int
    mtime_ns: int


@dataclass(frozen=True, eq=False)
class Index:
    """The labelled samples of one source or several, in an order that depends on names only. Immutable.

    Kept as columns of one number a sample, because a million objects would fill the memory and hold up the window
    whenever the garbage collector walks them: about 80 bytes a sample and the length of its path. `items` makes an
    `Item` of them on demand.
    """

    roots: tuple[Path, ...]
    """For each source the folder its paths count from."""
    classes: tuple[str, ...]
    paths: Packed
    labels: npt.NDArray[np.int64]
    """The class of each sample."""
    heights: npt.NDArray[np.int32]
    widths: npt.NDArray[np.int32]
    bytes: npt.NDArray[np.int64]
    """The size of each sample's file."""
    mtimes: npt.NDArray[np.int64]
    """When each file was last changed, in nanoseconds since 1970."""
    split_codes: npt.NDArray[np.int8]
    """0, 1, 2 for "train", "val", "test" where the folder says so, else -1."""
    bad: BadFiles
    kind: str = "pictures"
    excluded: npt.NDArray[np.bool_] | None = None
    """The samples a person left out; None where there are none."""
    offsets: npt.NDArray[np.int64] | None = None
    """Where the bytes of each sample begin in its file, where several stand in one (tar shards); else None."""
    stream: Stream | None = None
    """The training samples, where they are too many to be here and come from tar shards one after another."""

    notes: tuple[Diagnostic, ...] = ()
    """What is odd about the sources, such as a list that gives a file two classes."""

    @classmethod
    def of(
        cls,
        roots: Path | Sequence[Path],
        classes: Sequence[str],
        items: Iterable[Item],
        bad: Iterable[Bad] = (),
        kind: str = "pictures",
    ) -> Index:
        """An index of samples that are there as objects: for a few, and for tests."""
        rows = list(items)
        codes = [-1 if item.split is None else SPLITS.index(item.split) for item in rows]
        return cls(
            (roots,) if isinstance(roots, Path) else tuple(roots),
            tuple(classes),
            Packed.of(item.path for item in rows),
            np.array([item.label for item in rows], np.int64),
            np.array([item.height for item in rows], np.int32),
            np.array([item.width for item in rows], np.int32),
            np.array([item.bytes for item in rows], np.int64),
            np.array([item.mtime_ns for item in rows], np.int64),
            np.array(codes, np.int8),
            BadFiles.of(bad),
            kind,
        )

    is_kept: ClassVar[bool] = True
    """Whether samples are worth keeping once they are decoded; those that are streamed are not."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def root(self) -> Path:
        """The folder of the first source."""
        return self.roots[0]

    @property
    def items(self) -> Items:
        """The samples as objects, made when they are asked for."""
        return Items(self)

    def path(self, i: int) -> str:
        """What names a sample: the path of its file relative to its source, with "/" between the parts.

        Samples of the second source begin with "@2/", those of the third with "@3/"; the sample in a row of a table
        ends with "#" and the number of the row.
        """
        return self.paths[i]

    def file(self, i: int) -> Path:
        """The absolute path of a sample's file."""
        return Path(self.place(i))

    def place(self, i: int) -> str:
        """`file` as a text, which takes a tenth of the time to make."""
        path, root = self.paths[i], self._roots[0]
        if len(self.roots) > 1 and (match := _SOURCE.match(path)) and int(match[1]) <= len(self.roots):
            path, root = path[match.end() :], self._roots[int(match[1]) - 1]
        if self.kind == "table" or self.offsets is not None:
            path = path.rpartition("#")[0]
        return os.path.join(root, path)  # a list may name files by absolute paths

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return tuple(map(os.fspath, self.roots))

    def read(self, i: int) -> _Bytes:
        """The bytes of a sample. Raises `UnreadablePicture`, also for a file that has changed since the scan."""
        size, mtime = int(self.bytes[i]), int(self.mtimes[i])
        try:
            if self.offsets is None:
                return read_regular(self.place(i), (size, mtime))
            return read_part(self.place(i), int(self.offsets[i]), size, mtime)
        except UnreadablePicture as refused:
            raise UnreadablePicture(refused.reason, self.path(i)) from refused

    def find(self, path: str) -> int | None:
        """The number of the sample with this path; None if there is none."""
        return self.paths.find(path)

    def taken(self, rows: npt.NDArray[np.int64]) -> Index:
        """An index of these samples only, in this order."""
        return replace(
            self,
            paths=self.paths.taken(rows),
            labels=self.labels[rows],
            heights=self.heights[rows],
            widths=self.widths[rows],
            bytes=self.bytes[rows],
            mtimes=self.mtimes[rows],
            split_codes=self.split_codes[rows],
            excluded=None if self.excluded is None else self.excluded[rows],
            offsets=None if self.offsets is None else self.offsets[rows],
        )

    def changed(self, changes: Mapping[str, Change]) -> Index:
        """As a person changed it: other classes and splits for some samples, and some left out of all splits.

        Every sample stays where it is in the order. Classes that have no sample any more are gone, new ones are there,
        all in natural order. Changes to samples that are not here are passed over.
        """
        rows = self.paths.find_all(list(changes))
        known = [(row, change) for row, change in zip(rows.tolist(), changes.values(), strict=True) if row >= 0]
        if not known:
            return self
        names = dict.fromkeys(chain(self.classes, (c.label for _row, c in known if c.label is not None)))
        number = {name: k for k, name in enumerate(names)}
        labels, codes = self.labels.copy(), self.split_codes.copy()
        excluded = np.zeros(len(self), np.bool_)
        for row, change in known:
            if change.label is not None:
                labels[row] = number[change.label]
            if change.split in SPLITS:
                codes[row] = SPLITS.index(change.split)
            excluded[row] = change.excluded
        there = np.bincount(labels, minlength=len(number)) > 0
        classes = tuple(sorted((name for name, k in number.items() if there[k]), key=natural))
        place = {name: k for k, name in enumerate(classes)}
        moved = np.array([place.get(name, -1) for name in number], np.int64)
        return replace(
            self,
            classes=classes,
            labels=moved[labels],
            split_codes=codes,
            excluded=excluded if excluded.any() else None,
        )

    @cached_property
    def identities(self) -> npt.NDArray[np.uint64]:
        """A 64-bit hash of each sample's path, size in bytes and time of change: equal means the same file."""
        hashed = (hashlib.blake2b(words, digest_size=8).digest() for words in self._described())
        return np.frombuffer(b"".join(hashed), "<u8").astype(np.uint64)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the paths, sizes, times of change, classes and splits of all samples, as hexadecimal digits."""
        digest = hashlib.sha256()
        for name in self.classes:
            digest.update(os.fsencode(name) + b"\0")
        splits = [name.encode() for name in (*SPLITS, "")]  # code -1 is the last
        if self.stream is not None:
            digest.update(self.stream.fingerprint.encode() + b"\0")
        rows = zip(self._described(), self.labels.tolist(), self.split_codes.tolist(), strict=True)
        _update(digest, (b"%b\0%d\0%b\n" % (words, label, splits[code]) for words, label, code in rows))
        return digest.hexdigest()

    @cached_property
    def contents(self) -> str:
        """SHA-256 over the folders, paths, sizes and times of change alone: another class does not change it."""
        digest = hashlib.sha256()
        for root in self.roots:
            digest.update(os.fsencode(root) + b"\0")
        _update(digest, (words + b"\n" for words in self._described()))
        return digest.hexdigest()

    def class_counts(self, indices: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int64]:
        """Samples in each class, of all or of those given."""
        labels = self.labels if indices is None else self.labels[indices]
        return np.bincount(labels, minlength=len(self.classes)).astype(np.int64)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Index):
            return NotImplemented
        columns = ("labels", "heights", "widths", "bytes", "mtimes", "split_codes")
        return (
            (self.roots, self.classes, self.kind) == (other.roots, other.classes, other.kind)
            and self.paths == other.paths
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in columns)
            and self.bad == other.bad
            and np.array_equal(_flags(self), _flags(other))
        )

    __hash__ = None  # type: ignore[assignment]

    def _described(self) -> Iterator[_Bytes]:
        for first in range(0, len(self), _HASHED_AT_ONCE):
            part = slice(first, first + _HASHED_AT_ONCE)
            sizes, times = self.bytes[part].tolist(), self.mtimes[part].tolist()
            for path, size, mtime in zip(self.paths[part].each_bytes(), sizes, times, strict=True):
                yield b"%b\0%d\0%d" % (path, size, mtime)


class Items(Sequence[Item]):
    """The samples of an index as objects that exist only while somebody holds them."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    @overload
    def __getitem__(self, i: int) -> Item: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, i: int | slice) -> Item | tuple[Item, ...]:
        index = self._index
        if isinstance(i, slice):
            return tuple(self[k] for k in range(*i.indices(len(index))))
        code = int(index.split_codes[i])
        return Item(
            index.paths[i],
            int(index.labels[i]),
            None if code < 0 else SPLITS[code],
            int(index.widths[i]),
            int(index.heights[i]),
            int(index.bytes[i]),
            int(index.mtimes[i]),
        )


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """A sort key under which "10" follows "9", and "b2" stands before "B10"."""
    return tuple(_part(part) for part in _DIGITS.split(name) if part), name


def _part(part: str) -> tuple[int, int, str]:
    if part.isdecimal() and part.isascii():
        digits = part.lstrip("0")  # compared as text: Python refuses to read a number of 5,000 digits
        return 0, len(digits), digits
    return 1, 0, part.casefold()


def printable(path: str) -> str:
    """A path that can be written anywhere: bytes that are no UTF-8 are shown as escapes."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _flags(index: Index) -> npt.NDArray[np.bool_]:
    return np.zeros(len(index), np.bool_) if index.excluded is None else index.excluded


def _update(digest: hashlib._Hash, lines: Iterator[bytes]) -> None:
    """Hash many short pieces, some thousand bytes at a time: then the interpreter is free for others meanwhile."""
    block = bytearray()
    for line in lines:
        block += line
        if len(block) > 1 << 16:
            digest.update(block)
            block.clear()
    digest.update(block)
