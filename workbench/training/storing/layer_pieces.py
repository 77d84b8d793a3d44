"""What was measured of layers while a run went on, as compressed pieces for the run store and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.training.packing import inflated

PIECE = 256
"""Measurements in one piece; a run measures at most about two a second."""
MEASURED = 3
"""Numbers a layer and measurement: norms of gradient and weights, and the share of the weights a step changed."""

_MOST_LAYERS = 100_000


class LayerSource(Protocol):
    """A growing log of layers (`training/layer_log.py`): rows are appended by one thread and read by position."""

    names: tuple[str, ...]

    def read(self, start: int = 0) -> tuple[NDArray[Any], NDArray[Any]]: ...


@dataclass(frozen=True, slots=True)
class LayerRows:
    """What a run measured of its layers: `names` are path ids (K), `steps` float64 n, `values` float32 n × K × 3."""

    names: tuple[str, ...]
    steps: NDArray[np.float64]
    values: NDArray[np.float32]

    @classmethod
    def none(cls, names: Sequence[str] = ()) -> LayerRows:
        return cls(tuple(names), np.empty(0), np.empty((0, len(names), MEASURED), np.float32))

    def until(self, step: int) -> LayerRows:
        """Those up to a step of the run."""
        kept = self.steps <= step
        return LayerRows(self.names, self.steps[kept], self.values[kept])


def pack_layers(steps: NDArray[Any], values: NDArray[Any]) -> bytes:
    """Steps, then the numbers layer by layer (one layer's are alike over time, so that they compress)."""
    along = np.ascontiguousarray(np.moveaxis(values, 0, -1), dtype="<f4")
    return zlib.compress(np.ascontiguousarray(steps, dtype="<f8").tobytes() + along.tobytes(), 1)


def unpack_layers(names: str, count: int, data: bytes) -> LayerRows:
    """Raises `ValueError` where the bytes are not `count` measurements of so many layers."""
    listed = json.loads(names)
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError("names of layers were expected")
    if not 0 < count <= PIECE or len(listed) > _MOST_LAYERS:
        raise ValueError(f"{count} measurements of {len(listed)} layers in a piece")
    plain = inflated(data, count * 8 + count * len(listed) * MEASURED * 4)
    steps = np.frombuffer(plain, "<f8", count).astype(np.float64)
    values = np.frombuffer(plain, "<f4", offset=count * 8).reshape(len(listed), MEASURED, count)
    return LayerRows(tuple(listed), steps, np.ascontiguousarray(np.moveaxis(values, -1, 0), np.float32))
