"""Long work in Python beside a window: short holds of the interpreter, and steps of numpy that end soon.

Two things make a window miss frames while another thread works. A call that keeps the interpreter for tens of
milliseconds, as numpy does when it picks a million elements: so that is done in blocks. And a loop of system calls,
each of which lets the interpreter go and takes it back within a microsecond: whoever waits for it is woken every time
and finds it taken again, and the wait that would make Python hand it over begins anew with each waking. So such a loop
rests for an instant every now and then.
"""

from __future__ import annotations

import time
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

BLOCK = 1 << 15
"""Elements a step of numpy handles at once: about half a millisecond."""

HOLD_SECONDS = 0.001
REST_SECONDS = 0.0001

S = TypeVar("S", bound=np.generic)


class Courtesy:
    """Called again and again by a loop of system calls; rests when it is time to."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def __call__(self) -> None:
        if time.perf_counter() - self._since >= HOLD_SECONDS:
            time.sleep(REST_SECONDS)
            self._since = time.perf_counter()


def gathered(values: npt.NDArray[S], rows: npt.NDArray[Any]) -> npt.NDArray[S]:
    """``values[rows]`` for very many row numbers, in blocks."""
    if len(rows) <= BLOCK:
        return np.asarray(values[rows])
    found = np.empty(len(rows), values.dtype)
    for first in range(0, len(rows), BLOCK):
        part = slice(first, first + BLOCK)
        found[part] = values[rows[part]]
    return found


def scatter(into: npt.NDArray[S], rows: npt.NDArray[Any], values: npt.NDArray[S]) -> None:
    """``into[rows] = values`` for very many row numbers, in blocks."""
    for first in range(0, len(rows), BLOCK):
        part = slice(first, first + BLOCK)
        into[rows[part]] = values[part]


def repeated(values: npt.NDArray[S], counts: npt.NDArray[np.int64]) -> npt.NDArray[S]:
    """``np.repeat(values, counts)``, in blocks."""
    if len(values) <= BLOCK and int(counts.sum()) <= BLOCK:
        return np.repeat(values, counts)
    found = np.empty(int(counts.sum()), values.dtype)
    at = 0
    for first in range(0, len(values), BLOCK):
        part = np.repeat(values[first : first + BLOCK], counts[first : first + BLOCK])
        found[at : at + len(part)] = part
        at += len(part)
    return found
