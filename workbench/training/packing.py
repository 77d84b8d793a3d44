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
_COLUMNS_BEFORE = 5
"""Columns of a row before the norm of the gradients was one."""


def pack_rows(rows: Rows) -> bytes:
    """Rows column by column (neighbours are alike, so they compress to about a third)."""
    return zlib.compress(np.ascontiguousarray(rows.T, dtype="<f8").tobytes(), 1)


def unpack_rows(data: bytes, count: int) -> Rows:
    """The rows, those of older versions with NaN as their gradient norms. Raises `ValueError` where the bytes are not
    `count` rows."""
    if not 0 < count <= CHUNK:
        raise ValueError(f"{count} rows in a piece")
    plain = inflated(data, count * len(COLUMNS) * 8, count * _COLUMNS_BEFORE * 8)
    columns = np.frombuffer(plain, dtype="<f8").reshape(-1, count)
    rows = np.full((count, len(COLUMNS)), math.nan)
    rows[:, : len(columns)] = columns.T
    return rows


def pack_confusion(confusion: NDArray[np.int64]) -> bytes:
    """A square table of counts."""
    size = len(confusion).to_bytes(4, "little")
    return size + zlib.compress(np.ascontiguousarray(confusion, dtype="<i8").tobytes(), 1)


def unpack_confusion(data: bytes) -> NDArray[np.int64]:
    """Raises `ValueError` where the bytes are no square table."""
    classes = int.from_bytes(data[:4], "little")
    if classes > min(_MOST_CLASSES, math.isqrt(len(data) * 1100 // 8 + 1)):  # zlib packs 1,032 to 1 at the most
        raise ValueError(f"a confusion matrix of {classes} classes in {len(data)} bytes")
    flat = np.frombuffer(inflated(data[4:], classes * classes * 8), dtype="<i8")
    return flat.reshape(classes, classes).astype(np.int64)


def inflated(data: bytes, *sizes: int) -> bytes:
    """Unpacked: exactly as many bytes as one of `sizes`; never more than the largest are unpacked."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, max(sizes) + 1)
    except zlib.error as error:
        raise ValueError(f"not compressed data: {error}") from error
    if len(plain) not in sizes:
        raise ValueError(f"{max(sizes)} bytes were expected")
    return plain
