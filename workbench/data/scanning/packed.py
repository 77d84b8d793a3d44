"""Many names in one piece of memory: a million paths as a million `str` would take three times the room, and each
walk of the garbage collector over the list that holds them would hold the window up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import overload

import numpy as np
import numpy.typing as npt

from workbench.data.chance import mix
from workbench.data.scanning.courtesy import gathered

_BLOCK = 1 << 13
"""Names worked on at once: a step of this size takes a few milliseconds at most."""

_COPIED = 1 << 19

_BASE = 0x9E6C63D0876A9A4B  # odd, otherwise of no meaning


class Packed(Sequence[str]):
    """An immutable sequence of names: the bytes of all, one after another, and where each begins.

    Names are kept as the operating system gives them (`os.fsencode`), so that a name which is no text survives.
    """

    def __init__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        """`data` uint8; `offsets` int64, one more than names: name i is ``data[offsets[i]:offsets[i + 1]]``."""
        self.data = data
        self.offsets = offsets

    @classmethod
    def of(cls, names: Iterable[str]) -> Packed:
        return cls.of_bytes(map(os.fsencode, names))

    @classmethod
    def of_bytes(cls, names: Iterable[bytes]) -> Packed:
        """From names as bytes; takes them a block at a time, so they need not all exist at once."""
        pieces: list[npt.NDArray[np.uint8]] = []
        lengths: list[npt.NDArray[np.int64]] = []
        rest = iter(names)
        while block := list(islice(rest, _BLOCK)):
            pieces.append(np.frombuffer(b"".join(block), np.uint8))
            lengths.append(np.fromiter(map(len, block), np.int64, len(block)))
        return cls._joined(pieces, lengths)

    @classmethod
    def joined(cls, parts: Sequence[Packed]) -> Packed:
        """All names of several, one after another."""
        return cls._joined([part.bytes_only for part in parts], [part.lengths for part in parts])

    @classmethod
    def _joined(cls, pieces: Sequence[npt.NDArray[np.uint8]], lengths: Sequence[npt.NDArray[np.int64]]) -> Packed:
        offsets = np.zeros(1 + sum(map(len, lengths)), np.int64)
        at = 1
        for part in lengths:
            ends = offsets[at : at + len(part)]
            np.cumsum(part, out=ends)
            ends += offsets[at - 1]
            at += len(part)
        data = np.empty(int(offsets[-1]), np.uint8)
        at = 0
        for piece in pieces:
            for first in range(0, len(piece), _COPIED):  # fresh memory is slow to write, and nobody else runs meanwhile
                some = piece[first : first + _COPIED]
                data[at : at + len(some)] = some
                at += len(some)
        return cls(data, offsets)

    @property
    def bytes_only(self) -> npt.NDArray[np.uint8]:
        """The bytes of the names, without what may stand before the first and after the last."""
        return self.data[int(self.offsets[0]) : int(self.offsets[-1])]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes of each name."""
        return np.diff(self.offsets)

    @property
    def nbytes(self) -> int:
        return int(self.data.nbytes + self.offsets.nbytes)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> Packed: ...
    def __getitem__(self, i: int | slice) -> str | Packed:
        if isinstance(i, slice):
            start, stop, step = i.indices(len(self))
            if step == 1:
                return Packed(self.data, self.offsets[start : max(start, stop) + 1])
            return self.taken(np.arange(start, stop, step, dtype=np.int64))
        return os.fsdecode(self.as_bytes(i))

    def as_bytes(self, i: int) -> bytes:
        """Name i as the operating system has it. Raises `IndexError`."""
        if i < 0:
            i += len(self)
        if not 0 <= i < len(self):
            raise IndexError(f"there are {len(self)} names, and none is number {i}")
        return self.data[self.offsets[i] : self.offsets[i + 1]].tobytes()

    def __iter__(self) -> Iterator[str]:
        return map(os.fsdecode, self.each_bytes())

    def each_bytes(self) -> Iterator[bytes]:
        """Every name as bytes, a few thousand made at a time."""
        for first in range(0, len(self), _BLOCK):
            ends = self.offsets[first : first + _BLOCK + 1].tolist()
            begin = ends[0]
            block = self.data[begin : ends[-1]].tobytes()
            for k in range(len(ends) - 1):
                yield block[ends[k] - begin : ends[k + 1] - begin]

    def taken(self, rows: npt.NDArray[np.int64]) -> Packed:
        """The names with these numbers, in this order."""
        lengths = gathered(self.lengths, rows)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        data = np.empty(int(offsets[-1]), np.uint8)
        starts = gathered(self.offsets[:-1], rows)
        for first in range(0, len(rows), _BLOCK):
            part = slice(first, first + _BLOCK)
            begin, end = int(offsets[first]), int(offsets[min(first + _BLOCK, len(rows))])
            shift = np.repeat(starts[part] - offsets[:-1][part], lengths[part])
            data[begin:end] = self.data[np.arange(begin, end, dtype=np.int64) + shift]
        return Packed(data, offsets)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packed):
            return NotImplemented
        return np.array_equal(self.lengths, other.lengths) and np.array_equal(self.bytes_only, other.bytes_only)

    __hash__ = None  # type: ignore[assignment]

    # --- finding ------------------------------------------------------------------------------------------------------

    @cached_property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """A 64-bit hash of each name: the polynomial of its bytes modulo 2^64, scrambled with its length."""
        powers = _powers(int(self.lengths.max(initial=0)))
        found = np.empty(len(self), np.uint64)
        for first in range(0, len(self), _BLOCK):
            ends = self.offsets[first : first + _BLOCK + 1]
            lengths = np.diff(ends)
            begin = int(ends[0])
            places = np.arange(int(ends[-1]) - begin, dtype=np.int64) - np.repeat(ends[:-1] - begin, lengths)
            terms = (self.data[begin : int(ends[-1])].astype(np.uint64) + np.uint64(1)) * powers[places]
            sums = np.zeros(len(terms) + 1, np.uint64)
            np.cumsum(terms, out=sums[1:])
            polynomial = sums[ends[1:] - begin] - sums[ends[:-1] - begin]
            found[first : first + len(lengths)] = mix(mix(polynomial) ^ lengths.astype(np.uint64))
        return found

    def find(self, name: str) -> int | None:
        """The number of a name (the first, if it is there several times); None if it is not there."""
        at = int(self.find_all([name])[0])
        return None if at < 0 else at

    def find_all(self, names: Sequence[str]) -> npt.NDArray[np.int64]:
        """The number of each name as in `find`, -1 for those that are not there."""
        wanted = [_encoded(name) for name in names]
        hashes = Packed.of_bytes(wanted).hashes
        sorted_hashes, order = self._by_hash
        found = np.full(len(wanted), -1, np.int64)
        for k, at in enumerate(np.searchsorted(sorted_hashes, hashes).tolist()):
            while at < len(order) and sorted_hashes[at] == hashes[k]:
                if self.as_bytes(int(order[at])) == wanted[k]:
                    found[k] = order[at]
                    break
                at += 1  # another name with the same hash
        return found

    @cached_property
    def _by_hash(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
        order = np.argsort(self.hashes, kind="stable")
        return gathered(self.hashes, order), order.astype(np.int32)


class Packer:
    """Packs names that come one by one; only the last few thousand exist as objects."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._done: list[Packed] = []

    def add(self, name: bytes) -> None:
        self._waiting.append(name)
        if len(self._waiting) >= _BLOCK:
            self._pack()

    def packed(self) -> Packed:
        """All names so far."""
        self._pack()
        self._done = [Packed.joined(self._done)]
        return self._done[0]

    def _pack(self) -> None:
        self._done.append(Packed.of_bytes(self._waiting))
        self._waiting.clear()


def _powers(most: int) -> npt.NDArray[np.uint64]:
    powers = np.full(most + 1, _BASE, np.uint64)
    powers[0] = 1
    return np.asarray(np.multiply.accumulate(powers), np.uint64)


def _encoded(name: str) -> bytes:
    """As the operating system would have it; a name it cannot have is found nowhere."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        return b"\0"
