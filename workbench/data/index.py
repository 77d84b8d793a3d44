"""What a scan of a folder found: the pictures, their classes, and the files that cannot be used."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

SPLITS = ("train", "val", "test")

_DIGITS = re.compile(r"(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture. `path` is relative to the folder with "/" between its parts; `label` counts the classes from 0.

    `split` is "train", "val" or "test" where the folder says so, else None. Width and height are as a person sees it.
    """

    path: str
    label: int
    split: str | None
    width: int
    height: int
    bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Bad:
    """A file or folder that is not used, and why, in a sentence. `path` is as in `Item`."""

    path: str
    reason: str


@dataclass(frozen=True)
class Index:
    """The labelled pictures of a folder, in an order that depends on names only. Immutable."""

    root: Path
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    bad: tuple[Bad, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def file(self, i: int) -> Path:
        """The absolute path of a picture."""
        return self.root / self.items[i].path

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """The class of each picture."""
        return np.array([item.label for item in self.items], dtype=np.int64)

    @cached_property
    def identities(self) -> npt.NDArray[np.uint64]:
        """A 64-bit hash of each picture's path, size in bytes and time of change: equal means the same picture."""
        return np.array([_identity(item) for item in self.items], dtype=np.uint64)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the paths, sizes, times of change, classes and splits of all pictures, as hexadecimal digits."""
        digest = hashlib.sha256()
        for name in self.classes:
            digest.update(os.fsencode(name) + b"\0")
        for item in self.items:
            digest.update(_described(item) + f"\0{item.label}\0{item.split or ''}\n".encode())
        return digest.hexdigest()

    def class_counts(self, indices: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.int64]:
        """Pictures in each class, of all or of those given."""
        labels = self.labels if indices is None else self.labels[indices]
        return np.bincount(labels, minlength=len(self.classes)).astype(np.int64)


def _described(item: Item) -> bytes:
    return os.fsencode(item.path) + f"\0{item.bytes}\0{item.mtime_ns}".encode()


def _identity(item: Item) -> int:
    return int.from_bytes(hashlib.blake2b(_described(item), digest_size=8).digest(), "little")


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """A sort key under which "10" follows "9", and "b2" stands before "B10"."""
    parts = _DIGITS.split(name)
    key = tuple((0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p.casefold()) for p in parts if p)
    return key, name


def printable(path: str) -> str:
    """A path that can be written anywhere: bytes that are no UTF-8 are shown as escapes."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
