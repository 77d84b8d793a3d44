"""Files that are not used, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from workbench.data.scanning.courtesy import gathered
from workbench.data.scanning.packed import Packed


@dataclass(frozen=True, slots=True)
class Bad:
    """A file or folder that is not used, and why, in a sentence. `path` is as in `Item`."""

    path: str
    reason: str


class BadFiles(Sequence[Bad]):
    """Bad files as columns: the paths, and for each the number of its reason. A million of them take no objects."""

    def __init__(self, paths: Packed, codes: npt.NDArray[np.int32], reasons: tuple[str, ...]) -> None:
        self.paths = paths
        self.codes = codes
        self.reasons = reasons

    @classmethod
    def of(cls, bad: Iterable[Bad]) -> BadFiles:
        if isinstance(bad, BadFiles):
            return bad
        numbers: dict[str, int] = {}
        codes: list[int] = []

        def path_of(one: Bad) -> str:
            codes.append(numbers.setdefault(one.reason, len(numbers)))
            return one.path

        paths = Packed.of(path_of(one) for one in bad)
        return cls(paths, np.array(codes, np.int32), tuple(numbers))

    @classmethod
    def alike(cls, paths: Packed, reason: str) -> BadFiles:
        """Many files, all for one reason."""
        return cls(paths, np.zeros(len(paths), np.int32), (reason,))

    @property
    def by_reason(self) -> dict[str, int]:
        """How many files have each reason, the most frequent first."""
        counts = np.bincount(self.codes, minlength=len(self.reasons)).tolist()
        return dict(sorted(zip(self.reasons, counts, strict=True), key=lambda entry: -entry[1]))

    def taken(self, rows: npt.NDArray[np.int64]) -> BadFiles:
        """Those with these numbers, in this order."""
        return BadFiles(self.paths.taken(rows), gathered(self.codes, rows), self.reasons)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, i: int) -> Bad: ...
    @overload
    def __getitem__(self, i: slice) -> BadFiles: ...
    def __getitem__(self, i: int | slice) -> Bad | BadFiles:
        if isinstance(i, slice):
            return BadFiles(self.paths[i], self.codes[i], self.reasons)
        return Bad(self.paths[i], self.reasons[self.codes[i]])

    def __add__(self, others: Sequence[Bad]) -> BadFiles:
        if not len(others):
            return self
        more = BadFiles.of(others)
        numbers = {reason: k for k, reason in enumerate(self.reasons)}
        moved = [numbers.setdefault(reason, len(numbers)) for reason in more.reasons]
        codes = np.concatenate([self.codes, gathered(np.array(moved, np.int32), more.codes)])
        return BadFiles(Packed.joined([self.paths, more.paths]), codes, tuple(numbers))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, BadFiles) and self.reasons == other.reasons:
            return np.array_equal(self.codes, other.codes) and self.paths == other.paths
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
