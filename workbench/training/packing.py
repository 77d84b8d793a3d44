"""Numbers as compressed bytes for the run store, and back with every size checked (the file may come from anywhere)."""

from __future__ import annotations

import math
import zlib

import numpy as np
from numpy.typing import NDArray

from workbench.training.scalars import COLUMNS, Rows

CHUNK = 4096
"""Rows of a scalar log in one piece: a million steps are 250 pieces, and an epoch's end writes one."""

_MOST_CLASSES = 100_000


def pack_rows(rows: Rows) -> bytes:
    """Rows column by column (neighbours are alike, so they compress to about a third)."""
    return zlib.compress(np.ascontiguousarray(rows.T, dtype="<f8").tobytes(), 1)


def unpack_rows(data: bytes, count: int) -> Rows:
    """Raises `ValueError` where the bytes are not `count` rows."""
    if not 0 < count <= CHUNK:
        raise ValueError(f"{count} rows in a piece")
    flat = np.frombuffer(_inflate(data, count * len(COLUMNS) * 8), dtype="<f8")
    return np.ascontiguousarray(flat.reshape(len(COLUMNS), count).T, dtype=np.float64)


def pack_confusion(confusion: NDArray[np.int64]) -> bytes:
    """A square table of counts."""
    size = len(confusion).to_bytes(4, "little")
    return size + zlib.compress(np.ascontiguousarray(confusion, dtype="<i8").tobytes(), 1)


def unpack_confusion(data: bytes) -> NDArray[np.int64]:
    """Raises `ValueError` where the bytes are no square table."""
    classes = int.from_bytes(data[:4], "little")
    if classes > min(_MOST_CLASSES, math.isqrt(len(data) * 1100 // 8 + 1)):  # zlib packs 1,032 to 1 at the most
        raise ValueError(f"a confusion matrix of {classes} classes in {len(data)} bytes")
    flat = np.frombuffer(_inflate(data[4:], classes * classes * 8), dtype="<i8")
    return flat.reshape(classes, classes).astype(np.int64)


def _inflate(data: bytes, size: int) -> bytes:
    """Exactly `size` bytes; never more are unpacked."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ValueError(f"not compressed data: {error}") from error
    if len(plain) != size:
        raise ValueError(f"{size} bytes were expected")
    return plain
