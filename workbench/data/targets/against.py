"""What one output is held against, for every sample of an index."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem
from workbench.data.inputs import Target

Indices = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Against:
    """The targets of one output. `names` are its classes, labels or columns; none where it gives back what came in.

    `rows` are targets by sample (int64 N, or float32 N × K), `table` by the sample's class (float32 classes × K); where
    there is neither, the target is what came in or the class itself. Values are scaled: (number - `mean`) / `std`, as
    measured on the training samples, so that an objective of 1 is about what the mean answers; the network's answers
    times `std` plus `mean` are in the column's own unit.
    """

    target: Target
    names: tuple[str, ...] = ()
    rows: Array | None = field(default=None, repr=False)
    table: Array | None = field(default=None, repr=False)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def of(self, indices: Indices, labels: Indices, inputs: Array) -> Array | None:
        """The targets of a batch; None where they are its labels."""
        if self.target.source == "input":
            return inputs
        if self.rows is not None:
            return np.asarray(self.rows[indices])
        return None if self.table is None else np.asarray(self.table[labels])

    def mixed(self, own: Array | None, other: Indices) -> Array | None:
        """The targets of those mixed in, at the places `other` of the batch; None where they are its other labels, or
        where what came in was mixed itself."""
        return None if own is None or self.target.source == "input" else np.asarray(own[other])

    @property
    def kept(self) -> dict[str, Any]:
        """What a run must know later, as JSON values; `digest` tells whether a column still holds the same."""
        found = {"names": list(self.names), "mean": list(self.mean), "std": list(self.std)}
        return found if self.rows is None else {**found, "digest": self.digest}

    @property
    def digest(self) -> str:
        """SHA-256 over the targets of all samples that come from columns, as hexadecimal digits."""
        return hashlib.sha256(b"" if self.rows is None else np.ascontiguousarray(self.rows).tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run knows of an output's target: as in `Against`."""

    names: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    digest: str = ""


def kept_in(values: Mapping[str, Any] | None) -> tuple[Kept, ...]:
    """What a run's preparation says of the targets of its outputs; nothing where it has none. Raises `Problem` where it
    is damaged."""
    found = (values or {}).get("targets", ())
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise _damaged()
    return tuple(_kept(value) for value in found)


def _kept(value: object) -> Kept:
    if not isinstance(value, Mapping):
        raise _damaged()
    names, mean, std = (value.get(name, ()) for name in ("names", "mean", "std"))
    if not all(isinstance(part, Sequence) and not isinstance(part, str) for part in (names, mean, std)):
        raise _damaged()
    numbers = (*mean, *std)
    if not all(isinstance(name, str) for name in names) or len(mean) != len(std):
        raise _damaged()
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in numbers):
        raise _damaged()
    if any(v <= 0 for v in std):
        raise _damaged()
    return Kept(tuple(names), tuple(map(float, mean)), tuple(map(float, std)), str(value.get("digest", "")))


def _damaged() -> Problem:
    return Problem.of(
        "data.preparation",
        "What the run kept of its targets is damaged, so its answers cannot be read. Train again.",
    )
