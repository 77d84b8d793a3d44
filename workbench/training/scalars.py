"""The growing record of a run's numbers: one thread appends, any thread reads by position, nobody waits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

COLUMNS = ("step", "loss", "accuracy", "learning_rate", "images_per_second", "gradient_norm")
"""What a row holds: steps done in the run, the loss and accuracy (0 to 1) of the step's pictures, the rate it took,
pictures a second, and the Euclidean norm of all gradients together before they were clipped (NaN while unknown)."""

_CHUNK = 4096

Rows = NDArray[np.float64]


class ScalarLog:
    """Append-only rows of `COLUMNS`, float64. One writer; readers keep the position up to which they have read.

    Rows live in fixed blocks that never move, and `len` grows only after a row is complete, so that a reader needs no
    lock (the interpreter orders the two stores) and a million rows cost 48 MB and no copying. It may begin with rows of
    5 columns, as older runs recorded them: their gradient norms are NaN.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self._blocks: list[Rows] = []
        self._count = 0
        if rows is not None:
            for row in rows.tolist():
                self.append(*row)

    def __len__(self) -> int:
        return self._count

    def append(
        self,
        step: float,
        loss: float,
        accuracy: float,
        learning_rate: float,
        images_per_second: float = 0.0,
        gradient_norm: float = math.nan,
    ) -> None:
        """Add one row (the writer's thread only)."""
        block, offset = divmod(self._count, _CHUNK)
        if offset == 0:
            self._blocks.append(np.empty((_CHUNK, len(COLUMNS))))
        self._blocks[block][offset] = (step, loss, accuracy, learning_rate, images_per_second, gradient_norm)
        self._count += 1

    def read(self, start: int = 0, stop: int | None = None) -> Rows:
        """A copy of the rows from position `start` (to `stop`, or all there are now): n × 6 float64."""
        end = self._count if stop is None else min(stop, self._count)
        if start < 0:
            raise ValueError("positions count from 0")
        if start >= end:
            return np.empty((0, len(COLUMNS)))
        first, last = start // _CHUNK, (end - 1) // _CHUNK
        pieces = [
            self._blocks[b][max(start - b * _CHUNK, 0) : min(end - b * _CHUNK, _CHUNK)] for b in range(first, last + 1)
        ]
        return np.concatenate(pieces)

    def column(self, name: str, start: int = 0) -> Rows:
        """One column from position `start` on, a copy."""
        return np.ascontiguousarray(self.read(start)[:, COLUMNS.index(name)])

    def last(self) -> dict[str, float] | None:
        """The newest row by column name, None while empty."""
        if self._count == 0:
            return None
        row = self.read(self._count - 1)[0]
        return dict(zip(COLUMNS, row.tolist(), strict=True))
