"""The growing record of what a run does to each layer: one thread appends, any thread reads by position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

COLUMNS = ("gradient", "weight", "update")
"""Of a layer at a step: the Euclidean norms of its gradient and of its weights, and |update| / |weights|."""

_BLOCK = 1 << 16
"""Numbers in a block, at the least one measurement."""

Steps = NDArray[np.float64]
Values = NDArray[np.float32]


class LayerLog:
    """Append-only measurements of all layers that learn. One writer; readers keep the position they have read to.

    `names` are the layers' path ids; they are there before the first measurement is. Blocks never move and `len` grows
    only after a measurement is complete, so that readers need no lock.
    """

    def __init__(self, names: Sequence[str] = (), steps: Steps | None = None, values: Values | None = None) -> None:
        self.names: tuple[str, ...] = tuple(names)
        self._blocks: list[tuple[Steps, Values]] = []
        self._count = 0
        if steps is not None and values is not None:
            for step, row in zip(steps, values, strict=True):
                self.append(float(step), row)

    def __len__(self) -> int:
        return self._count

    def begin(self, names: Sequence[str]) -> None:
        """Say which layers there are, before a run's first measurement; those of other layers are let go."""
        if tuple(names) != self.names:
            self._count, self._blocks, self.names = 0, [], tuple(names)

    def append(self, step: float, values: Values) -> None:
        """Add the measurement of one step: `values` is K × 3, in the order of `names` (the writer's thread only)."""
        size = self._size
        block, offset = divmod(self._count, size)
        if offset == 0:
            self._blocks.append((np.empty(size), np.empty((size, len(self.names), len(COLUMNS)), np.float32)))
        steps, rows = self._blocks[block]
        steps[offset], rows[offset] = step, values
        self._count += 1

    def read(self, start: int = 0) -> tuple[Steps, Values]:
        """Copies of the measurements from position `start` on: the steps (n) and what was measured (n × K × 3)."""
        if start < 0:
            raise ValueError("positions count from 0")
        end, size = self._count, self._size
        if start >= end:
            return np.empty(0), np.empty((0, len(self.names), len(COLUMNS)), np.float32)
        pieces = [
            (steps[max(start - b * size, 0) : end - b * size], values[max(start - b * size, 0) : end - b * size])
            for b, (steps, values) in enumerate(self._blocks[start // size : (end - 1) // size + 1], start // size)
        ]
        return np.concatenate([steps for steps, _v in pieces]), np.concatenate([values for _s, values in pieces])

    @property
    def _size(self) -> int:
        return max(1, _BLOCK // max(1, len(self.names) * len(COLUMNS)))
